// Keeps the catalogue of the servers' stored functions up to date: one RoutineReader per pair of hostgroups,
// as the configuration in force says.
//
// On one loop. What it finds goes out whole, each time that something in it is new.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "monitor/routine_reader.hpp"
#include "router/config/snapshot.hpp"

namespace weir {

class RoutineWatch final : RoutineReaderOwner, TurnEnd {
 public:
  using Found = std::function<void(std::shared_ptr<const RoutineCatalogs>)>;

  // `on_found` is called on the loop's thread at the end of a turn.
  RoutineWatch(Loop& loop, Found on_found);

  // What is known of a pair whose servers and account stay the same is kept, and everything else read at
  // once.
  void adopt(const Snapshot& snapshot);
  // The name stands for other addresses: the next questions go there.
  void on_name_moved(const std::string& name);

 private:
  void on_routines_found() noexcept override;
  void on_turn_end() noexcept override;

  Loop& loop_;
  const Found on_found_;
  std::vector<std::unique_ptr<RoutineReader>> readers_;
  RoutineCatalogs told_;
};

// Who is asked for each pair: the writer hostgroup's servers before the reader hostgroup's, and in each those
// first that may be given work. Not those that are OFFLINE_HARD. Nobody, if mysql-monitor_enabled is off,
// mysql-monitor_routines_interval is 0, or automatic splitting is on for nobody.
std::vector<RoutineSource> routine_sources(const Snapshot& snapshot, Instant now);

}  // namespace weir
