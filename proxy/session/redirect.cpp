// Session: a replica refused a statement because it is read-only. The client asked one database, and has seen
// nothing of the answer: the writer is asked instead, and the digest is remembered as a write. If it was the
// writer that refused, it has become a replica: the statement waits for the new one. In a transaction that
// the client has announced as READ ONLY, he is told what the writer would have told him.
#include <algorithm>
#include <utility>

#include "protocol/message/response.hpp"
#include "proxy/session/session.hpp"
#include "proxy/worker/fleet.hpp"

namespace weir {
namespace {

// What the monitor has to look twice at a server that others are sent to meanwhile.
constexpr Millis kLookedAtMs = 300;

constexpr std::uint16_t kReadOnlyTransaction = 1792;  // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
constexpr std::uint16_t kUnknownCommand = 1047;       // ER_UNKNOWN_COM_ERROR

// The server runs with --read-only, a read-only transaction, or innodb/super read-only.
// MySQL: error message reference. MariaDB has the first two.
bool refused_as_read_only(const ErrPacket& error) {
  switch (error.code) {
    case 1290:  // ER_OPTION_PREVENTS_STATEMENT, which other options cause too
      return error.message.contains("read-only") || error.message.contains("read_only");
    case kReadOnlyTransaction:
    case 1836:  // ER_READ_ONLY_MODE
      return true;
    default:
      return false;
  }
}

// A Galera node that is not in the primary component, or is not ready yet, refuses whatever it is asked so.
// Galera: "WSREP has not yet prepared node for application use".
bool refused_as_unready(const ErrPacket& error) {
  return error.code == kUnknownCommand && error.message.contains("WSREP");
}

std::optional<ErrPacket> unready_refusal(Bytes packet) {
  auto error = decode_err(packet.subspan(kFrameHeaderBytes));
  if (!error || !refused_as_unready(*error)) return std::nullopt;
  return std::move(*error);
}

std::optional<ErrPacket> read_only_refusal(Bytes packet) {
  auto error = decode_err(packet.subspan(kFrameHeaderBytes));
  if (!error || !refused_as_read_only(*error)) return std::nullopt;
  return std::move(*error);
}

// Whether it may consist of several statements, of which some were carried out before one was refused: a
// procedure, a compound statement of MariaDB, which has no kind of its own, a text within the text.
bool may_be_half_done(const Statement& statement) {
  return statement.kind == StatementKind::call || statement.kind == StatementKind::execute ||
         statement.kind == StatementKind::other || statement.reason == Reason::conditional_comment ||
         statement.has(Trait::multi_statement);
}

// A function may have left something behind on its connection: a variable, a lock.
bool calls_functions(const Statement& statement) {
  return statement.has(Trait::calls_unknown_function) || statement.has(Trait::calls_stored_function);
}

// Whether only a server that is read-only refuses it so. Anybody can SIGNAL the like, by itself or in a
// routine; a trigger may, too.
bool writes_by_itself(const Statement& statement) {
  const bool writes = statement.reason == Reason::not_a_read || statement.reason == Reason::writes_in_cte ||
                      statement.reason == Reason::sequence;
  return writes && !may_be_half_done(statement) && !calls_functions(statement);
}

// Whether only the server itself can have said so, of all that it does.
bool is_servers_own(const ErrPacket& error, const Statement& statement) {
  if (refused_as_unready(error)) return !may_be_half_done(statement) && !calls_functions(statement);
  return writes_by_itself(statement);
}

// What a replica may carry out in a transaction READ ONLY without a trace that outlives it.
bool stays_with_replica(const Statement& statement) {
  return statement.access == Access::read ||
         (statement.has(Trait::ends_transaction) && !statement.has(Trait::multi_statement));
}

}  // namespace

// `packet` is the ERR that ends the response. True: the statement is on its way to another server, and the
// ERR is not for the client.
bool Session::ask_again_elsewhere(Bytes packet) {
  if (fast_forward_ || server_kill_ != 0) return false;  // who has been told to stop is not asked to go on
  const Server& server = lease_->server();
  const Snapshot& snapshot = worker_.snapshot();
  const bool of_readers = snapshot.pair_of_reader(server.hostgroup) != nullptr;
  if (!of_readers && snapshot.pair_of(server.hostgroup) == nullptr) return false;
  if (const auto unready = unready_refusal(packet)) return !of_readers && wait_for_new_writer(*unready);
  const auto error = read_only_refusal(packet);
  if (!error) return false;
  return of_readers ? ask_writer_instead(*error) : wait_for_new_writer(*error);
}

// Nothing of it has been done, and the client has seen and sent nothing that could not be seen and sent
// again.
bool Session::may_be_asked_again() const {
  if (request_.answered || request_.streaming || request_.infile || !request_.executes_statement())
    return false;
  return !pinned() && wants_.autocommit() && !may_be_half_done(request_.statement);
}

bool Session::ask_writer_instead(const ErrPacket& error) {
  if (request_.redirected || !may_be_asked_again()) return false;
  const HostgroupPair* pair = worker_.snapshot().pair_of_reader(lease_->server().hostgroup);
  if (!settings().monitor_enabled && !worker_.snapshot().find_hostgroup(pair->writer)) return false;
  learn_write(error);
  request_.redirected = true;
  last_route_.refused_by_replica = true;
  request_.may_retry = false;
  request_.hostgroup = pair->writer;
  request_.fallback_hostgroup = -1;
  if (calls_functions(request_.statement)) lease_.suspect();
  lease_.end();  // the ERR was the whole answer: the connection is as good as before
  stats().misroutes_corrected.add();
  retry_elsewhere();
  return true;
}

// The writer is none any more, or that is what it looks like. The monitor is told; if that is believed nobody
// else is sent there until it has looked, unless it has just found the like to be nothing. What can be asked
// again is, once there is a new writer. A server that refuses again after the monitor has found such a
// refusal to be nothing means something else; one that has been writable and is read-only again does not.
bool Session::wait_for_new_writer(const ErrPacket& error) {
  const bool server_wide = error.code != kReadOnlyTransaction;
  const Server& server = lease_->server();
  if (!settings().monitor_enabled || !server_wide || refuses_for_good(server)) return false;
  const std::uint32_t false_alarms = server.health().false_alarms();
  const bool believed = is_servers_own(error, request_.statement);
  const bool tells = !believed || server.health().note_refused_write(now());
  if (tells) worker_.fleet().on_refused_write(*server.state);
  const bool all_wait = server.health().view().refuses_writes;
  if (!all_wait && !believed) return false;
  if (settings().writer_wait_ms == 0 || !may_be_asked_again()) return false;
  if (std::exchange(request_.refused_by, server.state->key) != server.state->key)
    request_.false_alarms = false_alarms;
  if (request_.writer_wait_until == kNever) request_.writer_wait_until = now() + settings().writer_wait_ms;
  if (calls_functions(request_.statement)) lease_.suspect();
  lease_.end();
  stats().writes_held.add();
  all_wait ? retry_elsewhere() : retry_later();
  return true;
}

bool Session::refuses_for_good(const Server& server) const {
  if (request_.refused_by != server.state->key) return false;
  return server.health().false_alarms() > request_.false_alarms || now() >= request_.writer_wait_until;
}

void Session::retry_later() {
  note_retry();
  stage_ = Stage::delayed;
  deadline_.set(std::min(now() + kLookedAtMs, request_.writer_wait_until));
}

void Session::learn_write(const ErrPacket& error) {
  Analyzer& analyzer = analyze_again();
  worker_.learned_writes().add(analyzer.digest_hash(), analyzer.digest_text(), error.code, now());
  const Server& server = lease_->server();
  const RouteNoteKey key{.hostgroup = server.hostgroup,
                         .schema = wants_.schema(),
                         .username = wants_.user(),
                         .digest = analyzer.digest_hash(),
                         .reason = {}};
  const RouteOccasion occasion{
      .hostname = server.hostname, .port = server.port, .error_code = error.code, .detail = error.message};
  RouteNotes& surprises = worker_.route_surprises();
  const std::uint64_t now_us = worker_.loop().now_us();
  if (!surprises.count(key, occasion, now_us)) surprises.add(key, occasion, analyzer.digest_text(), now_us);
}

// Whether a replica has refused the like of this read before.
bool Session::known_as_write() const {
  const LearnedWrites& learned = worker_.learned_writes();
  return !learned.empty() && learned.contains(worker_.analyzer().digest_hash(), now());
}

bool Session::reads_on_replica() const {
  return lease_ && in_transaction() && transaction_was_split_ &&
         (status_ & kStatusInReadOnlyTransaction) != 0 &&
         worker_.snapshot().pair_of_reader(lease_->server().hostgroup) != nullptr;
}

bool Session::leaves_replica(const Statement& statement) const {
  return request_.executes_statement() && reads_on_replica() && pins_ == Pins(Pin::in_transaction) &&
         !stays_with_replica(statement);
}

// What a statement that is more than a read leaves behind (a variable, a lock, a savepoint) would keep the
// session on a replica for good: the transaction goes on at the writer, which is never behind. A BEGIN ends
// it: there is nothing to commit.
void Session::leave_replica() {
  if (!leaves_replica(request_.statement)) return;
  request_.reopens_transaction = !begins_transaction(request_.statement.kind);
  last_route_.left_replica = true;
  pins_.clear();
  status_ &= static_cast<std::uint16_t>(~(kStatusInTransaction | kStatusInReadOnlyTransaction));
  lease_->has().end_next_transaction(Ended::yes);
  lease_.end_and_roll_back();
}

// True: what the writer says of a write in such a transaction is in the worker's scratch queue, for the
// client.
bool Session::refuse_like_writer(Bytes packet) {
  if (!reads_on_replica() || !read_only_refusal(packet)) return false;
  std::uint8_t sequence = packet[3];
  encode_proxy_error(worker_.scratch_queue(), sequence, ProxyError::read_only_transaction);
  logged_.note_error(error_spec(ProxyError::read_only_transaction).code,
                     error_text(ProxyError::read_only_transaction));
  return true;
}

}  // namespace weir
