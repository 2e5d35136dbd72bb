// What failures of the network say of a server.
#include "monitor/probe_failure.hpp"

#include <catch2/catch.hpp>
#include <cerrno>

namespace weir::test {
namespace {

TEST_CASE("what this machine lacks is not the server's fault", "[probe]") {
  for (const int own : {EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL, EPERM})
    CHECK(fault_of_connect({own}) == ProbeFault::not_asked);
  CHECK(fault_of_connect({ECONNREFUSED}) == ProbeFault::refused);
  for (const int away : {EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, ENOENT, ECONNRESET})
    CHECK(fault_of_connect({away}) == ProbeFault::unreachable);
}

TEST_CASE("a name without an address is told from a name server that does not answer", "[probe]") {
  constexpr int kNoName = -3008, kNoAddress = -3007, kTryAgain = -3001, kFailed = -3004;  // libuv's
  CHECK(fault_of_lookup({kNoName}) == ProbeFault::not_resolved);
  CHECK(fault_of_lookup({kNoAddress}) == ProbeFault::not_resolved);
  CHECK(fault_of_lookup({kTryAgain}) == ProbeFault::not_asked);
  CHECK(fault_of_lookup({kFailed}) == ProbeFault::not_asked);
}

TEST_CASE("every fault has a name of its own", "[probe]") {
  for (int i = 0; i < kProbeFaults; ++i) {
    CHECK_FALSE(to_text(static_cast<ProbeFault>(i)).empty());
    for (int j = 0; j < i; ++j)
      CHECK(to_text(static_cast<ProbeFault>(i)) != to_text(static_cast<ProbeFault>(j)));
  }
}

}  // namespace
}  // namespace weir::test
