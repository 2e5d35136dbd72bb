#include "proxy/session/prepared.hpp"

#include <catch2/catch.hpp>

#include "protocol/wire/frame.hpp"
#include "router/session/effect.hpp"
#include "tests/support/exact_buffer.hpp"
#include "tests/support/frames.hpp"

namespace weir::test {
namespace {

PreparedTextPtr text(std::string_view sql) {
  SessionState state;
  state.start("ann", "", 45);
  return PreparedTexts().text_for(sql, state);
}

TEST_CASE("who prepares the same in the same state shares one text") {
  PreparedTexts texts;
  SessionState shop, elsewhere;
  shop.start("ann", "shop", 45);
  elsewhere.start("ann", "", 45);
  const PreparedTextPtr first = texts.text_for("SELECT * FROM t", shop);
  SessionState of_another;
  of_another.start("bob", "shop", 45);
  CHECK(texts.text_for("SELECT * FROM t", of_another) == first);
  CHECK(texts.text_for("SELECT * FROM t", elsewhere) != first);
  CHECK(texts.text_for("SELECT * FROM u", shop) != first);
  SessionState quoting = shop;
  quoting.apply(effect_of(parse_set("SET sql_mode = 'ANSI_QUOTES'", {})));
  CHECK(texts.text_for("SELECT * FROM t", quoting) != first);
  const PreparedTextPtr own = texts.text_for("SELECT * FROM t", shop, "SELECT 1");
  CHECK(own != first);
  CHECK_FALSE(own->same_as(*first));
  CHECK(own->sent() == "SELECT 1");
  CHECK(first->sent() == "SELECT * FROM t");
  CHECK(texts.text_for("SELECT * FROM t", shop, "SELECT 1") == own);
  CHECK(first->sql == "SELECT * FROM t");
}

TEST_CASE("texts that nobody has any more are forgotten") {
  PreparedTexts texts;
  SessionState state;
  state.start("ann", "", 45);
  std::vector<PreparedTextPtr> kept;
  for (int i = 0; i < 10'000; ++i) {
    const PreparedTextPtr text = texts.text_for("SELECT " + std::to_string(i), state);
    if (i % 100 == 0) kept.push_back(text);
  }
  CHECK(texts.size() <= 2 * kept.size() + 64);
  for (const PreparedTextPtr& text : kept) CHECK(texts.text_for(text->sql, state) == text);
}

TEST_CASE("statements get ids from 1 on, none of them twice") {
  PreparedStatements statements;
  CHECK(statements.add(text("one"), 0, 0) == 1);
  CHECK(statements.add(text("two"), 3, 0) == 2);
  CHECK(statements.find(1)->text->sql == "one");
  CHECK(statements.find(2)->parameters == 3);
  CHECK(statements.find(0) == nullptr);
  CHECK(statements.find(3) == nullptr);
  statements.remove(1);
  CHECK(statements.find(1) == nullptr);
  CHECK(statements.add(text("three"), 0, 0) == 3);
  statements.clear();
  CHECK(statements.size() == 0);
  CHECK(statements.add(text("four"), 0, 0) ==
        4);  // a client that kept an old id does not meet another's statement
}

TEST_CASE("what statements take is known, and given back, however they end") {
  constexpr std::size_t kText = 100'000, kTypes = 2 * 65535;
  PreparedStatements statements;
  CHECK(statements.kept_bytes() == 0);
  statements.add(text(std::string(kText, 'x')), 0, 0);
  const std::size_t first = statements.kept_bytes();
  CHECK(first > kText);
  CHECK(first < kText + 4096);
  statements.add(text("two"), 65535, 0);
  CHECK(statements.kept_bytes() > first + kTypes);
  CHECK(statements.kept_bytes() < first + kTypes + 4096);
  statements.find(2)->types.resize(kTypes);  // as its executions will: they count from the beginning
  statements.remove(2);
  CHECK(statements.kept_bytes() == first);
  statements.remove(2);
  CHECK(statements.kept_bytes() == first);
  statements.clear();
  CHECK(statements.kept_bytes() == 0);
  statements.add(text("three"), 0, 0);
  statements.remove(3);
  CHECK(statements.kept_bytes() == 0);
}

TEST_CASE("a text that a session alone has counts, in both forms") {
  SessionState state;
  state.start("ann", "shop", 45);
  const PreparedTextPtr text =
      PreparedTexts().text_for(std::string(5000, 'x'), state, std::string(7000, 'y'));
  CHECK(text->bytes() > 12'000);
  CHECK(text->bytes() < 14'000);
}

TEST_CASE("cursors and long data are counted, however a statement ends") {
  PreparedStatements statements;
  for (int i = 0; i < 2; ++i) statements.add(text("one"), 1, 0);
  const auto both = [&] { return std::pair(statements.any_cursor(), statements.any_long_data()); };
  CHECK(both() == std::pair(false, false));
  statements.set_cursor(*statements.find(1), true);
  statements.set_cursor(*statements.find(1), true);
  statements.set_long_data(*statements.find(2), true);
  CHECK(both() == std::pair(true, true));
  statements.set_cursor(*statements.find(1), false);
  CHECK(both() == std::pair(false, true));
  statements.remove(2);
  statements.remove(2);
  CHECK(both() == std::pair(false, false));
  statements.set_cursor(*statements.find(1), true);
  statements.clear();
  CHECK(both() == std::pair(false, false));
}

// Code, id, flags, iterations; NULL bitmap; flag; types; values.
const Blob kHead = "17 01 00 00 00 00 01 00 00 00"_hex;

struct ExecuteCase {
  std::string name;
  Blob payload;
  std::uint16_t parameters;
  ExecuteTypes expected;
  std::size_t needed;  // of the payload; every shorter one is refused
};

const ExecuteCase kExecutes[] = {
    {"no parameters", kHead, 0, {0, false, 0}, 0},
    {"one, with its type", kHead + "00 01 03 00 07 00 00 00"_hex, 1, {11, true, 2}, 14},
    {"one, without", kHead + "00 00 07 00 00 00"_hex, 1, {11, false, 0}, 12},
    {"eight, in one byte of bitmap", kHead + "ff 00"_hex, 8, {11, false, 0}, 12},
    {"nine, in two", kHead + "ff 01 01"_hex + Blob(18, 3), 9, {12, true, 18}, 31},
    {"as many as there may be",
     kHead + Blob(8192, 0) + Blob{1} + Blob(131070, 3),
     65535,
     {8202, true, 131070},
     139273},
};

TEST_CASE("the types of an execution are found, and not beyond its end") {
  for (const ExecuteCase& c : kExecutes) {
    CAPTURE(c.name);
    const auto found = find_execute_types(ExactBuffer(c.payload), c.parameters, 0);
    REQUIRE(found.has_value());
    CHECK(found->flag_at == c.expected.flag_at);
    CHECK(found->bound == c.expected.bound);
    CHECK(found->types_bytes == c.expected.types_bytes);
    for (std::size_t size = 0; size < c.payload.size(); size += c.payload.size() > 1000 ? 997 : 1) {
      CAPTURE(size);
      const auto shorter = find_execute_types(ExactBuffer(Bytes(c.payload).first(size)), c.parameters, 0);
      CHECK(shorter.has_value() == (size >= c.needed));
      if (!shorter) CHECK(shorter.error() == DecodeError::truncated);
    }
  }
}

TEST_CASE("types are put where the server looks for them") {
  Blob request = packet(kHead + "00 00 07 00 00 00"_hex);
  const auto place = find_execute_types(Bytes(request).subspan(4), 1, 0);
  insert_types(request, *place, "03 00"_hex);
  CHECK(request == packet(kHead + "00 01 03 00 07 00 00 00"_hex));
}

TEST_CASE("types are put into the first part of an execution that is still coming") {
  const Blob whole = packet(kHead + "00 00"_hex + Blob(1000, 'x'));
  Blob part = to_blob(Bytes(whole).first(100));
  const auto place = find_execute_types(Bytes(part).subspan(4), 1, 0);
  insert_types(part, *place, "fd 00"_hex);
  const Blob expected = packet(kHead + "00 01 fd 00"_hex + Blob(1000, 'x'));
  CHECK(part == to_blob(Bytes(expected).first(102)));
}

// ---- with kQueryAttributes: number, NULL bitmap, flag, types and names, values

struct NamedCase {
  std::string name;
  Blob request;  // after statement id: flags, iterations and what follows
  std::uint16_t parameters;
  Blob types;  // of the parameters; empty: none came
  std::size_t attributes;
  Blob plain;  // the same for a server without
};

const NamedCase kNamed[] = {
    {"nothing", "00 01 00 00 00"_hex, 0, {}, 0, "00 01 00 00 00"_hex},
    {"none of either", "08 01 00 00 00 00"_hex, 0, {}, 0, "00 01 00 00 00"_hex},
    {"one parameter", "08 01 00 00 00 01 00 01 03 00 00 07 00 00 00"_hex, 1, "03 00"_hex, 0,
     "00 01 00 00 00 00 01 03 00 07 00 00 00"_hex},
    {"one parameter, and a flag that does not say so", "00 01 00 00 00 01 00 01 03 00 00 07 00 00 00"_hex, 1,
     "03 00"_hex, 0, "00 01 00 00 00 00 01 03 00 07 00 00 00"_hex},
    {"one parameter without its type, and a cursor",
     "09 01 00 00 00 01 00 00 07 00 00 00"_hex,
     1,
     {},
     0,
     "01 01 00 00 00 00 00 07 00 00 00"_hex},
    {"a parameter with a name, and an attribute",
     "08 01 00 00 00 02 00 01 03 00 01 70 fd 00 01 61 07 00 00 00 01 78"_hex, 1, "03 00"_hex, 1,
     "00 01 00 00 00 00 01 03 00 07 00 00 00 01 78"_hex},
    {"eight parameters and one attribute", "08 01 00 00 00 09 ff 01 01"_hex + Blob(24, 0) + "fd 00 01 61"_hex,
     8, Blob(16, 0), 1, "00 01 00 00 00 ff 01"_hex + Blob(16, 0)},
    {"an attribute only", "08 01 00 00 00 01 00 01 01 00 01 61 05"_hex, 0, {}, 1, "00 01 00 00 00 05"_hex},
};

TEST_CASE("an execution with query attributes is read, and made one without") {
  for (const NamedCase& c : kNamed) {
    CAPTURE(c.name);
    const Blob head = "17 01 00 00 00"_hex;
    const Blob payload = head + c.request;
    const auto place = find_execute_types(ExactBuffer(payload), c.parameters, kQueryAttributes);
    REQUIRE(place.has_value());
    CHECK(place->attributes == c.attributes);
    CHECK(place->bound == (!c.types.empty() || c.attributes > 0));
    std::vector<std::uint8_t> types;
    if (place->bound) take_types(payload, *place, c.parameters, types);
    CHECK(types == c.types);
    Blob request = packet(payload);
    Blob before_values;
    const std::size_t plain_head_bytes = make_plain_execute(request, *place, c.parameters, before_values);
    CHECK(request == packet(head + c.plain));
    restore_execute(request, plain_head_bytes, before_values);
    CHECK(request == packet(payload));
    const std::size_t needed = place->flag_at > 0 ? place->flag_at + 1 + place->types_bytes : payload.size();
    for (std::size_t size = 0; size < payload.size(); ++size) {
      CAPTURE(size);
      const auto shorter =
          find_execute_types(ExactBuffer(Bytes(payload).first(size)), c.parameters, kQueryAttributes);
      CHECK(shorter.has_value() == (size >= needed));
    }
  }
}

TEST_CASE("fewer values than the statement has parameters are none") {
  const Blob payload = "17 01 00 00 00 08 01 00 00 00 01 00 01 03 00 00 07 00 00 00"_hex;
  CHECK(find_execute_types(payload, 2, kQueryAttributes).error() == DecodeError::bad_value);
}

TEST_CASE("types are put between the names that the server looks for") {
  const Blob head = "17 01 00 00 00 08 01 00 00 00"_hex;
  Blob request = packet(head + "02 00 00 07 00 00 00 01 78"_hex);
  const auto place = find_execute_types(Bytes(request).subspan(4), 2, kQueryAttributes);
  insert_types(request, *place, "03 00 fd 00"_hex);
  CHECK(request == packet(head + "02 00 01 03 00 00 fd 00 00 07 00 00 00 01 78"_hex));
}

TEST_CASE("the number in a parameter is found behind an attribute's name") {
  const Blob payload =
      "17 01 00 00 00 08 01 00 00 00 09 00 00 01"_hex + "03 00 00"_hex + Blob(24, 0) + "2a 00 00 00"_hex;
  const auto place = find_execute_types(payload, 1, kQueryAttributes);
  REQUIRE(place.has_value());
  CHECK(whole_number_parameter(payload, *place, "03 00"_hex) == 42);
}

}  // namespace
}  // namespace weir::test
