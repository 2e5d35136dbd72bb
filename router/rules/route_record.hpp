// What a session keeps of the way its last statement went, for SHOW LAST ROUTE: numbers only, so that keeping
// it costs a few stores per statement.
#pragma once

#include <cstdint>

#include "router/rules/decision.hpp"
#include "router/session/pinning.hpp"

namespace weir {

class RouteTrace;

// What a rule let a client have instead of a server's answer.
enum class RuleAnswer : std::uint8_t { none, error_msg, ok_msg };
std::string_view to_text(RuleAnswer answer);  // "OK_msg"

// In a transaction, it ends the one before.
constexpr bool begins_transaction(StatementKind kind) {
  return kind == StatementKind::begin || kind == StatementKind::start_transaction;
}

struct RouteRecord {
  // In the order of Decision, and of Statement: neighbours are copied together.
  int decided_hostgroup = 0;  // where rules and splitting sent it
  int fallback_hostgroup = -1;
  DecidedBy decided_by = DecidedBy::default_hostgroup;
  SplitHold hold = SplitHold::none;
  std::int64_t rule_id = -1;              // as in Decision
  std::int64_t destination_rule_id = -1;  // as in Decision
  StatementKind kind = StatementKind::empty;
  Access access = Access::unknown;
  Reason reason = Reason::none;  // the statement's own
  bool rewritten = false;
  MultiplexOverride multiplex = MultiplexOverride::none;
  RuleAnswer answer = RuleAnswer::none;
  std::int64_t dry_run_rule_id = -1;  // as in Decision
  int dry_run_matches = 0;
  Pins pins{};  // why the session had to use the connection that it had; empty: it was free to choose

  // Of a statement that rules were not asked about.
  void keep(const Statement& statement) {
    kind = statement.kind;
    access = statement.access;
    reason = statement.reason;
    rewritten = false;
    pins.clear();
  }

  // `statement` as the analyzer has it after route(). In place, and member by member: it is for every
  // statement.
  void keep(const Statement& statement, const Decision& decision, Pins before) {
    decided_hostgroup = decision.destination_hostgroup;
    fallback_hostgroup = decision.fallback_hostgroup;
    rule_id = decision.rule_id;
    destination_rule_id = decision.destination_rule_id;
    decided_by = decision.decided_by;
    hold = decision.hold;
    dry_run_rule_id = decision.dry_run_rule_id;
    dry_run_matches = decision.dry_run_matches;
    kind = statement.kind;
    access = statement.access;
    reason = statement.reason;
    rewritten = decision.rewritten;
    multiplex = decision.multiplex;
    answer = decision.ok_msg      ? RuleAnswer::ok_msg
             : decision.error_msg ? RuleAnswer::error_msg
                                  : RuleAnswer::none;
    pins = before;
  }

  // What is known of where it went beyond what was decided.
  struct Outcome {
    SplitHold moved =
        SplitHold::none;  // why the session sent to the writer what splitting had given to a reader
    int ran_in = -1;      // the hostgroup of its server; -1: not known, or there was none
  };
  // Adds it to `trace` in the words of an explained route; what the proxy knows besides (server, duration)
  // the caller adds.
  void describe(RouteTrace& trace, const Outcome& outcome) const;
  // The same of what Weir has answered before any rule was asked.
  void describe_unrouted(RouteTrace& trace) const;

  bool operator==(const RouteRecord&) const = default;
};

}  // namespace weir
