#include "router/rules/rule_evaluation.hpp"

#include <algorithm>
#include <utility>

#include "router/query/spooky_hash.hpp"
#include "router/rules/route_trace.hpp"

namespace weir {
namespace {

constexpr std::size_t kMaxRememberedHits = 64;

// What rules may make of a statement. One that replaces empty matches multiplies a text, and the next one
// what that has made; the worker is busy with it all the while.
std::size_t most_rewritten_bytes(std::string_view statement) {
  constexpr std::size_t kMore = std::size_t{64} * 1024, kTimes = 16, kMost = std::size_t{64} * 1024 * 1024;
  return std::min(kMost, kMore + kTimes * statement.size());
}

}  // namespace

void RuleEvaluation::run() {
  const TextFilter& filter = rules_.pattern_filter();
  if (filter.covers_any()) filter.scan(sql_, scratch_.possible_);
  const RouteKey wanted = key();
  const RouteMemory* memory = scratch_.cache_.find(wanted);
  scratch_.remembered += memory != nullptr;
  if (memory == nullptr) memory = &learn(wanted);
  const auto possible = scratch_.possible_.rules();
  if (memory->settled && possible.empty()) return recall(*memory);
  walk(memory->plan, possible);
}

// Only what the rules look at tells one statement from another.
RouteKey RuleEvaluation::key() const {
  const RuleInterest& interest = rules_.interest();
  RouteKey key;
  if (interest.digest) {
    key.digest_text = input_.analyzer.digest_text();
    key.digest = input_.analyzer.digest_hash();
  }
  if (interest.username) key.add_name(input_.username);
  if (interest.schema) key.add_name(input_.schema);
  if (interest.client_addr) key.add_name(input_.client_addr);
  if (interest.proxy_addr) key.add_name(input_.proxy_addr);
  if (interest.proxy_port) key.proxy_port = input_.proxy_port;
  key.flag_in = input_.flag_in;
  key.restarts = input_.restarts;
  return key;
}

bool RuleEvaluation::depends_on_text_or_luck(const Rule& rule) const {
  return rule.match_pattern || (!rule.flag_out && rule.flag_outs_weight > 0);
}

// Finds out which rules can match such statements, and if that settles it, what they decide.
const RouteMemory& RuleEvaluation::learn(const RouteKey& key) {
  RouteMemory& memory = work_out(key);
  // That a search took too long at one time does not hold for the next.
  if (scratch_.context.ran_out_of_time()) scratch_.cache_.forget(memory);
  return memory;
}

RouteMemory& RuleEvaluation::work_out(const RouteKey& key) {
  RouteMemory* memory = scratch_.cache_.remember(key);
  if (memory == nullptr) {
    memory = &scratch_.unremembered_;
    memory->plan.clear();
    memory->hits.clear();
  }
  const TextFilter& by_digest = rules_.digest_filter();
  if (by_digest.covers_any()) by_digest.scan(input_.analyzer.digest_text(), scratch_.possible_digests_);
  const auto possible = scratch_.possible_digests_.rules();
  memory->settled = true;
  for (std::uint32_t i = 0; i < rules_.rules().size(); ++i) {
    const Rule& rule = rules_.rules()[i];
    if (rules_.pattern_filter().covers(i)) continue;
    if (by_digest.covers(i) && !std::ranges::binary_search(possible, i)) continue;
    if (failing_session_condition(rule, input_) != Condition::none) continue;
    if (failing_digest_condition(rule, input_, scratch_) != Condition::none) continue;
    memory->plan.push_back(i);
    memory->settled = memory->settled && !depends_on_text_or_luck(rule);
  }
  if (!memory->settled) return *memory;

  const Decision before = decision_;
  fired_ = &memory->hits;
  walk(memory->plan, {});
  fired_ = nullptr;
  memory->decision = std::exchange(decision_, before);
  for (const std::uint32_t number : memory->hits) --scratch_.hits_[number];  // recall() counts them
  memory->settled = memory->hits.size() <= kMaxRememberedHits;
  return *memory;
}

void RuleEvaluation::recall(const RouteMemory& memory) {
  // No rule has said anything: the decision is still what it was at the beginning, and need not be copied.
  if (memory.hits.empty() && memory.decision.decided_by == DecidedBy::default_hostgroup) return;
  decision_ = memory.decision;
  if (decision_.decided_by == DecidedBy::default_hostgroup)
    decision_.destination_hostgroup = input_.default_hostgroup;
  for (const std::uint32_t number : memory.hits) ++scratch_.hits_[number];
}

// Tries the rules of both lists in their order. Those of the plan are known to hold but for chain and text.
void RuleEvaluation::walk(std::span<const std::uint32_t> plan, std::span<const std::uint32_t> possible) {
  flag_in_ = input_.flag_in;
  restarts_ = input_.restarts;
  std::size_t planned = 0, unplanned = 0;
  while (planned < plan.size() || unplanned < possible.size()) {
    const bool known =
        unplanned == possible.size() || (planned < plan.size() && plan[planned] < possible[unplanned]);
    const std::uint32_t number = known ? plan[planned++] : possible[unplanned++];
    const Rule& rule = rules_.rules()[number];
    if (rule.flag_in != flag_in_) continue;
    if (!known && (failing_session_condition(rule, input_) != Condition::none ||
                   failing_digest_condition(rule, input_, scratch_) != Condition::none)) {
      continue;
    }
    if (failing_text_condition(rule, sql_, scratch_) != Condition::none) continue;
    const Next next = fire(number);
    if (next == Next::nothing) break;
    if (std::exchange(rewrote_, false) && rules_.pattern_filter().covers_any()) {
      rules_.pattern_filter().scan(sql_, scratch_.possible_);
      possible = scratch_.possible_.rules();
      const auto below = std::ranges::upper_bound(possible, number);
      unplanned = static_cast<std::size_t>(below - possible.begin());
    }
    if (next == Next::first_rule) planned = unplanned = 0;
  }
  consult_fast_routing();
  decision_.flag_in = flag_in_;
}

// A rule has matched.
RuleEvaluation::Next RuleEvaluation::fire(std::uint32_t number) {
  const Rule& rule = rules_.rules()[number];
  ++scratch_.hits_[number];
  if (fired_ != nullptr) fired_->push_back(number);
  if (rule.dry_run) {
    decision_.dry_run_rule_id = rule.rule_id;
    ++decision_.dry_run_matches;
    return Next::rule_below;
  }
  apply_outputs(rule);
  if (rule.replacement && input_.may_rewrite) rewrite(rule);
  if (rule.apply) return Next::nothing;
  if (!rule.flag_out && rule.flag_outs_weight == 0) return Next::rule_below;
  flag_in_ = rule.flag_out ? *rule.flag_out : draw(rule);
  if (restarts_ == 0) return Next::rule_below;
  --restarts_;
  return Next::first_rule;
}

// What the rule defines overwrites what earlier rules said.
void RuleEvaluation::apply_outputs(const Rule& rule) {
  const auto take = [](auto& output, const auto& value) {
    if (value) output = *value;
  };
  Decision& to = decision_;
  to.rule_id = rule.rule_id;
  to.applied = rule.apply;
  if (rule.destination_hostgroup) {
    to.destination_hostgroup = *rule.destination_hostgroup;
    to.destination_rule_id = rule.rule_id;
    to.decided_by = DecidedBy::rule;
  }
  take(to.error_msg, rule.error_msg);
  take(to.ok_msg, rule.ok_msg);
  take(to.log, rule.log);
  take(to.retries, rule.retries);
  take(to.cache_empty_result, rule.cache_empty_result);
  take(to.timeout_ms, rule.timeout_ms);
  take(to.delay_ms, rule.delay_ms);
  take(to.cache_ttl_ms, rule.cache_ttl_ms);
  take(to.next_query_flag_in, rule.next_query_flag_in);
  take(to.mirror_hostgroup, rule.mirror_hostgroup);
  take(to.mirror_flag_out, rule.mirror_flag_out);
  take(to.gtid_from_hostgroup, rule.gtid_from_hostgroup);
  if (rule.multiplex) {
    constexpr MultiplexOverride kMeanings[] = {MultiplexOverride::disable, MultiplexOverride::enable,
                                               MultiplexOverride::keep_on};
    to.multiplex = kMeanings[*rule.multiplex];
  }
  if (rule.max_in_flight) {
    to.max_in_flight = *rule.max_in_flight;
    to.in_flight_rule_id = rule.rule_id;
    to.in_flight_key = static_cast<std::uint64_t>(rule.rule_id) * 0x9e3779b97f4a7c15;
    if (rule.max_in_flight_per == InFlightPer::digest) to.in_flight_key ^= input_.analyzer.digest_hash();
    if (rule.max_in_flight_per == InFlightPer::user) to.in_flight_key ^= spooky_hash64(input_.username, 1);
  }
}

void RuleEvaluation::rewrite(const Rule& rule) {
  const std::size_t most_bytes = most_rewritten_bytes(input_.analyzer.sql());
  const MatchOutcome outcome =
      rule.replacement->rewrite(*rule.match_pattern, sql_, most_bytes, scratch_.context, scratch_.spare_);
  if (outcome == MatchOutcome::limit_reached) ++scratch_.limits_reached;
  if (outcome != MatchOutcome::match) return;
  std::swap(scratch_.spare_, scratch_.rewritten_);
  sql_ = scratch_.rewritten_;
  decision_.rewritten = rewrote_ = true;
}

std::int64_t RuleEvaluation::draw(const Rule& rule) {
  std::uint64_t left = scratch_.next_random() % rule.flag_outs_weight;
  for (const auto& [chain, weight] : rule.flag_outs) {
    if (left < weight) return chain;
    left -= weight;
  }
  return rule.flag_outs.back().chain;
}

void RuleEvaluation::consult_fast_routing() {
  if (decision_.applied || rules_.fast_routing().empty()) return;
  const auto hostgroup = rules_.fast_routing().find(input_.username, input_.schema, flag_in_);
  if (!hostgroup) return;
  decision_.destination_hostgroup = *hostgroup;
  decision_.destination_rule_id = -1;
  decision_.decided_by = DecidedBy::fast_routing;
}

void RuleEvaluation::run_traced(RouteTrace& trace) {
  flag_in_ = input_.flag_in;
  restarts_ = input_.restarts;
  for (std::uint32_t i = 0; i < rules_.rules().size(); ++i) {
    const Rule& rule = rules_.rules()[i];
    const std::uint64_t given_up = scratch_.limits_reached;
    Condition failing = rule.flag_in == flag_in_ ? Condition::none : Condition::flag_in;
    if (failing == Condition::none) failing = failing_session_condition(rule, input_);
    if (failing == Condition::none) failing = failing_digest_condition(rule, input_, scratch_);
    if (failing == Condition::none) failing = failing_text_condition(rule, sql_, scratch_);
    if (failing != Condition::none) {
      trace.add_failing_rule(rule, failing, input_, flag_in_, scratch_.limits_reached != given_up);
      continue;
    }
    rewrote_ = false;
    const Next next = fire(i);
    trace.add_matching_rule(rule, flag_in_, next == Next::first_rule, rewrote_ ? sql_ : std::string_view());
    if (next == Next::nothing) break;
    if (next == Next::first_rule)
      i = static_cast<std::uint32_t>(-1);  // the loop's increment makes it the first
  }
  consult_fast_routing();
  decision_.flag_in = flag_in_;
  if (!rules_.fast_routing().empty()) trace.add_fast_routing(decision_, input_);
}

}  // namespace weir
