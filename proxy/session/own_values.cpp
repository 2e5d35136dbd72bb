// Session: CONNECTION_ID() and ROW_COUNT() in what servers are sent are the session's own. Rules, statistics
// and logs see the text as it came.
#include "router/query/own_values.hpp"

#include "proxy/session/session.hpp"
#include "proxy/worker/fleet.hpp"

namespace weir {

// Of the servers that the session is meant for.
ServerFamily Session::family() const {
  return lease_ ? lease_->family() : worker_.fleet().servers_family(settings());
}

// What servers are given instead of `sql`; empty: nothing else. ROW_COUNT() of what is prepared is that of
// the time of its execution.
std::string Session::own_sql(std::string_view sql, const Statement& statement) const {
  if (!may_have_own_values(statement)) return {};
  OwnValues own{id_, name_context().schema, family()};
  if (request_.spec->command == Command::query) own.row_count = row_count_;
  return with_own_values(sql, request_mode(), own);
}

// A request that would become too long goes as it is, and so does one whose text is not all here.
void Session::send_with_own_values() {
  const Command command = request_.spec->command;
  if (request_.streaming || (command != Command::query && command != Command::stmt_prepare))
    return lease_->send(request_.bytes);
  const bool prepares = command == Command::stmt_prepare;
  const std::string own =
      prepares ? request_.prepared->own_sql : own_sql(request_.text(), request_.statement);
  const auto longest = static_cast<std::size_t>(settings().max_allowed_packet);
  if (own.empty() || request_.text_at + own.size() > longest) return lease_->send(request_.bytes);
  std::vector<std::uint8_t> request = request_.bytes;
  replace_text(request, request_.text_at, own);
  lease_->send(request);
}

}  // namespace weir
