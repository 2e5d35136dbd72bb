// Whether a rule picks out statements that have no business on a reader. For warnings when rules are loaded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "router/rules/rule_set.hpp"

namespace weir {

class ReaderRuleLint {
 public:
  ReaderRuleLint();

  // The writes and locking reads that the expressions of `rule` are about, "UPDATE, DELETE"; empty if there
  // are none, and of a rule that takes everything: it may be for users who only read.
  std::string writes_picked_by(const Rule& rule);

 private:
  struct Picked {
    std::string_view name;
    std::string_view sql;     // what a rule about it takes
    std::string_view beside;  // what a rule that takes it along with everything takes, too
    Pattern expression;       // finds its name in expressions, which may be about some table only
  };

  bool matches(const Rule& rule, std::string_view sql);
  bool names(const std::optional<Pattern>& pattern, const Picked& picked);

  std::vector<Picked> picked_;
  MatchContext context_;
};

}  // namespace weir
