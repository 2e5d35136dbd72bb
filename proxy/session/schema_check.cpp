// Session: a schema that the client names, at login or by USE, is asked of a server; when none can be asked
// in a moment, the client goes on, and his next statement is told if the schema is not there.
#include "proxy/session/session.hpp"

namespace weir {
namespace {

constexpr std::uint16_t kAccessDeniedToSchema = 1044;
constexpr std::uint16_t kUnknownSchema = 1049;

}  // namespace

// Nothing but a schema depends on this request, and no connection's state.
bool Session::only_checks_schema() const {
  if (request_.purpose == Purpose::login) return true;
  return !request_.schema.empty() && !pinned() && !request_.reopens_transaction &&
         !request_.statement.has(Trait::multi_statement) && request_.spec->command != Command::stmt_prepare;
}

// Any server of the pair has the schema: readers tell while the writer is down.
int Session::partner_of(int hostgroup) const {
  if (const HostgroupPair* pair = worker_.snapshot().pair_of(hostgroup)) return pair->reader;
  if (const HostgroupPair* pair = worker_.snapshot().pair_of_reader(hostgroup)) return pair->writer;
  return -1;
}

void Session::note_schema_refused(std::uint16_t code) {
  if (code == kUnknownSchema || code == kAccessDeniedToSchema) schema_in_doubt_ = true;
}

// A connection in the current schema may not be to be had: the one for this request is taken to the new
// schema at once. If that fails, the current one is the old one again (go_idle()).
void Session::leave_doubtful_schema() {
  if (!schema_in_doubt_ || request_.schema_left) return;
  request_.schema_left = std::make_unique<const std::string>(wants_.schema());
  wants_.set_schema(request_.schema);
}

// No server can be asked now.
void Session::go_on_unchecked() {
  stats().schemas_unchecked.add();
  worker_.pool().cancel(*this);
  lease_.suspect();
  lease_.end();
  held_.clear();
  schema_in_doubt_ = true;
  if (request_.purpose == Purpose::login) return accept_login();
  request_.schema_left.reset();
  wants_.set_schema(request_.schema);
  reply_ok();
  go_idle();
}

}  // namespace weir
