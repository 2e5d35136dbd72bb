#include "router/rules/learned_writes.hpp"

namespace weir {

bool LearnedWrites::contains(std::uint64_t digest, Instant now) const {
  const auto found = by_digest_.find(digest);
  return found != by_digest_.end() && now - found->second->last_seen < kHoldMs;
}

void LearnedWrites::add(std::uint64_t digest, std::string_view digest_text, std::uint16_t error_code,
                        Instant now) {
  auto [place, is_new] = by_digest_.try_emplace(digest);
  if (is_new) {
    entries_.push_front({.digest = digest, .digest_text = std::string(digest_text), .first_seen = now});
    place->second = entries_.begin();
  } else {
    entries_.splice(entries_.begin(), entries_, place->second);
  }
  LearnedWrite& entry = entries_.front();
  entry.error_code = error_code;
  entry.last_seen = now;
  ++entry.refusals;
  if (entries_.size() <= kMost) return;
  by_digest_.erase(entries_.back().digest);
  entries_.pop_back();
}

void LearnedWrites::clear() {
  by_digest_.clear();
  entries_.clear();
}

}  // namespace weir
