// ClientHandshake: any split of what a server sends yields answers of the same size (encryption is never the
// same twice) and the same end; the password is never among them in clear text. Input: what is known of the
// password, the size of a chunk, then the stream.
#include "protocol/machine/client_handshake.hpp"

#include <algorithm>

#include "tests/fuzz/require.hpp"
#include "tests/support/logins.hpp"

namespace {

using namespace weir;

struct Outcome {
  ClientHandshake::Stage stage{};
  std::size_t said_bytes = 0;
  std::string plugin;
  bool operator==(const Outcome&) const = default;
};

Credentials credentials(std::uint8_t settings) {
  if ((settings & 1) == 0) return test::password_of("user", "secret");
  return {.user = "user", .cleartext = {}, .sha1_stage1 = sha1({as_bytes("secret")})};
}

Outcome run_in_chunks(std::uint8_t settings, Bytes stream, std::size_t chunk_bytes) {
  ConnectRequest request;
  request.credentials = credentials(settings);
  request.want = ~Caps{0};
  ClientHandshake client;
  client.start(std::move(request));
  auto want = ClientHandshake::Want::read;
  while (!stream.empty() && want != ClientHandshake::Want::failed) {
    const Bytes chunk = stream.first(std::min(chunk_bytes, stream.size()));
    want = client.on_bytes(chunk);
    stream = stream.subspan(chunk.size());
  }
  const test::Blob said = test::drain(client.output());
  fuzz::require(as_text(said).find("secret") == std::string_view::npos, "the password stays here");
  return {.stage = client.stage(), .said_bytes = said.size(), .plugin = client.established().plugin};
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
