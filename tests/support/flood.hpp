// A client that asks far faster than anybody answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "tests/support/frames.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {

// Turns until `count` stands still.
inline void until_still(Scene& scene, const std::function<std::uint64_t()>& count) {
  std::uint64_t before = ~std::uint64_t{0};
  scene.until([&] {
    scene.turn(100);
    const std::uint64_t now = count();
    return std::exchange(before, now) == now;
  });
}

// So many COM_PING (a multiple of 1000), behind the client's back: it expects no replies.
inline void flood_with_pings(ScriptedClient& client, std::size_t count) {
  constexpr std::size_t kAtATime = 1000;
  Blob pings;
  for (std::size_t i = 0; i < kAtATime; ++i) pings = pings + packet("\x0e"_bytes);
  for (std::size_t sent = 0; sent < count; sent += kAtATime) client.channel().send(pings);
}

}  // namespace weir::test
