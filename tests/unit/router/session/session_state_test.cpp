#include "router/session/session_state.hpp"

#include <catch2/catch.hpp>

#include "protocol/wire/status.hpp"
#include "tests/support/allocation_count.hpp"

namespace weir {
namespace {

SessionState started(std::string_view schema = "shop", std::uint16_t collation = 45) {
  SessionState state;
  state.start("app", schema, collation);
  return state;
}

void set(SessionState& state, std::string_view sql) {
  state.apply(effect_of(parse_set(sql, state.lex_mode())));
}

std::string render(const SessionState& state) {
  std::string text;
  for (const VariableValue& value : state.variables()) {
    if (!text.empty()) text += ' ';
    text.append(tracked_variable(value.variable).name)
        .append("=")
        .append(value.text.empty() ? "?" : value.text);
  }
  return text;
}

// What a login with collation 45 starts with.
const std::string kLogin =
    "character_set_client='utf8mb4' character_set_results='utf8mb4' COLLATE 'utf8mb4_general_ci' "
    "collation_connection='utf8mb4_general_ci'";

TEST_CASE("who has set no sql_mode is read as his server says at the login", "[router][session]") {
  SessionState state;
  state.set_login_status(kStatusAutocommit | kStatusNoBackslashEscapes | kStatusAnsiQuotes |
                         kStatusInTransaction);
  CHECK(state.login_status() == (kStatusAutocommit | kStatusNoBackslashEscapes | kStatusAnsiQuotes));
  state.start("ann", "shop", 45);
  CHECK(state.lex_mode().no_backslash_escapes);
  CHECK(state.lex_mode().ansi_quotes);
  set(state, "SET sql_mode=''");
  CHECK_FALSE(state.lex_mode().no_backslash_escapes);
  state.set_login_status(kStatusAutocommit | kStatusNoBackslashEscapes);
  CHECK_FALSE(state.lex_mode().no_backslash_escapes);
  state.reset(SessionState::AfterReset::charset_of_login);
  CHECK(state.lex_mode().no_backslash_escapes);
  CHECK_FALSE(state.lex_mode().ansi_quotes);
  // A server may begin with autocommit off.
  CHECK(state.autocommit());
  state.set_login_status(0);
  state.start("ann", "shop", 45);
  CHECK_FALSE(state.autocommit());
  state.set_autocommit(true);
  state.reset(SessionState::AfterReset::charset_of_login);
  CHECK_FALSE(state.autocommit());
  state.set_login_status(kStatusAutocommit | kStatusNoBackslashEscapes);
  // Its default is another one by now.
  state.learn_status(kStatusAutocommit);
  set(state, "SET time_zone='UTC'");
  CHECK_FALSE(state.lex_mode().no_backslash_escapes);
}

TEST_CASE("a login's collation is the character set triple", "[router][session]") {
  CHECK(render(started()) == kLogin);
  CHECK(render(started("", 8)) ==
        "character_set_client='latin1' character_set_results='latin1' COLLATE 'latin1_swedish_ci' "
        "collation_connection='latin1_swedish_ci'");
  // MariaDB does not know utf8mb4_0900_ai_ci; to MySQL it is the default of utf8mb4.
  CHECK(render(started("", 255)) ==
        "character_set_client='utf8mb4' character_set_results='utf8mb4' character_set_connection='utf8mb4'");
  CHECK_FALSE(started("", 9999).settled());
}

TEST_CASE("values are kept, replaced, and forgotten at the default", "[router][session]") {
  struct Case {
    const char* name;
    std::vector<const char*> sets;
    std::string state;
  };
  const Case cases[] = {
      {"a value", {"SET time_zone='UTC'"}, kLogin + " time_zone='UTC'"},
      {"the last counts", {"SET time_zone='UTC', time_zone='SYSTEM'"}, kLogin + " time_zone='SYSTEM'"},
      {"default is absence", {"SET time_zone='UTC'", "SET time_zone=DEFAULT"}, kLogin},
      {"sql_mode is first",
       {"SET time_zone='UTC', sql_mode=''"},
       "sql_mode='' " + kLogin + " time_zone='UTC'"},
      {"a collation overwrites a character set",
       {"SET NAMES latin1", "SET collation_connection='utf8mb4_bin'"},
       "character_set_client='latin1' character_set_results='latin1' collation_connection='utf8mb4_bin'"},
      {"and the other way round",
       {"SET collation_connection='utf8mb4_bin'", "SET character_set_connection=latin1"},
       "character_set_client='utf8mb4' character_set_results='utf8mb4' COLLATE 'utf8mb4_general_ci' "
       "character_set_connection='latin1'"},
      {"default of a group is absence of all", {"SET NAMES latin1", "SET NAMES DEFAULT"}, ""},
      {"flags add up",
       {"SET optimizer_switch='mrr=on,index_merge=off'", "SET optimizer_switch='index_merge=on'"},
       "character_set_client='utf8mb4' character_set_results='utf8mb4' COLLATE 'utf8mb4_general_ci' "
       "collation_connection='utf8mb4_general_ci' "
       "optimizer_switch='mrr=on,index_merge=on'"},
      {"flags begin anew at default",
       {"SET optimizer_switch='mrr=on'", "SET optimizer_switch='default,index_merge=off'"},
       kLogin + " optimizer_switch='index_merge=off'"},
      {"flags back at their defaults",
       {"SET optimizer_switch='mrr=on'", "SET optimizer_switch='default'"},
       kLogin},
      {"flags on a number are not known",
       {"SET optimizer_switch=5", "SET optimizer_switch='mrr=on'"},
       kLogin + " optimizer_switch=?"},
      {"an expression is not known", {"SET sql_mode=REPLACE(@@sql_mode,'ANSI','')"}, "sql_mode=? " + kLogin},
      {"adding to the default",
       {"SET sql_mode=concat( @@session.sql_mode, \",ANSI\" )"},
       "sql_mode=CONCAT(@@global.sql_mode,',ANSI') " + kLogin},
      {"adding to a value",
       {"SET sql_mode='TRADITIONAL'", "SET sql_mode=CONCAT(@@sql_mode,',ANSI')"},
       "sql_mode=CONCAT('TRADITIONAL',',ANSI') " + kLogin},
      {"adding twice",
       {"SET sql_mode=CONCAT(@@sql_mode,',ANSI')", "SET sql_mode=CONCAT(CONCAT(@@sql_mode,',A'),',B')"},
       "sql_mode=CONCAT(CONCAT(CONCAT(@@global.sql_mode,',ANSI'),',A'),',B') " + kLogin},
      {"adding to what is not known",
       {"SET sql_mode=@a", "SET sql_mode=CONCAT(@@sql_mode,',ANSI')"},
       "sql_mode=? " + kLogin},
      {"a default that DEFAULT does not give",
       {"SET foreign_key_checks=DEFAULT"},
       kLogin + " foreign_key_checks=DEFAULT"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    SessionState state = started();
    for (const char* sql : c.sets) set(state, sql);
    CHECK(render(state) == c.state);
  }
}

TEST_CASE("what the session tracker reports is learnt", "[router][session]") {
  struct Case {
    const char* name;
    const char* sql;  // the statement; null if it was no SET
    const char* variable;
    const char* value;
    bool carried;
    std::string state;
  };
  const Case cases[] = {
      {"the value of an expression", "SET sql_mode=REPLACE(@@sql_mode,'ANSI','')", "sql_mode",
       "ANSI_QUOTES,ANSI", true, "sql_mode='ANSI_QUOTES,ANSI' " + kLogin},
      {"a literal stays as written", "SET sql_mode='ansi'", "sql_mode", "ANSI_QUOTES,ANSI", true,
       "sql_mode='ansi' " + kLogin},
      {"default stays default", "SET time_zone=DEFAULT", "time_zone", "SYSTEM", true, kLogin},
      {"a change inside of a routine", nullptr, "foreign_key_checks", "OFF", true,
       kLogin + " foreign_key_checks=0"},
      {"a number", nullptr, "sql_select_limit", "5", true, kLogin + " sql_select_limit=5"},
      {"MariaDB's name", nullptr, "tx_isolation", "SERIALIZABLE", true,
       "character_set_client='utf8mb4' character_set_results='utf8mb4' COLLATE 'utf8mb4_general_ci' "
       "collation_connection='utf8mb4_general_ci' "
       "transaction_isolation='SERIALIZABLE'"},
      {"no value for results", nullptr, "character_set_results", "", true,
       "character_set_client='utf8mb4' character_set_results=NULL collation_connection='utf8mb4_general_ci'"},
      {"the character set of a collation says nothing new", "SET NAMES utf8mb4 COLLATE utf8mb4_bin",
       "character_set_connection", "utf8mb4", true,
       "character_set_client='utf8mb4' character_set_results='utf8mb4' COLLATE 'utf8mb4_bin' "
       "collation_connection='utf8mb4_bin'"},
      {"another character set does", nullptr, "character_set_connection", "latin1", true,
       "character_set_client='utf8mb4' character_set_results='utf8mb4' COLLATE 'utf8mb4_general_ci' "
       "character_set_connection='latin1'"},
      {"two names of one character set", "SET NAMES utf8", "character_set_connection", "utf8mb3", true,
       "character_set_client='utf8' character_set_results='utf8' character_set_connection='utf8'"},
      {"a schema's character set is not ours", nullptr, "collation_database", "latin1_bin", true, kLogin},
      {"nor is the number of a statement", nullptr, "statement_id", "3056", true, kLogin},
      {"a variable we do not know", nullptr, "no_such", "1", false, kLogin},
      {"a variable that pins", nullptr, "gtid_next", "AUTOMATIC", false, kLogin},
      {"one that pinned by its SET", "SET gtid_next='AUTOMATIC'", "gtid_next", "AUTOMATIC", true, kLogin},
      {"a value with a backslash", nullptr, "time_zone", "a\\b", false, kLogin},
      {"a value that is no number", nullptr, "sql_select_limit", "many", false, kLogin},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    SessionState state = started();
    const Effect effect = c.sql == nullptr ? Effect{} : effect_of(parse_set(c.sql, {}));
    state.apply(effect);
    CHECK(state.apply_tracked(c.variable, c.value, c.sql == nullptr ? nullptr : &effect) == c.carried);
    CHECK(render(state) == c.state);
  }
}

TEST_CASE("SET CHARACTER SET leaves the collation unknown until told", "[router][session]") {
  SessionState state = started();
  const Effect effect = effect_of(parse_set("SET CHARACTER SET utf8mb4", {}));
  state.apply(effect);
  CHECK(state.apply_tracked("character_set_connection", "latin1", &effect));
  CHECK_FALSE(state.settled());
  CHECK(state.apply_tracked("collation_connection", "latin1_bin", &effect));
  CHECK(state.settled());
}

TEST_CASE("a value that is added to for ever is given up", "[router][session]") {
  SessionState state = started();
  for (int i = 0; i < 200 && state.settled(); ++i)
    set(state, "SET sql_mode=CONCAT(@@sql_mode,',STRICT_ALL_TABLES')");
  CHECK_FALSE(state.settled());
}

TEST_CASE("how statements are read follows sql_mode and character set", "[router][session]") {
  struct Case {
    const char* sql;
    LexMode mode;
  };
  const Case cases[] = {
      {"SET sql_mode='ANSI_QUOTES'", {.ansi_quotes = true}},
      {"SET sql_mode='TRADITIONAL, ansi'", {.ansi_quotes = true}},
      {"SET sql_mode=ORACLE", {.ansi_quotes = true}},
      {"SET sql_mode='NO_BACKSLASH_ESCAPES'", {.no_backslash_escapes = true}},
      {"SET sql_mode=1048580", {.ansi_quotes = true, .no_backslash_escapes = true}},
      {"SET sql_mode=262144", {.ansi_quotes = true}},
      {"SET sql_mode=2", {}},
      {"SET sql_mode=CONCAT(@@sql_mode, ',ANSI_QUOTES')", {.ansi_quotes = true}},
      {"SET sql_mode=CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES,ANSI')",
       {.ansi_quotes = true, .no_backslash_escapes = true}},
      {"SET sql_mode='PIPES_AS_CONCAT'", {}},
      {"SET NAMES gbk", {.multibyte = Multibyte::gbk}},
      {"SET character_set_client=sjis, sql_mode=ANSI", {.ansi_quotes = true, .multibyte = Multibyte::sjis}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.sql);
    SessionState state = started();
    set(state, c.sql);
    CHECK(state.lex_mode() == c.mode);
    set(state, "SET sql_mode=DEFAULT, NAMES utf8mb4");
    CHECK(state.lex_mode() == LexMode{});
  }
}

TEST_CASE("status flags are the truth", "[router][session]") {
  SessionState state = started();
  state.learn_status(0);
  CHECK_FALSE(state.autocommit());
  state.learn_status(kStatusAutocommit | kStatusNoBackslashEscapes);
  CHECK(state.autocommit());
  CHECK(state.lex_mode().no_backslash_escapes);
}

TEST_CASE("a reset leaves user, schema and the login's character set", "[router][session]") {
  SessionState state = started();
  set(state, "SET NAMES latin1, sql_mode='ANSI', autocommit=0, last_insert_id=5");
  state.reset(SessionState::AfterReset::charset_of_login);
  CHECK(state.same_as(started()));
  CHECK(state.last_insert_id() == 0);
  CHECK(state.lex_mode() == LexMode{});
  state.reset(SessionState::AfterReset::charset_unknown);
  CHECK_FALSE(state.settled());
  CHECK_FALSE(state.same_as(state));
}

TEST_CASE("a reset to the server's character set leaves nothing that was set", "[router][session]") {
  SessionState state = started();
  set(state, "SET NAMES latin1, time_zone='UTC', @a=1");
  state.reset(SessionState::AfterReset::charset_of_server);
  for (const char* name :
       {"character_set_client", "character_set_results", "collation_connection", "time_zone"}) {
    CAPTURE(name);
    CHECK(state.find(*find_tracked_variable(name)) == nullptr);
  }
  CHECK(state.settled());
  CHECK(state.schema() == started().schema());
}

TEST_CASE("equality sees every part, and not the order of the SETs", "[router][session]") {
  SessionState a = started();
  SessionState b = started();
  set(a, "SET time_zone='UTC', sql_mode=''");
  set(b, "SET sql_mode='ANSI', time_zone='UTC'");
  CHECK_FALSE(a.same_as(b));
  set(b, "SET sql_mode=''");
  CHECK(a.same_as(b));
  a.set_schema("other");
  CHECK_FALSE(a.same_as(b));
  CHECK(a.same_variables(b));
  a.set_schema("shop");
  a.set_autocommit(false);
  CHECK_FALSE(a.same_as(b));
  SessionState c;
  c.start("other", "shop", 45);
  CHECK_FALSE(c.same_as(started()));
}

TEST_CASE("what was equal is not after any change, and is again after the same one", "[router][session]") {
  struct Case {
    const char* name;
    void (*change)(SessionState&);
  };
  const Case cases[] = {
      {"start", [](SessionState& state) { state.start("app2", "shop", 45); }},
      {"reset", [](SessionState& state) { state.reset(SessionState::AfterReset::charset_of_login); }},
      {"SET", [](SessionState& state) { set(state, "SET time_zone='UTC'"); }},
      {"SET of an unknown variable", [](SessionState& state) { set(state, "SET some_new_variable=1"); }},
      {"SET autocommit", [](SessionState& state) { set(state, "SET autocommit=0"); }},
      {"SET ROLE", [](SessionState& state) { set(state, "SET ROLE reader"); }},
      {"SET @a", [](SessionState& state) { set(state, "SET @a=2"); }},
      {"tracked", [](SessionState& state) { state.apply_tracked("time_zone", "UTC", nullptr); }},
      {"tracked character set",
       [](SessionState& state) { state.apply_tracked("character_set_connection", "latin1", nullptr); }},
      {"tracked autocommit", [](SessionState& state) { state.apply_tracked("autocommit", "OFF", nullptr); }},
      {"a value read back",
       [](SessionState& state) { state.learn(VariableValue{*find_tracked_variable("time_zone"), "'UTC'"}); }},
      {"a user variable read back", [](SessionState& state) { state.learn(UserVariable{"a", "3"}); }},
      {"a user variable that is NULL", [](SessionState& state) { state.learn(UserVariable{"a", ""}); }},
      {"schema", [](SessionState& state) { state.set_schema("other"); }},
      {"autocommit", [](SessionState& state) { state.set_autocommit(false); }},
      {"status flags", [](SessionState& state) { state.learn_status(0); }},
  };
  for (const Case& each : cases) {
    INFO(each.name);
    SessionState a = started(), b = started(), c = started();
    for (SessionState* state : {&a, &b, &c}) set(*state, "SET @a=1, sql_mode=''");
    CHECK(a.same_as(b));
    CHECK(b.same_as(c));
    each.change(b);
    CHECK_FALSE(a.same_as(b));
    CHECK_FALSE(b.same_as(c));
    CHECK(a.same_as(c));
    each.change(a);
    CHECK(a.same_as(b));
    CHECK_FALSE(a.same_as(c));
  }
}

TEST_CASE("a value that becomes unknown equals nothing that it equalled", "[router][session]") {
  SessionState a = started(), b = started();
  for (SessionState* state : {&a, &b}) set(*state, "SET @a=1");
  CHECK(a.same_as(b));
  CHECK(b.note_user_variables("SELECT @a:=@a+1", {}));
  CHECK_FALSE(a.same_as(b));
  b.forget_unknown_user_variables();
  CHECK_FALSE(a.same_as(b));
  a.doubt_role();
  CHECK_FALSE(a.same_as(started()));
}

TEST_CASE("comparing states does not allocate", "[router][session]") {
  SessionState a = started();
  set(a, "SET sql_mode='STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION', time_zone='UTC'");
  SessionState b = a;
  const test::AllocationCount count;
  CHECK(a.same_as(b));
  CHECK(count.allocations() == 0);
}

TEST_CASE("a role is part of the state, and outlives a reset as it does on servers", "[router][session]") {
  SessionState with, without;
  for (SessionState* state : {&with, &without}) state->start("app", "shop", 45);
  with.apply(effect_of(parse_set("SET ROLE reader", {})));
  CHECK_FALSE(with.same_as(without));
  CHECK_FALSE(with.same_variables(without));
  CHECK(with.fingerprint() != without.fingerprint());
  for (SessionState* state : {&with, &without}) state->reset(SessionState::AfterReset::charset_of_login);
  CHECK(with.role() == "reader");
  CHECK_FALSE(with.same_as(without));
  without.doubt_role();
  CHECK_FALSE(with.same_as(without));
  for (SessionState* state : {&with, &without}) state->start("app", "shop", 45);
  CHECK(with.same_as(without));
  CHECK(with.fingerprint() == without.fingerprint());
}

}  // namespace
}  // namespace weir
