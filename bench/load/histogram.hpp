// Latencies, to the microsecond below 512, and above to 0.4 %: 256 buckets for each power of two. No
// allocation.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace weir::bench {

class Histogram {
 public:
  void add(std::uint64_t us) {
    ++buckets_[bucket_of(us)];
    ++count_;
    if (us > max_) max_ = us;
  }
  void clear() { *this = Histogram{}; }

  std::uint64_t count() const { return count_; }
  std::uint64_t max_us() const { return max_; }
  // The latency that `share` (0..1) of all were not above; the lower edge of its bucket. 0 if there are none.
  std::uint64_t quantile_us(double share) const {
    const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > wanted) return lower_edge(i);
    }
    return max_;
  }

 private:
  static constexpr unsigned kBits = 8;
  static constexpr std::size_t kSteps = std::size_t{1} << kBits;

  static std::size_t bucket_of(std::uint64_t us) {
    if (us < kSteps) return us;
    const auto shift = static_cast<unsigned>(std::bit_width(us)) - kBits - 1;
    return (shift + 1) * kSteps + ((us >> shift) - kSteps);
  }
  static std::uint64_t lower_edge(std::size_t bucket) {
    if (bucket < kSteps) return bucket;
    const std::size_t shift = bucket / kSteps - 1;
    return (kSteps + bucket % kSteps) << shift;
  }

  std::array<std::uint64_t, (64 - kBits + 1) * kSteps> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace weir::bench
