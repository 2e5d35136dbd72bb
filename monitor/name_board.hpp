// What is known of the names of servers, for those who show it. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "protocol/base/time.hpp"

namespace weir {

// Instants are by the clock of the loops; kNever: not yet.
struct NameReport {
  std::string name;
  std::string addresses{};    // "10.0.0.1, fd00::1"; empty = none is known
  Instant answered = kNever;  // the latest look-up that had an answer
  Instant changed = kNever;   // the latest that had another one than before
  Instant next = kNever;      // when it will be looked up again; kNever: it is being looked up
  std::uint64_t changes = 0;
  std::uint64_t failures = 0;  // look-ups in a row without an answer
  std::string error{};         // of the latest of these
};

class NameBoard {
 public:
  void set(NameReport report);
  void forget(const std::string& name);
  // By name.
  std::vector<NameReport> reports() const;
  // Answers that told something new since the start, the first ones included.
  void count_news();
  std::uint64_t news() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, NameReport> reports_;
  std::uint64_t news_ = 0;
};

}  // namespace weir
