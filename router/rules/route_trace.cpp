#include "router/rules/route_trace.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "router/query/digest.hpp"
#include "router/rules/annotation.hpp"
#include "router/rules/route.hpp"

namespace weir {
namespace {

constexpr std::size_t kShownBytes = 200;  // of a statement

// Of the row about the session that add_transaction() tells anew.
constexpr std::string_view kState = "state";
constexpr const char* kInTransaction = "in a transaction";

// How fresh the data are to be, by an annotation.
constexpr const char* kFreshOnWriter = "the writer is never behind";
constexpr const char* kNotMeasured = "none in this version";

std::string shown(std::string_view sql) {
  if (sql.size() <= kShownBytes) return std::string(sql);
  return std::string(sql.substr(0, kShownBytes)) + "...";
}

std::string traits_of(const Statement& statement) {
  std::string names;
  for (std::uint32_t bits = statement.traits.bits(); bits != 0; bits &= bits - 1) {
    const auto trait = static_cast<Trait>(bits & ~(bits - 1));
    names += fmt::format("{}{}", names.empty() ? "" : ", ", to_text(trait));
  }
  return names.empty() ? "" : "; " + names;
}

template <class Value>
std::optional<std::int64_t> number(const std::optional<Value>& value) {
  return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
}

// Why a condition does not hold.
std::string why(const Rule& rule, Condition failing, const RouteInput& input, std::int64_t flag_in) {
  const char* const negated = rule.negate_match_pattern ? "matches, and is negated" : "does not match";
  switch (failing) {
    case Condition::none:
      return "";
    case Condition::flag_in:
      return fmt::format("flagIN is {}, the chain is {}", rule.flag_in, flag_in);
    case Condition::username:
      return fmt::format("username '{}' is not '{}'", *rule.username, input.username);
    case Condition::schemaname:
      return fmt::format("schemaname '{}' is not '{}'", *rule.schemaname, input.schema);
    case Condition::client_addr:
      return fmt::format("client_addr '{}' is not that of '{}'", rule.client_addr->written(),
                         input.client_addr);
    case Condition::proxy_addr:
      return fmt::format("proxy_addr '{}' is not '{}'", *rule.proxy_addr, input.proxy_addr);
    case Condition::proxy_port:
      return fmt::format("proxy_port {} is not {}", *rule.proxy_port, input.proxy_port);
    case Condition::digest:
      return fmt::format("digest is not {}", digest_to_text(*rule.digest));
    case Condition::match_digest:
      return fmt::format("match_digest '{}' {}", rule.match_digest->expression(), negated);
    case Condition::match_pattern:
      return fmt::format("match_pattern '{}' {}", rule.match_pattern->expression(), negated);
  }
  return "";
}

// The reason that the classifier gives, with the function that it does not know to be a read.
std::string reason_of(const Analyzer& analyzer) {
  const Reason reason = analyzer.statement().reason;
  std::string text(to_text(reason));
  if (reason == Reason::unknown_function || reason == Reason::stored_function)
    text += fmt::format(" {}", analyzer.unknown_function());
  return text;
}

std::string rule_name(const Rule& rule) {
  return fmt::format("rule_id {}", rule.rule_id);
}

// What a rule may set to a number, and where the decision has it; there, negative is not set.
struct Output {
  std::string_view name;
  std::string_view unit;
  std::optional<std::int64_t> (*of_rule)(const Rule&);
  std::int64_t (*of_decision)(const Decision&);
};

constexpr Output kOutputs[] = {
    {"cache_ttl", " ms", [](const Rule& r) { return number(r.cache_ttl_ms); },
     [](const Decision& d) { return d.cache_ttl_ms; }},
    {"cache_empty_result", "", [](const Rule& r) { return number(r.cache_empty_result); },
     [](const Decision& d) { return std::int64_t{d.cache_empty_result}; }},
    {"timeout", " ms", [](const Rule& r) { return number(r.timeout_ms); },
     [](const Decision& d) { return d.timeout_ms > 0 ? d.timeout_ms : -1; }},
    {"delay", " ms", [](const Rule& r) { return number(r.delay_ms); },
     [](const Decision& d) { return d.delay_ms; }},
    {"retries", "", [](const Rule& r) { return number(r.retries); },
     [](const Decision& d) { return std::int64_t{d.retries}; }},
    {"mirror_hostgroup", "", [](const Rule& r) { return number(r.mirror_hostgroup); },
     [](const Decision& d) { return std::int64_t{d.mirror_hostgroup}; }},
    {"mirror_flagOUT", "", [](const Rule& r) { return number(r.mirror_flag_out); },
     [](const Decision& d) { return d.mirror_flag_out; }},
    {"gtid_from_hostgroup", "", [](const Rule& r) { return number(r.gtid_from_hostgroup); },
     [](const Decision& d) { return std::int64_t{d.gtid_from_hostgroup}; }},
    {"log", "", [](const Rule& r) { return number(r.log); },
     [](const Decision& d) { return std::int64_t{d.log}; }},
    {"max_in_flight", "", [](const Rule& r) { return number(r.max_in_flight); },
     [](const Decision& d) { return d.max_in_flight; }},
    {"next_query_flagIN", "", [](const Rule& r) { return number(r.next_query_flag_in); },
     [](const Decision& d) { return d.next_query_flag_in; }},
};

// Whether it has an effect is a step of its own, after all that it depends on.
constexpr std::string_view kToldByCache = "cache_ttl";

// Of what a rule sets beside an OK_msg or error_msg, only this counts.
constexpr std::string_view kOutlivesAnswers = "next_query_flagIN";

}  // namespace

std::string connection_kept_instead_of(std::string_view hostgroup, std::string_view decided_by) {
  return fmt::format("{}; by itself it would be hostgroup {} ({})", to_text(SplitHold::connection_kept),
                     hostgroup, decided_by);
}

void RouteTrace::add(std::string step, std::string what, std::string outcome, std::string reason) {
  steps_.push_back({std::move(step), std::move(what), std::move(outcome), std::move(reason)});
}

void RouteTrace::add_statement(const RouteInput& input) {
  const Statement& statement = input.analyzer.statement();
  add("statement", std::string(to_text(statement.kind)), std::string(to_text(statement.access)),
      reason_of(input.analyzer) + traits_of(statement));
  add("digest", digest_to_text(input.analyzer.digest_hash()), shown(input.analyzer.digest_text()), "");
  add("session", fmt::format("user '{}'", input.username),
      fmt::format("default hostgroup {}", input.default_hostgroup),
      fmt::format("schema '{}'; client '{}'; listener '{}' port {}; chain {}", input.schema,
                  input.client_addr, input.proxy_addr, input.proxy_port, input.flag_in));
  add("session", std::string(kState), input.in_transaction ? kInTransaction : "no transaction",
      fmt::format("autocommit {}{}", input.autocommit ? "on" : "off",
                  input.has_temporary_tables    ? "; has temporary tables"
                  : input.transaction_announced ? "; SET TRANSACTION waits for a transaction"
                                                : ""));
}

void RouteTrace::add_straight_on(const RouteInput& input, const Decision& decision) {
  add_statement(input);
  add("rule", "", "not asked", "the user has fast_forward: no rule, annotation or splitting");
  add_decision(input, decision, {});
}

void RouteTrace::add_failing_rule(const Rule& rule, Condition failing, const RouteInput& input,
                                  std::int64_t flag_in, bool given_up) {
  std::string reason = given_up
                           ? fmt::format("{}: the search was given up as too expensive", to_text(failing))
                           : why(rule, failing, input, flag_in);
  add("rule", rule_name(rule), "no match", std::move(reason));
}

void RouteTrace::add_matching_rule(const Rule& rule, std::int64_t flag_out, bool from_first_rule,
                                   std::string_view rewritten) {
  if (rule.dry_run) return add("rule", rule_name(rule), "match", "dry run: it counts, and has no effect");
  std::string effect;
  const auto say = [&](const std::string& what) { effect += (effect.empty() ? "" : "; ") + what; };
  if (rule.destination_hostgroup) say(fmt::format("hostgroup {}", *rule.destination_hostgroup));
  if (rewritten.data() != nullptr) say(fmt::format("rewritten to: {}", shown(rewritten)));
  if (rule.error_msg) say("error_msg");
  if (rule.ok_msg) say("OK_msg");
  for (const Output& output : kOutputs) {
    if (const auto value = output.of_rule(rule))
      say(fmt::format("{} {}{}", output.name, *value, output.unit));
  }
  if (rule.multiplex) say(fmt::format("multiplex {}", *rule.multiplex));
  if (rule.apply) {
    say("apply: no further rule is tried");
  } else if (rule.flag_out || rule.flag_outs_weight > 0) {
    say(fmt::format("chain {}{}{}", flag_out, rule.flag_out ? "" : ", drawn by weight",
                    from_first_rule ? ", from the first rule" : ""));
  }
  add("rule", rule_name(rule), "match", effect.empty() ? "no effect" : effect);
}

void RouteTrace::add_fast_routing(const Decision& decision, const RouteInput& input) {
  const std::string key =
      fmt::format("user '{}', schema '{}', chain {}", input.username, input.schema, decision.flag_in);
  if (decision.applied)
    return add("fast_routing", key, "not consulted", "the last rule that matched has apply");
  const bool found = decision.decided_by == DecidedBy::fast_routing;
  add("fast_routing", key, found ? "match" : "no match",
      found ? fmt::format("hostgroup {}", decision.destination_hostgroup) : "");
}

void RouteTrace::add_split(const RouteInput& input, const Decision& decision) {
  const std::string what = input.pair
                               ? fmt::format("writer {}, reader {}", input.pair->writer, input.pair->reader)
                               : std::string("no pair");
  if (!input.auto_rw_split) return add("split", what, "off", "mysql-auto_rw_split, or the user's attributes");
  switch (decision.decided_by) {
    case DecidedBy::split_read:
      return add("split", what, "reader", "a read outside transactions");
    case DecidedBy::split_write:
      return add(
          "split", what, "writer",
          decision.reason != Reason::none ? reason_of(input.analyzer) : std::string(to_text(decision.hold)));
    case DecidedBy::default_hostgroup:
      return add("split", what, "not used",
                 "hostgroup " + std::to_string(input.default_hostgroup) + " is not the writer of a pair");
    case DecidedBy::rule:
    case DecidedBy::fast_routing:
    case DecidedBy::annotation:
      return add("split", what, "not used", fmt::format("{} has decided", to_text(decision.decided_by)));
  }
}

void RouteTrace::add_effects(const Decision& decision) {
  const bool answered = decision.ok_msg || decision.error_msg;
  for (const Output& output : kOutputs) {
    const std::int64_t value = output.of_decision(decision);
    if (value < 0 || (!answered && output.name == kToldByCache)) continue;
    const bool lost = answered && output.name != kOutlivesAnswers;
    add("effect", std::string(output.name), fmt::format("{}{}", value, output.unit),
        lost ? "none: it is answered at once" : "");
  }
  const std::string fresh = decision.decided_by == DecidedBy::split_write ? kFreshOnWriter : kNotMeasured;
  if (decision.max_lag_ms >= 0) add("effect", "max_lag", fmt::format("{} ms", decision.max_lag_ms), fresh);
  if (decision.min_epoch_ms >= 0)
    add("effect", "min_epoch", fmt::format("{} ms", decision.min_epoch_ms), fresh);
  if (!decision.min_gtid.empty()) add("effect", "min_gtid", shown(decision.min_gtid), fresh);
  if (decision.create_new_connection)
    add("effect", "create_new_connection", "1", "has no effect in this version");
  if (decision.multiplex != MultiplexOverride::none)
    add("effect", "multiplex", std::string(to_text(decision.multiplex)), "");
  if (decision.error_msg)
    add("effect", "error_msg", std::string(*decision.error_msg), "answered without a server");
  if (decision.ok_msg)
    add("effect", "OK_msg", std::string(*decision.ok_msg),
        decision.error_msg ? "none: the error_msg is the answer" : "answered without a server");
}

void RouteTrace::keep_on_writer(SplitHold hold, std::string_view reason, int writer) {
  for (RouteStep& step : steps_) {
    if (step.step == "split") {
      step.outcome = "writer";
      step.reason = fmt::format("{}: {}", to_text(hold), reason);
    } else if (step.step == "destination") {
      step.outcome = std::to_string(writer);
      step.reason = to_text(hold);
    }
  }
}

void RouteTrace::keep_connection(Pins pins, int hostgroup) {
  for (RouteStep& step : steps_) {
    if (step.step == "split" && (step.outcome == "reader" || step.outcome == "writer")) {
      step.outcome = "not used";
      step.reason = fmt::format("{}: {}", to_text(SplitHold::connection_kept), to_text(pins));
    } else if (step.step == "destination") {
      step.reason = connection_kept_instead_of(step.outcome, step.reason.substr(0, step.reason.find(';')));
      step.outcome = std::to_string(hostgroup);
    }
  }
}

void RouteTrace::add_transaction(std::string outcome, std::string reason) {
  const auto state = std::ranges::find_if(
      steps_, [](const RouteStep& step) { return step.step == "session" && step.what == kState; });
  if (state == steps_.end()) return;
  state->outcome = kInTransaction;
  steps_.insert(state + 1, {"session", "transaction READ ONLY", std::move(outcome), std::move(reason)});
}

void RouteTrace::add_pins(Pins before, Pins after) {
  if (!before.empty())
    add("connection", to_text(before), "kept", "the session's statements run on the connection that it has");
  Pins added = after;
  added.remove(before);
  Pins dropped = before;
  dropped.remove(after);
  if (!added.empty())
    add("connection", to_text(added), "pinned", "the session keeps the connection after this statement");
  if (!dropped.empty()) add("connection", to_text(dropped), "unpinned", "this statement ends the reason");
  if (before.empty() && after.empty())
    add("connection", "", "shared", "free for other sessions after this statement");
}

void RouteTrace::add_decision(const RouteInput& input, const Decision& decision, std::string_view comment) {
  if (!comment.empty()) {
    const bool decided = decision.decided_by == DecidedBy::annotation;
    std::string reason = decided             ? fmt::format("hostgroup {}", decision.destination_hostgroup)
                         : input.annotations ? ""
                                             : "annotations are off for this user";
    if (decision.annotation_mistyped) {
      const Annotation annotation = parse_annotation(comment);
      reason += fmt::format("{}'{}' is no key, and has no effect; did you mean '{}'?",
                            reason.empty() ? "" : "; ", annotation.mistyped_key, annotation.meant_key);
    }
    add("annotation", shown(comment),
        decided             ? "match"
        : input.annotations ? "no hostgroup"
                            : "ignored",
        std::move(reason));
  }
  if (decision.rewritten) {
    const Statement& statement = input.analyzer.statement();
    add("statement", std::string(to_text(statement.kind)), std::string(to_text(statement.access)),
        reason_of(input.analyzer) + traits_of(statement) + "; as rewritten");
  }
  add_split(input, decision);
  add_effects(decision);
  std::string reason(to_text(decision.decided_by));
  if (decision.destination_rule_id >= 0) reason += fmt::format(" {}", decision.destination_rule_id);
  if (decision.fallback_hostgroup >= 0)
    reason += fmt::format("; hostgroup {} if no server there can serve", decision.fallback_hostgroup);
  add("destination", "hostgroup", std::to_string(decision.destination_hostgroup), std::move(reason));
}

}  // namespace weir
