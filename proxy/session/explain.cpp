// Session: EXPLAIN ROUTE and SHOW LAST ROUTE. Both only look: pins, rules' hits, the server's warnings and
// the last route are as before.
#include <fmt/format.h>

#include "protocol/machine/reply_writer.hpp"
#include "proxy/session/session.hpp"
#include "proxy/worker/fleet.hpp"
#include "router/backend/server_reasons.hpp"
#include "router/rules/explain_route.hpp"

namespace weir {
namespace {

const Server* find_by_key(const Snapshot& snapshot, std::uint64_t key) {
  for (const Hostgroup& hostgroup : snapshot.hostgroups()) {
    for (const auto& server : hostgroup.servers) {
      if (server->state->key == key) return server.get();
    }
  }
  return nullptr;
}

}  // namespace

void Session::reply_explanation(std::string_view sql) {
  Analyzer analyzer = worker_.analyzer();  // it knows the servers' functions
  const NameScope names{.writer_hostgroup = default_hostgroup_, .schema = wants_.schema()};
  const Statement& statement = analyzer.begin(sql, wants_.lex_mode(), worker_.digest_options(), names);
  if (statement.kind == StatementKind::empty)
    return reply(ProxyError::explain_route_usage,
                 "it needs a statement: EXPLAIN ROUTE SELECT 1. DESCRIBE "
                 "shows a table of that name");
  Lexer lexer(sql, wants_.lex_mode());
  if (lexer.next().is(Word::for_))
    return reply(ProxyError::explain_route_usage,
                 "here it is about your own session; FOR USER is for the "
                 "admin port");
  const RouteScene scene{
      .snapshot = worker_.snapshot(),
      .wants = wants_,
      .now = now(),
      .pins = pins_,
      .held = &holdings_,
      .kept = lease_ ? &lease_->server() : nullptr,
      .leaves_replica = leaves_replica(statement),
      .learned_as_write =
          [this](std::uint64_t digest) { return worker_.learned_writes().contains(digest, now()); },
      .cached =
          [this](std::string_view text) {
            return worker_.fleet().query_cache().contains(cache_key(text), now());
          },
      .remembered =
          [this, &statement](std::string_view text) {
            ByteQueue reply;
            return kept_diagnostics_ && statement.has(Trait::shows_diagnostics) &&
                   kept_diagnostics_->answer(text, wants_.lex_mode(), 1, reply);
          }};
  RouteTrace trace;
  explain_route(route_input(analyzer), scene, trace);
  reply_trace(trace);
}

// `what` lives as long as the program.
void Session::note_answered_here(std::string_view what) {
  last_route_.record.keep(request_.statement);
  last_route_.begin(request_.digest);
  last_route_.answered_here = what;
}

void Session::reply_last_route() {
  RouteTrace trace;
  const LastRoute& last = last_route_;
  if (!last.told) {
    trace.add("verdict", "none", "", "this session has had no statement yet");
    return reply_trace(trace);
  }
  if (last.digest != 0)
    trace.add("digest", digest_to_text(last.digest), std::string(worker_.digest_stats().text_of(last.digest)),
              "");
  if (!last.answered_here.empty()) {
    last.record.describe_unrouted(trace);
    trace.add("verdict", "Weir", std::string(last.answered_here), std::string(kAnsweredByWeir));
    return reply_trace(trace);
  }
  const Server* server = find_by_key(worker_.snapshot(), last.server_key);
  last.record.describe(trace, {.moved = last.moved, .ran_in = server == nullptr ? -1 : server->hostgroup});
  add_last_detours(trace);
  if (last.refused_by_replica) trace.add("replica", "refused it as read-only", "writer", "");
  if (const int lost = last.attempts - (last.refused_by_replica ? 1 : 0); lost > 0)
    trace.add("retries", "", std::to_string(lost), "connections were lost before they answered");
  if (last.server_error != 0) trace.add("answer", "error", std::to_string(last.server_error), "the server's");
  trace.add("time", "", fmt::format("{} us", last.took_us), "");
  trace.add("connection", to_text(pins_), pinned() ? "pinned" : "shared",
            pinned() ? "the session keeps its connection" : "free for other sessions");
  add_last_verdict(trace);
  reply_trace(trace);
}

// What came between the decision and the server's answer.
void Session::add_last_detours(RouteTrace& trace) const {
  const LastRoute& last = last_route_;
  if (last.left_replica)
    trace.add("session", "transaction READ ONLY", "left its replica",
              begins_transaction(last.record.kind) ? "the statement ended it"
                                                   : "more than a read: it was begun again");
  if (last.cache_ttl_ms >= 0) {
    trace.add("cache", fmt::format("cache_ttl {} ms", last.cache_ttl_ms),
              last.from_cache           ? "found"
              : last.not_cached.empty() ? "not found"
                                        : "not used",
              last.from_cache           ? ""
              : last.not_cached.empty() ? "the server's answer was kept"
                                        : std::string(last.not_cached));
  }
  if (last.mirror_hostgroup >= 0) {
    trace.add("mirror", fmt::format("hostgroup {}", last.mirror_hostgroup),
              last.mirror_dropped ? "dropped" : "copied",
              last.mirror_dropped ? "mysql-mirror_max_queue_length copies were waiting" : "");
  }
  if (last.place_wait_us >= 0)
    trace.add("effect", "max_in_flight", "waited", fmt::format("{} us for a place", last.place_wait_us));
  if (last.delay_ms > 0) trace.add("effect", "delay", fmt::format("{} ms", last.delay_ms), "");
  if (last.fell_back_to >= 0) {
    const int left = last.record.decided_hostgroup;
    const Hostgroup* hostgroup = worker_.snapshot().find_hostgroup(left);
    trace.add("destination", "hostgroup", std::to_string(last.fell_back_to),
              fmt::format("no server of hostgroup {} could serve; now: {}", left,
                          hostgroup == nullptr ? "it has no servers" : explain_servers(*hostgroup, now())));
  }
}

void Session::add_last_verdict(RouteTrace& trace) const {
  const LastRoute& last = last_route_;
  if (last.record.answer != RuleAnswer::none)
    return trace.add("verdict", "Weir", std::string(to_text(last.record.answer)), "no server was contacted");
  if (last.from_cache) return trace.add("verdict", "Weir", "cache", "no server was contacted");
  const Server* server = find_by_key(worker_.snapshot(), last.server_key);
  const std::string gone = last.server_key == 0 ? "it was not sent to a server"
                                                : "the server is not in the configuration any more";
  if (last.error_code != 0) {
    return trace.add("verdict", "error", std::to_string(last.error_code),
                     server == nullptr ? gone : "it was sent to " + server->name);
  }
  if (server == nullptr) return trace.add("verdict", last.server_key == 0 ? "none" : "server", "", gone);
  trace.add("verdict", "server", server->name, fmt::format("hostgroup {}", server->hostgroup));
}

void Session::reply_trace(const RouteTrace& trace) {
  stats().questions_local.add();
  ReplyWriter reply{worker_.scratch_queue(), caps_, request_.tracker.next_sequence()};
  reply.columns({{.name = "step"}, {.name = "what"}, {.name = "outcome"}, {.name = "reason"}},
                client_status());
  for (const RouteStep& step : trace.steps())
    reply.row({{step.step}, {step.what}, {step.outcome}, {step.reason}});
  reply.end_rows(client_status());
  send_reply();
}

}  // namespace weir
