// What plain statements were found to be, by their digest: of one that has been seen, only the values differ,
// and they do not decide what it is (see DigestShape). One per Analyzer.
//
// A fixed number of places, the last to come has his; the memory of a place is reused. Texts longer than
// kMaxTextBytes are not kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "router/query/digest.hpp"
#include "router/query/statement.hpp"

namespace weir {

class StatementMemory {
 public:
  static constexpr std::size_t kPlaces = 512;
  static constexpr std::size_t kMaxTextBytes = 512;

  // A digest, and what it leaves out. `shape` is plain.
  struct Key {
    std::uint64_t hash = 0;
    std::string_view text;
    DigestShape shape;
    LexMode mode;
  };

  // Valid until the next remember(); null: not known.
  const Statement* find(const Key& key) const {
    if (places_.empty()) return nullptr;
    const Place& place = places_[key.hash % kPlaces];
    const bool same = place.hash == key.hash && place.literals == key.shape.literals &&
                      place.mode == key.mode && place.text == key.text;
    return same ? &place.statement : nullptr;
  }

  // Unless something else than its tokens decided: stored functions, which come and go; or what it is has
  // views of its text.
  void remember(const Key& key, const Statement& statement);

 private:
  struct Place {
    std::uint64_t hash = 0;
    std::uint64_t literals = 0;  // of no statement: nothing is here yet
    LexMode mode;
    Statement statement;
    std::string text;
  };

  std::vector<Place> places_;  // empty until there is something to remember
};

}  // namespace weir
