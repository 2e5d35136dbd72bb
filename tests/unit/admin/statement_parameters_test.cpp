#include "admin/statement_parameters.hpp"

#include <catch2/catch.hpp>

#include "tests/support/hex.hpp"

namespace weir::test {
namespace {

struct Case {
  const char* name;
  std::uint8_t type;
  bool is_unsigned;
  Blob value;
  Cell expected;
};

Blob execute_with(std::uint8_t type, bool is_unsigned, const Blob& value) {
  const Blob head = "17 01000000 00 01000000 00 01"_hex;  // one parameter, not NULL, with its type
  return head + Blob{type, static_cast<std::uint8_t>(is_unsigned ? 0x80 : 0)} + value;
}

const Case kCases[] = {
    {"tiny, signed", 0x01, false, "ff"_hex, "-1"},
    {"tiny, unsigned", 0x01, true, "ff"_hex, "255"},
    {"bool", 0xf4, false, "01"_hex, "1"},
    {"short", 0x02, false, "00 80"_hex, "-32768"},
    {"year", 0x0d, true, "e9 07"_hex, "2025"},
    {"long", 0x03, false, "00 00 00 80"_hex, "-2147483648"},
    {"int24", 0x09, false, "ff ff ff ff"_hex, "-1"},
    {"longlong, signed", 0x08, false, "ff ff ff ff ff ff ff ff"_hex, "-1"},
    {"longlong, unsigned", 0x08, true, "ff ff ff ff ff ff ff ff"_hex, "18446744073709551615"},
    {"float", 0x04, false, "00 00 c0 3f"_hex, "1.5"},
    {"double", 0x05, false, "9a 99 99 99 99 99 b9 3f"_hex, "0.1"},
    {"date", 0x0a, false, "04 e9 07 03 04"_hex, "2025-03-04"},
    {"date of zeros", 0x0a, false, "00"_hex, "0000-00-00"},
    {"datetime without time", 0x0c, false, "04 e9 07 03 04"_hex, "2025-03-04 00:00:00"},
    {"datetime", 0x0c, false, "07 e9 07 03 04 05 06 07"_hex, "2025-03-04 05:06:07"},
    {"timestamp with microseconds", 0x07, false, "0b e9 07 03 04 05 06 07 01 00 00 00"_hex,
     "2025-03-04 05:06:07.000001"},
    {"time of zero", 0x0b, false, "00"_hex, "00:00:00"},
    {"time, negative, with days", 0x0b, false, "08 01 01 00 00 00 02 03 04"_hex, "-26:03:04"},
    {"time with microseconds", 0x0b, false, "0c 00 00 00 00 00 02 03 04 40 e2 01 00"_hex, "02:03:04.123456"},
    {"null by type", 0x06, false, {}, std::nullopt},
    {"text", 0xfd, false, "\x03it'"_bytes, "it'"},
    {"empty text", 0xfe, false, "00"_hex, ""},
    {"decimal", 0xf6, false,
     "\x04"
     "1.50"_bytes,
     "1.50"},
    {"blob with a zero byte", 0xfc, false, "02 00 41"_hex, std::string("\0A", 2)},
    {"json", 0xf5, false, "\x02{}"_bytes, "{}"},
};

TEST_CASE("parameters become the text that MySQL would show") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    AdminStatement statement{.sql = "?", .parameters = 1};
    const auto cells = decode_parameters(execute_with(c.type, c.is_unsigned, c.value), statement);
    REQUIRE(cells.has_value());
    CHECK(*cells == std::vector<Cell>{c.expected});
  }
}

TEST_CASE("a shorter execution, and one with bytes behind it, are refused") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    const Blob whole = execute_with(c.type, c.is_unsigned, c.value);
    for (std::size_t size = 1; size < whole.size(); ++size) {
      AdminStatement statement{.sql = "?", .parameters = 1};
      const Blob shorter(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      CHECK_FALSE(decode_parameters(shorter, statement).has_value());
    }
    AdminStatement statement{.sql = "?", .parameters = 1};
    CHECK_FALSE(decode_parameters(whole + Blob{0}, statement).has_value());
  }
}

TEST_CASE("lengths that no date has, and types that nobody has, are refused") {
  for (const Blob& value : {"05 e9 07 03 04 05"_hex, "ff"_hex}) {
    AdminStatement statement{.sql = "?", .parameters = 1};
    CHECK_FALSE(decode_parameters(execute_with(0x0c, false, value), statement).has_value());
  }
  AdminStatement statement{.sql = "?", .parameters = 1};
  CHECK_FALSE(decode_parameters(execute_with(0x77, false, "01"_hex), statement).has_value());
}

}  // namespace
}  // namespace weir::test
