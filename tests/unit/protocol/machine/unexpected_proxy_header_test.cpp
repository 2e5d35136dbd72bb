// A PROXY header in the place of a login.
#include <catch2/catch.hpp>

#include "protocol/machine/server_handshake.hpp"
#include "protocol/message/proxy_header.hpp"
#include "protocol/message/response.hpp"
#include "tests/support/frames.hpp"
#include "tests/support/logins.hpp"

namespace weir::test {
namespace {

struct End {
  std::uint16_t code = 0;
  std::string reason;
};

// Of a handshake that begins with these bytes.
End end_of(Bytes first) {
  ServerHandshake server;
  server.start(test_greeting(), few_accounts());
  server.output().clear();
  REQUIRE(server.on_bytes(first) == ServerHandshake::Want::failed);
  const auto told = decode_err(server.output().readable().subspan(kFrameHeaderBytes));
  REQUIRE(told);
  return {told->code, server.failure().reason};
}

TEST_CASE("who begins with a PROXY header where none is taken is told so in the log", "[protocol][login]") {
  const ProxyHeader header{.has_addresses = true,
                           .source = "10.0.0.9",
                           .destination = "10.0.0.1",
                           .source_port = 4711,
                           .destination_port = 6033};
  for (const int version : {1, 2}) {
    CAPTURE(version);
    ByteQueue wire;
    encode_proxy_header(header, version, wire);
    const End end = end_of(wire.readable());
    CHECK(end.code == 1156);  // what is wrong with it as a packet: clients are not told more
    CHECK(end.reason.starts_with("a PROXY header where none is taken: "));
  }
  CHECK_FALSE(end_of(packet("00"_hex, 0)).reason.contains("PROXY"));
}

}  // namespace
}  // namespace weir::test
