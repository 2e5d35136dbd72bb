// A conversation as a table: what a machine is fed, and what it must have said by then.
#pragma once

#include <catch2/catch.hpp>
#include <vector>

#include "protocol/base/byte_queue.hpp"
#include "tests/support/exact_buffer.hpp"
#include "tests/support/frames.hpp"
#include "tests/support/hex.hpp"

namespace weir::test {

struct ScriptStep {
  Blob expect;  // what the machine says before it is fed
  Blob feed;
};
using Script = std::vector<ScriptStep>;

// Runs the first `steps` of `script` on a machine just started, feeding the step `cut_step` in two chunks,
// and returns what on_bytes() said last.
template <class Machine>
typename Machine::Want play(Machine& machine, const Script& script, std::size_t steps,
                            std::size_t cut_step = 0, std::size_t cut = 0) {
  auto want = Machine::Want::read;
  for (std::size_t i = 0; i < steps; ++i) {
    const ScriptStep& step = script[i];
    CHECK(to_blob(machine.output().readable()) == step.expect);
    machine.output().clear();
    const std::size_t first = i == cut_step ? cut : 0;
    if (first > 0) {
      want = machine.on_bytes(ExactBuffer(Bytes(step.feed).first(first)));
      CHECK(want == Machine::Want::read);  // a cut packet decides nothing
      CHECK(machine.output().empty());
    }
    want = machine.on_bytes(ExactBuffer(Bytes(step.feed).subspan(first)));
  }
  return want;
}

// Each step cut at each byte, which includes the peer's silence or end in the middle of it.
template <class Machine, class Start>
void play_every_split(const Script& script, typename Machine::Want end, Start&& start) {
  for (std::size_t step = 0; step < script.size(); ++step) {
    for (std::size_t cut = 0; cut < script[step].feed.size(); ++cut) {
      Machine machine;
      start(machine);
      CHECK(play(machine, script, script.size(), step, cut) == end);
    }
  }
}

// At each step, `instead` takes the place of what the script feeds; returns the machines so disturbed.
template <class Machine, class Start, class Check>
void play_disturbed(const Script& script, const Blob& payload, Start&& start, Check&& check) {
  for (std::size_t step = 0; step < script.size(); ++step) {
    CAPTURE(step);
    Machine machine;
    start(machine);
    play(machine, script, step);
    machine.output().clear();
    const std::uint8_t sequence = script[step].feed[3];
    check(machine, machine.on_bytes(ExactBuffer(packet(payload, sequence))));
  }
}

}  // namespace weir::test
