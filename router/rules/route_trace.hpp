// How a decision came about, for EXPLAIN ROUTE: one row per step, in words.
//
// Allocates; nobody fills one on the way of an ordinary statement.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "router/rules/decision.hpp"
#include "router/rules/rule_conditions.hpp"
#include "router/session/pinning.hpp"

namespace weir {

struct RouteInput;

// Why a statement goes where the session's connection leads, although `decided_by` would have had it go to
// another hostgroup.
std::string connection_kept_instead_of(std::string_view hostgroup, std::string_view decided_by);

struct RouteStep {
  std::string step;     // statement, digest, session, rule, fast_routing, annotation, split, effect,
                        // destination, connection
  std::string what;     // which one: "rule_id 10", "flagIN 0"
  std::string outcome;  // match, no match, read, hostgroup 2, ...
  std::string reason;   // why, and what follows from it

  bool operator==(const RouteStep&) const = default;
};

class RouteTrace {
 public:
  const std::vector<RouteStep>& steps() const { return steps_; }

  // For what others know: choice of the server, the session's pins.
  void add(std::string step, std::string what, std::string outcome, std::string reason);

  // What the session keeps its connection for, and will, if the statement succeeds: see after_statement().
  void add_pins(Pins before, Pins after);

  // Automatic splitting chose the reader, and `hold` keeps the statement on `writer` all the same: what was
  // told of the destination is told anew.
  void keep_on_writer(SplitHold hold, std::string_view reason, int writer);

  // The statement takes the session's connection, which leads to `hostgroup`, wherever rules and splitting
  // would have it go: what was told of the destination is told anew.
  void keep_connection(Pins pins, int hostgroup);

  // The session is in a transaction READ ONLY on a replica, which this statement is more than, although
  // route() was asked as if there were none: what becomes of it.
  void add_transaction(std::string outcome, std::string reason);

  // Called by route(), in its order.
  void add_statement(const RouteInput& input);
  void add_straight_on(const RouteInput& input, const Decision& decision);
  void add_failing_rule(const Rule& rule, Condition failing, const RouteInput& input, std::int64_t flag_in,
                        bool given_up);
  void add_matching_rule(const Rule& rule, std::int64_t flag_out, bool from_first_rule,
                         std::string_view rewritten);
  void add_fast_routing(const Decision& decision, const RouteInput& input);
  void add_decision(const RouteInput& input, const Decision& decision, std::string_view comment);

 private:
  void add_split(const RouteInput& input, const Decision& decision);
  void add_effects(const Decision& decision);

  std::vector<RouteStep> steps_;
};

}  // namespace weir
