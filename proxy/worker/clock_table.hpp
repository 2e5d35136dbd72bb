// A hash table of bounded size: when it is full, an entry that has not been used lately makes room.
//
// Which one is decided by a clock hand: it passes used entries by, once, and takes the first that has not
// been used since it last came by; a new entry counts as unused until it is found again, so that a flood of
// entries that come once pushes out itself, not what is in use. The hand looks at kSweep entries at most.
// find() neither allocates nor writes but for the mark. Not thread-safe.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace weir {

template <class Entry>
class ClockTable {
 public:
  static constexpr std::size_t kSweep = 64;

  // `limit` > 0.
  explicit ClockTable(std::size_t limit) : limit_(limit) {}

  // The entry with this hash for which same(entry) holds, marked as used; null if there is none. Valid until
  // the next add().
  template <class Same>
  Entry* find(std::uint64_t hash, Same same) {
    if (slots_.empty()) return nullptr;
    for (std::uint32_t at = buckets_[hash & mask_]; at != kNone; at = slots_[at].next) {
      Slot& slot = slots_[at];
      if (slot.hash != hash || !same(slot.entry)) continue;
      slot.used = true;
      return &slot.entry;
    }
    return nullptr;
  }

  // Adds an entry that find() has not found, after dropping another, told to evicted(entry), if there are
  // limit() already.
  template <class Evicted>
  Entry& add(std::uint64_t hash, Entry entry, Evicted evicted) {
    std::uint32_t at = static_cast<std::uint32_t>(slots_.size());
    if (slots_.size() < limit_) {
      slots_.emplace_back();
      if (slots_.size() > buckets_.size()) rebuild();
    } else {
      at = choose_victim();
      evicted(std::as_const(slots_[at].entry));
      unlink(at);
      ++evictions_;
    }
    std::uint32_t& bucket = buckets_[hash & mask_];
    slots_[at] = Slot{std::move(entry), hash, bucket, false};
    bucket = at;
    return slots_[at].entry;
  }

  template <class Visit>
  void for_each(Visit visit) const {
    for (const Slot& slot : slots_) visit(slot.entry);
  }

  // Drops all entries, and the memory; no evictions, as people see it.
  void clear() {
    slots_ = {};
    buckets_ = {};
    hand_ = 0;
  }
  std::size_t size() const { return slots_.size(); }
  std::size_t limit() const { return limit_; }
  // `limit` > 0. If there are more entries than that, all of them are evicted.
  void set_limit(std::size_t limit) {
    limit_ = limit;
    if (slots_.size() <= limit) return;
    evictions_ += slots_.size();
    clear();
  }
  std::uint64_t evictions() const { return evictions_; }
  std::size_t bytes() const {
    return slots_.capacity() * sizeof(Slot) + buckets_.capacity() * sizeof(std::uint32_t);
  }

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  static constexpr std::size_t kLeastBuckets = 64;

  struct Slot {
    Entry entry;
    std::uint64_t hash = 0;
    std::uint32_t next = kNone;  // in its bucket
    bool used = false;           // since the hand came by
  };

  std::uint32_t choose_victim() {
    for (std::size_t looked = 0;; ++looked) {
      if (hand_ >= slots_.size()) hand_ = 0;
      Slot& slot = slots_[hand_++];
      if (slot.used && looked < kSweep) {
        slot.used = false;
        continue;
      }
      return static_cast<std::uint32_t>(hand_ - 1);
    }
  }

  void unlink(std::uint32_t victim) {
    std::uint32_t* link = &buckets_[slots_[victim].hash & mask_];
    while (*link != victim) link = &slots_[*link].next;
    *link = slots_[victim].next;
  }

  // Twice as many buckets, for all slots but the last, which is still empty.
  void rebuild() {
    buckets_.assign(std::max(kLeastBuckets, std::bit_ceil(slots_.size()) * 2), kNone);
    mask_ = buckets_.size() - 1;
    for (std::uint32_t at = 0; at + 1 < slots_.size(); ++at) {
      std::uint32_t& bucket = buckets_[slots_[at].hash & mask_];
      slots_[at].next = bucket;
      bucket = at;
    }
  }

  std::size_t limit_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> buckets_;  // a power of two of them: the first slot of each
  std::uint64_t mask_ = 0;
  std::size_t hand_ = 0;
  std::uint64_t evictions_ = 0;
};

}  // namespace weir
