// A writer and two readers, of which the monitor decides: what tests of its decisions share.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "tests/support/scene.hpp"

namespace weir::test {

using Presence = ServerDecision::Presence;

inline constexpr std::string_view kReadOnly = "The MySQL server is running with the --read-only option";

// "a" writes in hostgroup 1, "b" and "c" read in hostgroup 2.
struct DecidedScene {
  DecidedScene() {
    scene.add_server(2, "b");
    scene.add_server(2, "c");
    scene.split_reads_to(2);
    scene.settings().monitor_enabled = true;
    for (std::size_t i = 0; i < 3; ++i) {
      scene.server(i).on("SELECT v",
                         [this, i](ServerSide& side) { side.rows("v", {scene.server(i).name()}); });
      scene.server(i).on("INSERT", [this, i](ServerSide& side) {
        if (refusing != static_cast<int>(i)) return side.ok(1);
        side.err(1290, kReadOnly, "HY000");
      });
    }
  }
  void start() {
    scene.start();
    scene.fleet().set_on_refused_write([this](const ServerState& server) {
      refused.push_back(server.port);
      on_refused();
    });
  }
  ServerKey key(int hostgroup, std::size_t index) {
    return {hostgroup, "127.0.0.1", scene.server(index).port()};
  }
  const Server& writer() { return *scene.fleet().snapshot()->find_hostgroup(1)->servers.front(); }
  // "b" takes the place of "a".
  ServerOverlay switched() {
    return {{key(1, 0), {.presence = Presence::removed}},
            {key(1, 1), {.presence = Presence::added, .like = 2}},
            {key(2, 0), {.presence = Presence::added, .like = 1}}};
  }
  // The same, but "a" does not read, either: no connection to it is wanted any more.
  ServerOverlay taken_out() {
    return {{key(1, 0), {.presence = Presence::removed, .reason = "read_only=1"}},
            {key(1, 1), {.presence = Presence::added, .like = 2}}};
  }

  Scene scene;
  int refusing = -1;
  std::vector<std::uint16_t> refused;
  std::function<void()> on_refused = [] {};
};

}  // namespace weir::test
