// Who replicates from whom, put together from the portraits of servers. Pure.
//
// A server is found under the names by which its replicas know it, or where that leads nowhere (other
// networks, mapped ports) by its server_uuid, or by a server_id that only one server has. What two servers
// say of each other may contradict: a replica's word about its source counts.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "monitor/topology/portrait.hpp"
#include "router/backend/hostgroup_pair.hpp"

namespace weir {

// Of a server in the configuration in force.
struct ConfiguredServer {
  std::vector<int> hostgroups{};
  std::optional<int> reader_hostgroup{};  // of the pair that it is in: it may become the writer there
  std::int64_t lag_limit_s = 0;           // the least of its rows; 0 = none
};
using ConfiguredServers = std::map<Host, ConfiguredServer>;

struct TopologyServer {
  ServerPortrait portrait;
  std::vector<Host> other_names{};
  std::optional<ConfiguredServer> configured{};
  std::vector<std::size_t> sources{};   // edges of which it is the replica
  std::vector<std::size_t> replicas{};  // edges of which it is the source
  bool in_ring = false;                 // it replicates from itself, by others

  const Host& host() const { return portrait.host; }
};

struct TopologyEdge {
  std::size_t replica = 0;  // of servers
  std::size_t source = 0;
  std::optional<std::size_t> link{};  // of the replica's portrait; nothing: only the source speaks of it
};

// A replica that a server lists, and of which no address is known that leads to it.
struct UnplacedReplica {
  std::size_t source = 0;
  std::uint32_t server_id = 0;
  std::vector<std::string> addresses{};  // where connections that read the source's log come from
};

class Topology {
 public:
  // Portraits of the same server under several names become one, under the first name, or the configured one.
  // `guessed`: addresses that may be those of replicas; who turns out to be something else is left out.
  Topology(std::vector<ServerPortrait> portraits, const ConfiguredServers& configured,
           const std::set<Host>& guessed);

  const std::vector<TopologyServer>& servers() const { return servers_; }
  const std::vector<TopologyEdge>& edges() const { return edges_; }
  const std::vector<UnplacedReplica>& unplaced() const { return unplaced_; }

  // Null if only the source speaks of it.
  const ReplicationLink* link(const TopologyEdge& edge) const;
  // How many transactions the source has that the replica has not; nothing: it cannot be told.
  std::optional<std::uint64_t> behind(const TopologyEdge& edge) const;

  // Addresses that servers name, and that no portrait is of; in the order in which they are named.
  const std::vector<Host>& unasked() const { return unasked_; }
  // Where replicas without a name of their own may be found.
  const std::vector<Host>& guesses() const { return guesses_; }

 private:
  void add(ServerPortrait portrait, const ConfiguredServers& configured);
  void connect(const ConfiguredServers& configured);
  void connect_to_source(std::size_t replica, std::size_t link, const ConfiguredServers& configured);
  void connect_listed(std::size_t source, const ListedReplica& listed);
  void find_rings();
  bool reaches(std::size_t from, std::size_t to) const;
  void leave_out(const std::set<Host>& guessed);
  bool is_source_name(const Host& host) const;
  std::optional<std::size_t> find(const Host& host) const;
  std::optional<std::size_t> find_source(const ReplicationLink& link,
                                         const ConfiguredServers& configured) const;
  std::optional<std::size_t> find_only(const std::string& uuid, std::uint32_t server_id) const;

  std::vector<TopologyServer> servers_;
  std::vector<TopologyEdge> edges_;
  std::vector<UnplacedReplica> unplaced_;
  std::vector<Host> unasked_;
  std::vector<Host> guesses_;
};

// "primary", "co-primary" (of a ring), "relay" (a replica with replicas), "replica", "alone", "not reached".
std::string_view role_of(const TopologyServer& server);

// As rows of a tree: each server once under each of its sources, its replicas below it where it stands first.
struct TreeRow {
  std::string lead{};  // what is drawn before its name: "|  `- "
  std::size_t server = 0;
  std::optional<std::size_t>
      edge{};          // to the source under which it stands; of the first of a ring, to the last
  bool again = false;  // it stands further up with what is below it
};
std::vector<TreeRow> draw(const Topology& topology);

}  // namespace weir
