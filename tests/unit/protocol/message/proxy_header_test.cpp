#include "protocol/message/proxy_header.hpp"

#include <catch2/catch.hpp>

#include "tests/support/hex.hpp"

namespace weir::test {
namespace {

using Begins = BeginsProxyHeader;

const ProxyHeader kV4{.has_addresses = true,
                      .source = "10.0.0.9",
                      .destination = "10.0.0.1",
                      .source_port = 51234,
                      .destination_port = 6033};
const ProxyHeader kV6{.has_addresses = true,
                      .source = "fd00::9",
                      .destination = "fd00::1",
                      .source_port = 1,
                      .destination_port = 65535};
const Blob kBlock = "0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a"_hex;

Blob encoded(const ProxyHeader& header, int version) {
  ByteQueue out;
  encode_proxy_header(header, version, out);
  const Bytes bytes = out.readable();
  return {bytes.begin(), bytes.end()};
}

TEST_CASE("headers of both versions, with a login behind them, at every split", "[proxy_header]") {
  struct Row {
    Blob bytes;
    ProxyHeader header;
  };
  const Row rows[] = {
      {"PROXY TCP4 10.0.0.9 10.0.0.1 51234 6033\r\n"_bytes, kV4},
      {"PROXY TCP6 fd00::9 fd00::1 1 65535\r\n"_bytes, kV6},
      {"PROXY UNKNOWN\r\n"_bytes, {}},
      {"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"_bytes, {}},
      {kBlock + "21 11 00 0c 0a 00 00 09 0a 00 00 01 c8 22 17 91"_hex, kV4},
      {kBlock + "21 21 00 24"_hex + "fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 09"_hex +
           "fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00 01 ff ff"_hex,
       kV6},
      {kBlock + "20 00 00 00"_hex, {}},
      {kBlock + "20 11 00 0c 0a 00 00 09 0a 00 00 01 c8 22 17 91"_hex, {}},  // LOCAL: whatever follows
      {kBlock + "21 00 00 03 01 02 03"_hex, {}},                             // UNSPEC
      {kBlock + "21 12 00 0c 0a 00 00 09 0a 00 00 01 c8 22 17 91"_hex, {}},  // UDP
      {kBlock + "21 11 00 11 0a 00 00 09 0a 00 00 01 c8 22 17 91 02 00 02 61 00"_hex, kV4},  // with a TLV
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes.size(), row.header.source);
    const Blob stream = row.bytes + "login"_bytes;
    for (std::size_t size = 1; size < row.bytes.size(); ++size) {
      CAPTURE(size);
      Bytes part(stream.data(), size);
      CHECK(begins_proxy_header(part) != Begins::no);
      const auto header = take_proxy_header(part);
      REQUIRE(header);
      CHECK_FALSE(header->has_value());
      CHECK(part.size() == size);
    }
    Bytes whole = stream;
    const auto header = take_proxy_header(whole);
    REQUIRE(header);
    REQUIRE(header->has_value());
    CHECK(**header == row.header);
    CHECK(as_text(whole) == "login");
  }
}

TEST_CASE("what is no header is told from one as soon as can be", "[proxy_header]") {
  CHECK(begins_proxy_header({}) == Begins::perhaps);
  CHECK(begins_proxy_header("PROX"_bytes) == Begins::perhaps);
  CHECK(begins_proxy_header("PROXY "_bytes) == Begins::yes);
  CHECK(begins_proxy_header("PROXYX"_bytes) == Begins::no);
  CHECK(begins_proxy_header("0d 0a 0d 0a 00 0d 0a"_hex) == Begins::perhaps);
  CHECK(begins_proxy_header(kBlock) == Begins::yes);
  CHECK(begins_proxy_header("54 00 00 01 8d a6"_hex) == Begins::no);  // a login
  CHECK(begins_proxy_header("GET / HTTP/1.1"_bytes) == Begins::no);
}

TEST_CASE("what breaks the protocol is refused", "[proxy_header]") {
  struct Row {
    Blob bytes;
    DecodeError error;
  };
  const Row rows[] = {
      {"PROXY TCP5 10.0.0.9 10.0.0.1 1 2\r\n"_bytes, DecodeError::bad_value},
      {"PROXY TCP4 10.0.0.9 10.0.0.1 1\r\n"_bytes, DecodeError::bad_value},
      {"PROXY TCP4 10.0.0.9 10.0.0.1 1 65536\r\n"_bytes, DecodeError::bad_value},
      {"PROXY TCP4 10.0.0.9 10.0.0.1 1 -2\r\n"_bytes, DecodeError::bad_value},
      {"PROXY TCP4 fd00::1 10.0.0.1 1 2\r\n"_bytes, DecodeError::bad_value},
      {"PROXY TCP6 10.0.0.9 fd00::1 1 2\r\n"_bytes, DecodeError::bad_value},
      {"PROXY TCP4 db.example 10.0.0.1 1 2\r\n"_bytes, DecodeError::bad_value},
      {"PROXY TCP4  10.0.0.9 10.0.0.1 1 2\r\n"_bytes, DecodeError::bad_value},
      {"PROXY TCP4 10.0.0.9 10.0.0.1 1 2 3\r\n"_bytes, DecodeError::trailing_bytes},
      {"PROXY TCP4 10.0.0.9\0 10.0.0.1 1 2\r\n"_bytes, DecodeError::bad_value},
      {"PROXY \r\n"_bytes, DecodeError::bad_value},
      {"PROXY "_bytes + Blob(101, 'x'), DecodeError::too_large},
      {kBlock + "31 11 00 0c"_hex, DecodeError::unsupported},
      {kBlock + "22 11 00 0c"_hex, DecodeError::bad_value},
      {kBlock + "21 11 ff ff"_hex, DecodeError::too_large},
      {kBlock + "21 11 00 04 0a 00 00 09"_hex, DecodeError::truncated},
      {kBlock + "21 21 00 0c 0a 00 00 09 0a 00 00 01 c8 22 17 91"_hex, DecodeError::truncated},
  };
  for (const Row& row : rows) {
    CAPTURE(std::string(as_text(row.bytes)));
    Bytes bytes = row.bytes;
    const auto header = take_proxy_header(bytes);
    REQUIRE_FALSE(header);
    CHECK(header.error() == row.error);
  }
}

TEST_CASE("what is encoded decodes to the same", "[proxy_header]") {
  for (const int version : {1, 2}) {
    for (const ProxyHeader& header : {kV4, kV6, ProxyHeader{}}) {
      CAPTURE(version, header.source);
      const Blob bytes = encoded(header, version);
      Bytes rest = bytes;
      const auto decoded = take_proxy_header(rest);
      REQUIRE(decoded);
      REQUIRE(decoded->has_value());
      CHECK(**decoded == header);
      CHECK(rest.empty());
    }
    const ProxyHeader mixed{.has_addresses = true, .source = "10.0.0.9", .destination = "fd00::1"};
    CHECK(encoded(mixed, version) == encoded({}, version));
    const ProxyHeader unknown{.has_addresses = true, .source = "localhost", .destination = "localhost"};
    CHECK(encoded(unknown, version) == encoded({}, version));
  }
}

}  // namespace
}  // namespace weir::test
