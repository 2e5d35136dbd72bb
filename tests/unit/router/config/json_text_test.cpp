#include "router/config/json_text.hpp"

#include <catch2/catch.hpp>
#include <string>

using weir::is_valid_json;

TEST_CASE("JSON is told from what is not", "[router][config][json]") {
  for (const char* good : {"{}", "[]", " { \"a\" : [1, -2.5e+3, true, false, null, \"x\\u00e9\\n\"] } ", "0",
                           "\"\"", "[[[]]]", "1E5"}) {
    CAPTURE(good);
    CHECK(is_valid_json(good));
  }
  for (const char* bad :
       {"",    " ",   "{",     "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "[1,]",    "[1 2]",       "01",
        "1.",  "-",   "+1",    ".5",      "1e",       "\"a",        "\"\\x\"", "\"\\u12g4\"", "\"\t\"",
        "tru", "nul", "{a:1}", "{} {}",   "'a'",      "//"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_valid_json(bad));
  }
}

TEST_CASE("JSON nested without end is refused, not followed", "[router][config][json]") {
  CHECK(is_valid_json(std::string(60, '[') + std::string(60, ']')));
  CHECK_FALSE(is_valid_json(std::string(100'000, '[')));
  CHECK_FALSE(is_valid_json(std::string(100, '[') + std::string(100, ']')));
}

TEST_CASE("every shorter prefix of a JSON object is refused", "[router][config][json]") {
  const std::string whole = R"({"a":[1,{"b":"c\"d"}],"e":null})";
  CHECK(is_valid_json(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(is_valid_json(whole.substr(0, size)));
}

TEST_CASE("a quoted text reads back as it was") {
  std::string all;
  for (int byte = 0; byte < 0x80; ++byte) all += static_cast<char>(byte);
  for (const std::string& text : {std::string(), all, std::string("h\xc3\xa9")}) {
    const auto value = weir::parse_json(weir::json_quoted(text));
    REQUIRE(value.has_value());
    CHECK(value->string == text);
  }
}
