// Lines of the query log: JSON whatever the bytes.
#include "proxy/query_log/query_event.hpp"

#include <catch2/catch.hpp>

#include "router/config/json_text.hpp"

namespace weir {
namespace {

using namespace std::string_literals;

std::string json(std::string_view text) {
  std::string line;
  append_json_text(line, text);
  return line;
}

TEST_CASE("every byte comes back out of JSON", "[query_log]") {
  for (int byte = 0; byte < 256; ++byte) {
    CAPTURE(byte);
    const std::string text = "a"s + static_cast<char>(byte) + "b";
    const std::string line = json(text);
    for (const char c : line) CHECK(static_cast<unsigned char>(c) >= 0x20);
    for (const char c : line) CHECK(static_cast<unsigned char>(c) < 0x7f);
    const auto value = parse_json(line);
    REQUIRE(value);
    const std::string expected = byte < 0x80 ? text
                                             : "a"s + static_cast<char>(0xc0 | byte >> 6) +
                                                   static_cast<char>(0x80 | (byte & 0x3f)) + "b";
    CHECK(value->string == expected);
  }
}

TEST_CASE("what is UTF-8 stays as it is, and what only looks like it does not", "[query_log]") {
  struct Case {
    std::string_view name;
    std::string text, expected;
  };
  for (const Case& c : {
           Case{"two bytes", "\xc3\xa9", "\"\xc3\xa9\""},
           Case{"three bytes", "\xe2\x82\xac", "\"\xe2\x82\xac\""},
           Case{"four bytes", "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
           Case{"the last character", "\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\""},
           Case{"beyond the last", "\xf4\x90\x80\x80", R"("\u00f4\u0090\u0080\u0080")"},
           Case{"overlong, two", "\xc0\xaf", R"("\u00c0\u00af")"},
           Case{"overlong, three", "\xe0\x80\xaf", R"("\u00e0\u0080\u00af")"},
           Case{"overlong, four", "\xf0\x80\x80\xaf", R"("\u00f0\u0080\u0080\u00af")"},
           Case{"a surrogate", "\xed\xa0\x80", R"("\u00ed\u00a0\u0080")"},
           Case{"cut short at the end", "\xe2\x82", R"("\u00e2\u0082")"},
           Case{"cut short by a letter", "\xe2\x82x", R"("\u00e2\u0082x")"},
           Case{"cut short by a character", "\xf0\x9f\xc3\xa9", "\"\\u00f0\\u009f\xc3\xa9\""},
           Case{"quotes and controls", "\"\\\n\t\r\x01\x7f", R"("\"\\\n\t\u000d\u0001\u007f")"},
           Case{"nothing", "", "\"\""},
       }) {
    CAPTURE(c.name);
    CHECK(json(c.text) == c.expected);
  }
}

TEST_CASE("a text is cut between characters", "[query_log]") {
  CHECK(cut_text("abc", 3) == "abc");
  CHECK(cut_text("abcd", 3) == "abc");
  CHECK(cut_text("ab\xe2\x82\xac", 4) == "ab");
  CHECK(cut_text("ab\xe2\x82\xac", 5) == "ab\xe2\x82\xac");
  CHECK(cut_text("\xf0\x9f\x98\x80", 3).empty());
  CHECK(cut_text("\x80\x80\x80\x80\x80\x80", 5).size() == 2);  // no UTF-8: at most three bytes are given up
  CHECK(cut_text("abc", 0).empty());
}

QueryEvent some_event() {
  return {.command = Command::query,
          .session_id = 7,
          .username = "ann",
          .schema = "shop",
          .client_addr = "10.0.0.9",
          .client_port = 4711,
          .hostgroup = 1,
          .server = "db1:3306",
          .ended_at_us = 1'700'000'001'000'250,
          .took_us = 1'000'500,
          .rows_affected = 2,
          .last_insert_id = 3,
          .rows_sent = 4,
          .digest = 0xab,
          .statement_id = 0,
          .query = "SELECT 1",
          .query_bytes = 8,
          .masked = false,
          .error_code = 0,
          .error = {}};
}

JsonValue parsed(const QueryEvent& event, std::size_t limit = 100) {
  EventLines lines;
  std::string line;
  lines.append(line, event, limit);
  REQUIRE(line.ends_with("}\n"));
  REQUIRE(line.find('\n') == line.size() - 1);
  const auto value = parse_json(std::string_view(line).substr(0, line.size() - 1));
  REQUIRE(value);
  return *value;
}

TEST_CASE("a line has what ProxySQL's has, under the same keys", "[query_log]") {
  const JsonValue line = parsed(some_event());
  const auto number = [&](std::string_view key) { return static_cast<std::int64_t>(line.find(key)->number); };
  const auto text = [&](std::string_view key) { return line.find(key)->string; };
  CHECK(number("hostgroup_id") == 1);
  CHECK(number("thread_id") == 7);
  CHECK(text("event") == "COM_QUERY");
  CHECK(text("username") == "ann");
  CHECK(text("schemaname") == "shop");
  CHECK(text("client") == "10.0.0.9:4711");
  CHECK(text("server") == "db1:3306");
  CHECK(number("rows_affected") == 2);
  CHECK(number("last_insert_id") == 3);
  CHECK(number("rows_sent") == 4);
  CHECK(text("query") == "SELECT 1");
  CHECK(number("starttime_timestamp_us") == 1'699'999'999'999'750);
  CHECK(number("endtime_timestamp_us") == 1'700'000'001'000'250);
  CHECK(number("duration_us") == 1'000'500);
  CHECK(text("starttime").ends_with(".999750"));
  CHECK(text("endtime").ends_with(".000250"));
  CHECK(text("endtime").size() == 26);
  CHECK(text("digest") == "0x00000000000000AB");
  for (const std::string_view absent : {"errno", "error", "client_stmt_id", "query_bytes", "query_masked"}) {
    CAPTURE(absent);
    CHECK(line.find(absent) == nullptr);
  }
}

TEST_CASE("what does not apply is left out, and what applies is there", "[query_log]") {
  QueryEvent event = some_event();
  SECTION("no server, and a Unix socket") {
    event.hostgroup = -1;
    event.server = event.client_addr = {};
    const JsonValue line = parsed(event);
    CHECK(line.find("hostgroup_id")->number == -1);
    CHECK(line.find("server") == nullptr);
    CHECK(line.find("client")->string == "localhost");
  }
  SECTION("an error of a prepared statement") {
    event.command = Command::stmt_execute;
    event.statement_id = 9;
    event.error_code = 1062;
    event.error = "Duplicate entry 'a\nb'";
    const JsonValue line = parsed(event);
    CHECK(line.find("event")->string == "COM_STMT_EXECUTE");
    CHECK(line.find("client_stmt_id")->number == 9);
    CHECK(line.find("errno")->number == 1062);
    CHECK(line.find("error")->string == "Duplicate entry 'a\nb'");
  }
  SECTION("a text that is too long") {
    event.query_bytes = 1000;
    const JsonValue line = parsed(event, 6);
    CHECK(line.find("query")->string == "SELECT");
    CHECK(line.find("query_bytes")->number == 1000);
  }
}

TEST_CASE("the seconds of two lines are their own", "[query_log]") {
  EventLines lines;
  QueryEvent event = some_event();
  std::string together;
  for (int i = 0; i < 5; ++i) {
    event.ended_at_us += 700'000;
    std::string kept, fresh;
    lines.append(kept, event, 100);
    EventLines{}.append(fresh, event, 100);
    CHECK(kept == fresh);
  }
}

TEST_CASE("three commands are logged", "[query_log]") {
  CHECK(event_name(Command::query) == "COM_QUERY");
  CHECK(event_name(Command::stmt_prepare) == "COM_STMT_PREPARE");
  CHECK(event_name(Command::ping).empty());
}

}  // namespace
}  // namespace weir
