#include "protocol/base/number_text.hpp"

#include <catch2/catch.hpp>
#include <cstdint>

namespace weir::test {
namespace {

TEST_CASE("a text is a whole number, or it is not", "[protocol]") {
  CHECK(to_integer<std::uint16_t>("65535") == 65535);
  CHECK(to_integer<std::int64_t>("-9223372036854775808") == INT64_MIN);
  CHECK(to_integer<std::uint64_t>("18446744073709551615") == UINT64_MAX);
  CHECK(to_integer<unsigned>("0ff", 16) == 255);
  CHECK(to_integer<int>("007") == 7);
  for (const char* bad : {"", "-", "x", "1x", "1 ", " 1", "+1", "1.0", "1e3", "0x1", "65536", "-1"}) {
    CAPTURE(bad);
    CHECK_FALSE(to_integer<std::uint16_t>(bad));
  }
  CHECK_FALSE(to_integer<int>("4294967304"));
  CHECK_FALSE(to_integer<int>(std::string_view("7\0", 2)));
}

TEST_CASE("a text is a number, or it is not", "[protocol]") {
  CHECK(to_double("-12.5") == -12.5);
  CHECK(to_double("1e3") == 1000);
  for (const char* bad : {"", "x", "1x", " 1", "+1", "nan", "-inf", "infinity", "1e999", "1e-999", "0x1"}) {
    CAPTURE(bad);
    CHECK_FALSE(to_double(bad));
  }
}

}  // namespace
}  // namespace weir::test
