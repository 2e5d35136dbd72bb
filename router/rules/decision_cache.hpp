// What the rules decided about statements of one digest, from one kind of session, so that a repeated
// statement costs one look-up instead of a search per rule. One per worker; forgets everything when rules
// change.
//
// A memory is found by what the rules look at (RuleInterest), compared in full: two texts with one hash stay
// two. Fixed size; a new memory replaces an old one of its set. No allocation once the texts fit.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "router/rules/decision.hpp"

namespace weir {

// What of a statement and its session the rules look at; empty or zero where they do not. Keys that are
// compared are made for the same rules.
struct RouteKey {
  static constexpr std::size_t kMostNames = 4;

  // Of user, schema, client and proxy address: those looked at.
  void add_name(std::string_view name) {
    name_starts[name_count] = name.data();
    name_sizes[name_count++] = name.size();
  }
  std::string_view name(std::size_t number) const { return {name_starts[number], name_sizes[number]}; }

  // Nothing clears what is not used: that would take longer than all the rest.
  std::array<const char*, kMostNames> name_starts;
  std::array<std::size_t, kMostNames> name_sizes;
  std::size_t name_count = 0;
  std::string_view digest_text;
  std::uint64_t digest = 0;
  std::int64_t proxy_port = 0;
  std::int64_t flag_in = 0;
  int restarts = 0;
};

struct RouteMemory {
  // The rules to be tried: those of which everything but chain and text holds. Rules that a TextFilter covers
  // are left out.
  std::vector<std::uint32_t> plan;
  // Whether the plan leads to one decision for all texts: this one, with hits for these rules (one that
  // matched twice is there twice).
  bool settled = false;
  Decision decision;
  std::vector<std::uint32_t> hits;

 private:
  friend class DecisionCache;
  bool used_ = false;
  std::uint64_t hash_ = 0;
  std::string digest_text_;
  std::string names_;  // of the key, one behind the other
  std::array<std::uint32_t, RouteKey::kMostNames> lengths_{};
  std::uint64_t digest_ = 0;
  std::int64_t proxy_port_ = 0;
  std::int64_t flag_in_ = 0;
  int restarts_ = 0;
};

class DecisionCache {
 public:
  static constexpr std::size_t kMaxTextBytes = 4096;  // keys with more are not remembered

  void clear();

  // Null if nothing is remembered. Valid until the next remember() or clear().
  const RouteMemory* find(const RouteKey& key) const;

  // A memory for `key` to be filled; null if the key is too long.
  RouteMemory* remember(const RouteKey& key);

  // find() does not find it any more.
  void forget(RouteMemory& memory) { memory.used_ = false; }

 private:
  static constexpr std::size_t kSets = 1024;
  static constexpr std::size_t kWays = 2;

  static std::uint64_t hash_of(const RouteKey& key);
  static bool is_of(const RouteMemory& memory, const RouteKey& key, std::uint64_t hash);

  std::vector<RouteMemory> memories_;  // kSets * kWays, or none before the first remember()
  std::uint32_t turn_ = 0;             // which way is replaced next
};

}  // namespace weir
