#include "router/rules/explain_route.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "router/backend/balance.hpp"
#include "router/backend/server_reasons.hpp"
#include "router/config/longest_wait.hpp"
#include "router/rules/cacheable.hpp"
#include "router/rules/route_record.hpp"
#include "router/session/expected_pins.hpp"

namespace weir {
namespace {

using ServerReasons = std::vector<ServerReason>;

bool serves(const ServerReasons& reasons) {
  return std::ranges::any_of(reasons, &ServerReason::candidate);
}

bool gets_work_now(const ServerReason& reason) {
  const ServerChoice choice = choice_of(reason);
  return choice == ServerChoice::candidate || choice == ServerChoice::last_resort;
}

ServerReasons reasons_in(const Snapshot& snapshot, int hostgroup, Instant now) {
  const Hostgroup* found = snapshot.find_hostgroup(hostgroup);
  return found == nullptr ? ServerReasons{} : server_reasons(*found, now);
}

std::string reason_text(const ServerReason& reason) {
  std::string objection = to_text(reason);
  if (!reason.candidate) return objection;
  std::string text = fmt::format("weight {}", reason.server->weight);
  if (reason.share < balance::kWholeShare)
    text += fmt::format(", of which {:.1f} % count now (slow start)", static_cast<double>(reason.share) / 10);
  text += fmt::format("; {} of {} connections", reason.connections, reason.server->max_connections);
  if (!objection.empty()) text += "; " + objection;
  if (reason.last_resort) text += "; nobody else is left";
  return text;
}

// One explanation under way.
class Explanation {
 public:
  Explanation(const RouteInput& input, const RouteScene& scene, RouteTrace& trace)
      : input_(input), scene_(scene), trace_(trace) {}

  void run() {
    if (is_local()) return;
    if (scene_.leaves_replica) {
      input_.in_transaction = false;
    } else {
      pins_ = pins_met(statement(), scene_.pins);
    }
    scratch_.adopt(scene_.snapshot.rules());
    scratch_.random_state = static_cast<std::uint64_t>(scene_.now);
    input_.trace = &trace_;
    decision_ = route(input_, scene_.snapshot.rules(), scratch_);
    if (scene_.leaves_replica) tell_leaving();
    if (decision_.ok_msg || decision_.error_msg)
      return verdict("Weir", decision_.error_msg ? "error_msg" : "OK_msg", "no server is contacted");
    heed_learned_writes();
    if (is_cached()) return;
    if (!pins_.empty() && scene_.kept != nullptr) return stay_on(*scene_.kept);
    choose_server();
  }

 private:
  const Statement& statement() const { return input_.analyzer.statement(); }
  void verdict(std::string what, std::string outcome, std::string reason) {
    trace_.add("verdict", std::move(what), std::move(outcome), std::move(reason));
  }

  bool is_local() {
    const auto local = local_statement(statement(), input_.analyzer.sql(), scene_.wants.lex_mode());
    std::string_view what = to_text(local.kind);
    if (local.kind == LocalStatement::Kind::none) {
      if (!scene_.remembered || !scene_.remembered(input_.analyzer.sql())) return false;
      what = kFromKeptDiagnostics;
    }
    trace_.add_statement(input_);
    verdict("Weir", std::string(what), std::string(kAnsweredByWeir));
    return true;
  }

  bool is_cached() {
    if (decision_.cache_ttl_ms < 0) return false;
    const std::string_view sql = input_.analyzer.sql();
    const LexMode mode = scene_.wants.lex_mode();
    const std::string_view why_not = not_cacheable_because(
        decision_, statement(), sql, pins_ | pins_of_text(statement(), sql, mode), scene_.wants);
    const bool found = why_not.empty() && scene_.cached && scene_.cached(sql);
    trace_.add("cache", fmt::format("cache_ttl {} ms", decision_.cache_ttl_ms),
               !why_not.empty() ? "not used"
               : found          ? "found"
                                : "not found",
               !why_not.empty() ? std::string(why_not)
               : found
                   ? ""
                   : "the server's answer will be kept, if it may be; that of a prepared statement never is");
    if (found) verdict("Weir", "cache", "no server is contacted");
    return found;
  }

  void heed_learned_writes() {
    if (decision_.decided_by != DecidedBy::split_read || !scene_.learned_as_write) return;
    if (!scene_.learned_as_write(input_.analyzer.digest_hash())) return;
    decision_.destination_hostgroup = std::exchange(decision_.fallback_hostgroup, -1);
    trace_.keep_on_writer(SplitHold::learned_write, "a replica has refused this digest as read-only",
                          decision_.destination_hostgroup);
  }

  void tell_leaving() {
    if (decision_.ok_msg || decision_.error_msg)
      return trace_.add_transaction("stays on its replica", "a rule answers");
    trace_.add_transaction("leaves its replica",
                           begins_transaction(statement().kind)
                               ? "this statement ends it"
                               : "more than a read: it is begun again where this statement goes");
  }

  void stay_on(const Server& server) {
    if (server.hostgroup != decision_.destination_hostgroup) trace_.keep_connection(pins_, server.hostgroup);
    trace_.add("server", server.name, "kept", "the session's connection leads there");
    add_pins(server.hostgroup);
    verdict("server", server.name,
            fmt::format("hostgroup {}: the session's connection, whatever rules say", server.hostgroup));
  }

  void choose_server() {
    int hostgroup = decision_.destination_hostgroup;
    ServerReasons reasons = reasons_in(scene_.snapshot, hostgroup, scene_.now);
    add_servers(trace_, scene_.snapshot, hostgroup, scene_.now);
    if (!serves(reasons) && decision_.fallback_hostgroup >= 0) {
      const int reader = std::exchange(hostgroup, decision_.fallback_hostgroup);
      trace_.add("destination", "hostgroup", std::to_string(hostgroup),
                 fmt::format("no server of hostgroup {} can serve", reader));
      reasons = reasons_in(scene_.snapshot, hostgroup, scene_.now);
      add_servers(trace_, scene_.snapshot, hostgroup, scene_.now);
    }
    add_pins(hostgroup);
    say_which(hostgroup, reasons);
  }

  void say_which(int hostgroup, const ServerReasons& reasons) {
    // Full ones do not count beside others: who is to go there, and finds nothing free, goes elsewhere.
    const bool all_full = !std::ranges::any_of(reasons, gets_work_now);
    std::string names;
    std::size_t candidates = 0;
    for (const ServerReason& reason : reasons) {
      if (!reason.candidate || (!all_full && !gets_work_now(reason))) continue;
      names += (candidates++ == 0 ? "" : ", ") + reason.server->name;
    }
    const Hostgroup* found = scene_.snapshot.find_hostgroup(hostgroup);
    const char* when = all_full ? "; it waits until one of the connections is free" : "";
    if (candidates == 1) return verdict("server", names, fmt::format("hostgroup {}{}", hostgroup, when));
    if (candidates > 1) {
      return verdict("one of", names,
                     fmt::format("hostgroup {}, {}{}", hostgroup, to_text(found->balance), when));
    }
    verdict("error", "9001",
            fmt::format("hostgroup {}: {}{}", hostgroup,
                        found == nullptr ? "it has no servers" : explain_servers(*found, scene_.now),
                        wait_for_server(hostgroup, found)));
  }

  // Others give up at once.
  std::string wait_for_server(int hostgroup, const Hostgroup* found) const {
    const Snapshot& snapshot = scene_.snapshot;
    const Millis most = longest_wait(snapshot, hostgroup);
    const bool hopes = may_be_filled(snapshot, hostgroup) ||
                       (found != nullptr && worth_waiting(*found, scene_.now, scene_.now + most));
    return hopes && most > 0 ? fmt::format("; it waits for up to {} ms before that", most) : "";
  }

  void add_pins(int hostgroup) {
    const std::string_view sql = input_.analyzer.sql();
    Pins before = pins_;
    if (decision_.multiplex == MultiplexOverride::enable) before.remove(Pin::by_rule);
    before.add(pins_of_set(statement(), sql, scene_.wants));
    if (scene_.leaves_replica) before.add(Pin::in_transaction);
    Pins after = expected_pins(statement(), sql, scene_.wants, before,
                               scene_.held == nullptr ? Holdings() : *scene_.held);
    if (decision_.multiplex == MultiplexOverride::keep_on) {
      const bool in_transaction = after.has(Pin::in_transaction);
      after = before;
      after.set(Pin::in_transaction, in_transaction);
    }
    const Hostgroup* found = scene_.snapshot.find_hostgroup(hostgroup);
    const bool multiplexing =
        scene_.snapshot.settings().multiplexing && (found == nullptr || found->multiplex);
    if (decision_.multiplex == MultiplexOverride::disable || !multiplexing) after.add(Pin::by_rule);
    trace_.add_pins(pins_, after);
  }

  RouteInput input_;
  const RouteScene& scene_;
  RouteTrace& trace_;
  MatchScratch scratch_;
  Decision decision_;
  Pins pins_;  // that the statement meets
};

}  // namespace

void explain_route(RouteInput input, const RouteScene& scene, RouteTrace& trace) {
  Explanation(input, scene, trace).run();
}

void add_servers(RouteTrace& trace, const Snapshot& snapshot, int hostgroup, Instant now) {
  for (const ServerReason& reason : reasons_in(snapshot, hostgroup, now)) {
    trace.add("server", reason.server->name, std::string(to_text(choice_of(reason))), reason_text(reason));
  }
}

}  // namespace weir
