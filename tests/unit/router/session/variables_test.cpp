#include "router/session/variables.hpp"

#include <catch2/catch.hpp>

#include <set>

#include "router/session/effect.hpp"

namespace weir {
namespace {

TEST_CASE("every row is found by each of its names, in any case", "[router][session]") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < tracked_variables().size(); ++i) {
    const TrackedVariable& variable = tracked_variables()[i];
    CAPTURE(variable.name);
    CHECK(names.insert(variable.name).second);
    CHECK(find_tracked_variable(variable.name) == i);
    std::string upper(variable.name);
    for (char& c : upper) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    CHECK(find_tracked_variable(upper) == i);
    if (variable.alias.empty()) continue;
    CHECK(names.insert(variable.alias).second);
    CHECK(find_tracked_variable(variable.alias) == i);
  }
  CHECK_FALSE(find_tracked_variable("no_such_variable"));
  CHECK_FALSE(find_tracked_variable(""));
  CHECK_FALSE(find_tracked_variable(std::string(1000, 'a')));
}

TEST_CASE("every row that is not ordinary says why", "[router][session]") {
  for (const TrackedVariable& variable : tracked_variables()) {
    CAPTURE(variable.name);
    const bool ordinary = variable.following == Following::replayed && variable.spelling.empty() &&
                          variable.default_text.empty() && variable.also_sets.empty();
    CHECK(variable.note.empty() == ordinary);
  }
}

TEST_CASE("a SET of every row is followed, or pins", "[router][session]") {
  for (const TrackedVariable& variable : tracked_variables()) {
    CAPTURE(variable.name);
    const Effect effect = effect_of(parse_set("SET " + std::string(variable.name) + " = 1", {}));
    if (variable.following == Following::replayed) {
      CHECK(effect.pins.empty());
      const std::size_t rows = variable.also_sets.empty() ? 1 : 2;
      CHECK(effect.changes.size() + effect.autocommit.has_value() + effect.last_insert_id.has_value() ==
            rows);
    } else {
      CHECK(effect.pins == Pins(Pin::unknown_set));
      CHECK(effect.changes.empty());
    }
  }
}

TEST_CASE("a reported value is replayed in the form that servers take", "[router][session]") {
  struct Case {
    const char* variable;
    const char* reported;
    bool carried;
    const char* text;
  };
  const Case cases[] = {
      {"foreign_key_checks", "ON", true, "1"},
      {"foreign_key_checks", "OFF", true, "0"},
      {"sql_select_limit", "18446744073709551615", true, "18446744073709551615"},
      {"long_query_time", "0.500000", true, "0.500000"},
      {"sql_select_limit", "1, sql_mode=''", false, ""},
      {"sql_select_limit", "", false, ""},
      {"time_zone", "it's", true, "'it''s'"},
      {"time_zone", "a\\b", false, ""},
      {"time_zone", "Z\xc3\xbcrich", false, ""},
      {"sql_mode", "", true, "''"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.variable, c.reported);
    std::string text;
    CHECK(replay_text(tracked_variable(*find_tracked_variable(c.variable)), c.reported, text) == c.carried);
    if (c.carried) CHECK(text == c.text);
  }
  std::string text;
  CHECK_FALSE(
      replay_text(tracked_variable(known_variables().sql_mode), std::string(kMaxReplayText + 1, 'x'), text));
}

}  // namespace
}  // namespace weir
