// What a session keeps of the way its last statement went, for SHOW LAST ROUTE: numbers only, so that keeping
// it costs a few stores per statement.
#pragma once

#include <cstdint>

#include "router/rules/decision.hpp"
#include "router/session/pinning.hpp"

namespace weir {

class RouteTrace;

struct RouteRecord {
  std::int64_t rule_id = -1;              // as in Decision
  std::int64_t destination_rule_id = -1;  // as in Decision
  int decided_hostgroup = 0;              // where rules and splitting sent it
  int fallback_hostgroup = -1;
  Pins pins{};  // why the session had to use the connection that it had; empty: it was free to choose
  StatementKind kind = StatementKind::empty;
  Access access = Access::unknown;
  Reason reason = Reason::none;  // the statement's own
  SplitHold hold = SplitHold::none;
  DecidedBy decided_by = DecidedBy::default_hostgroup;
  MultiplexOverride multiplex = MultiplexOverride::none;
  bool rewritten = false;
  bool answered_by_rule = false;  // error_msg, OK_msg: no server was contacted

  // `statement` as the analyzer has it after route().
  static RouteRecord of(const Statement& statement, const Decision& decision, Pins pins) {
    RouteRecord record;
    record.rule_id = decision.rule_id;
    record.destination_rule_id = decision.destination_rule_id;
    record.decided_hostgroup = decision.destination_hostgroup;
    record.fallback_hostgroup = decision.fallback_hostgroup;
    record.pins = pins;
    record.kind = statement.kind;
    record.access = statement.access;
    record.reason = statement.reason;
    record.hold = decision.hold;
    record.decided_by = decision.decided_by;
    record.multiplex = decision.multiplex;
    record.rewritten = decision.rewritten;
    record.answered_by_rule = decision.error_msg || decision.ok_msg;
    return record;
  }

  // Adds it to `trace` in the words of an explained route; what the proxy knows besides (server, duration)
  // the caller adds.
  void describe(RouteTrace& trace) const;

  bool operator==(const RouteRecord&) const = default;
};

}  // namespace weir
