#include "monitor/tell.hpp"

#include "monitor/check.hpp"
#include "protocol/base/log.hpp"

namespace weir {
namespace {

std::string_view to_text(ServerDecision::Presence presence) {
  switch (presence) {
    case ServerDecision::Presence::as_configured:
      return "as configured";
    case ServerDecision::Presence::added:
      return "added";
    case ServerDecision::Presence::removed:
      return "removed";
  }
  return "";
}

void log_decision(const ServerKey& key, const ServerDecision& now) {
  const bool calm = now.presence == ServerDecision::Presence::as_configured && now.hold == Hold::none;
  const auto level = calm || now.hold == Hold::none ? log::Level::info : log::Level::warn;
  log::write(level, "the monitor has decided",
             {{"server", to_text(HostPort{key.hostname, key.port})},
              {"hostgroup", key.hostgroup},
              {"place", to_text(now.presence)},
              {"hold", to_text(now.hold)},
              {"reason", now.reason}});
}

// Of the pair, or cluster, whose judgements these are; empty: it was clear who writes.
template <class Judgements>
std::string conflict_of(const Judgements& judgements, int writer) {
  const auto judged = judgements.find(writer);
  return judged == judgements.end() ? "" : judged->second.conflict;
}

}  // namespace

void log_decisions(const ServerOverlay& before, const ServerOverlay& now) {
  for (const auto& [key, decision] : now) {
    const auto was = before.find(key);
    if (was == before.end() || !was->second.says_the_same(decision)) log_decision(key, decision);
  }
  for (const auto& [key, decision] : before) {
    if (!now.contains(key)) log_decision(key, {.reason = "no more: " + decision.reason});
  }
}

void log_conflicts(const Judgement& before, const Judgement& now) {
  for (const auto& [writer, pair] : now.pairs) {
    if (pair.conflict == conflict_of(before.pairs, writer)) continue;
    if (pair.conflict.empty()) {
      log::info("it is clear again who writes", {{"writer_hostgroup", writer}});
    } else {
      const bool several = pair.writable.size() > 1;
      log::error(several ? "several servers are writable" : "the server that is writable may lack writes",
                 {{"writer_hostgroup", writer}, {"verdict", pair.conflict}});
    }
  }
  for (const auto& [writer, cluster] : now.clusters) {
    if (cluster.conflict.empty() == conflict_of(before.clusters, writer).empty()) continue;
    if (cluster.conflict.empty()) {
      log::info("a cluster has a writer again", {{"writer_hostgroup", writer}});
    } else {
      log::error("a cluster has no writer", {{"writer_hostgroup", writer}, {"verdict", cluster.conflict}});
    }
  }
}

std::map<int, std::string> conflicts_of(const Judgement& judgement) {
  std::map<int, std::string> conflicts;
  for (const auto& [writer, pair] : judgement.pairs) {
    if (!pair.conflict.empty()) conflicts[writer] = pair.conflict;
  }
  for (const auto& [writer, cluster] : judgement.clusters) {
    if (!cluster.conflict.empty()) conflicts[writer] = cluster.conflict;
  }
  return conflicts;
}

void log_trouble(const Host& host, const std::string& before, const ServerFacts& facts) {
  if (before.empty() == facts.trouble.empty()) return;
  if (facts.trouble.empty()) {
    log::info("checks succeed again", {{"server", host.text()}});
  } else {
    log::warn(
        "a check has failed",
        {{"server", host.text()}, {"check", check_spec(facts.trouble_check).name}, {"error", facts.trouble}});
  }
}

}  // namespace weir
