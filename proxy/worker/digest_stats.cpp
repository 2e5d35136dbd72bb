#include "proxy/worker/digest_stats.hpp"

#include <algorithm>

#include "proxy/worker/key_hash.hpp"

namespace weir {
namespace {

std::uint64_t hash_of_key(const DigestKey& key, std::uint64_t seed) {
  return KeyHash(seed)
      .add(key.digest)
      .add(static_cast<std::uint64_t>(key.hostgroup))
      .add(key.schema)
      .add(key.username)
      .add(key.client_address)
      .value();
}

DigestKey key_of(const DigestIdentity& identity) {
  return {identity.hostgroup, identity.schema, identity.username, identity.client_address, identity.digest};
}

struct IdentityHash {
  std::size_t operator()(const DigestIdentity* identity) const { return hash_of_key(key_of(*identity), 0); }
};
struct SameIdentity {
  bool operator()(const DigestIdentity* a, const DigestIdentity* b) const { return a->same_as(key_of(*b)); }
};

}  // namespace

bool DigestIdentity::same_as(const DigestKey& key) const {
  return digest == key.digest && hostgroup == key.hostgroup && schema == key.schema &&
         username == key.username && client_address == key.client_address;
}

void DigestFigures::add(const DigestFigures& other) {
  count += other.count;
  first_seen = std::min(first_seen, other.first_seen);
  last_seen = std::max(last_seen, other.last_seen);
  sum_time_us += other.sum_time_us;
  min_time_us = std::min(min_time_us, other.min_time_us);
  max_time_us = std::max(max_time_us, other.max_time_us);
  rows_affected += other.rows_affected;
  rows_sent += other.rows_sent;
}

void DigestStats::Entry::add(const Execution& execution) {
  ++count;
  last_seen_us = execution.ended_at_us;
  sum_time_us += execution.time_us;
  min_time_us = std::min(min_time_us, execution.time_us);
  max_time_us = std::max(max_time_us, execution.time_us);
  rows_affected += execution.rows_affected;
  rows_sent += execution.rows_sent;
}

bool DigestStats::count(const DigestKey& key, const Execution& execution) {
  Entry* entry = table_.find(hash_of_key(key, seed_),
                             [&](const Entry& candidate) { return candidate.identity->same_as(key); });
  if (entry == nullptr) return false;
  entry->add(execution);
  return true;
}

void DigestStats::add(const DigestKey& key, const Execution& execution, std::string_view text) {
  Entry entry;
  entry.identity = std::make_shared<const DigestIdentity>(
      DigestIdentity{key.hostgroup, std::string(key.schema), std::string(key.username),
                     std::string(key.client_address), key.digest, share_text(key.digest, text)});
  entry.first_seen_us = execution.ended_at_us;
  entry.min_time_us = execution.time_us;
  entry.add(execution);
  identity_bytes_ += identity_bytes(*entry.identity);
  table_.add(hash_of_key(key, seed_), std::move(entry), [this](const Entry& evicted) { forget(evicted); });
}

std::size_t DigestStats::identity_bytes(const DigestIdentity& identity) {
  return sizeof(DigestIdentity) + identity.schema.size() + identity.username.size() +
         identity.client_address.size();
}

std::string_view DigestStats::text_of(std::uint64_t digest) const {
  const auto shared = texts_.find(digest);
  return shared == texts_.end() ? std::string_view() : std::string_view(*shared->second.text);
}

std::shared_ptr<const std::string> DigestStats::share_text(std::uint64_t digest, std::string_view text) {
  SharedText& shared = texts_[digest];
  if (shared.rows++ == 0) {
    shared.text = std::make_shared<const std::string>(text);
    text_bytes_ += text.size();
  }
  return shared.text;
}

void DigestStats::forget(const Entry& evicted) {
  const DigestIdentity& identity = *evicted.identity;
  identity_bytes_ -= identity_bytes(identity);
  const auto shared = texts_.find(identity.digest);
  if (--shared->second.rows > 0) return;
  text_bytes_ -= identity.text->size();
  texts_.erase(shared);
}

std::vector<DigestRow> DigestStats::copy(const ClockReading& clock) const {
  std::vector<DigestRow> rows;
  rows.reserve(table_.size());
  table_.for_each([&](const Entry& entry) {
    rows.push_back({entry.identity,
                    {.count = entry.count,
                     .first_seen = clock.unix_s_of(entry.first_seen_us),
                     .last_seen = clock.unix_s_of(entry.last_seen_us),
                     .sum_time_us = entry.sum_time_us,
                     .min_time_us = entry.min_time_us,
                     .max_time_us = entry.max_time_us,
                     .rows_affected = entry.rows_affected,
                     .rows_sent = entry.rows_sent}});
  });
  return rows;
}

std::vector<DigestRow> DigestStats::take(const ClockReading& clock) {
  std::vector<DigestRow> rows = copy(clock);
  clear();
  return rows;
}

void DigestStats::clear() {
  table_.clear();
  texts_.clear();
  text_bytes_ = identity_bytes_ = 0;
}

void DigestStats::set_limit(std::size_t limit) {
  const bool all_go = limit < table_.size();
  table_.set_limit(limit);
  if (all_go) clear();
}

std::vector<DigestRow> merge(std::vector<std::vector<DigestRow>> parts) {
  if (parts.size() == 1) return std::move(parts.front());
  std::vector<DigestRow> merged;
  std::unordered_map<const DigestIdentity*, std::size_t, IdentityHash, SameIdentity> places;
  for (std::vector<DigestRow>& part : parts) {
    for (DigestRow& row : part) {
      const auto [place, added] = places.try_emplace(row.identity.get(), merged.size());
      if (added) {
        merged.push_back(std::move(row));
      } else {
        merged[place->second].figures.add(row.figures);
      }
    }
  }
  return merged;
}

}  // namespace weir
