#include "router/rules/route_record.hpp"

#include <fmt/format.h>

#include <string>

#include "router/rules/route_trace.hpp"

namespace weir {

std::string_view to_text(RuleAnswer answer) {
  switch (answer) {
    case RuleAnswer::none:
      return "";
    case RuleAnswer::error_msg:
      return "error_msg";
    case RuleAnswer::ok_msg:
      return "OK_msg";
  }
  return "";
}

void RouteRecord::describe_unrouted(RouteTrace& trace) const {
  trace.add("statement", std::string(to_text(kind)), std::string(to_text(access)),
            fmt::format("{}{}", to_text(reason), rewritten ? "; as rewritten" : ""));
}

void RouteRecord::describe(RouteTrace& trace, const Outcome& outcome) const {
  describe_unrouted(trace);
  if (rule_id >= 0) trace.add("rule", fmt::format("rule_id {}", rule_id), "match", "the last that matched");
  if (dry_run_matches > 0) {
    trace.add("rule", fmt::format("rule_id {}", dry_run_rule_id), "match",
              dry_run_matches == 1
                  ? std::string("dry run: it counted, and had no effect")
                  : fmt::format("dry run: the last of {} matches that counted, and had no effect",
                                dry_run_matches));
  }
  const bool moved = outcome.moved != SplitHold::none;
  const int meant = moved ? fallback_hostgroup : decided_hostgroup;
  const bool kept_elsewhere = !pins.empty() && outcome.ran_in >= 0 && outcome.ran_in != meant;
  for (const SplitHold held_by : {hold, outcome.moved}) {
    if (held_by != SplitHold::none && !kept_elsewhere)
      trace.add("split", std::string(to_text(held_by)), "writer", "");
  }
  if (multiplex != MultiplexOverride::none)
    trace.add("effect", "multiplex", std::string(to_text(multiplex)), "");
  if (answer != RuleAnswer::none)
    trace.add("effect", std::string(to_text(answer)), "", "answered without a server");
  std::string by(to_text(decided_by));
  if (destination_rule_id >= 0) by += fmt::format(" {}", destination_rule_id);
  if (moved) by = to_text(outcome.moved);
  if (kept_elsewhere) by = connection_kept_instead_of(std::to_string(meant), by);
  trace.add("destination", "hostgroup", std::to_string(kept_elsewhere ? outcome.ran_in : meant),
            std::move(by));
  if (!pins.empty()) {
    trace.add("connection", to_text(pins), "kept",
              "the statement ran on the connection that the session had, wherever rules would send it");
  }
}

}  // namespace weir
