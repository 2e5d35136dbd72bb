#include "router/backend/server_load.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace weir {
namespace {

// How fast the mean forgets: after this long without news a 1/e of it is left. Long enough to remember a slow
// server over some thousand statements, short enough that one long report does not keep a server idle for
// long.
constexpr float kFadeMs = 1000;

struct Mean {
  float us = 0;
  std::uint32_t at = 0;  // the lower half of an Instant
};

std::uint64_t pack(Mean mean) {
  return std::uint64_t{std::bit_cast<std::uint32_t>(mean.us)} << 32 | mean.at;
}
Mean unpack(std::uint64_t word) {
  return {std::bit_cast<float>(static_cast<std::uint32_t>(word >> 32)), static_cast<std::uint32_t>(word)};
}

std::uint32_t lower_half(Instant now) {
  return static_cast<std::uint32_t>(now);
}

// What is left of a mean that was found at `at`. Clocks of workers differ by a moment: never negative.
float left_after(std::uint32_t at, std::uint32_t now) {
  const auto age = static_cast<std::int32_t>(now - at);
  return age <= 0 ? 1 : std::exp(-static_cast<float>(age) / kFadeMs);
}

}  // namespace

void ServerLoad::note_first_byte(std::uint64_t took_us, Instant now) noexcept {
  const float sample = std::max(1.0F, static_cast<float>(took_us));
  const std::uint32_t at = lower_half(now);
  std::uint64_t word = latency_.load(std::memory_order_relaxed);
  for (;;) {
    const Mean mean = unpack(word);
    Mean next{sample, at};
    if (sample < mean.us) {
      if (mean.at == at) return;  // too soon for the mean to move
      const float left = left_after(mean.at, at);
      next.us = mean.us * left + sample * (1 - left);
    }
    if (latency_.compare_exchange_weak(word, pack(next), std::memory_order_relaxed)) return;
  }
}

double ServerLoad::latency_us(Instant now) const noexcept {
  const Mean mean = unpack(latency_.load(std::memory_order_relaxed));
  const auto faded = static_cast<double>(mean.us * left_after(mean.at, lower_half(now)));
  if (unanswered_.load(std::memory_order_relaxed) <= 0) return faded;
  const Millis silent_ms = now - heard_.load(std::memory_order_relaxed);
  return std::max(faded, static_cast<double>(silent_ms) * 1000);
}

void LoadMark::ask(Instant now) noexcept {
  take_back();
  asked_ = true;
  if (load_->unanswered_.fetch_add(1, std::memory_order_relaxed) == 0) {
    load_->heard_.store(now, std::memory_order_relaxed);
  }
}

void LoadMark::hear(std::uint64_t took_us, Instant now) noexcept {
  load_->heard_.store(now, std::memory_order_relaxed);
  take_back();
  load_->note_first_byte(took_us, now);
}

}  // namespace weir
