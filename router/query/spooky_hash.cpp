#include "router/query/spooky_hash.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

namespace weir {
namespace {

constexpr std::uint64_t kFiller = 0xdeadbeefdeadbeef;  // an odd constant, not regular in its bits
constexpr std::size_t kLanes = 12;
constexpr std::size_t kBlockBytes = kLanes * 8;
constexpr std::size_t kShortBytes = 2 * kBlockBytes;  // below: the variant with four lanes

using Lanes = std::array<std::uint64_t, kLanes>;

std::uint64_t load64(const char* from) {
  std::uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

// Up to eight bytes, little-endian, zero-padded.
std::uint64_t load_part(const char* from, std::size_t count) {
  std::uint64_t value = 0;
  std::memcpy(&value, from, count);
  return value;
}

struct Four {
  std::uint64_t a, b, c, d;

  // Each step rotates one lane, adds its neighbour and folds the result into a third.
  void mix() {
    step(c, d, a, 50), step(d, a, b, 52), step(a, b, c, 30), step(b, c, d, 41);
    step(c, d, a, 54), step(d, a, b, 48), step(a, b, c, 38), step(b, c, d, 37);
    step(c, d, a, 62), step(d, a, b, 34), step(a, b, c, 5), step(b, c, d, 36);
  }

  void finish() {
    end_step(d, c, 15), end_step(a, d, 52), end_step(b, a, 26), end_step(c, b, 51);
    end_step(d, c, 28), end_step(a, d, 9), end_step(b, a, 47), end_step(c, b, 54);
    end_step(d, c, 32), end_step(a, d, 25), end_step(b, a, 63);
  }

 private:
  static void step(std::uint64_t& turned, std::uint64_t added, std::uint64_t& folded, int bits) {
    turned = std::rotl(turned, bits) + added;
    folded ^= turned;
  }
  static void end_step(std::uint64_t& folded, std::uint64_t& turned, int bits) {
    folded ^= turned;
    turned = std::rotl(turned, bits);
    folded += turned;
  }
};

std::uint64_t hash_short(const char* at, std::size_t size, std::uint64_t seed) {
  Four lanes{seed, seed, kFiller, kFiller};
  std::size_t left = size;
  for (; left >= 32; left -= 32, at += 32) {
    lanes.c += load64(at);
    lanes.d += load64(at + 8);
    lanes.mix();
    lanes.a += load64(at + 16);
    lanes.b += load64(at + 24);
  }
  if (left >= 16) {
    lanes.c += load64(at);
    lanes.d += load64(at + 8);
    lanes.mix();
    left -= 16, at += 16;
  }
  lanes.d += std::uint64_t{size} << 56;
  if (left == 0) {
    lanes.c += kFiller;
    lanes.d += kFiller;
  } else {
    lanes.c += load_part(at, left < 8 ? left : 8);
    if (left > 8) lanes.d += load_part(at + 8, left - 8);
  }
  lanes.finish();
  return lanes.a;
}

constexpr std::array<int, kLanes> kMixTurns = {11, 32, 43, 31, 17, 28, 39, 57, 55, 54, 22, 46};
constexpr std::array<int, kLanes> kEndTurns = {44, 15, 34, 21, 38, 33, 10, 13, 38, 53, 42, 54};

void mix_block(Lanes& s, const char* block) {
  for (std::size_t i = 0; i < kLanes; ++i) {
    s[i] += load64(block + 8 * i);
    s[(i + 2) % kLanes] ^= s[(i + 10) % kLanes];
    s[(i + 11) % kLanes] ^= s[i];
    s[i] = std::rotl(s[i], kMixTurns[i]);
    s[(i + 11) % kLanes] += s[(i + 1) % kLanes];
  }
}

void end_round(Lanes& s) {
  for (std::size_t i = 0; i < kLanes; ++i) {
    s[(i + 11) % kLanes] += s[(i + 1) % kLanes];
    s[(i + 2) % kLanes] ^= s[(i + 11) % kLanes];
    s[(i + 1) % kLanes] = std::rotl(s[(i + 1) % kLanes], kEndTurns[i]);
  }
}

std::uint64_t hash_long(const char* at, std::size_t size, std::uint64_t seed) {
  Lanes lanes;
  for (std::size_t i = 0; i < kLanes; ++i) lanes[i] = i % 3 == 2 ? kFiller : seed;
  std::size_t left = size;
  for (; left >= kBlockBytes; left -= kBlockBytes, at += kBlockBytes) mix_block(lanes, at);

  char last[kBlockBytes] = {};  // the rest, its length in the last byte
  std::memcpy(last, at, left);
  last[kBlockBytes - 1] = static_cast<char>(left);
  for (std::size_t i = 0; i < kLanes; ++i) lanes[i] += load64(last + 8 * i);
  for (int round = 0; round < 3; ++round) end_round(lanes);
  return lanes[0];
}

}  // namespace

std::uint64_t spooky_hash64(std::string_view text, std::uint64_t seed) {
  return text.size() < kShortBytes ? hash_short(text.data(), text.size(), seed)
                                   : hash_long(text.data(), text.size(), seed);
}

}  // namespace weir
