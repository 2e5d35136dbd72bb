// Session: what a rule does to a statement besides choosing its hostgroup: another text, an answer from the
// cache, a copy for a mirror, a pause.
#include <algorithm>

#include "protocol/wire/writer.hpp"
#include "proxy/session/session.hpp"
#include "proxy/worker/fleet.hpp"
#include "router/rules/cacheable.hpp"

namespace weir {
namespace {

// Rows in, rows out: nothing of it stays with the connection.
bool may_be_mirrored(const Statement& statement) {
  static constexpr StatementKind kKinds[] = {
      StatementKind::select, StatementKind::values,  StatementKind::table,   StatementKind::insert,
      StatementKind::update, StatementKind::delete_, StatementKind::replace,
  };
  return !statement.has(Trait::multi_statement) && !statement.has(Trait::sets_user_variable) &&
         !statement.has(Trait::named_lock_taken) &&
         std::ranges::find(kKinds, statement.kind) != std::end(kKinds);
}

// A megabyte per reply at most: larger results are for those who read them.
constexpr std::size_t kLargestCapturedBytes = 1 << 20;

}  // namespace

// The statement is now what the rules made of it. False: it cannot be sent, and the client has been told.
bool Session::rewrite_request() {
  std::string before(request_.text());
  if (!replace_text(request_.bytes, request_.text_at, worker_.match_scratch().rewritten())) {
    reply(ProxyError::packet_too_large);
    finish_command();
    return false;
  }
  request_.client_text = std::move(before);
  const std::string_view own = request_.text();
  if (request_.spec->command == Command::stmt_prepare) {
    const std::string own_id = own_sql(own, worker_.analyzer().rewrite(own));
    request_.prepared = worker_.prepared_texts().text_for(own, wants_, own_id);
    request_.statement = worker_.analyzer().rewrite(request_.prepared->sql);
  } else {
    request_.statement = worker_.analyzer().rewrite(own);
  }
  if (request_.statement.kind == StatementKind::use)
    request_.schema = without_quotes(request_.statement.schema);
  return true;
}

CacheKey Session::cache_key(std::string_view text) const {
  return {.user = wants_.user(),
          .schema = wants_.schema(),
          .text = text,
          .state = wants_.fingerprint(),
          .form = caps_ & (kDeprecateEof | kSessionTrack)};
}

// True: the client has his answer. Otherwise the server's will be kept, if it may be.
bool Session::answered_from_cache(const Decision& decision) {
  request_.cache_ttl_ms = 0;  // it may have been routed before, by rules that are gone
  if (decision.cache_ttl_ms <= 0) return false;
  const bool plain = request_.spec->command == Command::query && !request_.streaming &&
                     request_.tracker.next_sequence() == 1;
  const std::string_view text = request_.text();
  const Pins pins = pins_ | request_.pins_of_text;
  last_route_.cache_ttl_ms = decision.cache_ttl_ms;
  last_route_.not_cached = plain ? not_cacheable_because(decision, request_.statement, text, pins, wants_)
                           : request_.spec->command == Command::query
                               ? std::string_view("the statement is too long")
                               : std::string_view("prepared statements are never cached");
  if (!last_route_.not_cached.empty()) return false;
  if (const CachedReplyPtr found = worker_.fleet().query_cache().find(cache_key(text), now())) {
    request_.answered = last_route_.from_cache = true;
    logged_.rows_sent = found->rows;
    stats().questions_local.add();
    stats().bytes_to_clients.add(found->packets.size());
    client_.send(found->packets);
    row_count_ = -1;
    finish_command();
    return true;
  }
  last_route_.not_cached = "it was not answered";
  request_.cache_ttl_ms = decision.cache_ttl_ms;
  request_.caches_empty = decision.cache_empty_result >= 0 ? decision.cache_empty_result == 1
                                                           : settings().query_cache_stores_empty_result;
  return false;
}

// `bytes` of the reply are about to go to the client. The cache has the `last` of them before he does: what
// he asks next, over another of his connections, finds the answer that he knows.
void Session::capture(Bytes bytes, bool last) {
  if (request_.captured.size() + bytes.size() > kLargestCapturedBytes) {
    request_.cache_ttl_ms = 0;
    request_.captured = {};
    last_route_.not_cached = "the answer is longer than a megabyte";
    return;
  }
  request_.captured.insert(request_.captured.end(), bytes.begin(), bytes.end());
  if (last) cache_reply();
}

// The reply is complete. Errors, warnings and what belongs to a transaction are nobody else's.
void Session::cache_reply() {
  constexpr std::uint16_t kNotAlone =
      kStatusInTransaction | kStatusInReadOnlyTransaction | kStatusMoreResults | kStatusCursorExists;
  const std::uint64_t rows = lease_->tracker().rows();
  last_route_.not_cached = request_.failed                       ? "it failed"
                           : request_.warnings != 0              ? "it gave warnings"
                           : (request_.status & kNotAlone) != 0  ? "it belongs to a transaction"
                           : rows == 0 && !request_.caches_empty ? "the answer is empty"
                                                                 : "";
  if (!last_route_.not_cached.empty()) return;
  auto reply = std::make_shared<CachedReply>(CachedReply{std::move(request_.captured), rows});
  const auto limit = static_cast<std::size_t>(settings().query_cache_size_mb) << 20;
  const std::string_view text = request_.text();
  worker_.fleet().query_cache().store(cache_key(text), std::move(reply), now() + request_.cache_ttl_ms,
                                      limit);
}

// `input` is what the statement itself was routed by; the decision's texts are gone when this returns.
void Session::mirror(const Decision& decision, RouteInput input) {
  if (request_.spec->command != Command::query || request_.streaming || !may_be_mirrored(request_.statement))
    return;
  MirrorCopy copy;
  copy.hostgroup = decision.mirror_hostgroup >= 0 ? decision.mirror_hostgroup : default_hostgroup_;
  const bool reads_variable = request_.statement.has(Trait::reads_user_variable);
  if (!wants_.settled() || (reads_variable && !wants_.user_variables().settled())) {
    // Only the session's own connection knows a value: a mirror's would give it another session's.
    last_route_.mirror_hostgroup = copy.hostgroup;
    last_route_.mirror_dropped = true;
    return stats().mirror_dropped.add();
  }
  copy.request = request_.bytes;
  copy.text_at = request_.text_at;
  if (decision.mirror_flag_out >= 0) {
    input.flag_in = decision.mirror_flag_out;
    input.default_hostgroup = copy.hostgroup;
    input.auto_rw_split = false;
    input.may_rewrite = true;
    const Decision second = route(input, worker_.snapshot().rules(), worker_.match_scratch());
    if (second.error_msg || second.ok_msg || !may_be_mirrored(worker_.analyzer().statement())) return;
    copy.hostgroup = second.destination_hostgroup;
    if (second.rewritten && !replace_text(copy.request, copy.text_at, worker_.match_scratch().rewritten()))
      return stats().mirror_failures.add();
  }
  const Statement& statement = worker_.analyzer().statement();
  const std::string_view sql = as_text(Bytes(copy.request).subspan(kFrameHeaderBytes + copy.text_at));
  copy.may_write = statement.access != Access::read;
  copy.may_hide_insert_id = may_hide_insert_id(statement, sql) ||
                            pins_of_text(statement, sql, request_mode()).has(Pin::last_insert_id);
  const std::string own = own_sql(sql, statement);
  if (!own.empty()) replace_text(copy.request, copy.text_at, own);
  copy.credentials = credentials_;
  copy.client_address = origin_.address;
  copy.wants = wants_;
  copy.wants.set_autocommit(true);
  copy.wants.end_next_transaction(Ended::yes);
  copy.key = conn_key();
  copy.connect_timeout_ms = settings().connect_timeout_server_max;
  copy.timeout_ms = settings().default_query_timeout;
  last_route_.mirror_hostgroup = copy.hostgroup;
  last_route_.mirror_dropped = !worker_.mirrors().submit(
      std::move(copy), {.running = static_cast<std::size_t>(settings().mirror_max_concurrency),
                        .waiting = static_cast<std::size_t>(settings().mirror_max_queue_length)});
}

// Whether it need not wait for others that a rule lets run first. Within a transaction nothing waits: it may
// hold what the others need to come to an end.
bool Session::take_place(const Decision& decision) {
  InFlight& in_flight = worker_.fleet().in_flight();
  request_.counts_in_flight = true;
  request_.in_flight_key = decision.in_flight_key;
  if (pinned()) {
    in_flight.enter_anyway(decision.in_flight_key, decision.in_flight_rule_id);
    return true;
  }
  request_.ticket = in_flight.enter(decision.in_flight_key, decision.in_flight_rule_id,
                                    decision.max_in_flight, worker_.index(), id_);
  if (!request_.ticket) return true;
  request_.in_flight_limit = decision.max_in_flight;
  request_.in_flight_rule = decision.in_flight_rule_id;
  stage_ = Stage::delayed;
  set_connect_deadline();
  return false;
}

void Session::on_place(const InFlightTicket& ticket) {
  if (stage_ != Stage::delayed || request_.ticket != ticket) return;
  request_.ticket.reset();
  last_route_.place_wait_us = waited_us();
  hold_back();
}

// However the statement ends.
void Session::give_place() {
  if (!std::exchange(request_.counts_in_flight, false)) return;
  InFlight& in_flight = worker_.fleet().in_flight();
  if (request_.ticket) return in_flight.cancel(request_.in_flight_key, *request_.ticket);
  in_flight.leave(request_.in_flight_key);
}

void Session::no_place_in_time() {
  last_route_.place_wait_us = waited_us();
  const ErrorSpec& spec = error_spec(ProxyError::too_many_in_flight);
  stats().errors_generated.add();
  fail_request(spec.code, spec.sqlstate,
               error_text(spec.error, request_.in_flight_limit, request_.in_flight_rule,
                          settings().connect_timeout_server_max));
}

// For the time that a rule says; the deadline brings it on.
void Session::hold_back() {
  if (request_.delay_ms <= 0) return seek_connection();
  last_route_.delay_ms = request_.delay_ms;
  stage_ = Stage::delayed;
  deadline_.set(now() + request_.delay_ms);
}

}  // namespace weir
