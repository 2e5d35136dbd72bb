// Little-endian integers of each width: what stands behind every field of the protocol.
#include <catch2/catch.hpp>

#include <array>
#include <vector>

#include "protocol/base/bytes.hpp"

namespace weir {
namespace {

constexpr std::array<std::uint8_t, 8> kBytes{0xf1, 0xe2, 0xd3, 0xc4, 0xb5, 0xa6, 0x97, 0x88};
constexpr std::uint64_t kAll = 0x8897a6b5c4d3e2f1;

std::uint64_t low_bytes(std::size_t width) {
  return width == 8 ? kAll : kAll & ((std::uint64_t{1} << (8 * width)) - 1);
}

TEST_CASE("an integer of each width is read from exactly so many bytes", "[base]") {
  for (std::size_t width = 1; width <= 8; ++width) {
    const std::vector<std::uint8_t> exact(kBytes.begin(), kBytes.begin() + static_cast<int>(width));
    CAPTURE(width);
    CHECK(load_le(exact.data(), width) == low_bytes(width));
  }
  CHECK(load_le(kBytes.data(), 3) == 0xd3e2f1);
  CHECK(load_le(kBytes.data() + 1, 2) == 0xd3e2);
}

TEST_CASE("an integer of each width is written to exactly so many bytes", "[base]") {
  for (std::size_t width = 1; width <= 8; ++width) {
    std::array<std::uint8_t, 10> room;
    room.fill(0x55);
    store_le(room.data() + 1, kAll, width);
    CAPTURE(width);
    CHECK(room[0] == 0x55);
    CHECK(room[width + 1] == 0x55);
    CHECK(load_le(room.data() + 1, width) == low_bytes(width));
    CHECK(room[1] == 0xf1);
  }
}

}  // namespace
}  // namespace weir
