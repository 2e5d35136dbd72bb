#include "monitor/routine_watch.hpp"

#include <algorithm>

#include "router/backend/balance.hpp"

namespace weir {
namespace {

Endpoint endpoint_of(const Server& server) {
  return server.port == 0 ? Endpoint{"", 0, server.hostname} : Endpoint{server.hostname, server.port, ""};
}

void add_servers(const Snapshot& snapshot, int hostgroup_id, Instant now, std::vector<Endpoint>& servers) {
  const Hostgroup* hostgroup = snapshot.find_hostgroup(hostgroup_id);
  if (hostgroup == nullptr) return;
  for (const bool wanted : {true, false}) {
    for (const auto& server : hostgroup->servers) {
      if (server->status == ServerStatus::offline_hard || usable(*server, now) != wanted) continue;
      Endpoint endpoint = endpoint_of(*server);
      if (std::ranges::find(servers, endpoint) == servers.end()) servers.push_back(std::move(endpoint));
    }
  }
}

// The order of servers follows their health and is no reason to begin anew.
bool same_source(const RoutineSource& a, const RoutineSource& b) {
  return a.writer_hostgroup == b.writer_hostgroup && a.username == b.username && a.password == b.password &&
         std::ranges::is_permutation(a.servers, b.servers);
}

// Nobody else asks whether a function only reads.
bool anyone_splits(const Snapshot& snapshot) {
  if (snapshot.settings().auto_rw_split) return true;
  return std::ranges::any_of(snapshot.users_part().users, [](const auto& entry) {
    return entry.second.attributes.auto_rw_split.value_or(false);
  });
}

}  // namespace

std::vector<RoutineSource> routine_sources(const Snapshot& snapshot, Instant now) {
  std::vector<RoutineSource> sources;
  const Settings& settings = snapshot.settings();
  if (!settings.monitor_enabled || settings.monitor_routines_interval_ms == 0 || !anyone_splits(snapshot))
    return sources;
  for (const HostgroupPair& pair : snapshot.servers_part().pairs) {
    RoutineSource& source = sources.emplace_back();
    source.writer_hostgroup = pair.writer;
    source.username = settings.monitor_username;
    source.password = settings.monitor_password;
    add_servers(snapshot, pair.writer, now, source.servers);
    add_servers(snapshot, pair.reader, now, source.servers);
  }
  return sources;
}

RoutineWatch::RoutineWatch(Loop& loop, Found on_found) : loop_(loop), on_found_(std::move(on_found)) {}

void RoutineWatch::adopt(const Snapshot& snapshot) {
  const Settings& settings = snapshot.settings();
  std::vector<std::unique_ptr<RoutineReader>> before = std::exchange(readers_, {});
  loop_.at_turn_end(*this);
  for (RoutineSource& source : routine_sources(snapshot, loop_.now())) {
    const auto kept = std::ranges::find_if(
        before, [&](const auto& reader) { return reader && same_source(reader->source(), source); });
    if (kept != before.end()) {
      readers_.push_back(std::move(*kept));
      readers_.back()->set_pace(settings.monitor_routines_interval_ms, settings.monitor_routines_timeout_ms);
    } else {
      readers_.push_back(
          std::make_unique<RoutineReader>(loop_, static_cast<RoutineReaderOwner&>(*this), std::move(source)));
      readers_.back()->start(settings.monitor_routines_interval_ms, settings.monitor_routines_timeout_ms);
    }
  }
}

void RoutineWatch::on_name_moved(const std::string& name) {
  for (const auto& reader : readers_) reader->on_name_moved(name);
}

void RoutineWatch::on_routines_found() noexcept {
  loop_.at_turn_end(*this);
}

void RoutineWatch::on_turn_end() noexcept {
  RoutineCatalogs now;
  for (const auto& reader : readers_) now.push_back(reader->found());
  if (now == told_) return;
  told_ = std::move(now);
  on_found_(std::make_shared<const RoutineCatalogs>(told_));
}

}  // namespace weir
