// What the checks found, for as long as mysql-monitor_history says: the rows of the schema monitor's tables.
//
// Any thread; a lock is held for a row at a time, and by who reads for the time of a copy.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "monitor/observation.hpp"

namespace weir {

struct CheckLogRow {
  std::shared_ptr<const Host> host;
  std::int64_t started_us = 0;                    // since 1970
  std::int64_t took_us = 0;                       // of a success; 0 = a failure
  std::optional<std::int64_t> value{};            // read_only, or the lag in its unit; nothing: not known
  std::shared_ptr<const std::string> error{};     // null: it succeeded
  std::shared_ptr<const MemberReading> member{};  // null: it was no check of a cluster, or failed
};

class CheckLog {
 public:
  // Of each kind at most so many rows are kept, whatever the history: the latest.
  static constexpr std::size_t kMaxRows = 500'000;
  static constexpr std::size_t kMaxTimelineRows = 50'000;  // they come many times a second

  struct Counts {
    std::uint64_t ok = 0;
    std::uint64_t failed = 0;
  };

  // What was `seen`, and its lag in milliseconds if it was a look at the timeline.
  void add(const std::shared_ptr<const Host>& host, const Observation& seen, std::int64_t history_us,
           std::optional<Millis> lag_ms = {});
  // Those of one kind, oldest first.
  std::vector<CheckLogRow> rows(CheckKind kind) const;
  // Since the start.
  Counts counts(CheckKind kind) const;

 private:
  struct Kind {
    std::deque<CheckLogRow> rows;
    Counts counts;
  };

  mutable std::mutex mutex_;
  std::array<Kind, kCheckKinds> kinds_;
};

}  // namespace weir
