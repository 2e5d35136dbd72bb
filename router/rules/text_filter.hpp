// Which of many rules may match a text, in one pass over it: those whose required texts occur.
//
// Filled once (add, finish), then immutable and read by all workers, each with its own Found.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace weir {

class TextFilter {
 public:
  // The rules that a scan found. One per worker.
  class Found {
   public:
    // Before the first scan with `filter`.
    void adopt(const TextFilter& filter) { seen_.assign(filter.texts_.size(), false); }
    // In ascending order, each once.
    std::span<const std::uint32_t> rules() const { return rules_; }

   private:
    friend class TextFilter;
    std::vector<std::uint32_t> rules_;
    std::vector<std::uint32_t> texts_;  // those that occur
    std::vector<bool> seen_;            // by text: is it among them?
  };

  // Rule `number` can only match a text with one of these in it (lower-case ASCII, occurring in any case).
  // Without any, or with one that is too short to be looked for, the rule is not covered. Numbers ascend.
  void add(std::uint32_t number, const std::vector<std::string>& one_of);
  void finish();

  bool covers(std::uint32_t number) const { return number < covered_.size() && covered_[number]; }
  bool covers_any() const { return !texts_.empty(); }

  // The covered rules that may match `text`. About a nanosecond per byte, however many rules there are.
  void scan(std::string_view text, Found& found) const;

 private:
  static constexpr std::size_t kGram = 3;      // bytes that are looked up at once
  static constexpr std::size_t kMinRules = 4;  // fewer are cheaper without a filter
  static constexpr unsigned kMapBits = 16;

  struct Text {
    std::string text;
    std::vector<std::uint32_t> rules;
    std::size_t gram_end = 0;  // offset behind the gram that it is found by
    std::uint32_t next = 0;    // with the same gram: number of the next text, counted from 1; 0 = none
  };

  static std::uint32_t gram_at(std::string_view text, std::size_t end);
  static std::uint32_t slot_of(std::uint32_t gram) { return (gram * 0x9e3779b1u) >> (32 - kMapBits); }
  void choose_grams();
  [[gnu::noinline]] void look(std::uint32_t slot, std::string_view text, std::size_t end, Found& found) const;

  std::vector<Text> texts_;
  std::unordered_map<std::string, std::size_t> added_;  // which of texts_; empty once it is finished
  std::vector<bool> covered_;
  std::vector<std::uint64_t> map_;      // one bit per slot: does any gram have it?
  std::vector<std::uint32_t> buckets_;  // by slot, folded: number of the first text, counted from 1
};

}  // namespace weir
