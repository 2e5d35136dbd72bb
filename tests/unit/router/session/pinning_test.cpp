#include "router/session/pinning.hpp"
#include "router/session/holdings.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <vector>

namespace weir {
namespace {

// One statement and how the server ended it.
struct Turn {
  const char* sql;
  Outcome outcome = {};
};

struct Case {
  const char* name;
  std::vector<Turn> turns;
  const char* pins;
};

constexpr Outcome kOpen{.in_transaction = true};
constexpr Outcome kError{.ok = false};
constexpr Outcome kErrorInside{.ok = false, .in_transaction = true};
constexpr Outcome kWarning{.warnings = 1};
constexpr Outcome kId{.changed_rows = true, .insert_id = true};
constexpr Outcome kRows{.has_rows = true};
constexpr Outcome kTracked{.tracks_state = true};
constexpr Outcome kTrackedRows{.changed_rows = true, .tracks_state = true};
constexpr Outcome kChanged{.state_changed = true, .tracks_state = true};

const Case kCases[] = {
    {"reads and writes under autocommit", {{"SELECT 1"}, {"INSERT INTO t VALUES (1)", kId}, {"COMMIT"}}, ""},
    {"a transaction", {{"BEGIN", kOpen}}, "in_transaction"},
    {"a transaction that ended", {{"BEGIN", kOpen}, {"COMMIT"}}, ""},
    {"an implicit start", {{"SELECT * FROM t", kOpen}}, "in_transaction"},
    {"an implicit commit", {{"BEGIN", kOpen}, {"CREATE TABLE t (a INT)"}}, ""},
    {"an error inside a transaction",
     {{"BEGIN", kOpen}, {"SELECT x", kErrorInside}},
     "in_transaction,warnings_pending"},
    {"user variables by SELECT", {{"SELECT @a := 1"}}, "user_variables"},
    {"user variables by INTO", {{"SELECT 1 INTO @a"}}, "user_variables"},
    {"user variables read", {{"SELECT @a"}}, ""},
    {"user variables stay",
     {{"SELECT @a := 1"}, {"SELECT 1"}, {"BEGIN", kOpen}, {"COMMIT"}},
     "user_variables"},
    {"user variables by a failing statement",
     {{"SELECT @a := 1, x", kError}, {"SELECT 1"}},
     "user_variables"},
    {"a temporary table", {{"CREATE TEMPORARY TABLE t (a INT)"}, {"SELECT 1"}}, "temporary_tables"},
    {"a temporary table that is gone",
     {{"CREATE TEMPORARY TABLE t (a INT)"}, {"DROP TEMPORARY TABLE t"}},
     ""},
    {"a temporary table, by another spelling",
     {{"/* x */ create or replace temporary table t (a int)"}},
     "temporary_tables"},
    {"a temporary table that failed", {{"CREATE TEMPORARY TABLE t (a INT)", kError}, {"SELECT 1"}}, ""},
    {"locked tables", {{"LOCK TABLES t READ"}}, "locked_tables"},
    {"unlocked tables", {{"LOCK TABLES t READ"}, {"UNLOCK TABLES"}}, ""},
    {"unlocking that failed",
     {{"LOCK TABLES t READ"}, {"UNLOCK TABLES", kError}, {"SELECT 1"}},
     "locked_tables"},
    {"the global read lock", {{"FLUSH TABLES WITH READ LOCK"}}, "locked_tables"},
    {"a named lock", {{"SELECT GET_LOCK('a', 1)"}, {"SELECT 1"}}, "named_lock"},
    {"a text statement", {{"PREPARE s FROM 'SELECT 1'"}, {"SELECT 1"}}, "text_prepared"},
    {"HANDLER", {{"HANDLER t OPEN"}, {"SELECT 1"}}, "handler"},
    {"XA", {{"XA START 'x'", kOpen}, {"XA END 'x'", kOpen}, {"XA PREPARE 'x'"}}, "xa"},
    {"XA that ended",
     {{"XA START 'x'", kOpen}, {"XA END 'x'", kOpen}, {"XA PREPARE 'x'"}, {"XA COMMIT 'x'"}},
     ""},
    {"XA that did not end",
     {{"XA START 'x'", kOpen}, {"XA COMMIT 'y'", kErrorInside}},
     "in_transaction,xa,warnings_pending"},
    {"found rows", {{"SELECT SQL_CALC_FOUND_ROWS * FROM t LIMIT 1"}}, "found_rows"},
    {"found rows over a SET",
     {{"SELECT SQL_CALC_FOUND_ROWS * FROM t LIMIT 1"}, {"SET sql_mode=''"}},
     "found_rows"},
    {"found rows asked for", {{"SELECT SQL_CALC_FOUND_ROWS * FROM t LIMIT 1"}, {"SELECT FOUND_ROWS()"}}, ""},
    {"warnings", {{"SELECT 1/0", kWarning}}, "warnings_pending"},
    {"warnings shown stay", {{"SELECT 1/0", kWarning}, {"SHOW WARNINGS"}}, "warnings_pending"},
    {"warnings of an error", {{"SELECT x", kError}}, "warnings_pending"},
    {"warnings gone with the next statement", {{"SELECT 1/0", kWarning}, {"SELECT 1"}}, ""},
    {"a routine may do anything", {{"CALL p()"}}, "hidden_state"},
    {"a routine that is known to have done nothing", {{"CALL p()", kTracked}}, ""},
    {"a routine that did", {{"CALL p()", kChanged}}, "hidden_state"},
    {"a compound statement", {{"BEGIN NOT ATOMIC SELECT 1; END"}}, "hidden_state"},
    {"one that is known to have done nothing", {{"IF 1 THEN SELECT 1; END IF", kTracked}}, ""},
    {"one that has failed half way",
     {{"a: BEGIN NOT ATOMIC BEGIN WORK; SIGNAL SQLSTATE '45000'; END", {.ok = false, .tracks_state = true}},
      {"DO 1"}},
     "hidden_state"},
    {"what nobody understands has done nothing", {{"SELEKT 1", {.ok = false}}, {"DO 1"}}, ""},
    {"a routine that failed",
     {{"CALL p()", {.ok = false, .tracks_state = true}}, {"SELECT 1"}},
     "hidden_state"},
    {"LOAD DATA, whose ids the server does not tell",
     {{"LOAD DATA INFILE 'x' INTO TABLE t", {.changed_rows = true}}},
     "last_insert_id"},
    {"a table made of a query", {{"CREATE TABLE t AS SELECT 1", {.changed_rows = true}}}, "last_insert_id"},
    {"a user variable by SET, as its effect tells", {{"SET @a = 1"}}, ""},
    {"a user variable by a SET that failed",
     {{"SET @a = (SELECT x)", kError}, {"SELECT 1"}},
     "user_variables"},
    {"a routine that wrote", {{"CALL p()", kTrackedRows}}, "last_insert_id"},
    {"a routine that wrote, then an id", {{"CALL p()", kTrackedRows}, {"INSERT INTO t VALUES ()", kId}}, ""},
    {"a function that changed the session", {{"SELECT f()", kChanged}}, "hidden_state"},
    {"a SET that changed the session", {{"SET sql_mode=''", kChanged}}, ""},
    {"a USE that changed the session", {{"USE shop", kChanged}}, ""},
    {"an INSERT that answers with rows",
     {{"INSERT INTO t VALUES (1) RETURNING id", kRows}},
     "last_insert_id"},
    {"an INSERT after one that answered with rows",
     {{"REPLACE INTO t VALUES (1) RETURNING id", kRows}, {"INSERT INTO t VALUES (1)", kId}},
     ""},
    {"an INSERT that SET STATEMENT answers with rows",
     {{"SET STATEMENT max_statement_time=5 FOR INSERT INTO t(v) VALUES(1) RETURNING id", kRows}},
     "last_insert_id"},
    {"an INSERT that is analyzed", {{"ANALYZE INSERT INTO t(v) VALUES(1)", kRows}}, "last_insert_id"},
    {"one that is analyzed in vain", {{"ANALYZE INSERT INTO t(v) VALUES(1)", kError}, {"DO 1"}}, ""},
    {"an INSERT behind another statement",
     {{"SELECT 1; INSERT INTO t(v) VALUES(1) RETURNING id", kRows}},
     "last_insert_id"},
    {"one behind another that tells its id",
     {{"INSERT INTO t(v) VALUES(1); ANALYZE INSERT INTO t(v) VALUES(1)", kId}},
     "last_insert_id"},
    {"LOAD DATA behind another statement, then an id",
     {{"SELECT 1; LOAD DATA INFILE 'x' INTO TABLE t(v)", {.changed_rows = true}},
      {"INSERT INTO t VALUES ()", kId}},
     ""},
    {"LOAD DATA behind another statement",
     {{"SELECT 1; LOAD DATA INFILE 'x' INTO TABLE t(v)", {.changed_rows = true}}},
     "last_insert_id"},
    {"rows of other statements", {{"SELECT 1", kRows}, {"DELETE FROM t RETURNING id", kRows}}, ""},
    {"an insert id of our own", {{"SELECT LAST_INSERT_ID(5)"}}, "last_insert_id"},
    {"an insert id of our own, in quotes", {{"SELECT `last_insert_id`(77)"}}, "last_insert_id"},
    {"an insert id that is read", {{"SELECT LAST_INSERT_ID()"}}, ""},
    {"an insert id that the server reports", {{"UPDATE t SET a = LAST_INSERT_ID(a + 1)", kId}}, ""},
    {"several statements", {{"INSERT INTO t VALUES (1); SELECT 1"}}, ""},
    {"several statements with a SET", {{"SELECT 1; SET sql_mode=''"}}, "hidden_state"},
    {"several statements that failed halfway",
     {{"CREATE TEMPORARY TABLE t (a INT); SELECT x", kError}, {"SELECT 1"}},
     "temporary_tables"},
    {"several statements, and one that holds on",
     {{"SELECT 1; CREATE OR REPLACE TEMPORARY TABLE t (a INT)"}},
     "temporary_tables,hidden_state"},
    {"several statements that define tables", {{"CREATE TABLE a (a INT); CREATE TABLE b (a INT)"}}, ""},
    {"a compound statement that holds on",
     {{"BEGIN NOT ATOMIC CREATE TEMPORARY TABLE t (a INT); END"}},
     "hidden_state"},
    {"what some servers skip",
     {{"LOCK TABLES t READ"}, {"/*!80000 UNLOCK TABLES */"}},
     "locked_tables,hidden_state"},
    {"USE that some servers skip", {{"/*!50700 USE shop */"}}, "hidden_state"},
    {"BEGIN that some servers skip", {{"/*M!100100 BEGIN */", kOpen}}, "in_transaction,hidden_state"},
    {"COMMIT that some servers skip", {{"/*!99999 COMMIT */"}}, "hidden_state"},
    {"BACKUP, a word of which some servers skip", {{"BACKUP /*!99999 UNLOCK */ LOCK t"}}, "hidden_state"},
    {"XA that some servers end",
     {{"XA START 'x'", kOpen}, {"XA END 'x'", kOpen}, {"XA PREPARE 'x'"}, {"/*!80000 XA ROLLBACK 'x' */"}},
     "xa,hidden_state"},
    {"EXECUTE of what some servers skip",
     {{"PREPARE s FROM '/*!80000 ROLLBACK */'"}, {"EXECUTE s"}},
     "text_prepared,hidden_state"},
    {"a dump",
     {{"/*!40101 SET NAMES utf8 */"},
      {"LOCK TABLES `t` READ /*!32311 LOCAL */"},
      {"/*!40000 ALTER TABLE `t` DISABLE KEYS */"},
      {"UNLOCK TABLES"},
      {"LOCK TABLES `t` WRITE"},
      {"/*!40000 UNLOCK TABLES */"},
      {"/*! USE `shop` */"},
      {"START TRANSACTION /*!40100 WITH CONSISTENT SNAPSHOT */", kOpen},
      {"/*!50003 COMMIT */"},
      {"CREATE TABLE t (a INT /*!80023 INVISIBLE */)"}},
     ""},
    {"EXECUTE of a read", {{"PREPARE s FROM 'SELECT 1'"}, {"EXECUTE s"}, {"DEALLOCATE PREPARE s"}}, ""},
    {"EXECUTE of a CALL", {{"PREPARE s FROM 'CALL p()'"}, {"EXECUTE s"}}, "text_prepared,hidden_state"},
    {"EXECUTE of a SET", {{"PREPARE s FROM 'SET sql_mode=1'"}, {"EXECUTE s"}}, "text_prepared,hidden_state"},
    {"EXECUTE of a text nobody knows", {{"PREPARE s FROM @a"}, {"EXECUTE s"}}, "text_prepared,hidden_state"},
    {"EXECUTE of nothing", {{"EXECUTE s", kError}, {"SELECT 1"}}, ""},
    {"an event whose schedule takes a lock",
     {{"CREATE EVENT e ON SCHEDULE AT now() + INTERVAL GET_LOCK('x', 0) DAY DO SELECT 1"}},
     "named_lock"},
    {"EXECUTE that takes a lock",
     {{"PREPARE s FROM 'SELECT GET_LOCK(''a'', 1)'"}, {"EXECUTE s"}, {"DROP PREPARE S"}},
     "named_lock"},
    {"EXECUTE with a lock for an argument",
     {{"PREPARE s FROM 'select ?'"}, {"EXECUTE s USING GET_LOCK('u', 0)"}, {"DEALLOCATE PREPARE s"}},
     "named_lock"},
    {"EXECUTE IMMEDIATE with a lock for an argument",
     {{"EXECUTE IMMEDIATE 'select ?' USING `get_lock`('v', 0)"}},
     "named_lock"},
    {"EXECUTE of what nobody knows, with a lock for an argument",
     {{"EXECUTE IMMEDIATE @a USING GET_LOCK('v', 0)", kTracked}},
     "named_lock"},
    {"EXECUTE that warns",
     {{"PREPARE s FROM 'SELECT 1/0'"}, {"EXECUTE s", kWarning}},
     "text_prepared,warnings_pending"},
    {"EXECUTE IMMEDIATE", {{"EXECUTE IMMEDIATE 'CREATE TEMPORARY TABLE t (a INT)'"}, {"DROP TABLE t"}}, ""},
};

TEST_CASE("what leaves nothing to SHOW WARNINGS", "[router][pins]") {
  struct Row {
    const char* sql;
    bool on_mysql, on_mariadb;
  };
  const Row rows[] = {
      {"SELECT a FROM t", true, true},
      {"SELECT 1", true, false},
      {"SELECT 1, @@sql_mode, NOW()", true, false},
      {"SELECT (SELECT MAX(a) FROM t)", true, true},
      {"SELECT may_read_tables()", true, true},
      {"SELECT 1; SELECT a FROM t", true, true},
      {"DO 1", true, false},
      {"SET NAMES utf8mb4", true, false},
      {"SET @a = (SELECT MAX(a) FROM t)", true, true},
      {"USE shop", true, false},
      {"BEGIN", true, false},
      {"COMMIT", true, false},
      {"INSERT INTO t VALUES (1)", true, true},
      {"CALL p()", true, true},
      {"SHOW TABLES", true, true},
      {"ALTER TABLE t COMMENT = 'x'", true, true},
      {"SHOW WARNINGS", false, false},
      {"SHOW COUNT(*) ERRORS", false, false},
      {"SELECT @@warning_count", false, false},
      {"GET DIAGNOSTICS @n = NUMBER", false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.sql);
    const Statement statement = classify(row.sql, LexMode{});
    CHECK(replaces_diagnostics(statement, ServerFamily::mysql) == row.on_mysql);
    CHECK(replaces_diagnostics(statement, ServerFamily::mariadb) == row.on_mariadb);
  }
}

TEST_CASE("what may give an insert id that no OK tells", "[router][pins]") {
  const std::pair<const char*, bool> cases[] = {
      {"INSERT INTO t VALUES (1) RETURNING id", true},
      {"replace into t values (1) Returning id", true},
      {"INSERT INTO t SET returned = 1", false},
      {"INSERT INTO t VALUES (1)", false},
      {"LOAD DATA INFILE 'x' INTO TABLE t", true},
      {"CREATE TABLE t SELECT 1 AS a", true},
      {"CALL p()", true},
      {"UPDATE t SET a = 1", false},
      {"DELETE FROM t RETURNING id", false},
      {"SELECT 'returning'", false},
      {"SET STATEMENT max_statement_time=5 FOR INSERT INTO t(v) VALUES(1) RETURNING id", true},
      {"SET STATEMENT max_statement_time=5 FOR INSERT INTO t(v) VALUES(1)", false},
      {"ANALYZE INSERT INTO t(v) VALUES(1)", true},
      {"ANALYZE FORMAT=JSON REPLACE INTO t(v) VALUES(1)", true},
      {"ANALYZE UPDATE t SET a = 1", false},
      {"ANALYZE TABLE t", false},
      {"EXPLAIN INSERT INTO t(v) VALUES(1)", false},
      {"SELECT 1; INSERT INTO t(v) VALUES(1) RETURNING id", true},
      {"SELECT 1; ANALYZE INSERT INTO t(v) VALUES(1)", true},
      {"SELECT 1; LOAD DATA INFILE 'x' INTO TABLE t(v)", true},
      {"SELECT 1; INSERT INTO t(v) VALUES(1)", false},
  };
  for (const auto& [sql, may] : cases) {
    INFO(sql);
    CHECK(may_hide_insert_id(classify(sql, {}), sql) == may);
  }
  // A text of any length is looked at only where the clause can be.
  const std::string many = "INSERT INTO t VALUES " + std::string(200'000, ' ') + "(1)";
  CHECK_FALSE(may_hide_insert_id(classify(many, {}), many));
  CHECK(may_hide_insert_id(classify(many, {}), many + " RETURNING a"));
}

TEST_CASE("pins come on and off", "[router][pins]") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    Pins pins;
    Holdings held;
    for (const Turn& turn : c.turns) {
      const Statement statement = classify(turn.sql, {});
      const Pins of_text = pins_of_text(statement, turn.sql, {});
      pins = held.concerned_by(statement)
                 ? follow_statement(statement, turn.sql, {}, of_text, turn.outcome, pins, held)
                 : after_statement(statement, of_text, turn.outcome, pins);
    }
    CHECK(to_text(pins) == c.pins);
  }
}

TEST_CASE("a transaction's characteristics last until one has ended", "[router][pins]") {
  Pins pins = Pin::one_shot_transaction;
  const auto run = [&](const char* sql, Outcome outcome) {
    pins = after_statement(classify(sql, {}), {}, outcome, pins);
  };
  run("SELECT 1", {});
  CHECK(pins.has(Pin::one_shot_transaction));
  run("BEGIN", kOpen);
  CHECK(pins.has(Pin::one_shot_transaction));
  run("COMMIT", {});
  CHECK(pins.empty());
}

TEST_CASE("a COMMIT that some servers skip ends no words about the next transaction", "[router][pins]") {
  const Pins pins = after_statement(classify("/*!80000 COMMIT */", {}), {}, {}, Pin::one_shot_transaction);
  CHECK(pins.has(Pin::one_shot_transaction));
  CHECK(after_statement(classify("/*!50000 COMMIT */", {}), {}, {}, pins).empty());
}

TEST_CASE("READ ONLY outlives a transaction that SET ends", "[router][pins]") {
  const Outcome ended{.was_read_only = true};
  Pins pins = after_statement(classify("SET autocommit = 1", {}), {}, ended, Pin::in_transaction);
  CHECK(to_text(pins) == "one_shot_transaction");
  pins = after_statement(classify("BEGIN", {}), {}, kOpen, pins);
  CHECK(after_statement(classify("COMMIT", {}), {}, ended, pins).empty());
  CHECK(after_statement(classify("SET autocommit = 1", {}), {}, {}, Pin::in_transaction).empty());
}

TEST_CASE("what the session sets itself is left alone", "[router][pins]") {
  Pins pins =
      Pins(Pin::prepared_statements) | Pin::prepared_cursor | Pin::long_data | Pin::by_rule | Pin::role;
  const Pins before = pins;
  pins = after_statement(classify("SELECT 1", {}), {}, {}, pins);
  CHECK(pins == before);
}

TEST_CASE("every pin has a name of its own", "[router][pins]") {
  std::set<std::string_view> names;
  for (int i = 0; i < kPins; ++i) names.insert(to_text(static_cast<Pin>(1u << i)));
  CHECK(names.size() == kPins);
  CHECK(names.count("") == 0);
  CHECK(to_text(Pins{}) == "");
  CHECK(to_text(Pins(Pin::xa) | Pin::in_transaction) == "in_transaction,xa");
}

TEST_CASE("what dies only with a reset needs one", "[router][pins]") {
  const Pins passing = Pins(Pin::found_rows) | Pin::warnings_pending | Pin::by_rule | Pin::user_variables |
                       Pin::unread_variables | Pin::last_insert_id;
  for (int i = 0; i < kPins; ++i) {
    const Pin pin = static_cast<Pin>(1u << i);
    CAPTURE(to_text(pin));
    CHECK(Pins(pin).needs_reset() == !passing.has(pin));
  }
}

}  // namespace
}  // namespace weir
