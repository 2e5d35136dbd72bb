#include "router/rules/decision_cache.hpp"

#include <bit>

#include "router/query/name_table.hpp"

namespace weir {

void DecisionCache::clear() {
  memories_.clear();
}

std::uint64_t DecisionCache::hash_of(const RouteKey& key) {
  constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15;
  std::uint64_t hash = key.digest ^ static_cast<std::uint64_t>(key.proxy_port + key.flag_in);
  for (std::size_t i = 0; i < key.name_count; ++i) {
    const std::string_view text = key.name(i);
    if (text.empty()) continue;
    const std::string_view tail = text.substr(text.size() > 8 ? text.size() - 8 : 0);
    hash = (std::rotl(hash, 23) ^ load_head(text) ^ load_head(tail)) * kMultiplier + text.size();
  }
  return hash ^ hash >> 32;
}

bool DecisionCache::is_of(const RouteMemory& memory, const RouteKey& key, std::uint64_t hash) {
  if (!memory.used_ || memory.hash_ != hash || memory.digest_ != key.digest) return false;
  if (memory.flag_in_ != key.flag_in || memory.restarts_ != key.restarts) return false;
  if (memory.proxy_port_ != key.proxy_port || memory.digest_text_ != key.digest_text) return false;
  const char* at = memory.names_.data();
  for (std::size_t i = 0; i < key.name_count; ++i) {
    const std::string_view text = key.name(i);
    if (memory.lengths_[i] != text.size()) return false;
    if (std::string_view(at, text.size()) != text) return false;
    at += text.size();
  }
  return true;
}

const RouteMemory* DecisionCache::find(const RouteKey& key) const {
  if (memories_.empty()) return nullptr;
  const std::uint64_t hash = hash_of(key);
  const RouteMemory* const set = &memories_[hash % kSets * kWays];
  for (std::size_t way = 0; way < kWays; ++way) {
    if (is_of(set[way], key, hash)) return &set[way];
  }
  return nullptr;
}

RouteMemory* DecisionCache::remember(const RouteKey& key) {
  std::size_t size = key.digest_text.size();
  for (std::size_t i = 0; i < key.name_count; ++i) size += key.name_sizes[i];
  if (size > kMaxTextBytes) return nullptr;
  if (memories_.empty()) memories_.resize(kSets * kWays);
  const std::uint64_t hash = hash_of(key);
  RouteMemory* const set = &memories_[hash % kSets * kWays];
  RouteMemory& memory = set[0].used_ ? set[1].used_ ? set[turn_++ % kWays] : set[1] : set[0];
  memory.used_ = true;
  memory.hash_ = hash;
  memory.digest_ = key.digest;
  memory.proxy_port_ = key.proxy_port;
  memory.flag_in_ = key.flag_in;
  memory.restarts_ = key.restarts;
  memory.digest_text_ = key.digest_text;
  memory.names_.clear();
  for (std::size_t i = 0; i < key.name_count; ++i) {
    memory.names_ += key.name(i);
    memory.lengths_[i] = static_cast<std::uint32_t>(key.name_sizes[i]);
  }
  memory.plan.clear();
  memory.hits.clear();
  memory.settled = false;
  return &memory;
}

}  // namespace weir
