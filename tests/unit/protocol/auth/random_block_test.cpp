#include "protocol/auth/random_block.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <vector>

using namespace weir;

namespace {

using Portion = std::array<std::uint8_t, 20>;

int g_refills = 0;
bool g_fails = false;

// Block 1 is all ones, and so on: it shows in a byte how often the generator was asked.
bool numbered(MutableBytes out) {
  if (g_fails) return false;
  std::ranges::fill(out, static_cast<std::uint8_t>(++g_refills));
  return true;
}

// No two bytes of a block are the same within 251 of them.
bool counting(MutableBytes out) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(1 + i % 251);
  return true;
}

}  // namespace

TEST_CASE("a block is asked for when it is used up, and its rest is never mixed with the next",
          "[protocol][auth]") {
  g_refills = 0;
  g_fails = false;
  RandomBlock block(numbered);
  CHECK(g_refills == 0);
  constexpr std::size_t kPortions = RandomBlock::kBytes / Portion{}.size();
  for (std::size_t i = 0; i < 3 * kPortions; ++i) {
    Portion portion{};
    REQUIRE(block.take(portion));
    CHECK(g_refills == static_cast<int>(1 + i / kPortions));
    CHECK(std::ranges::all_of(portion, [](std::uint8_t byte) { return byte == g_refills; }));
  }
}

TEST_CASE("each byte is handed out once, in order, and is gone from the block then", "[protocol][auth]") {
  RandomBlock block(counting);
  for (std::size_t taken = 0; taken + Portion{}.size() <= RandomBlock::kBytes;) {
    Portion portion{};
    REQUIRE(block.take(portion));
    for (std::size_t i = 0; i < portion.size(); ++i) CHECK(portion[i] == 1 + (taken + i) % 251);
    taken += portion.size();
    const Bytes kept = block.bytes();
    CHECK(std::ranges::all_of(kept.first(taken), [](std::uint8_t byte) { return byte == 0; }));
    CHECK(std::ranges::none_of(kept.subspan(taken), [](std::uint8_t byte) { return byte == 0; }));
  }
}

TEST_CASE("without a generator nothing is handed out, and again when there is one", "[protocol][auth]") {
  g_refills = 0;
  g_fails = true;
  RandomBlock block(numbered);
  Portion portion{};
  CHECK_FALSE(block.take(portion));
  CHECK_FALSE(block.take(portion));
  g_fails = false;
  CHECK(block.take(portion));
  CHECK(portion[0] == 1);
}

TEST_CASE("a whole block may be taken at once", "[protocol][auth]") {
  g_refills = 0;
  g_fails = false;
  RandomBlock block(numbered);
  std::vector<std::uint8_t> all(RandomBlock::kBytes);
  CHECK(block.take(all));
  CHECK(block.take(all));
  CHECK(all.back() == 2);
}
