// Session: CONNECTION_ID() in what servers are sent is the session's id. Rules, statistics and logs see the
// text as it came.
#include "proxy/session/session.hpp"
#include "proxy/worker/fleet.hpp"
#include "router/query/connection_id.hpp"

namespace weir {
namespace {

// The text of a PREPARE is in quotes: whether it has the call shows in its bytes only.
bool may_call(const Statement& statement) {
  return statement.has(Trait::connection_id) || statement.kind == StatementKind::prepare ||
         statement.kind == StatementKind::execute;
}

}  // namespace

// Of the servers that the session is meant for.
ServerFamily Session::family() const {
  return lease_ ? lease_->family() : family_of(worker_.fleet().server_version(settings()));
}

// What servers are given instead of `sql`; empty: nothing else.
std::string Session::own_sql(std::string_view sql, const Statement& statement) const {
  if (!may_call(statement)) return {};
  return with_own_id(sql, request_mode(), {id_, name_context().schema, family()});
}

bool Session::may_call_connection_id() const {
  return may_call(request_.statement) && !request_.streaming &&
         (request_.spec->command == Command::query || request_.spec->command == Command::stmt_prepare);
}

// A request that would become too long goes as it is.
void Session::send_with_own_id() {
  const bool prepares = request_.spec->command == Command::stmt_prepare;
  const std::string own =
      prepares ? request_.prepared->own_sql : own_sql(request_.text(), request_.statement);
  const auto longest = static_cast<std::size_t>(settings().max_allowed_packet);
  if (own.empty() || request_.text_at + own.size() > longest) return lease_->send(request_.bytes);
  std::vector<std::uint8_t> request = request_.bytes;
  replace_text(request, request_.text_at, own);
  lease_->send(request);
}

}  // namespace weir
