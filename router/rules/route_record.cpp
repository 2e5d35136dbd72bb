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

void RouteRecord::describe(RouteTrace& trace) const {
  trace.add("statement", std::string(to_text(kind)), std::string(to_text(access)),
            fmt::format("{}{}", to_text(reason), rewritten ? "; as rewritten" : ""));
  if (rule_id >= 0) trace.add("rule", fmt::format("rule_id {}", rule_id), "match", "the last that matched");
  if (hold != SplitHold::none) trace.add("split", std::string(to_text(hold)), "writer", "");
  if (multiplex != MultiplexOverride::none)
    trace.add("effect", "multiplex", std::string(to_text(multiplex)), "");
  if (answer != RuleAnswer::none)
    trace.add("effect", std::string(to_text(answer)), "", "answered without a server");
  std::string by(to_text(decided_by));
  if (destination_rule_id >= 0) by += fmt::format(" {}", destination_rule_id);
  trace.add("destination", "hostgroup", std::to_string(decided_hostgroup), std::move(by));
  if (!pins.empty()) {
    trace.add("connection", to_text(pins), "kept",
              "the statement ran on the connection that the session had, wherever rules would send it");
  }
}

}  // namespace weir
