// Session: COM_QUERY. What it is, where it goes, and what is answered without a server.
#include "protocol/machine/reply_writer.hpp"
#include "proxy/session/session.hpp"
#include "proxy/worker/fleet.hpp"
#include "router/query/local_statement.hpp"

namespace weir {

void Session::start_query() {
  if ((caps_ & kQueryAttributes) != 0 && !find_text()) return;
  const std::string_view sql = request_.sql();
  request_.statement = analyse(sql);
  if (settings().query_digests) request_.digest = worker_.analyzer().digest_hash();
  if (!request_.streaming && answered_locally(sql)) return;
  if (request_.statement.kind == StatementKind::execute && executes_kill(sql)) return;
  if (kept_diagnostics_ && answered_from_kept_diagnostics(sql)) return;
  if (request_.statement.kind == StatementKind::use)
    request_.schema = without_quotes(request_.statement.schema);
  route_request();
}

// A text means what it meant where it was prepared, if it was.
const Statement& Session::analyse(std::string_view sql) {
  const NameScope names{.writer_hostgroup = default_hostgroup_,
                        .schema = request_.prepared ? request_.prepared->context.schema : wants_.schema()};
  return worker_.analyzer().begin(sql, request_mode(), worker_.digest_options(), names);
}

LexMode Session::request_mode() const {
  return request_.prepared ? request_.prepared->mode : wants_.lex_mode();
}

bool Session::answered_locally(std::string_view sql) {
  const LocalStatement local = local_statement(request_.statement, sql, wants_.lex_mode());
  if (local.kind == LocalStatement::Kind::row_count && transaction_in_doubt()) return false;
  const bool asks_about_routes = local.kind == LocalStatement::Kind::explain_route ||
                                 local.kind == LocalStatement::Kind::show_last_route;
  if (local.kind != LocalStatement::Kind::none && !asks_about_routes) note_answered_here(to_text(local.kind));
  switch (local.kind) {
    case LocalStatement::Kind::none:
      return false;
    case LocalStatement::Kind::kill:
      start_kill(sql);
      return true;
    case LocalStatement::Kind::connection_id:
      note_local_select();
      reply_own_id(local.call);
      break;
    case LocalStatement::Kind::row_count:
      note_local_select();
      reply_row_count(local.call);
      break;
    case LocalStatement::Kind::internal_session:
      reply_internal_session();
      break;
    case LocalStatement::Kind::explain_route:
      reply_explanation(local.explained);
      break;
    case LocalStatement::Kind::show_last_route:
      reply_last_route();
      break;
    case LocalStatement::Kind::stream_status:
      reply_stream_status(local.variable);
      break;
  }
  finish_command();
  return true;
}

// A connection that is kept only for what the last statement left to ask (its warnings, its row count) is let
// go by a statement that does not ask: it may belong elsewhere.
void Session::drop_soft_pins() {
  if (request_.has_statement() && !request_.statement.has(Trait::shows_diagnostics))
    kept_diagnostics_.reset();
  if (!lease_) return;
  pins_ = pins_met(request_.statement, pins_);
  forget_causes();
  settle_lease();
}

// The analyzer has begun with this statement's text. Starts it.
void Session::route_request() {
  const bool asks_its_server = transaction_in_doubt() && request_.statement.has(Trait::calls_row_count);
  if (!asks_its_server) drop_soft_pins();
  RouteInput input = route_input(worker_.analyzer());
  // Only after the rules: what they answer themselves leaves the transaction where it is.
  const bool leaves = leaves_replica(request_.statement);
  if (leaves) input.in_transaction = false;
  const Decision decision = route(input, worker_.snapshot().rules(), worker_.match_scratch());
  last_route_.record.keep(worker_.analyzer().statement(), decision, leaves ? Pins() : pins_);
  last_route_.begin(request_.digest);
  if (decision.log >= 0) log_as(decision.log != 0);
  if (decision.next_query_flag_in >= 0) flag_in_ = decision.next_query_flag_in;
  if (answered_by_rule(decision)) return;
  if (decision.rewritten && !rewrite_request()) return;
  leave_replica();
  follow(decision);
  if (answered_from_cache(decision)) return;
  if (std::exchange(request_.routed, true)) return seek_connection();
  if (decision.mirrored()) mirror(decision, input);
  request_.delay_ms = decision.delay_ms >= 0 ? decision.delay_ms : settings().default_query_delay;
  if (decision.max_in_flight >= 0 && !take_place(decision)) return;
  hold_back();
}

RouteInput Session::route_input(Analyzer& analyzer) {
  RouteInput input{.analyzer = analyzer};
  input.username = wants_.user();
  input.schema = wants_.schema();
  input.client_addr = origin_.address;
  input.proxy_addr = origin_.proxy_address;
  input.proxy_port = origin_.proxy_port;
  apply_configuration(input, worker_.snapshot(), default_hostgroup_, attributes_);
  input.flag_in = request_.flag_in = flag_in_;
  const bool has_text =
      request_.spec->command == Command::query || request_.spec->command == Command::stmt_prepare;
  input.may_rewrite = has_text && !request_.streaming && request_.client_text.empty();
  input.in_transaction = in_transaction();
  input.autocommit = wants_.autocommit();
  input.has_temporary_tables = pins_.has(Pin::temporary_tables);
  input.transaction_announced = !wants_.next_transaction().none();
  input.fast_forward = fast_forward_;
  return input;
}

// Why automatic splitting leaves this read on the writer; none if the reason is in its text, nothing if it
// does not, or has no say.
std::optional<SplitHold> Session::hold_of(const Decision& decision) const {
  switch (decision.decided_by) {
    case DecidedBy::split_read:
      // What follows the part of a long statement that was looked at may lock or write.
      if (request_.streaming) return SplitHold::long_statement;
      if (known_as_write()) return SplitHold::learned_write;
      if (lease_ && lease_->server().hostgroup != decision.destination_hostgroup)
        return SplitHold::connection_kept;
      return std::nullopt;
    case DecidedBy::split_write:
      if (!looks_like_read(request_.statement) || reads_on_replica()) return std::nullopt;
      return decision.reason == Reason::none ? decision.hold : SplitHold::none;
    case DecidedBy::default_hostgroup:
      if (!splits_reads(attributes_, settings()) || request_.statement.access != Access::read)
        return std::nullopt;
      if (worker_.snapshot().pair_of_reader(default_hostgroup_) != nullptr) return std::nullopt;
      return SplitHold::no_reader_hostgroup;
    case DecidedBy::rule:
    case DecidedBy::fast_routing:
    case DecidedBy::annotation:
      return std::nullopt;
  }
  unreachable();
}

// Where the statement goes, and how.
void Session::follow(const Decision& decision) {
  request_.hostgroup = decision.destination_hostgroup;
  request_.fallback_hostgroup = decision.fallback_hostgroup;
  request_.left_on_writer = hold_of(decision);
  if (request_.left_on_writer == SplitHold::connection_kept) {
    request_.kept_for = pins_;
  } else if (request_.left_on_writer && decision.decided_by == DecidedBy::split_read) {
    last_route_.moved = *request_.left_on_writer;
    request_.hostgroup = decision.fallback_hostgroup;
    request_.fallback_hostgroup = -1;
  }
  if (request_.statement.has(Trait::starts_transaction))
    transaction_was_split_ = decision.decided_by == DecidedBy::split_read;
  request_.force_pin = decision.multiplex == MultiplexOverride::disable;
  request_.keep_multiplexing = decision.multiplex == MultiplexOverride::keep_on;
  if (decision.multiplex == MultiplexOverride::enable) {
    pins_.remove(Pin::by_rule);
    kept_for_statement_ = false;
  }
  // 0 is none of its own, as in ProxySQL, whose rows often have it.
  request_.timeout_ms = decision.timeout_ms > 0 ? decision.timeout_ms : settings().default_query_timeout;
  request_.retries = decision.retries >= 0 ? decision.retries : settings().query_retries_on_failure;
  // A stored function is a read by its author's word: not to be run twice on it.
  request_.may_retry = request_.statement.access == Access::read &&
                       !request_.statement.has(Trait::calls_stored_function) && !request_.streaming &&
                       !pinned() && wants_.autocommit();
  if (!request_.schema.empty()) {
    if (request_.fallback_hostgroup < 0 && !fast_forward_)
      request_.fallback_hostgroup = partner_of(request_.hostgroup);
    leave_doubtful_schema();
  }
  if (decision.annotation_mistyped) stats().annotations_mistyped.add();
  if (decision.annotation_unheeded) stats().annotations_unheeded.add();
  count_route(decision);
  request_.pins_of_text = pins_of_text(request_.statement, worker_.analyzer().sql(), request_mode());
  request_.may_hide_insert_id = may_hide_insert_id(request_.statement, worker_.analyzer().sql());
  // What lies beyond the part that was looked at may change the session in ways that we do not see.
  if (request_.streaming && request_.spec->command == Command::query) {
    request_.pins_of_text.add(Pin::hidden_state);
  }
}

// It waits for a hostgroup that is gone. The rules of now may say better; if they do not, the pool says
// whether there is anything to wait for. The wait for the same hostgroup does not begin anew.
void Session::route_again() {
  const bool has_text = request_.prepared || request_.spec->command == Command::query;
  if (!has_text) return;
  const Instant since = waiting_since();
  const Instant due = deadline_.due();
  const int hostgroup = request_.hostgroup;
  worker_.pool().cancel(*this);
  analyse(request_.sql());
  flag_in_ = request_.flag_in;
  route_request();
  if (stage_ != Stage::waiting_backend) return;
  count_wait_from(since);
  if (request_.hostgroup != hostgroup || request_.waits_for_writer) return;
  deadline_.set(due);
  needs_.until = due;
}

void Session::count_route(const Decision& decision) {
  if (decision.destination_rule_id >= 0) return stats().routed_by_rule.add();
  switch (decision.decided_by) {
    case DecidedBy::split_read:
      return stats().routed_to_readers.add();
    case DecidedBy::split_write:
      return stats().routed_to_writer.add();
    case DecidedBy::fast_routing:
    case DecidedBy::annotation:
      return stats().routed_by_rule.add();
    case DecidedBy::rule:
    case DecidedBy::default_hostgroup:
      return stats().routed_to_default.add();
  }
}

bool Session::answered_by_rule(const Decision& decision) {
  if (request_.spec->shape == Shape::none) return false;  // the execution is answered
  const bool prepares = request_.spec->command == Command::stmt_prepare;
  if (decision.error_msg) {
    reply(ProxyError::rule_refused, *decision.error_msg);
  } else if (decision.ok_msg && !prepares) {  // an OK says nothing of a statement: its executions get it
    ReplyWriter writer{worker_.scratch_queue(), caps_, request_.tracker.next_sequence()};
    writer.ok(client_status(), 0, 0, 0, *decision.ok_msg);
    send_reply();
  } else {
    return false;
  }
  finish_command();
  return true;
}

}  // namespace weir
