// ServerHandshake: any split of what a client sends yields the same answers and the same end.
// Input: the greeting's plugin and the transport, the size of a chunk, then the stream.
#include "protocol/machine/server_handshake.hpp"

#include <algorithm>

#include "tests/fuzz/require.hpp"
#include "tests/support/logins.hpp"

namespace {

using namespace weir;

struct Outcome {
  ServerHandshake::Stage stage{};
  test::Blob said;
  std::vector<std::uint8_t> rest;
  bool operator==(const Outcome&) const = default;
};

Outcome run_in_chunks(std::uint8_t settings, Bytes stream, std::size_t chunk_bytes) {
  ServerGreeting greeting =
      test::test_greeting((settings & 1) != 0 ? "caching_sha2_password" : "mysql_native_password");
  greeting.secure_transport = (settings & 2) != 0;
  greeting.asks_before_work = (settings & 4) != 0;
  ServerHandshake server;
  server.start(std::move(greeting), test::few_accounts());
  while (!stream.empty()) {
    const Bytes chunk = stream.first(std::min(chunk_bytes, stream.size()));
    auto want = server.on_bytes(chunk);
    while (want == ServerHandshake::Want::judge) want = server.go_on();
    stream = stream.subspan(chunk.size());
    if (want == ServerHandshake::Want::failed) break;
    const bool verified = server.stage() == ServerHandshake::Stage::verified;
    fuzz::require((want == ServerHandshake::Want::verified) == verified,
                  "the stage agrees with what is wanted");
  }
  if (server.stage() == ServerHandshake::Stage::verified) {
    fuzz::require(server.account() != nullptr, "nobody is verified without an account");
    server.accept(kStatusAutocommit);
  }
  return {.stage = server.stage(), .said = test::drain(server.output()), .rest = server.take_rest()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  if (size < 2) return 0;
  const Bytes stream(input + 2, size - 2);
  const Outcome whole = run_in_chunks(input[0], stream, stream.size() + 1);
  fuzz::require(run_in_chunks(input[0], stream, input[1] + std::size_t{1}) == whole,
                "chunks give what the whole gives");
  fuzz::require(run_in_chunks(input[0], stream, 1) == whole, "single bytes give what the whole gives");
  return 0;
}
