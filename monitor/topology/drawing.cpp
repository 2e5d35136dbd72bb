// The topology as a tree.
#include <algorithm>

#include "monitor/topology/topology.hpp"

namespace weir {
namespace {

class Drawing {
 public:
  explicit Drawing(const Topology& topology)
      : topology_(topology), drawn_(topology.servers().size(), false) {}

  std::vector<TreeRow> rows() {
    const auto& servers = topology_.servers();
    for (std::size_t i = 0; i < servers.size(); ++i) {
      if (servers[i].sources.empty()) add_root(i);
    }
    // What is left stands in or below a ring. A ring begins with one that takes writes, if there is one.
    for (const bool writable : {true, false}) {
      for (std::size_t i = 0; i < servers.size(); ++i) {
        if (drawn_[i] || !servers[i].in_ring) continue;
        if (!writable || !servers[i].portrait.on({"read_only"})) add_root(i);
      }
    }
    return std::move(rows_);
  }

 private:
  void add_root(std::size_t server) {
    const auto& sources = topology_.servers()[server].sources;
    TreeRow root{.server = server};
    for (const std::size_t edge : sources) {
      if (!root.edge && topology_.servers()[topology_.edges()[edge].source].in_ring) root.edge = edge;
    }
    shown_ = root.edge;
    drawn_[server] = true;
    rows_.push_back(std::move(root));
    add_replicas(server, "");
  }

  void add_replicas(std::size_t source, const std::string& indent) {
    std::vector<std::size_t> edges = topology_.servers()[source].replicas;
    std::erase_if(edges, [&](std::size_t edge) { return shown_ == edge; });
    for (const std::size_t edge : edges) {
      const bool last = edge == edges.back();
      const std::size_t replica = topology_.edges()[edge].replica;
      const bool again = drawn_[replica];
      drawn_[replica] = true;
      rows_.push_back({indent + (last ? "`- " : "|- "), replica, edge, again});
      if (!again) add_replicas(replica, indent + (last ? "   " : "|  "));
    }
  }

  const Topology& topology_;
  std::vector<bool> drawn_;
  std::optional<std::size_t> shown_;  // the edge that the root of a ring shows
  std::vector<TreeRow> rows_;
};

}  // namespace

std::vector<TreeRow> draw(const Topology& topology) {
  return Drawing(topology).rows();
}

}  // namespace weir
