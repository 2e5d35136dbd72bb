#include "router/backend/server_reasons.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "router/backend/balance.hpp"
#include "router/backend/status_word.hpp"

namespace weir {
namespace {

bool usable(Objection objection) {
  return objection == Objection::none || objection == Objection::full;
}

bool has_room(const ServerReason& reason) {
  return reason.objection == Objection::none || (reason.objection == Objection::full && reason.idle > 0);
}

Objection configured_objection(const Server& server) {
  if (server.status != ServerStatus::online && server.hold != Hold::none) return Objection::held;
  switch (server.status) {
    case ServerStatus::online:
      return server.weight <= 0 ? Objection::weight_zero : Objection::none;
    case ServerStatus::shunned:
      return Objection::shunned_by_operator;
    case ServerStatus::offline_soft:
      return Objection::offline_soft;
    case ServerStatus::offline_hard:
      return Objection::offline_hard;
  }
  return Objection::none;
}

ServerReason reason_against(const Hostgroup& hostgroup, const Server& server, Instant now) {
  ServerReason reason{.server = &server, .objection = configured_objection(server)};
  reason.connections = server.slots().used();
  reason.idle = static_cast<std::int64_t>(server.figures().totals().connections_idle);
  if (reason.objection != Objection::none) return reason;
  const HealthView health = server.health().view();
  const bool forever = health.shunned_until == kNever;
  const Instant since = health.shunned ? now : server.health().would_be_back_since(now);
  if (hostgroup.slow_start_ms > 0) reason.share = balance::share_since(since, hostgroup.slow_start_ms, now);
  if (health.refuses_writes || health.silent) {
    reason.objection = health.refuses_writes ? Objection::refuses_writes : Objection::silent;
    return reason;
  }
  if (health.shunned && (forever || now < health.shunned_until)) {
    reason.objection = Objection::shunned;
    reason.error_code = health.last_error_code;
    reason.for_ms = forever ? -1 : health.shunned_until - now;
    return reason;
  }
  reason.returns = health.shunned;
  reason.error_code = health.shunned ? health.last_error_code : 0;
  if (balance::too_slow(hostgroup, server, now)) {
    reason.objection = Objection::too_slow;
  } else if (reason.connections >= server.max_connections) {
    reason.objection = Objection::full;
  }
  return reason;
}

// How the many are called: "2 shunned (last error 2003)".
std::string tally_name(const ServerReason& reason) {
  if (reason.objection == Objection::shunned)
    return fmt::format("shunned (last error {})", reason.error_code);
  if (reason.objection == Objection::full)
    return fmt::format("at max_connections {}", reason.server->max_connections);
  if (reason.objection == Objection::held) return std::string(to_text(reason.server->hold));
  return to_text(reason);
}

}  // namespace

std::vector<ServerReason> server_reasons(const Hostgroup& hostgroup, Instant now) {
  std::vector<ServerReason> reasons;
  reasons.reserve(hostgroup.servers.size());
  for (const auto& server : hostgroup.servers) reasons.push_back(reason_against(hostgroup, *server, now));
  if (balance::too_many_online(hostgroup, now)) {
    for (ServerReason& reason : reasons) {
      if (usable(reason.objection)) reason.objection = Objection::too_many_online;
    }
    return reasons;
  }
  bool any = false;
  for (ServerReason& reason : reasons) any |= reason.candidate = usable(reason.objection);
  if (any) return reasons;
  for (ServerReason& reason : reasons) {
    reason.candidate = reason.last_resort =
        (reason.objection == Objection::shunned || reason.objection == Objection::silent) &&
        reason.server->health().eligible_as_last_resort(now);
  }
  return reasons;
}

std::string to_text(const ServerReason& reason) {
  switch (reason.objection) {
    case Objection::none:
      return reason.returns
                 ? fmt::format("was shunned for connect error {}; its time is over, and it is tried again",
                               reason.error_code)
                 : "";
    case Objection::offline_hard:
    case Objection::offline_soft:
      return std::string(to_text(reason.server->status));
    case Objection::shunned_by_operator:
      return "SHUNNED by configuration";
    case Objection::weight_zero:
      return "weight 0";
    case Objection::held:
      return fmt::format("{}: {}", to_text(reason.server->hold), reason.server->hold_reason);
    case Objection::refuses_writes:
      return "refused a write as read-only: being looked at";
    case Objection::silent:
      return "silent: it did not answer the monitor";
    case Objection::shunned:
      return fmt::format("shunned: connect error {}, {}", reason.error_code,
                         reason.for_ms < 0 ? std::string("until it answers")
                                           : fmt::format("for another {} ms", reason.for_ms));
    case Objection::too_slow:
      return fmt::format("slower than max_latency_ms {}", reason.server->max_latency_ms);
    case Objection::full:
      return fmt::format("at max_connections {}, {} of them free", reason.server->max_connections,
                         reason.idle > 0 ? std::to_string(reason.idle) : "none");
    case Objection::too_many_online:
      return "more servers are online than max_num_online_servers";
  }
  return "";
}

ServerChoice choice_of(const ServerReason& reason) {
  if (!reason.candidate) return ServerChoice::not_used;
  if (reason.last_resort) return ServerChoice::last_resort;
  return has_room(reason) ? ServerChoice::candidate : ServerChoice::full;
}

std::string_view to_text(ServerChoice choice) {
  switch (choice) {
    case ServerChoice::candidate:
      return "candidate";
    case ServerChoice::last_resort:
      return "last resort";
    case ServerChoice::full:
      return "full";
    case ServerChoice::not_used:
      return "not used";
  }
  return "";
}

std::string explain_servers(const Hostgroup& hostgroup, Instant now) {
  if (balance::too_many_online(hostgroup, now))
    return fmt::format("more servers are online than max_num_online_servers {}",
                       hostgroup.max_num_online_servers);
  struct Tally {
    std::string name;
    int count;
  };
  std::vector<Tally> tallies;
  std::size_t useful = 0;
  for (const ServerReason& reason : server_reasons(hostgroup, now)) {
    if (has_room(reason)) {
      ++useful;
      continue;
    }
    const std::string name = tally_name(reason);
    const auto known = std::ranges::find(tallies, name, &Tally::name);
    if (known == tallies.end()) {
      tallies.push_back({name, 1});
    } else {
      ++known->count;
    }
  }
  std::string text = fmt::format("{} of {} servers usable", useful, hostgroup.servers.size());
  const char* separator = ": ";
  for (const Tally& tally : tallies) {
    text += fmt::format("{}{} {}", separator, tally.count, tally.name);
    separator = ", ";
  }
  return text;
}

}  // namespace weir
