// One row of mysql_query_rules to a Rule; only for rule_set.cpp.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "router/config/complaint.hpp"
#include "router/config/tables.hpp"
#include "router/rules/rule_set.hpp"

namespace weir {

// The patterns of earlier rules, which must outlive this.
class KnownPatterns {
 public:
  explicit KnownPatterns(std::span<const Rule> rules);
  // Null if there is none.
  const Pattern* find(const std::string& expression, PatternOptions options) const;

 private:
  std::map<std::pair<std::string_view, PatternOptions>, const Pattern*> patterns_;
};

// Complains about the row in the words of its table.
class RuleCompiler {
 public:
  RuleCompiler(const QueryRuleRow& row, std::size_t number, RuleOptions options, const KnownPatterns& known,
               std::vector<Complaint>& complaints)
      : row_(row), number_(number), options_(options), known_(known), complaints_(complaints) {}

  // Nothing if the row can never match, or if failed().
  std::optional<Rule> compile();
  bool failed() const { return failed_; }

  // What re_modifiers says, in any case.
  struct Modifiers {
    bool caseless = false;
    bool global = false;
  };
  static Modifiers modifiers_of(const QueryRuleRow& row);

 private:
  using Text = std::optional<std::string>;

  void complain(std::string_view column, std::string text, Severity severity);
  void leave_out(std::string_view column, std::string text);
  void compile_conditions();
  void compile_client_addr();
  void check_modifiers();
  void compile_pattern(std::string_view column, const Text& expression, PatternOptions options,
                       std::optional<Pattern>& pattern);
  void compile_replacement(Replacement::Extent extent);
  void compile_outputs();
  void compile_multiplex();
  void compile_hostgroup(std::string_view column, std::optional<std::int64_t> value,
                         std::optional<int>& hostgroup);
  void compile_attributes();

  const QueryRuleRow& row_;
  std::size_t number_;
  RuleOptions options_;
  const KnownPatterns& known_;
  std::vector<Complaint>& complaints_;
  Rule rule_;
  bool failed_ = false;
  bool left_out_ = false;
};

}  // namespace weir
