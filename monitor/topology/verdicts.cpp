#include "monitor/topology/verdicts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace weir {
namespace {

void look_at(const Topology& topology, std::span<const VerdictItem> items, std::vector<Finding>& all) {
  for (const VerdictItem& item : items) {
    Findings findings;
    item.look(topology, findings);
    if (findings.found().empty()) findings.add(Verdict::ok, "all", std::string(item.fine));
    for (Finding& finding : findings.found()) {
      finding.item = item.name;
      all.push_back(std::move(finding));
    }
  }
}

Finding overall(const std::vector<Finding>& all) {
  const auto errors = std::ranges::count(all, Verdict::error, &Finding::verdict);
  const auto warnings = std::ranges::count(all, Verdict::warn, &Finding::verdict);
  const Verdict worst = errors > 0 ? Verdict::error : warnings > 0 ? Verdict::warn : Verdict::ok;
  return {"overall", "all", worst, fmt::format("errors: {}, warnings: {}", errors, warnings)};
}

}  // namespace

std::string_view to_text(Verdict verdict) {
  constexpr std::array<std::string_view, 3> kNames{"OK", "WARN", "ERROR"};
  return kNames[static_cast<std::size_t>(verdict)];
}

std::vector<Finding> check_topology(const Topology& topology) {
  std::vector<Finding> all;
  for (const auto items : {structure_items(), replication_items(), settings_items()})
    look_at(topology, items, all);
  all.push_back(overall(all));
  return all;
}

std::vector<std::size_t> groups_of(const Topology& topology) {
  std::vector<std::size_t> groups(topology.servers().size());
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i] = i;
  for (const TopologyEdge& edge : topology.edges()) {
    const std::size_t joined = groups[edge.replica];
    std::ranges::replace(groups, joined, groups[edge.source]);
  }
  return groups;
}

bool takes_part(const TopologyServer& server) {
  return server.portrait.answered() &&
         (!server.sources.empty() || !server.replicas.empty() || may_write(server));
}

bool may_write(const TopologyServer& server) {
  return server.configured && server.configured->reader_hostgroup;
}

}  // namespace weir
