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

void RouteRecord::describe(RouteTrace& trace, SplitHold moved) const {
  trace.add("statement", std::string(to_text(kind)), std::string(to_text(access)),
            fmt::format("{}{}", to_text(reason), rewritten ? "; as rewritten" : ""));
  if (rule_id >= 0) trace.add("rule", fmt::format("rule_id {}", rule_id), "match", "the last that matched");
  if (dry_run_matches > 0) {
    trace.add("rule", fmt::format("rule_id {}", dry_run_rule_id), "match",
              dry_run_matches == 1
                  ? std::string("dry run: it counted, and had no effect")
                  : fmt::format("dry run: the last of {} matches that counted, and had no effect",
                                dry_run_matches));
  }
  if (hold != SplitHold::none) trace.add("split", std::string(to_text(hold)), "writer", "");
  if (moved != SplitHold::none) trace.add("split", std::string(to_text(moved)), "writer", "");
  if (multiplex != MultiplexOverride::none)
    trace.add("effect", "multiplex", std::string(to_text(multiplex)), "");
  if (answer != RuleAnswer::none)
    trace.add("effect", std::string(to_text(answer)), "", "answered without a server");
  std::string by(to_text(decided_by));
  if (destination_rule_id >= 0) by += fmt::format(" {}", destination_rule_id);
  if (moved == SplitHold::none) {
    trace.add("destination", "hostgroup", std::to_string(decided_hostgroup), std::move(by));
  } else {
    trace.add("destination", "hostgroup", std::to_string(fallback_hostgroup), std::string(to_text(moved)));
  }
  if (!pins.empty()) {
    trace.add("connection", to_text(pins), "kept",
              "the statement ran on the connection that the session had, wherever rules would send it");
  }
}

}  // namespace weir
