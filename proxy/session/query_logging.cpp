// Session: a statement that is over becomes a line of the query log, if a rule or the settings want it.
#include <chrono>

#include "proxy/session/session.hpp"
#include "router/query/secret_text.hpp"

namespace weir {
namespace {

std::uint64_t unix_now_us() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count());
}

}  // namespace

// A rule has an opinion.
void Session::log_as(bool wanted) {
  if (!wanted || !worker_.statement_log().on()) {
    logged_.wanted = false;
  } else if (!logged_.wanted) {
    logged_.begin();
  }
}

// It ended with its session: what the client did not live to see.
void Session::log_unfinished(EndReason reason) {
  const bool told =
      reason == EndReason::released || reason == EndReason::request_failed || logged_.error_code != 0;
  if (!told) {
    logged_.note_error(error_spec(ProxyError::query_interrupted).code,
                       "the session ended: " + std::string(describe(reason).name));
  }
  log_statement();
}

// Texts that may hold a password are told without their values, and what was said of them not at all: servers
// quote what they do not understand.
void Session::log_statement() {
  logged_.wanted = false;
  if (event_name(request_.spec->command).empty()) return;
  const bool rewritten = !request_.client_text.empty();
  const std::string_view sql = rewritten ? std::string_view(request_.client_text) : request_.sql();
  QueryEvent event{.command = request_.spec->command,
                   .session_id = id_,
                   .username = wants_.user(),
                   .schema = wants_.schema(),
                   .client_addr = origin_.address,
                   .client_port = origin_.port,
                   .hostgroup = request_.executed_in,
                   .server = logged_.texts->server,
                   .ended_at_us = unix_now_us(),
                   .took_us = worker_.loop().now_us() - since_us_,
                   .rows_affected = request_.rows_affected,
                   .last_insert_id = request_.insert_id ? wants_.last_insert_id() : 0,
                   .rows_sent = request_.rows_sent + logged_.rows_sent,
                   .digest = request_.digest,
                   .statement_id = logged_.statement_id != 0 ? logged_.statement_id : request_.statement_id,
                   .query = sql,
                   .query_bytes = sql.size(),
                   .masked = false,
                   .error_code = logged_.error_code,
                   .error = logged_.texts->error};
  if (request_.streaming && request_.spec->command == Command::query)
    event.query_bytes = request_.tracker.payload_bytes() - 1;
  if (event.digest == 0 && settings().query_digests) event.digest = analyze_again().digest_hash();
  const Statement statement = rewritten ? analyze_again().statement() : request_.statement;
  std::string masked;
  if (may_hold_secret(statement, sql)) {
    append_without_literals(sql, wants_.lex_mode(), masked);
    event.query = masked;
    event.query_bytes = masked.size();
    event.masked = true;
    if (event.error_code != 0) event.error = "(not shown: it may quote the statement)";
  }
  worker_.statement_log().write(event);
}

}  // namespace weir
