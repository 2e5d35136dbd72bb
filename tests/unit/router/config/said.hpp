// What a build of a configuration complains of, in words.
#pragma once

#include <string>
#include <vector>

#include "router/config/snapshot.hpp"
#include "router/config/variables.hpp"

namespace weir {

// All that is said about `tables`, whether they are refused or not.
inline std::vector<std::string> said(const Tables& tables, bool* refused = nullptr,
                                     Settings settings = defaults()) {
  ServerStates states;
  const auto built = build_snapshot(tables, std::move(settings), states, nullptr);
  if (refused != nullptr) *refused = !built.has_value();
  std::vector<std::string> texts;
  for (const Complaint& complaint : built ? (*built)->warnings() : built.error()) {
    texts.push_back(to_text(complaint));
  }
  return texts;
}

inline QueryRuleRow rule(std::int64_t id) {
  QueryRuleRow row;
  row.rule_id = id;
  row.active = true;
  return row;
}

}  // namespace weir
