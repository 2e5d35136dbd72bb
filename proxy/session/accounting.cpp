// Session: what a statement cost, and what went wrong with it, for the statistics tables.
//
// Known digests, commands and servers are counted without allocation.
#include "protocol/message/response.hpp"
#include "proxy/session/session.hpp"
#include "router/query/command_class.hpp"
#include "router/query/secret_text.hpp"

namespace weir {

// The request goes to its server.
void Session::count_sent() {
  request_.executed_in = lease_->server().hostgroup;
  note_fallback(request_.executed_in);
  if (request_.routed) last_route_.server_key = lease_->server().state->key;
  if (logged_.wanted) logged_.texts->server = lease_->server().name;
  if (request_.executes_statement()) lease_->share()->figures.queries.add();
  if (request_.spec->command == Command::stmt_execute) stats().backend_executes.add();
  if (request_.spec->command == Command::stmt_prepare) stats().backend_prepares.add();
}

// A read that was to go to the readers has stayed on the writer; a USE, which any server of the pair can
// tell about, has only been asked elsewhere.
void Session::note_fallback(int hostgroup) {
  if (hostgroup != request_.fallback_hostgroup || request_.left_on_writer || pinned()) return;
  if (request_.schema.empty()) request_.left_on_writer = SplitHold::no_reader_usable;
  if (request_.routed) last_route_.fell_back_to = hostgroup;
}

// It is over, one way or another.
void Session::count_command() {
  if (logged_.wanted) log_statement();
  const std::uint64_t now_us = worker_.loop().now_us();
  if (request_.routed) last_route_.took_us = now_us - since_us_;
  if (request_.spec != nullptr && request_.executes_statement()) count_statement(now_us - since_us_);
  since_us_ = now_us;
}

void Session::count_statement(std::uint64_t took_us) {
  const CommandClass command = command_class(request_.statement, request_.sql(), request_mode());
  if (settings().commands_stats) worker_.command_stats().count(command, took_us);
  if (request_.digest != 0) count_digest(took_us);
  if (request_.left_on_writer && request_.executed_in >= 0) count_left_on_writer();
  if (took_us > static_cast<std::uint64_t>(settings().long_query_time) * 1000) stats().slow_queries.add();
  if (command == CommandClass::commit) stats().commits.add();
  if (command == CommandClass::rollback) stats().rollbacks.add();
  if (command == CommandClass::use) stats().use_statements.add();
  if (command == CommandClass::select_for_update && !wants_.autocommit())
    stats().locking_reads_without_autocommit.add();
}

void Session::count_digest(std::uint64_t took_us) {
  const DigestKey key{
      .hostgroup = request_.executed_in,
      .schema = wants_.schema(),
      .username = wants_.user(),
      .client_address = settings().query_digests_track_hostname ? origin_.address : std::string_view(),
      .digest = request_.digest};
  const Execution execution{.ended_at_us = since_us_ + took_us,
                            .time_us = took_us,
                            .rows_affected = request_.rows_affected,
                            .rows_sent = request_.rows_sent};
  if (worker_.digest_stats().count(key, execution)) return;
  worker_.digest_stats().add(key, execution, analyze_again().digest_text());
}

// What the client sent, whatever the analyzer has seen since.
Analyzer& Session::analyze_again() {
  const std::string_view sql =
      request_.client_text.empty() ? request_.sql() : std::string_view(request_.client_text);
  analyse(sql);
  return worker_.analyzer();
}

void Session::count_left_on_writer() {
  stats().reads_left_on_writer.add();
  if (request_.digest == 0) return;
  const SplitHold hold = *request_.left_on_writer;
  const RouteNoteKey key{
      .hostgroup = request_.executed_in,
      .schema = wants_.schema(),
      .username = wants_.user(),
      .digest = request_.digest,
      .reason = hold == SplitHold::none ? to_text(request_.statement.reason) : to_text(hold)};
  const std::uint64_t now_us = worker_.loop().now_us();
  if (worker_.route_doubts().count(key, now_us)) return;
  std::string detail;
  if (hold == SplitHold::connection_kept) detail = to_text(request_.kept_for);
  const Reason reason = request_.statement.reason;
  if (hold == SplitHold::none && (reason == Reason::unknown_function || reason == Reason::stored_function)) {
    analyse(request_.sql());
    detail = worker_.analyzer().unknown_function();
  }
  worker_.route_doubts().add(key, {.detail = detail}, analyze_again().digest_text(), now_us);
}

// `packet` is an ERR of the server.
void Session::count_server_error(Bytes packet) {
  const auto error = decode_err(packet.subspan(kFrameHeaderBytes));
  if (!error) return;
  if (request_.routed) last_route_.server_error = error->code;
  count_error(error->code, error->message);
}

// Of the server that the session is connected to, if it is, else of `server`; of none it is ours.
void Session::count_error(std::uint16_t code, std::string_view message, const Server* server) {
  ErrorKey key{.hostgroup = request_.hostgroup,
               .hostname = {},
               .username = wants_.user(),
               .schema = wants_.schema(),
               .code = code};
  if (lease_) server = &lease_->server();
  if (server != nullptr) {
    key.hostgroup = server->hostgroup;
    key.hostname = server->hostname;
    key.port = server->port;
  }
  logged_.note_error(code, message);
  const bool has_text = request_.spec != nullptr;  // it may be a login that has failed
  if (has_text && may_hold_secret(request_.statement, request_.sql()))
    message = "(not shown: it may quote the statement)";
  worker_.error_stats().count(key, origin_.address, message, worker_.loop().now_us());
}

}  // namespace weir
