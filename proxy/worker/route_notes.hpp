// Statements whose way deserves a look, by digest: the rows of stats_mysql_route_doubts (reads that stayed on
// the writer, and why) and of stats_mysql_route_surprises (reads that a read-only server refused), of one
// worker.
//
// Bounded by kLimit; beyond, a row that has not been counted for a while makes room. Counting a known row
// allocates nothing, unless its last occasion is longer told than those before. Belongs to the worker's
// thread; what it returns may go anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/clock_reading.hpp"
#include "proxy/worker/clock_table.hpp"

namespace weir {

// What tells two rows apart. The views are the caller's, but for `reason`, which lives as long as the
// process.
struct RouteNoteKey {
  int hostgroup = -1;  // where the statement was
  std::string_view schema;
  std::string_view username;
  std::uint64_t digest = 0;  // digest_hash() of the text
  std::string_view reason;   // of a doubt; empty for surprises
};

// The same, kept; immutable.
struct RouteNoteIdentity {
  int hostgroup = -1;
  std::string schema;
  std::string username;
  std::uint64_t digest = 0;
  std::string_view reason;
  std::string text;  // digest text, at most RouteNotes::kTextBytes

  bool same_as(const RouteNoteKey& key) const;
};

// What differs from one occasion to the next: of a row the last one.
struct RouteOccasion {
  std::string_view hostname{};
  std::uint16_t port = 0;
  std::uint16_t error_code = 0;
  std::string_view detail{};  // the server's message, or what `reason` is about, as the name of a function
};

struct RouteNote {
  std::shared_ptr<const RouteNoteIdentity> identity;
  std::string hostname;
  std::uint16_t port = 0;
  std::uint16_t error_code = 0;
  std::string detail;
  std::uint64_t count = 0;
  std::int64_t first_seen = 0;  // unix time, seconds
  std::int64_t last_seen = 0;
};

class RouteNotes {
 public:
  static constexpr std::size_t kLimit = 1000;
  static constexpr std::size_t kTextBytes = 2048;   // a longer digest text is cut
  static constexpr std::size_t kDetailBytes = 512;  // a longer message is cut

  // `seed` keeps clients from knowing which keys collide.
  explicit RouteNotes(std::uint64_t seed) : seed_(seed), table_(kLimit) {}

  // Counts a known row; false: there is none, call add().
  bool count(const RouteNoteKey& key, std::uint64_t now_us);
  // The same, and remembers the occasion.
  bool count(const RouteNoteKey& key, const RouteOccasion& occasion, std::uint64_t now_us);
  // Makes the row, counted once.
  void add(const RouteNoteKey& key, const RouteOccasion& occasion, std::string_view text,
           std::uint64_t now_us);

  // All rows, in no order. With take() counting starts anew.
  std::vector<RouteNote> copy(const ClockReading& clock) const;
  std::vector<RouteNote> take(const ClockReading& clock);

  std::size_t size() const { return table_.size(); }
  std::uint64_t evictions() const { return table_.evictions(); }

 private:
  struct Entry {
    RouteNote note;  // without its times
    std::uint64_t first_seen_us = 0;
    std::uint64_t last_seen_us = 0;
  };

  std::uint64_t hash_of(const RouteNoteKey& key) const;
  Entry* find(const RouteNoteKey& key);
  static void remember(RouteNote& note, const RouteOccasion& occasion);

  const std::uint64_t seed_;
  ClockTable<Entry> table_;
};

// The rows of several workers as one list: those of the same identity are added up, and have the last
// occasion of all.
std::vector<RouteNote> merge(std::vector<std::vector<RouteNote>> parts);

}  // namespace weir
