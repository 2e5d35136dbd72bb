// CHECK TOPOLOGY: whether replication is set up so that a replica can be relied on, and can take over. Pure.
//
// Each item is a row, with a function that looks for what is wrong. What nothing can be said of (a server
// that does not answer, a variable that it does not have) is no finding.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "monitor/topology/topology.hpp"

namespace weir {

enum class Verdict : std::uint8_t {
  ok,
  warn,   // it works, and there is something better
  error,  // data may be lost or differ, or a replica cannot take over
};
std::string_view to_text(Verdict verdict);  // "OK", "WARN", "ERROR"

struct Finding {
  std::string item;
  std::string server;  // "all" if it is fine everywhere
  Verdict verdict = Verdict::ok;
  std::string detail;  // what there is, and what to do about it
};

class Findings {
 public:
  void warn(std::string server, std::string detail) {
    add(Verdict::warn, std::move(server), std::move(detail));
  }
  void error(std::string server, std::string detail) {
    add(Verdict::error, std::move(server), std::move(detail));
  }
  void add(Verdict verdict, std::string server, std::string detail) {
    found_.push_back({{}, std::move(server), verdict, std::move(detail)});
  }
  std::vector<Finding>& found() { return found_; }

 private:
  std::vector<Finding> found_;
};

struct VerdictItem {
  std::string_view name;
  std::string_view fine;  // what it means that nothing was found
  void (*look)(const Topology& topology, Findings& findings);
};

// By topic; in the order in which they are shown.
std::span<const VerdictItem> structure_items();    // who is there, and who is who
std::span<const VerdictItem> replication_items();  // what replicates, and how well
std::span<const VerdictItem> settings_items();     // what is set for it

// All items: one row each if it is fine, or one for each server that it is not for; the last row, "overall",
// has the worst verdict.
std::vector<Finding> check_topology(const Topology& topology);

// Servers that are connected by replication, over any number of others: index of each server's group.
std::vector<std::size_t> groups_of(const Topology& topology);
// It replicates, or is in a pair of hostgroups: what is set for replication matters.
bool takes_part(const TopologyServer& server);
// Weir may be made to write to it.
bool may_write(const TopologyServer& server);

}  // namespace weir
