// Errors by server, user, schema and number: the rows of stats_mysql_errors, of one worker.
//
// Bounded by kLimit; beyond, a row that has not been counted for a while makes room. Belongs to the worker's
// thread; what it returns may go anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/clock_reading.hpp"
#include "proxy/worker/clock_table.hpp"

namespace weir {

// What tells two rows apart. The views are the caller's.
struct ErrorKey {
  int hostgroup = 0;
  std::string_view hostname;
  std::uint16_t port = 0;
  std::string_view username;
  std::string_view schema;
  std::uint16_t code = 0;  // MySQL's, or ours (9001 ...)
};

struct ErrorRow {
  int hostgroup = 0;
  std::string hostname;
  std::uint16_t port = 0;
  std::string username;
  std::string schema;
  std::uint16_t code = 0;
  std::string client_address;  // of the last one
  std::string last_error;      // its message
  std::uint64_t count = 0;
  std::int64_t first_seen = 0;  // unix time, seconds
  std::int64_t last_seen = 0;
};

class ErrorStats {
 public:
  static constexpr std::size_t kLimit = 1000;
  static constexpr std::size_t kMessageBytes = 512;  // a longer message is cut

  explicit ErrorStats(std::uint64_t seed) : seed_(seed), table_(kLimit) {}

  void count(const ErrorKey& key, std::string_view client_address, std::string_view message,
             std::uint64_t now_us);

  // All rows, in no order. With take() counting starts anew.
  std::vector<ErrorRow> copy(const ClockReading& clock) const;
  std::vector<ErrorRow> take(const ClockReading& clock);

  std::size_t size() const { return table_.size(); }
  std::uint64_t evictions() const { return table_.evictions(); }

 private:
  struct Entry {
    ErrorRow row;  // without its times
    std::uint64_t first_seen_us = 0;
    std::uint64_t last_seen_us = 0;
  };

  const std::uint64_t seed_;
  ClockTable<Entry> table_;
};

// The rows of several workers as one list: rows of the same key are added up.
std::vector<ErrorRow> merge(std::vector<std::vector<ErrorRow>> parts);

}  // namespace weir
