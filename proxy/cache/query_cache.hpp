// Replies that are given again for a while, because a rule says so (cache_ttl). Shared by all workers.
//
// Only queries that such a rule matches come here; each takes the lock of one of kShards parts for the time
// of a hash look-up. A reply is the packets as the client got them, so a key holds everything that shapes
// them: who asks, in what state, in which form of the protocol, and the text. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocol/base/bytes.hpp"
#include "protocol/base/time.hpp"
#include "protocol/wire/capabilities.hpp"

namespace weir {

struct CachedReply {
  std::vector<std::uint8_t> packets;  // from sequence id 1 on
  std::uint64_t rows = 0;
};
using CachedReplyPtr = std::shared_ptr<const CachedReply>;

struct CacheKey {
  std::string_view user;
  std::string_view schema;
  std::string_view text;
  std::uint64_t state = 0;  // a hash of the session variables
  Caps form = 0;            // capabilities that shape a reply
};

// What the cache has done so far, and holds now.
struct CacheFigures {
  std::uint64_t asked = 0, found = 0, stored = 0, purged = 0;
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::uint64_t entries = 0, memory_bytes = 0;
};

class QueryCache {
 public:
  static constexpr std::size_t kShards = 64;
  // A reply beyond this share of the whole is not kept.
  static constexpr std::size_t kLargestShare = 16;

  // Null: there is none, or it is too old.
  CachedReplyPtr find(const CacheKey& key, Instant now);
  // The same, for whoever only wants to know: it counts nothing, and refreshes nothing.
  bool contains(const CacheKey& key, Instant now) const;
  // Keeps `reply` until `until`, in the place of an older one; the least recently used make room.
  // `limit_bytes` is the size of the whole cache.
  void store(const CacheKey& key, CachedReplyPtr reply, Instant until, std::size_t limit_bytes);
  // The number of entries that were there.
  std::size_t flush();
  CacheFigures figures() const;

 private:
  struct Entry {
    std::string key;
    CachedReplyPtr reply;
    Instant until = 0;
    std::size_t bytes() const;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::list<Entry> entries;                                                 // the most recently used first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key;  // views of Entry::key
    CacheFigures figures;
    std::string scratch;  // the key that is looked for

    void drop(std::list<Entry>::iterator entry);
  };

  static std::size_t shard_number(const CacheKey& key);

  std::array<Shard, kShards> shards_;
};

}  // namespace weir
