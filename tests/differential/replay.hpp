// Plays a script against one end, and notes all that its clients see.
#pragma once

#include <string>
#include <vector>

#include "tests/differential/step.hpp"
#include "tests/differential/wire_client.hpp"

namespace weir::differential {

// The answer of each step: its packets as bytes, but for what may differ between two runs (a statement's
// number); or "lost: why" if the connection ended with it.
using Answers = std::vector<std::vector<std::string>>;

struct Stage {
  Endpoint endpoint;               // whom the sessions talk to
  Endpoint server;                 // where that is done, before the script
  Login login;                     // of the sessions
  Login other;                     // whom they may become
  std::vector<std::string> setup;  // makes the schema anew
  // A statement is executed with the same parameter types each time: MySQL converts values of other types to
  // those of the first execution, on the connection that has seen it.
  bool types_stay = false;
};

// Throws Lost if the stage itself cannot be set. A session connects with its first step.
Answers replay(const Stage& stage, const Script& script);

// A packet for people: text where it is text, \xHH elsewhere.
std::string readable(std::string_view packet);

}  // namespace weir::differential
