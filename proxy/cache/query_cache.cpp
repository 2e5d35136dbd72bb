#include "proxy/cache/query_cache.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace weir {
namespace {

void append_number(std::string& text, std::uint64_t number) {
  text.append(reinterpret_cast<const char*>(&number), sizeof number);
}

// The lengths come first, so that no two keys read the same.
void write_key(const CacheKey& key, std::string& text) {
  text.clear();
  append_number(text, key.user.size());
  append_number(text, key.schema.size());
  append_number(text, key.state);
  append_number(text, key.form);
  text.append(key.user).append(key.schema).append(key.text);
}

}  // namespace

std::size_t QueryCache::Entry::bytes() const {
  return sizeof(Entry) + key.size() + reply->packets.size();
}

std::size_t QueryCache::shard_number(const CacheKey& key) {
  return std::hash<std::string_view>{}(key.text) % kShards;
}

void QueryCache::Shard::drop(std::list<Entry>::iterator entry) {
  figures.memory_bytes -= entry->bytes();
  --figures.entries;
  ++figures.purged;
  by_key.erase(entry->key);
  entries.erase(entry);
}

CachedReplyPtr QueryCache::find(const CacheKey& key, Instant now) {
  Shard& shard = shards_[shard_number(key)];
  const std::scoped_lock lock(shard.mutex);
  ++shard.figures.asked;
  write_key(key, shard.scratch);
  const auto found = shard.by_key.find(shard.scratch);
  if (found == shard.by_key.end()) return nullptr;
  const auto entry = found->second;
  if (entry->until <= now) {
    shard.drop(entry);
    return nullptr;
  }
  shard.entries.splice(shard.entries.begin(), shard.entries, entry);
  ++shard.figures.found;
  shard.figures.bytes_out += entry->reply->packets.size();
  return entry->reply;
}

bool QueryCache::contains(const CacheKey& key, Instant now) const {
  std::string written;
  write_key(key, written);
  const Shard& shard = shards_[shard_number(key)];
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.by_key.find(written);
  return found != shard.by_key.end() && found->second->until > now;
}

void QueryCache::store(const CacheKey& key, CachedReplyPtr reply, Instant until, std::size_t limit_bytes) {
  Shard& shard = shards_[shard_number(key)];
  const std::scoped_lock lock(shard.mutex);
  write_key(key, shard.scratch);
  Entry entry{shard.scratch, std::move(reply), until};
  const std::size_t bytes = entry.bytes();
  if (bytes > limit_bytes / kLargestShare) return;
  if (const auto older = shard.by_key.find(shard.scratch); older != shard.by_key.end())
    shard.drop(older->second);
  const std::size_t share = std::max(limit_bytes / kShards, bytes);
  while (!shard.entries.empty() && shard.figures.memory_bytes + bytes > share)
    shard.drop(--shard.entries.end());
  shard.figures.memory_bytes += bytes;
  ++shard.figures.entries;
  ++shard.figures.stored;
  shard.figures.bytes_in += entry.reply->packets.size();
  shard.entries.push_front(std::move(entry));
  shard.by_key.emplace(shard.entries.front().key, shard.entries.begin());
}

std::size_t QueryCache::flush() {
  std::size_t count = 0;
  for (Shard& shard : shards_) {
    const std::scoped_lock lock(shard.mutex);
    count += shard.entries.size();
    while (!shard.entries.empty()) shard.drop(shard.entries.begin());
  }
  return count;
}

CacheFigures QueryCache::figures() const {
  CacheFigures sum;
  for (const Shard& shard : shards_) {
    const std::scoped_lock lock(shard.mutex);
    sum.asked += shard.figures.asked;
    sum.found += shard.figures.found;
    sum.stored += shard.figures.stored;
    sum.purged += shard.figures.purged;
    sum.bytes_in += shard.figures.bytes_in;
    sum.bytes_out += shard.figures.bytes_out;
    sum.entries += shard.figures.entries;
    sum.memory_bytes += shard.figures.memory_bytes;
  }
  return sum;
}

}  // namespace weir
