// Session: a replica refused a statement because it is read-only. The client asked one database, and has seen
// nothing of the answer: the writer is asked instead, and the digest is remembered as a write.
#include "protocol/message/response.hpp"
#include "proxy/session/session.hpp"

namespace weir {
namespace {

// The server runs with --read-only, a read-only transaction, or innodb/super read-only.
// MySQL: error message reference. MariaDB has the first two.
bool refused_as_read_only(const ErrPacket& error) {
  switch (error.code) {
    case 1290:  // ER_OPTION_PREVENTS_STATEMENT, which other options cause too
      return error.message.contains("read-only") || error.message.contains("read_only");
    case 1792:  // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
    case 1836:  // ER_READ_ONLY_MODE
      return true;
    default:
      return false;
  }
}

const HostgroupPair* pair_of_reader(const Snapshot& snapshot, int hostgroup) {
  for (const HostgroupPair& pair : snapshot.servers_part().pairs) {
    if (pair.reader == hostgroup && pair.writer != hostgroup) return &pair;
  }
  return nullptr;
}

}  // namespace

// `packet` is the ERR that ends the response. True: the statement is on its way to the writer, and the ERR is
// not for the client.
bool Session::ask_writer_instead(Bytes packet) {
  if (request_.redirected || request_.answered || request_.streaming || request_.infile) return false;
  if (!request_.executes_statement() || pinned() || !wants_.autocommit()) return false;
  const HostgroupPair* pair = pair_of_reader(worker_.snapshot(), lease_->server().hostgroup);
  if (pair == nullptr || !worker_.snapshot().find_hostgroup(pair->writer)) return false;
  const auto error = decode_err(packet.subspan(kFrameHeaderBytes));
  if (!error || !refused_as_read_only(*error)) return false;
  learn_write(error->code);
  request_.redirected = true;
  request_.may_retry = false;
  request_.hostgroup = pair->writer;
  request_.fallback_hostgroup = -1;
  lease_.end();  // the ERR was the whole answer: the connection is as good as before
  stats().misroutes_corrected.add();
  retry_elsewhere();
  return true;
}

void Session::learn_write(std::uint16_t error_code) {
  Analyzer& analyzer = worker_.analyzer();
  analyzer.begin(request_.sql(), wants_.lex_mode(), worker_.digest_options());
  worker_.learned_writes().add(analyzer.digest_hash(), analyzer.digest_text(), error_code, now());
}

// Whether automatic splitting would have this read on a replica that has refused its like before.
bool Session::known_as_write(const Decision& decision) {
  const LearnedWrites& learned = worker_.learned_writes();
  return decision.decided_by == DecidedBy::split_read && !learned.empty() &&
         learned.contains(worker_.analyzer().digest_hash(), now());
}

}  // namespace weir
