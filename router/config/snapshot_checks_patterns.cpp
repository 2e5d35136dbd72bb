// Whether the expressions of rules say what was meant, and where the rules send locking reads.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "router/config/hostgroup_pairs.hpp"
#include "router/config/snapshot_builder.hpp"
#include "router/rules/digest_lint.hpp"
#include "router/rules/locking_read_lint.hpp"
#include "router/rules/pattern_lint.hpp"
#include "router/rules/reader_rule_lint.hpp"

namespace weir {
namespace {

constexpr std::size_t kMostSessions = 64;  // that are tried; each costs ten statements through all rules

// The sessions that rules tell apart: one of each user's hostgroup, and one for every rule with conditions of
// its own about sessions.
class SampleSessions {
 public:
  explicit SampleSessions(const Tables& tables) {
    std::unordered_map<std::string_view, int> hostgroup_of;
    for (const UserRow& row : tables.users) {
      if (!row.active || !row.frontend || row.default_hostgroup < 0) continue;
      hostgroup_of.emplace(row.username, static_cast<int>(row.default_hostgroup));
      const bool is_new = std::ranges::find(sessions_, row.default_hostgroup,
                                            &SampleSession::default_hostgroup) == sessions_.end();
      if (is_new) add({.default_hostgroup = static_cast<int>(row.default_hostgroup)});
    }
    if (sessions_.empty()) add({});
    const int usual_hostgroup = sessions_.front().default_hostgroup;
    for (const QueryRuleRow& row : tables.query_rules) {
      const auto text = [](const std::optional<std::string>& column) {
        return column ? std::string_view(*column) : std::string_view();
      };
      const bool any =
          !row.username && !row.schemaname && !row.client_addr && !row.proxy_addr && !row.proxy_port;
      if (!row.active || any) continue;
      const auto user = hostgroup_of.find(text(row.username));
      std::string_view address = text(row.client_addr);
      address = address.substr(0, address.find_first_of("%/"));
      add({.username = text(row.username),
           .schema = text(row.schemaname),
           .client_addr = address,
           .proxy_addr = text(row.proxy_addr),
           .proxy_port = row.proxy_port.value_or(0),
           .default_hostgroup = user == hostgroup_of.end() ? usual_hostgroup : user->second});
    }
  }

  std::span<const SampleSession> all() const { return sessions_; }

 private:
  void add(const SampleSession& session) {
    if (sessions_.size() < kMostSessions) sessions_.push_back(session);
  }

  std::vector<SampleSession> sessions_;
};

}  // namespace

void SnapshotBuilder::check_patterns() {
  for (std::size_t i = 0; i < tables_.query_rules.size(); ++i) {
    const QueryRuleRow& row = tables_.query_rules[i];
    if (!row.active) continue;
    const auto check = [&](std::string_view column, const std::optional<std::string>& expression) {
      if (!expression || expression->empty()) return;
      for (std::string& remark : remarks_on_pattern(*expression))
        warn(kQueryRulesTable.name, i + 1, column, std::move(remark));
      if (row.negate_match_pattern && matches_everything(*expression)) {
        warn(
            kQueryRulesTable.name, i + 1, column,
            fmt::format("'{}' matches every statement, and negate_match_pattern is 1: the rule never matches",
                        *expression));
      }
    };
    check("match_digest", row.match_digest);
    check("match_pattern", row.match_pattern);
  }
}

void SnapshotBuilder::check_digest_expressions() {
  const DigestOptions options = digest_options(settings_);
  for (std::size_t i = 0; i < tables_.query_rules.size(); ++i) {
    const QueryRuleRow& row = tables_.query_rules[i];
    if (!row.active || !row.match_digest) continue;
    for (std::string& remark : remarks_on_digest_expression(*row.match_digest, options))
      warn(kQueryRulesTable.name, i + 1, "match_digest", std::move(remark));
  }
}

void SnapshotBuilder::warn_of_rule(std::int64_t rule_id, std::string_view column, std::string text) {
  const auto row = std::ranges::find_if(
      tables_.query_rules, [&](const QueryRuleRow& r) { return r.active && r.rule_id == rule_id; });
  warn(kQueryRulesTable.name, static_cast<std::size_t>(row - tables_.query_rules.begin()) + 1, column,
       std::move(text));
}

void SnapshotBuilder::check_writes_to_readers(const RuleSet& rules) {
  std::map<int, std::int64_t> writer_of;
  for (const HostgroupPair& pair : hostgroup_pairs(tables_)) writer_of.emplace(pair.reader, pair.writer);
  if (writer_of.empty()) return;
  ReaderRuleLint lint;
  for (const Rule& rule : rules.rules()) {
    if (rule.dry_run || rule.error_msg || rule.ok_msg || !rule.destination_hostgroup) continue;
    const auto pair = writer_of.find(*rule.destination_hostgroup);
    if (pair == writer_of.end()) continue;
    const std::string writes = lint.writes_picked_by(rule);
    if (writes.empty()) continue;
    warn_of_rule(rule.rule_id, "destination_hostgroup",
                 fmt::format("sends {} to hostgroup {}, the readers of a pair; its writers are hostgroup {}",
                             writes, pair->first, pair->second));
  }
}

void SnapshotBuilder::check_locking_reads(const RuleSet& rules) {
  if (rules.rules().empty()) return;
  for (const CaughtLockingReads& caught : find_caught_locking_reads(rules, SampleSessions(tables_).all())) {
    warn_of_rule(
        caught.rule_id, "destination_hostgroup",
        fmt::format("sends locking reads to hostgroup {}, with plain reads, while writes go to {}: {}. {}",
                    caught.hostgroup, caught.writes_hostgroup, caught.endings,
                    caught.for_update
                        ? "A rule for them must come first, or mysql-auto_rw_split take the place of "
                          "such rules"
                        : "Their locks hold nobody off who writes there; the rule for FOR UPDATE could "
                          "take them along"));
  }
}

}  // namespace weir
