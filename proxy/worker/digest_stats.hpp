// What queries cost, by digest: the rows of stats_mysql_query_digest, of one worker.
//
// Bounded: beyond the limit, a row that has not been counted for a while makes room, and is lost. Counting a
// known row allocates nothing. Copies are cheap (pointers to shared, immutable identities, and numbers), so
// that reading a full table keeps the worker for well under a millisecond. Belongs to the worker's thread;
// what it returns may go anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocol/base/clock_reading.hpp"
#include "proxy/worker/clock_table.hpp"

namespace weir {

// What tells two rows apart. The views are the caller's.
struct DigestKey {
  int hostgroup = -1;  // that executed it; -1: answered without a server
  std::string_view schema;
  std::string_view username;
  std::string_view client_address;  // empty unless mysql-query_digests_track_hostname
  std::uint64_t digest = 0;         // digest_hash() of the text
};

// The same, kept; immutable.
struct DigestIdentity {
  int hostgroup = -1;
  std::string schema;
  std::string username;
  std::string client_address;
  std::uint64_t digest = 0;
  std::shared_ptr<const std::string> text;  // one for all rows of a digest; never null

  bool same_as(const DigestKey& key) const;
};

// One execution, or the sum of many.
struct DigestFigures {
  std::uint64_t count = 1;
  std::int64_t first_seen = 0;  // unix time, seconds
  std::int64_t last_seen = 0;
  std::uint64_t sum_time_us = 0;
  std::uint64_t min_time_us = 0;
  std::uint64_t max_time_us = 0;
  std::uint64_t rows_affected = 0;
  std::uint64_t rows_sent = 0;

  void add(const DigestFigures& other);
};

struct DigestRow {
  std::shared_ptr<const DigestIdentity> identity;
  DigestFigures figures;
};

// What is known of a statement when it has ended.
struct Execution {
  std::uint64_t ended_at_us = 0;  // on the monotonic clock
  std::uint64_t time_us = 0;
  std::uint64_t rows_affected = 0;
  std::uint64_t rows_sent = 0;
};

class DigestStats {
 public:
  static constexpr std::size_t kUsualLimit = 10'000;

  // `seed` keeps clients from knowing which keys collide.
  explicit DigestStats(std::uint64_t seed) : seed_(seed), table_(kUsualLimit) {}

  // Adds an execution to a known row. False: there is none, call add().
  bool count(const DigestKey& key, const Execution& execution);
  // Makes the row, with its first execution. `text` is the digest text, as long as it is to be kept.
  void add(const DigestKey& key, const Execution& execution, std::string_view text);

  // All rows, in no order. With take() counting starts anew.
  std::vector<DigestRow> copy(const ClockReading& clock) const;
  std::vector<DigestRow> take(const ClockReading& clock);

  // As long as a row of it is kept; otherwise empty. A view until the next call that is not const.
  std::string_view text_of(std::uint64_t digest) const;

  void clear();

  // Rows kept; a lower limit than there are rows drops all of them.
  void set_limit(std::size_t limit);
  std::size_t size() const { return table_.size(); }
  std::uint64_t evictions() const { return table_.evictions(); }
  // Memory behind the rows, about.
  std::size_t bytes() const { return table_.bytes() + identity_bytes_ + text_bytes_; }

 private:
  struct Entry {
    std::shared_ptr<const DigestIdentity> identity;
    std::uint64_t first_seen_us = 0;
    std::uint64_t last_seen_us = 0;
    std::uint64_t count = 0;
    std::uint64_t sum_time_us = 0;
    std::uint64_t min_time_us = 0;
    std::uint64_t max_time_us = 0;
    std::uint64_t rows_affected = 0;
    std::uint64_t rows_sent = 0;

    void add(const Execution& execution);
  };

  struct SharedText {
    std::shared_ptr<const std::string> text;
    std::size_t rows = 0;  // that have it
  };

  std::shared_ptr<const std::string> share_text(std::uint64_t digest, std::string_view text);
  static std::size_t identity_bytes(const DigestIdentity& identity);
  void forget(const Entry& evicted);

  const std::uint64_t seed_;
  ClockTable<Entry> table_;
  std::unordered_map<std::uint64_t, SharedText> texts_;  // by digest
  std::size_t text_bytes_ = 0;
  std::size_t identity_bytes_ = 0;
};

// The rows of several workers as one list: rows of the same identity are added up.
std::vector<DigestRow> merge(std::vector<std::vector<DigestRow>> parts);

}  // namespace weir
