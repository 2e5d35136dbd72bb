#include "router/rules/locking_read_lint.hpp"

#include <algorithm>

#include "router/rules/route.hpp"

namespace weir {
namespace {

struct Sample {
  std::string_view sql;
  std::string_view ending;  // as it is told
  bool for_update;
};
constexpr Sample kSamples[] = {
    {"SELECT a FROM t WHERE b = 1 FOR UPDATE", "FOR UPDATE", true},
    {"SELECT a FROM t WHERE b = 1 FOR UPDATE NOWAIT", "FOR UPDATE NOWAIT", true},
    {"SELECT a FROM t WHERE b = 1 FOR UPDATE SKIP LOCKED", "FOR UPDATE SKIP LOCKED", true},
    {"SELECT a\nFROM t\nWHERE b = 1\nFOR UPDATE", "FOR UPDATE on a line of its own", true},
    {"SELECT a FROM t WHERE b = 1 FOR UPDATE /* c */", "FOR UPDATE before a comment", true},
    {"select a from t where b = 1 for update", "for update in lower case", true},
    {"SELECT a FROM t WHERE b = 1 FOR SHARE", "FOR SHARE", false},
    {"SELECT a FROM t WHERE b = 1 LOCK IN SHARE MODE", "LOCK IN SHARE MODE", false},
};
constexpr std::string_view kRead = "SELECT a FROM t WHERE b = 1";
constexpr std::string_view kWrite = "UPDATE t SET a = 1 WHERE b = 1";

class Rehearsal {
 public:
  explicit Rehearsal(const RuleSet& rules) : rules_(rules) { scratch_.adopt(rules); }

  Decision route_sample(const SampleSession& session, std::string_view sql) {
    analyzer_.begin(sql, {}, {});
    return route({.analyzer = analyzer_,
                  .username = session.username,
                  .schema = session.schema,
                  .client_addr = session.client_addr,
                  .proxy_addr = session.proxy_addr,
                  .proxy_port = session.proxy_port,
                  .default_hostgroup = session.default_hostgroup},
                 rules_, scratch_);
  }

 private:
  const RuleSet& rules_;
  Analyzer analyzer_;
  MatchScratch scratch_;
};

bool is_refused(const Decision& decision) {
  return decision.error_msg || decision.ok_msg;
}

}  // namespace

std::vector<CaughtLockingReads> find_caught_locking_reads(const RuleSet& rules,
                                                          std::span<const SampleSession> sessions) {
  std::vector<CaughtLockingReads> all;
  Rehearsal rehearsal(rules);
  for (const SampleSession& session : sessions) {
    const int reads = rehearsal.route_sample(session, kRead).destination_hostgroup;
    const int writes = rehearsal.route_sample(session, kWrite).destination_hostgroup;
    if (reads == writes) continue;
    CaughtLockingReads caught{.rule_id = -1, .hostgroup = reads, .writes_hostgroup = writes};
    for (const Sample& sample : kSamples) {
      const Decision decision = rehearsal.route_sample(session, sample.sql);
      if (decision.destination_hostgroup != reads || is_refused(decision)) continue;
      caught.for_update |= sample.for_update;
      if (caught.rule_id < 0) caught.rule_id = decision.destination_rule_id;
      caught.endings += (caught.endings.empty() ? "" : ", ") + std::string(sample.ending);
    }
    const bool told = std::ranges::find(all, caught.rule_id, &CaughtLockingReads::rule_id) != all.end();
    if (caught.rule_id >= 0 && !told) all.push_back(std::move(caught));
  }
  return all;
}

}  // namespace weir
