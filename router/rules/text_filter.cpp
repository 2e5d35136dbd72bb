#include "router/rules/text_filter.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace weir {
namespace {

constexpr std::array<std::uint8_t, 256> kLower = [] {
  std::array<std::uint8_t, 256> lower{};
  for (unsigned c = 0; c < 256; ++c)
    lower[c] = static_cast<std::uint8_t>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  return lower;
}();
std::uint32_t lower(char c) {
  return kLower[static_cast<unsigned char>(c)];
}

constexpr std::uint32_t kGramMask = 0xffffff;
constexpr std::uint32_t kBuckets = 1024;

// Words that most statements have: a text is not looked for by what it shares with them, if it has anything
// else.
constexpr std::string_view kCommon =
    "select * from where and or in insert into values update set delete order by group limit join left inner "
    "outer on as id = ? count for (?,?,?";

}  // namespace

std::uint32_t TextFilter::gram_at(std::string_view text, std::size_t end) {
  return lower(text[end - 3]) << 16 | lower(text[end - 2]) << 8 | lower(text[end - 1]);
}

void TextFilter::add(std::uint32_t number, const std::vector<std::string>& one_of) {
  const bool all_long = std::ranges::all_of(one_of, [](const auto& text) { return text.size() >= kGram; });
  if (one_of.empty() || !all_long) return;
  covered_.resize(number + 1);
  covered_[number] = true;
  for (const std::string& text : one_of) {
    const auto [added, is_new] = added_.try_emplace(text, texts_.size());
    if (is_new) {
      texts_.push_back({text, {number}});
    } else if (std::vector<std::uint32_t>& rules = texts_[added->second].rules; rules.back() != number) {
      rules.push_back(number);
    }
  }
}

// Each text is looked for by that part of it which the fewest others have.
void TextFilter::choose_grams() {
  std::unordered_map<std::uint32_t, std::size_t> uses;
  for (std::size_t end = kGram; end <= kCommon.size(); ++end) uses[gram_at(kCommon, end)] += texts_.size();
  for (const Text& text : texts_) {
    for (std::size_t end = kGram; end <= text.text.size(); ++end) ++uses[gram_at(text.text, end)];
  }
  for (Text& text : texts_) {
    text.gram_end = kGram;
    for (std::size_t end = kGram; end <= text.text.size(); ++end) {
      if (uses[gram_at(text.text, end)] < uses[gram_at(text.text, text.gram_end)]) text.gram_end = end;
    }
  }
}

void TextFilter::finish() {
  added_ = {};
  if (static_cast<std::size_t>(std::ranges::count(covered_, true)) < kMinRules) {
    texts_.clear();
    covered_.clear();
    return;
  }
  choose_grams();
  map_.assign((std::size_t{1} << kMapBits) / 64, 0);
  buckets_.assign(kBuckets, 0);
  for (std::uint32_t i = 0; i < texts_.size(); ++i) {
    const std::uint32_t slot = slot_of(gram_at(texts_[i].text, texts_[i].gram_end));
    map_[slot / 64] |= std::uint64_t{1} << (slot % 64);
    texts_[i].next = std::exchange(buckets_[slot % kBuckets], i + 1);
  }
}

// A gram with this slot ends at `end`: which texts are there?
void TextFilter::look(std::uint32_t slot, std::string_view text, std::size_t end, Found& found) const {
  for (std::uint32_t i = buckets_[slot % kBuckets]; i != 0; i = texts_[i - 1].next) {
    const Text& sought = texts_[i - 1];
    if (found.seen_[i - 1] || end < sought.gram_end) continue;
    const std::string_view there = text.substr(end - sought.gram_end, sought.text.size());
    const auto same = [](char a, char b) { return lower(a) == static_cast<unsigned char>(b); };
    if (!std::ranges::equal(there, sought.text, same)) continue;
    found.seen_[i - 1] = true;
    found.texts_.push_back(i - 1);
  }
}

void TextFilter::scan(std::string_view text, Found& found) const {
  found.rules_.clear();
  found.texts_.clear();
  if (!covers_any() || text.size() < kGram) return;
  std::uint32_t gram = lower(text[0]) << 8 | lower(text[1]);
  const std::uint64_t* const map = map_.data();
  for (std::size_t i = kGram - 1; i < text.size(); ++i) {
    gram = (gram << 8 | lower(text[i])) & kGramMask;
    const std::uint32_t slot = slot_of(gram);
    if ((map[slot / 64] >> (slot % 64) & 1) != 0) look(slot, text, i + 1, found);
  }
  for (const std::uint32_t at : found.texts_) {
    found.seen_[at] = false;
    found.rules_.insert(found.rules_.end(), texts_[at].rules.begin(), texts_[at].rules.end());
  }
  if (found.texts_.empty()) return;
  std::ranges::sort(found.rules_);
  const auto doubles = std::ranges::unique(found.rules_);
  found.rules_.erase(doubles.begin(), doubles.end());
}

}  // namespace weir
