#include "router/rules/route.hpp"

#include "protocol/base/check.hpp"
#include "router/rules/annotation.hpp"
#include "router/rules/route_trace.hpp"
#include "router/rules/rule_evaluation.hpp"

namespace weir {
namespace {

// The client's own wishes come after the rules, and before splitting.
void apply_annotation(const Annotation& annotation, Decision& decision) {
  const auto take = [](auto& output, const auto& value) {
    if (value) output = *value;
  };
  if (annotation.hostgroup) {
    decision.destination_hostgroup = *annotation.hostgroup;
    decision.destination_rule_id = -1;
    decision.decided_by = DecidedBy::annotation;
  }
  take(decision.cache_ttl_ms, annotation.cache_ttl_ms);
  take(decision.timeout_ms, annotation.timeout_ms);
  take(decision.delay_ms, annotation.delay_ms);
  take(decision.retries, annotation.retries);
  take(decision.mirror_hostgroup, annotation.mirror_hostgroup);
  take(decision.max_lag_ms, annotation.max_lag_ms);
  take(decision.min_epoch_ms, annotation.min_epoch_ms);
  take(decision.create_new_connection, annotation.create_new_connection);
  decision.min_gtid = annotation.min_gtid;
  decision.annotation_mistyped = !annotation.mistyped_key.empty();
}

SplitHold hold_of(const RouteInput& input, const Decision& decision) {
  if (input.in_transaction) return SplitHold::in_transaction;
  if (!input.autocommit) return SplitHold::autocommit_off;
  if (input.has_temporary_tables) return SplitHold::temporary_tables;
  // Such a read ends what was said, or does not, by its tables: the connection that knows is to be the
  // writer's.
  const bool starts = input.analyzer.statement().has(Trait::starts_transaction);
  if (input.transaction_announced && !starts) return SplitHold::transaction_announced;
  // How far a replica is behind is not known; the writer is never behind.
  return decision.wants_fresh_data() ? SplitHold::fresh_data_asked : SplitHold::none;
}

bool is_read(const RouteInput& input, const Statement& statement) {
  if (statement.access == Access::read) return true;
  return input.split_read_only_transactions && statement.has(Trait::transaction_read_only) &&
         !statement.has(Trait::multi_statement);
}

// Reads outside transactions go to the reader of the pair, and everything else, or in doubt, to the writer.
void split(const RouteInput& input, Decision& decision) {
  if (!input.auto_rw_split || !input.pair || input.pair->writer != input.default_hostgroup) return;
  const Statement& statement = input.analyzer.statement();
  const bool may_be_read = is_read(input, statement);
  decision.reason = may_be_read ? Reason::none : statement.reason;
  decision.hold = hold_of(input, decision);
  const bool read = may_be_read && decision.hold == SplitHold::none;
  decision.decided_by = read ? DecidedBy::split_read : DecidedBy::split_write;
  if (!read) return;
  decision.destination_hostgroup = input.pair->reader;
  decision.fallback_hostgroup = input.pair->writer;
}

}  // namespace

Decision route(const RouteInput& input, const RuleSet& rules, MatchScratch& scratch) {
  WEIR_ASSERT(scratch.hits().size() == rules.rules().size(),
              "the worker adopts a rule set before it routes by it");
  Decision decision;
  decision.destination_hostgroup = input.default_hostgroup;
  decision.flag_in = input.flag_in;
  if (input.fast_forward) {
    decision.multiplex = MultiplexOverride::disable;
    if (input.trace != nullptr) input.trace->add_straight_on(input, decision);
    return decision;
  }
  const std::string_view comment = input.analyzer.statement().first_comment;
  if (input.trace != nullptr) {
    input.trace->add_statement(input);
    RuleEvaluation(input, rules, scratch, decision).run_traced(*input.trace);
  } else if (!rules.rules().empty() || !rules.fast_routing().empty()) {
    RuleEvaluation(input, rules, scratch, decision).run();
  }
  if (decision.rewritten) input.analyzer.rewrite(scratch.rewritten());
  if (input.annotations && !comment.empty()) apply_annotation(parse_annotation(comment), decision);
  if (decision.decided_by == DecidedBy::default_hostgroup) split(input, decision);
  if (!comment.empty())
    decision.annotation_unheeded =
        decision.create_new_connection ||
        (decision.wants_fresh_data() && decision.decided_by != DecidedBy::split_write);
  if (input.trace != nullptr) input.trace->add_decision(input, decision, comment);
  return decision;
}

}  // namespace weir
