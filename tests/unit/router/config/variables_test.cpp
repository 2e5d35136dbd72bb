#include "router/config/variables.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace weir;

TEST_CASE("every variable can be read, set to its own default, and explained",
          "[router][config][variables]") {
  std::set<std::string_view> names;
  Settings settings = defaults();
  for (const Variable& variable : all_variables()) {
    CAPTURE(variable.name);
    CHECK(names.insert(variable.name).second);
    CHECK((variable.name.starts_with("mysql-") || variable.name.starts_with("admin-")));
    CHECK_FALSE(is_retired_variable(variable.name));
    CHECK_FALSE(variable.doc.empty());
    CHECK(variable.doc.ends_with('.'));
    CHECK(variable_text(settings, variable) == default_text(variable));
    CHECK(set_variable(settings, variable.name, default_text(variable)).has_value());
    CHECK(find_variable(variable.name) == &variable);
    CHECK_FALSE(describe(variable).empty());
    const bool accepted = std::holds_alternative<AcceptedVariable>(variable.kind);
    CHECK((!accepted || !has_effect(variable)));
    CHECK_FALSE(variable.unread.ends_with('.'));
    const std::string said = has_effect(variable) ? "takes effect" : lack_of_effect(variable);
    CHECK_THAT(describe(variable), Catch::Contains(said));
  }
  CHECK(settings == defaults());
  CHECK(names.size() > 200);
}

TEST_CASE("every integer variable takes its bounds and refuses what is beyond, saying them",
          "[router][config][variables]") {
  for (const Variable& variable : all_variables()) {
    const auto* kind = std::get_if<IntVariable>(&variable.kind);
    if (kind == nullptr) continue;
    CAPTURE(variable.name);
    Settings settings = defaults();
    for (std::int64_t good : {kind->min, kind->max}) {
      CHECK(set_variable(settings, variable.name, std::to_string(good)).has_value());
      CHECK(settings.*kind->field == good);
    }
    const Settings before = settings;
    for (const std::string& bad :
         {std::to_string(kind->min - 1), std::to_string(kind->max + 1), std::string("ten"), std::string(""),
          std::string("1.5"), std::string("99999999999999999999")}) {
      CAPTURE(bad);
      const auto set = set_variable(settings, variable.name, bad);
      REQUIRE_FALSE(set.has_value());
      CHECK(set.error().find(std::to_string(kind->max)) != std::string::npos);
    }
    CHECK(settings == before);
  }
}

TEST_CASE("every boolean variable takes true, false, 1 and 0 in any case", "[router][config][variables]") {
  for (const Variable& variable : all_variables()) {
    const auto* kind = std::get_if<BoolVariable>(&variable.kind);
    if (kind == nullptr) continue;
    CAPTURE(variable.name);
    Settings settings = defaults();
    for (const auto& [text, value] : std::initializer_list<std::pair<const char*, bool>>{
             {"true", true}, {"FALSE", false}, {"True", true}, {"0", false}, {"1", true}, {"false", false}}) {
      CHECK(set_variable(settings, variable.name, text).has_value());
      CHECK(settings.*kind->field == value);
      CHECK(variable_text(settings, variable) == (value ? "true" : "false"));
    }
    for (const char* bad : {"", "yes", "2", "on", " true"})
      CHECK_FALSE(set_variable(settings, variable.name, bad));
  }
}

TEST_CASE("every text and accepted variable gives back what was set", "[router][config][variables]") {
  for (const Variable& variable : all_variables()) {
    if (!is_text(variable) || std::holds_alternative<FixedVariable>(variable.kind)) continue;
    const auto* text = std::get_if<TextVariable>(&variable.kind);
    const bool accepted = text == nullptr;
    if (!accepted && text->check != nullptr) continue;
    CAPTURE(variable.name);
    Settings settings = defaults();
    CHECK(set_variable(settings, variable.name, "quite 'another'").has_value());
    CHECK(variable_text(settings, variable) == "quite 'another'");
    CHECK(settings.accepted.contains(variable.name) == accepted);
    CHECK_FALSE(set_variable(settings, variable.name, std::string_view("a\0b", 3)));
    CHECK(set_variable(settings, variable.name, default_text(variable)).has_value());
    CHECK(settings == defaults());
  }
}

TEST_CASE("variables without effect obey their bounds, too", "[router][config][variables]") {
  for (const Variable& variable : all_variables()) {
    const auto* kind = std::get_if<AcceptedVariable>(&variable.kind);
    if (kind == nullptr || kind->type == AcceptedVariable::Type::text) continue;
    CAPTURE(variable.name);
    Settings settings = defaults();
    CHECK_FALSE(set_variable(settings, variable.name, "ten").has_value());
    if (kind->type == AcceptedVariable::Type::flag) {
      const bool other = kind->initial == 0;
      CHECK(set_variable(settings, variable.name, other ? "1" : "0").has_value());
      CHECK(variable_text(settings, variable) == (other ? "true" : "false"));
    } else {
      CHECK((kind->min <= kind->initial && kind->initial <= kind->max));
      CHECK_FALSE(set_variable(settings, variable.name, std::to_string(kind->min - 1)).has_value());
      CHECK_FALSE(set_variable(settings, variable.name, std::to_string(kind->max + 1)).has_value());
      CHECK(set_variable(settings, variable.name, "00" + std::to_string(kind->max)).has_value());
      CHECK(variable_text(settings, variable) == std::to_string(kind->max));
    }
  }
}

TEST_CASE("the version is told whatever a file says of it", "[router][config][variables]") {
  Settings settings = defaults();
  CHECK(set_variable(settings, "admin-version", "2.5.5-10-g195bd70").has_value());
  CHECK(settings == defaults());
  CHECK(variable_text(settings, *find_variable("admin-version")) == "2.7.0");
}

TEST_CASE("texts with a meaning are checked", "[router][config][variables]") {
  struct Case {
    const char *name, *text, *complaint;  // a null complaint = accepted
  };
  for (const Case& c : std::initializer_list<Case>{
           {"mysql-interfaces", "127.0.0.1:6033;[::1]:6033; /run/weir.sock", nullptr},
           {"mysql-interfaces", ":6033;*:6034;127.0.0.1:0", nullptr},
           {"mysql-interfaces", "127.0.0.1", "has no port"},
           {"mysql-interfaces", "0.0.0.0:6033;:x", "1..65535"},
           {"mysql-interfaces", " ; ", "at least one"},
           {"mysql-interfaces", "", "at least one"},
           {"mysql-default_authentication_plugin", "caching_sha2_password", nullptr},
           {"mysql-default_authentication_plugin", "sha256_password", "mysql_native_password"},
           {"mysql-default_charset", "utf8mb4", nullptr},
           {"mysql-default_charset", "utf9", "utf8mb4"},
           {"mysql-default_collation_connection", "utf8mb4_0900_ai_ci", nullptr},
           {"mysql-default_collation_connection", "utf8mb4", "is not a collation"},
           {"mysql-proxy_protocol_networks", "", nullptr},
           {"mysql-proxy_protocol_networks", "*", nullptr},
           {"mysql-proxy_protocol_networks", "10.0.0.0/8, 192.168.0.5,fd00::/8", nullptr},
           {"mysql-proxy_protocol_networks", "10.0.0.0/8,lb1", "'lb1' is neither"},
           {"mysql-monitor_username", "", "may not be empty"},
           {"MYSQL-WAIT_TIMEOUT", "5000", nullptr},
           {"mysql-wait_timeot", "5000", "did you mean 'mysql-wait_timeout'?"},
           {"mysql-no_such_thing_at_all", "1", "there is no variable"}}) {
    CAPTURE(c.name, c.text);
    Settings settings = defaults();
    const auto set = set_variable(settings, c.name, c.text);
    CHECK(set.has_value() == (c.complaint == nullptr));
    if (!set && c.complaint != nullptr) CHECK_THAT(set.error(), Catch::Contains(c.complaint));
  }
}

TEST_CASE("names of older installations are known as retired", "[router][config][variables]") {
  for (const char* name : {"mysql-forward_autocommit", "mysql-session_debug", "admin-hash_passwords",
                           "mysql-default_sql_mode", "mysql-default_CHARACTER_SET_client"}) {
    CHECK(is_retired_variable(name));
    CHECK(find_variable(name) == nullptr);
  }
}
