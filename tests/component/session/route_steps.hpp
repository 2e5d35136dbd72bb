// The rows that EXPLAIN ROUTE and SHOW LAST ROUTE answer.
#pragma once

#include <string>
#include <vector>

#include "protocol/message/resultset.hpp"
#include "router/rules/route_trace.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {

// Empty if the reply is no result set.
inline std::vector<RouteStep> steps_of(const Reply& reply) {
  std::vector<RouteStep> steps;
  const std::vector<Blob> packets = reply.payloads();
  const std::size_t head = 1 + 4 + ((reply.caps & kDeprecateEof) == 0 ? 1 : 0);
  if (packets.empty() || packets[0] != Blob{4}) return steps;
  for (std::size_t i = head; i + 1 < packets.size(); ++i) {
    TextRowReader row(packets[i]);
    RouteStep step;
    for (std::string* field : {&step.step, &step.what, &step.outcome, &step.reason})
      *field = row.next().value_or("NULL");
    steps.push_back(std::move(step));
  }
  return steps;
}

inline std::vector<RouteStep> steps_of(Scene& scene, ScriptedClient& client, std::string_view sql) {
  client.query(sql);
  scene.until([&] { return !client.replies().empty() || client.ended(); });
  return client.replies().empty() ? std::vector<RouteStep>{} : steps_of(client.take_reply());
}

inline std::string written(const std::vector<RouteStep>& steps) {
  std::string text;
  for (const RouteStep& step : steps)
    text += step.step + " | " + step.what + " | " + step.outcome + " | " + step.reason + "\n";
  return text;
}

// "server 127.0.0.1:3306", "Weir OK_msg", "error 9001"; empty if there is none.
inline std::string verdict_of(const std::vector<RouteStep>& steps) {
  if (steps.empty() || steps.back().step != "verdict") return "";
  return steps.back().what + " " + steps.back().outcome;
}

}  // namespace weir::test
