#include "protocol/wire/reader.hpp"

#include <catch2/catch.hpp>

#include "protocol/wire/writer.hpp"
#include "tests/support/exact_buffer.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/truncations.hpp"

namespace weir {
namespace {

using namespace test;

TEST_CASE("length-encoded integers have one form per range", "[protocol][reader]") {
  struct Case {
    const char* name;
    Blob wire;
    std::uint64_t value;
  };
  const Case kCases[] = {
      {"zero", "00"_hex, 0},
      {"largest of one byte", "fa"_hex, 250},
      {"smallest of two", "fc fb 00"_hex, 251},
      {"largest of two", "fc ff ff"_hex, 0xffff},
      {"smallest of three", "fd 00 00 01"_hex, 0x10000},
      {"largest of three", "fd ff ff ff"_hex, 0xffffff},
      {"smallest of eight", "fe 00 00 00 01 00 00 00 00"_hex, 0x1000000},
      {"largest", "fe ff ff ff ff ff ff ff ff"_hex, ~std::uint64_t{0}},
  };
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    const ExactBuffer wire(c.wire);
    Reader in{wire};
    CHECK(in.lenenc() == c.value);
    CHECK_FALSE(in.finish());

    ByteQueue out;
    Writer{out}.lenenc(c.value);
    CHECK(to_blob(out.readable()) == c.wire);

    for_every_shorter(c.wire, [](Bytes shorter) {
      Reader cut{shorter};
      CHECK(cut.lenenc() == 0);
      CHECK(cut.finish() == DecodeError::truncated);
    });
  }
}

TEST_CASE("what is no length is refused", "[protocol][reader]") {
  for (const Blob& wire : {"fb"_hex, "ff 01 00"_hex}) {
    const ExactBuffer exact(wire);
    Reader in{exact};
    CHECK(in.lenenc() == 0);
    CHECK(in.finish() == DecodeError::bad_length);
  }
}

TEST_CASE("a length beyond the payload is refused, however large", "[protocol][reader]") {
  for (const Blob& wire : {"05 61 62"_hex, "fe ff ff ff ff ff ff ff ff 61"_hex, "fd ff ff ff 61"_hex}) {
    const ExactBuffer exact(wire);
    Reader in{exact};
    CHECK(in.lenenc_text().empty());
    CHECK(in.finish() == DecodeError::bad_length);
  }
}

TEST_CASE("the first failure stays, and all after it is zero", "[protocol][reader]") {
  const ExactBuffer wire("01 02 03"_hex);
  Reader in{wire};
  CHECK(in.fixed(4) == 0);
  CHECK(in.failed());
  CHECK(in.empty());
  CHECK(in.fixed(1) == 0);
  CHECK(in.lenenc() == 0);
  CHECK(in.text(9).empty());
  CHECK(in.nul_text().empty());
  CHECK(in.rest().empty());
  CHECK(in.peek() == 0);
  in.fail(DecodeError::bad_value);
  CHECK(in.finish() == DecodeError::truncated);
}

TEST_CASE("bytes left over are a failure", "[protocol][reader]") {
  const ExactBuffer wire("01 02"_hex);
  Reader in{wire};
  CHECK(in.fixed(1) == 1);
  CHECK_FALSE(in.failed());
  CHECK(in.finish() == DecodeError::trailing_bytes);
  CHECK(in.finish(7) == Result<int>(std::unexpected(DecodeError::trailing_bytes)));
  CHECK(in.fixed(1) == 2);
  CHECK(in.finish(7) == Result<int>(7));
}

TEST_CASE("text ends at its zero byte", "[protocol][reader]") {
  const ExactBuffer wire("61 62 00 00 63"_hex);
  Reader in{wire};
  CHECK(in.nul_text() == "ab");
  CHECK(in.nul_text().empty());
  CHECK(in.remaining() == 1);
  Reader lenient = in;
  CHECK(in.nul_text().empty());
  CHECK(in.finish() == DecodeError::truncated);
  CHECK(lenient.nul_text_or_rest() == "c");
  CHECK_FALSE(lenient.finish());
  CHECK(lenient.nul_text_or_rest().empty());
  CHECK_FALSE(lenient.finish());
}

TEST_CASE("reader and writer mirror each other", "[protocol][reader]") {
  ByteQueue out;
  Writer writer{out};
  for (std::size_t width = 1; width <= 8; ++width) writer.fixed(0x8877665544332211, width);
  writer.nul_text("name");
  writer.lenenc_text(std::string_view("a\0b", 3));
  writer.field(std::nullopt);
  writer.field("");
  writer.zeros(3);
  writer.text("rest");

  const ExactBuffer wire(out.readable());
  Reader in{wire};
  for (std::size_t width = 1; width <= 8; ++width)
    CHECK(in.fixed(width) ==
          (width == 8 ? 0x8877665544332211 : 0x8877665544332211 & ((1ull << 8 * width) - 1)));
  CHECK(in.nul_text() == "name");
  CHECK(in.lenenc_text() == std::string_view("a\0b", 3));
  CHECK(in.peek() == kNullField);
  in.skip(1);
  CHECK(in.lenenc_text().empty());
  in.skip(3);
  CHECK(in.rest() == "rest");
  CHECK_FALSE(in.finish());
}

}  // namespace
}  // namespace weir
