#include "proxy/worker/route_notes.hpp"

#include <catch2/catch.hpp>

namespace weir {
namespace {

constexpr ClockReading kClock{.monotonic_us = 0, .unix_us = 1'000'000'000};  // unix time 1000

RouteNoteKey key(std::uint64_t digest, std::string_view reason = "into", std::string_view user = "ann") {
  return {.hostgroup = 1, .schema = "s", .username = user, .digest = digest, .reason = reason};
}

TEST_CASE("rows are told apart by every part of their key") {
  RouteNotes notes(1);
  CHECK_FALSE(notes.count(key(7), 1));
  notes.add(key(7), {.detail = "first"}, "SELECT ?", 1'000'000);
  CHECK(notes.count(key(7), 3'000'000));
  RouteNoteKey other_hostgroup = key(7), other_schema = key(7);
  other_hostgroup.hostgroup = 2;
  other_schema.schema = "t";
  for (const RouteNoteKey& other :
       {key(8), key(7, "locking_read"), key(7, "into", "bob"), other_hostgroup, other_schema})
    CHECK_FALSE(notes.count(other, 2));
  const auto rows = notes.copy(kClock);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].count == 2);
  CHECK(rows[0].first_seen == 1001);
  CHECK(rows[0].last_seen == 1003);
  CHECK(rows[0].detail == "first");
}

TEST_CASE("the last occasion is remembered, what is long is cut") {
  RouteNotes notes(1);
  const std::string text(3000, 'x');
  notes.add(key(7, ""), {.hostname = "db1", .port = 3306, .error_code = 1290, .detail = "old"}, text, 1);
  CHECK(notes.count(key(7, ""), {.hostname = "db2", .port = 3307, .error_code = 1836, .detail = text}, 2));
  const RouteNote row = notes.take(kClock).front();
  CHECK(row.hostname == "db2");
  CHECK(row.port == 3307);
  CHECK(row.error_code == 1836);
  CHECK(row.detail.size() == RouteNotes::kDetailBytes);
  CHECK(row.identity->text.size() == RouteNotes::kTextBytes);
  CHECK(notes.size() == 0);
}

TEST_CASE("there are never more rows than the limit, and those that made room are counted") {
  RouteNotes notes(1);
  for (std::uint64_t digest = 0; digest < RouteNotes::kLimit + 5; ++digest)
    notes.add(key(digest), {}, "q", 1);
  CHECK(notes.size() == RouteNotes::kLimit);
  CHECK(notes.evictions() == 5);
}

TEST_CASE("rows of several workers are added up, with the last occasion of all") {
  RouteNotes first(1), second(2);
  first.add(key(7), {.hostname = "late"}, "q", 5'000'000);
  second.add(key(7), {.hostname = "early"}, "q", 1'000'000);
  second.add(key(8), {}, "p", 1'000'000);
  for (const bool late_first : {false, true}) {
    const auto rows = late_first ? merge({first.copy(kClock), second.copy(kClock)})
                                 : merge({second.copy(kClock), first.copy(kClock)});
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].identity->digest == 7);
    CHECK(rows[0].count == 2);
    CHECK(rows[0].hostname == "late");
    CHECK(rows[0].first_seen == 1001);
    CHECK(rows[0].last_seen == 1005);
  }
}

}  // namespace
}  // namespace weir
