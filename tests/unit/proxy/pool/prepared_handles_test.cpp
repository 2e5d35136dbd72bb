#include <catch2/catch.hpp>

#include "proxy/pool/prepared_handles.hpp"
#include "proxy/session/prepared.hpp"

namespace weir::test {
namespace {

constexpr StatementOwner kAnn = 1;
constexpr StatementOwner kBob = 2;

PreparedTextPtr text(std::string_view sql, std::string_view schema = "shop") {
  SessionState state;
  state.start("ann", schema, 45);
  return PreparedTexts().text_for(sql, state);
}

TEST_CASE("a handle is found by its text, not by who made the text") {
  PreparedHandles handles;
  CHECK(handles.find(*text("SELECT 1"), kAnn, {}) == nullptr);
  CHECK(handles.add(text("SELECT 1"), 100, 10) == std::nullopt);
  REQUIRE(handles.find(*text("SELECT 1"), kAnn, {}) != nullptr);
  CHECK(handles.find(*text("SELECT 1"), kBob, {})->backend_id == 100);
  CHECK(handles.find(*text("SELECT 2"), kAnn, {}) == nullptr);
  CHECK(handles.find(*text("SELECT 1", "stock"), kAnn, {}) == nullptr);  // another schema: another meaning
}

TEST_CASE("texts of one hash are told apart") {
  PreparedText one = *text("SELECT 1");
  PreparedText two = *text("SELECT 2");
  two.hash = one.hash;
  CHECK(!one.same_as(two));
  CHECK(one.same_as(one));
}

TEST_CASE("the least recently used handle makes room") {
  PreparedHandles handles;
  handles.add(text("one"), 1, 3);
  handles.add(text("two"), 2, 3);
  handles.add(text("three"), 3, 3);
  handles.find(*text("one"), kAnn, {});
  CHECK(handles.add(text("four"), 4, 3) == std::optional<std::uint32_t>(2));
  CHECK(handles.find(*text("two"), kAnn, {}) == nullptr);
  handles.find(*text("three"), kAnn, {});
  CHECK(handles.add(text("five"), 5, 3) == std::optional<std::uint32_t>(1));
  CHECK(handles.size() == 3);
}

TEST_CASE("the same text again replaces its handle, full or not") {
  for (const std::size_t limit : {1u, 5u}) {
    CAPTURE(limit);
    PreparedHandles handles;
    handles.add(text("one"), 1, limit);
    handles.find(*text("one"), kAnn, {})->types = {kAnn, 3};
    CHECK(handles.add(text("one"), 2, limit) == std::optional<std::uint32_t>(1));
    CHECK(handles.size() == 1);
    CHECK(handles.find(*text("one"), kAnn, {})->backend_id == 2);
    CHECK(handles.find(*text("one"), kAnn, {})->types == KnownTypes{});  // a new handle knows no types
  }
}

TEST_CASE("an exclusive handle is its owner's, and is not closed to make room") {
  PreparedHandles handles;
  handles.add(text("one"), 1, 1);
  handles.give(*handles.find(*text("one"), kAnn, {}), kAnn);
  CHECK(handles.find(*text("one"), kBob, {}) == nullptr);
  CHECK(handles.find(*text("one"), kAnn, {})->backend_id == 1);
  CHECK(handles.add(text("two"), 2, 1) == std::nullopt);  // one too many, rather than a lost cursor
  CHECK(handles.add(text("one"), 3, 1) == std::optional<std::uint32_t>(2));
  CHECK(handles.find(*text("one"), kBob, {})->backend_id == 3);
  CHECK(handles.find(*text("one"), kAnn, {})->backend_id == 1);
  handles.remove(1);
  CHECK(handles.find(*text("one"), kAnn, {})->backend_id == 3);
}

TEST_CASE(
    "long texts make room for each other, the least recently used first, but for the latest and exclusive "
    "ones") {
  constexpr std::size_t kThird = PreparedHandles::kMostBytes / 3;
  const std::string one(kThird, '1'), two(kThird, '2'), three(kThird, '3');
  PreparedHandles handles;
  handles.add(text(one), 1, 10);
  CHECK(handles.take_excess() == std::nullopt);
  handles.add(text(two), 2, 10);
  CHECK(handles.take_excess() == std::nullopt);
  handles.find(*text(one), kAnn, {});
  handles.add(text(three), 3, 10);
  CHECK(handles.take_excess() == std::optional<std::uint32_t>(2));
  CHECK(handles.take_excess() == std::nullopt);
  CHECK(handles.find(*text(two), kAnn, {}) == nullptr);
  handles.give(*handles.find(*text(one), kAnn, {}), kAnn);
  handles.add(text(std::string(2 * PreparedHandles::kMostBytes, '4')), 4, 10);
  CHECK(handles.take_excess() == std::optional<std::uint32_t>(3));
  CHECK(handles.take_excess() == std::nullopt);  // what is there cannot go
  CHECK(handles.size() == 2);
  handles.give(*handles.find(*text(one), kAnn, {}), 0);
  handles.add(text("SELECT 1"), 5, 10);
  CHECK(handles.take_excess() == std::optional<std::uint32_t>(4));
  CHECK(handles.take_excess() == std::nullopt);
}

TEST_CASE("many parameter types count as their texts do") {
  constexpr std::size_t kStatements = 40;
  PreparedHandles handles;
  for (std::size_t i = 0; i < kStatements; ++i) {
    const std::string sql = "SELECT " + std::to_string(i);
    handles.add(text(sql), static_cast<std::uint32_t>(i), 100);
    while (handles.take_excess()) {
    }
    handles.find(*text(sql), kAnn, {})->executed_with.assign(131'070, 3);
  }
  CHECK(handles.size() < 34);
  CHECK(handles.size() > 30);
}

TEST_CASE("after a reset there are no handles") {
  PreparedHandles handles;
  handles.add(text("one"), 1, 3);
  handles.give(*handles.find(*text("one"), kAnn, {}), kAnn);
  handles.clear();
  CHECK(handles.size() == 0);
  CHECK(handles.find(*text("one"), kAnn, {}) == nullptr);
}

TEST_CASE("where types matter, who executes with others gets a handle of his own") {
  constexpr std::uint8_t kNumber[] = {8, 0};
  constexpr std::uint8_t kText[] = {0xfd, 0};
  for (const bool matter : {false, true}) {
    CAPTURE(matter);
    PreparedHandles handles;
    handles.heed_types(matter);
    handles.add(text("one"), 1, 10);
    REQUIRE(handles.find(*text("one"), kAnn, kNumber) != nullptr);  // not executed so far: of any type
    handles.find(*text("one"), kAnn, kNumber)->executed_with.assign(std::begin(kNumber), std::end(kNumber));
    CHECK(handles.find(*text("one"), kBob, kNumber) != nullptr);
    CHECK(handles.find(*text("one"), kBob, {}) != nullptr);
    CHECK((handles.find(*text("one"), kBob, kText) == nullptr) == matter);
    CHECK(handles.add(text("one"), 2, 10, PreparedHandles::Instead::of_none) == std::nullopt);
    CHECK(handles.find(*text("one"), kBob, kText)->backend_id == (matter ? 2 : 1));
    CHECK(handles.find(*text("one"), kBob, kNumber)->backend_id == 1);
    CHECK(handles.add(text("one"), 3, 10) == std::optional<std::uint32_t>(1));  // prepared anew by a client
    CHECK(handles.size() == 2);
  }
}

TEST_CASE("data sent ahead go where nobody else has executed") {
  PreparedHandles handles;
  handles.add(text("one"), 1, 10);
  CHECK(handles.find_for_data(*text("one"), kAnn)->backend_id == 1);
  handles.find(*text("one"), kAnn, {})->types = {kAnn, 1};
  CHECK(handles.find_for_data(*text("one"), kAnn)->backend_id == 1);
  CHECK(handles.find_for_data(*text("one"), kBob) == nullptr);
  handles.add(text("one"), 2, 10, PreparedHandles::Instead::of_none);
  CHECK(handles.find_for_data(*text("one"), kBob)->backend_id == 2);
  handles.give(*handles.find_for_data(*text("one"), kBob), kBob);
  handles.find(*text("one"), kAnn, {})->types = {kBob, 1};
  CHECK(handles.find_for_data(*text("one"), kAnn) == nullptr);
  CHECK(handles.find(*text("one"), kBob, {})->backend_id == 2);
}

TEST_CASE("an owner's handle comes before another that has become free") {
  PreparedHandles handles;
  handles.add(text("one"), 1, 10);
  handles.give(*handles.find(*text("one"), kBob, {}), kBob);
  handles.add(text("one"), 2, 10);
  handles.give(*handles.find(*text("one"), kAnn, {}), kAnn);
  handles.give(*handles.find(*text("one"), kBob, {}), 0);
  CHECK(handles.find(*text("one"), kAnn, {})->backend_id == 2);
  CHECK(handles.find(*text("one"), kBob, {})->backend_id == 1);
}

}  // namespace
}  // namespace weir::test
