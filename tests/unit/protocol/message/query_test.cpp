#include "protocol/message/query.hpp"

#include <catch2/catch.hpp>

#include "tests/support/frames.hpp"
#include "tests/support/truncations.hpp"

namespace weir {
namespace {

using namespace test;

struct QueryCase {
  std::string name;
  Blob attributes;  // between the command byte and the text
};

const QueryCase kQueries[] = {
    {"none", "00 01"_hex},
    {"a text", "01 01 00 01 fd 00 01 61 03 78 79 7a"_hex},
    {"NULL has no value", "01 01 01 01 06 00 01 61"_hex},
    {"numbers of all widths",
     "06 01 00 01 01 00 01 61 02 80 01 62 03 00 01 63 04 00 01 64 08 00 01 65 05 00 01 66"_hex + Blob(27, 7)},
    {"a time, a date", "02 01 00 01 0b 00 00 0a 00 00 00 04 e9 07 01 02"_hex},
    {"no name, no bytes", "01 01 00 01 fe 00 00 00"_hex},
    {"nine, of which the last is NULL", "09 01 00 01 01"_hex + Blob(27, 0) + Blob(8, 0)},
};

TEST_CASE("the text of a query is found behind its attributes", "[protocol][query]") {
  for (const QueryCase& c : kQueries) {
    CAPTURE(c.name);
    const Blob payload = Blob{3} + c.attributes + "SELECT 1"_bytes;
    const auto at = find_query_text(payload);
    REQUIRE(at.has_value());
    CHECK(*at == 1 + c.attributes.size());
    for (std::size_t size = 0; size <= c.attributes.size(); ++size) {
      CAPTURE(size);
      CHECK(!find_query_text(ExactBuffer(Bytes(payload).first(size))).has_value());
    }
    Blob blank = payload;
    blank_attributes(blank, *at);
    CHECK(blank == Blob{3} + Blob(c.attributes.size(), ' ') + "SELECT 1"_bytes);
  }
}

TEST_CASE("attributes that no server would read are refused", "[protocol][query]") {
  const std::pair<std::string, Blob> kCases[] = {
      {"two sets", "00 02"_hex},
      {"types do not come with them", "01 01 00 00"_hex},
      {"a number that is none", "fb 01"_hex},
      {"more than there can be", "fe ff ff ff ff ff ff ff ff 01"_hex},
      {"a value longer than the packet", "01 01 00 01 fd 00 01 61 20"_hex},
      {"a type that nobody knows", "01 01 00 01 f4 00 01 61"_hex},
  };
  for (const auto& [name, attributes] : kCases) {
    CAPTURE(name);
    CHECK(!find_query_text(Blob{3} + attributes + "SELECT 1"_bytes).has_value());
  }
}

TEST_CASE("a query of our own has no attributes, and says so where they are expected", "[protocol][query]") {
  for (const auto& [caps, expected] :
       {std::pair{Caps{0}, "03"_hex}, std::pair{kQueryAttributes, "03 00 01"_hex}}) {
    ByteQueue out;
    std::uint8_t sequence = 0;
    encode_query("DO 1", caps, out, sequence);
    CHECK(to_blob(out.readable()) == packet(expected + "DO 1"_bytes));
    CHECK(sequence == 1);
  }
}

}  // namespace
}  // namespace weir
