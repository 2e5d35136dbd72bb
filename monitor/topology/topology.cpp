#include "monitor/topology/topology.hpp"

#include <algorithm>

namespace weir {
namespace {

template <class T>
void add_once(std::vector<T>& values, const T& value) {
  if (std::ranges::find(values, value) == values.end()) values.push_back(value);
}

// What answers at the address that a replica has of its source may be another server: another network, or a
// mapped port. A replica that is connected knows whom it is connected to.
bool contradicts(const ReplicationLink& link, const ServerPortrait& found) {
  if (!link.io.runs() || !found.answered()) return false;
  if (!link.source_uuid.empty() && !found.uuid().empty()) return link.source_uuid != found.uuid();
  return link.source_server_id != 0 && found.server_id() != 0 && link.source_server_id != found.server_id();
}

}  // namespace

Topology::Topology(std::vector<ServerPortrait> portraits, const ConfiguredServers& configured,
                   const std::set<Host>& guessed) {
  std::vector<ServerPortrait> others;
  for (ServerPortrait& portrait : portraits) {
    const bool first = configured.contains(portrait.host);
    first ? add(std::move(portrait), configured) : others.push_back(std::move(portrait));
  }
  for (ServerPortrait& portrait : others) add(std::move(portrait), configured);
  connect(configured);
  leave_out(guessed);
  find_rings();
}

void Topology::add(ServerPortrait portrait, const ConfiguredServers& configured) {
  const auto place = configured.find(portrait.host);
  const std::string identity = portrait.answered() ? portrait.identity() : "";
  const auto same = std::ranges::find_if(servers_, [&](const TopologyServer& server) {
    return !identity.empty() && server.portrait.answered() && server.portrait.identity() == identity;
  });
  if (place == configured.end() && same != servers_.end()) {
    same->other_names.push_back(portrait.host);
    return;
  }
  TopologyServer& server = servers_.emplace_back();
  server.portrait = std::move(portrait);
  if (place != configured.end()) server.configured = place->second;
}

std::optional<std::size_t> Topology::find(const Host& host) const {
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    if (servers_[i].host() == host ||
        std::ranges::find(servers_[i].other_names, host) != servers_[i].other_names.end())
      return i;
  }
  return std::nullopt;
}

// By uuid, or else by an id; if several have it, it says nothing.
std::optional<std::size_t> Topology::find_only(const std::string& uuid, std::uint32_t server_id) const {
  if (uuid.empty() && server_id == 0) return std::nullopt;
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    const ServerPortrait& portrait = servers_[i].portrait;
    if (!portrait.answered()) continue;
    if (uuid.empty() ? portrait.server_id() != server_id : portrait.uuid() != uuid) continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

std::optional<std::size_t> Topology::find_source(const ReplicationLink& link,
                                                 const ConfiguredServers& configured) const {
  const auto there = find(link.source);
  if (there && servers_[*there].portrait.answered() && !contradicts(link, servers_[*there].portrait))
    return there;
  if (!there && configured.contains(link.source)) return std::nullopt;  // it is to be asked
  const auto other = find_only(link.source_uuid, link.source_server_id);
  return other ? other : there;
}

void Topology::connect(const ConfiguredServers& configured) {
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    for (std::size_t link = 0; link < servers_[i].portrait.links.size(); ++link)
      connect_to_source(i, link, configured);
  }
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    for (const ListedReplica& listed : servers_[i].portrait.listed) connect_listed(i, listed);
  }
}

void Topology::connect_to_source(std::size_t replica, std::size_t index,
                                 const ConfiguredServers& configured) {
  const ReplicationLink& link = servers_[replica].portrait.links[index];
  if (link.source.name.empty()) return;
  const auto source = find_source(link, configured);
  if (!source) return add_once(unasked_, link.source);
  servers_[replica].sources.push_back(edges_.size());
  servers_[*source].replicas.push_back(edges_.size());
  edges_.push_back({replica, *source, index});
}

void Topology::connect_listed(std::size_t source, const ListedReplica& listed) {
  const auto is_it = [&](const TopologyServer& server) {
    const ServerPortrait& portrait = server.portrait;
    return listed.uuid.empty() ? portrait.server_id() == listed.server_id : portrait.uuid() == listed.uuid;
  };
  for (const std::size_t edge : servers_[source].replicas) {
    if (is_it(servers_[edges_[edge].replica])) return;
  }
  if (!listed.host.name.empty()) {
    const auto there = find(listed.host);
    if (!there) return add_once(unasked_, listed.host);
    if (servers_[*there].portrait.answered()) return;  // and says nothing of this source
    servers_[*there].sources.push_back(edges_.size());
    servers_[source].replicas.push_back(edges_.size());
    edges_.push_back({*there, source, std::nullopt});
    return;
  }
  const std::vector<std::string>& addresses = servers_[source].portrait.dump_addresses;
  for (const std::string& address : addresses) {
    const Host guess{address, listed.host.port};
    if (!find(guess)) add_once(guesses_, guess);
  }
  unplaced_.push_back({source, listed.server_id, addresses});
}

// Takes out who was asked on suspicion only, and replicates from nobody here; and names that lead nowhere, of
// sources that are known by another one.
void Topology::leave_out(const std::set<Host>& guessed) {
  std::vector<std::size_t> moved(servers_.size());
  std::vector<bool> stays(servers_.size());
  std::vector<TopologyServer> kept;
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    moved[i] = kept.size();
    const TopologyServer& server = servers_[i];
    const bool unrelated = !server.configured && server.sources.empty() && server.replicas.empty();
    const bool mere_name = !server.portrait.answered() && is_source_name(server.host());
    stays[i] = !unrelated || !(mere_name || guessed.contains(server.host()));
    if (stays[i]) kept.push_back(server);
  }
  servers_ = std::move(kept);
  for (TopologyEdge& edge : edges_) edge = {moved[edge.replica], moved[edge.source], edge.link};
  std::erase_if(unplaced_, [&](const UnplacedReplica& replica) { return !stays[replica.source]; });
  for (UnplacedReplica& replica : unplaced_) replica.source = moved[replica.source];
}

bool Topology::is_source_name(const Host& host) const {
  return std::ranges::any_of(servers_, [&](const TopologyServer& server) {
    return std::ranges::find(server.portrait.links, host, &ReplicationLink::source) !=
           server.portrait.links.end();
  });
}

void Topology::find_rings() {
  for (std::size_t i = 0; i < servers_.size(); ++i) servers_[i].in_ring = reaches(i, i);
}

// By one source or more.
bool Topology::reaches(std::size_t from, std::size_t to) const {
  std::vector<bool> seen(servers_.size(), false);
  std::vector<std::size_t> open{from};
  while (!open.empty()) {
    const std::size_t at = open.back();
    open.pop_back();
    for (const std::size_t edge : servers_[at].sources) {
      const std::size_t source = edges_[edge].source;
      if (source == to) return true;
      if (!seen[source]) open.push_back(source);
      seen[source] = true;
    }
  }
  return false;
}

const ReplicationLink* Topology::link(const TopologyEdge& edge) const {
  return edge.link ? &servers_[edge.replica].portrait.links[*edge.link] : nullptr;
}

std::optional<std::uint64_t> Topology::behind(const TopologyEdge& edge) const {
  const auto& source = servers_[edge.source].portrait.position;
  const auto& replica = servers_[edge.replica].portrait.position;
  if (!source || !replica || (source->empty() && replica->empty())) return std::nullopt;
  return source->count_beyond(*replica);
}

std::string_view role_of(const TopologyServer& server) {
  if (!server.portrait.answered()) return "not reached";
  if (server.in_ring) return "co-primary";
  if (server.sources.empty()) return server.replicas.empty() ? "alone" : "primary";
  return server.replicas.empty() ? "replica" : "relay";
}

}  // namespace weir
