#include "router/session/holdings.hpp"

#include <catch2/catch.hpp>

namespace weir {
namespace {

struct Turn {
  const char* sql;
  bool ok = true;
  const char* schema = "s";
};

struct Case {
  const char* name;
  Pin kind;
  std::vector<Turn> turns;
  const char* held;  // names, and + for others
};

std::string names_of(const Holdings& held, Pin kind) {
  std::string text;
  for (const std::string& name : held.names(kind)) text += (text.empty() ? "" : " ") + name;
  if (held.has_others(kind)) text += "+";
  return text;
}

const Case kTables[] = {
    {"made", Pin::temporary_tables, {{"CREATE TEMPORARY TABLE a (x INT)"}}, "s.a"},
    {"made with a schema",
     Pin::temporary_tables,
     {{"CREATE TEMPORARY TABLE IF NOT EXISTS b.a SELECT 1"}},
     "b.a"},
    {"quoted", Pin::temporary_tables, {{"create temporary table `b c`.`a` (x int)"}}, "b c.a"},
    {"MariaDB's forms",
     Pin::temporary_tables,
     {{"CREATE OR REPLACE TEMPORARY TABLE a (x INT)"}, {"CREATE TEMPORARY SEQUENCE q"}},
     "s.a s.q"},
    {"made twice",
     Pin::temporary_tables,
     {{"CREATE TEMPORARY TABLE a (x INT)"},
      {"CREATE TEMPORARY TABLE IF NOT EXISTS a (x INT)"},
      {"DROP TABLE a"}},
     ""},
    {"failed", Pin::temporary_tables, {{"CREATE TEMPORARY TABLE a (x INT)", false}}, ""},
    {"dropped", Pin::temporary_tables, {{"CREATE TEMPORARY TABLE a (x INT)"}, {"DROP TABLE a"}}, ""},
    {"dropped among others",
     Pin::temporary_tables,
     {{"CREATE TEMPORARY TABLE a (x INT)"},
      {"CREATE TEMPORARY TABLE b (x INT)"},
      {"DROP TEMPORARY TABLES IF EXISTS x, `s`.a CASCADE"}},
     "s.b"},
    {"dropped in vain",
     Pin::temporary_tables,
     {{"CREATE TEMPORARY TABLE a (x INT)"}, {"DROP TABLE a, b", false}},
     "s.a"},
    {"dropped by another case",
     Pin::temporary_tables,
     {{"CREATE TEMPORARY TABLE a (x INT)"}, {"DROP TABLE A"}},
     "s.a"},
    {"another schema's dropped",
     Pin::temporary_tables,
     {{"CREATE TEMPORARY TABLE a (x INT)"}, {"DROP TABLE a", true, "t"}, {"DROP DATABASE s"}},
     "s.a"},
    {"dropped from another schema",
     Pin::temporary_tables,
     {{"CREATE TEMPORARY TABLE a (x INT)"}, {"DROP TABLE s.a", true, "t"}},
     ""},
    {"dropped by a comment that some servers read",
     Pin::temporary_tables,
     {{"CREATE TEMPORARY TABLE a (x INT)"}, {"DROP TABLE /*!99999 b, */ a"}},
     "s.a"},
    {"in a text of several",
     Pin::temporary_tables,
     {{"CREATE TEMPORARY TABLE a (x INT); DROP TABLE a"}},
     "+"},
    {"dropped in a text of several",
     Pin::temporary_tables,
     {{"CREATE TEMPORARY TABLE a (x INT)"}, {"DROP TABLE a; SELECT 1"}},
     "s.a"},
    {"renamed",
     Pin::temporary_tables,
     {{"CREATE TEMPORARY TABLE a (x INT)"}, {"ALTER TABLE a RENAME TO b"}, {"DROP TABLE a"}},
     "+"},
    {"renamed, MariaDB",
     Pin::temporary_tables,
     {{"CREATE TEMPORARY TABLE a (x INT)"}, {"RENAME TABLE a TO b"}},
     "s.a+"},
    {"altered",
     Pin::temporary_tables,
     {{"CREATE TEMPORARY TABLE a (x INT)"}, {"ALTER TABLE a ADD y INT"}, {"TRUNCATE a"}},
     "s.a"},
    {"no plain name",
     Pin::temporary_tables,
     {{"CREATE TEMPORARY TABLE `a``b` (x INT)"}, {"CREATE TEMPORARY TABLE \xc3\xa9 (x INT)"}},
     "+"},
};

const Case kLocks[] = {
    {"taken", Pin::named_lock, {{"SELECT GET_LOCK('a', 10)"}}, "a"},
    {"taken, with more around",
     Pin::named_lock,
     {{"/* x */ select get_lock ( 'it''s', -1 ) as `got` from dual ;"}},
     "it's"},
    {"released", Pin::named_lock, {{"SELECT GET_LOCK('a', 10)"}, {"SELECT RELEASE_LOCK('a')"}}, ""},
    {"counted",
     Pin::named_lock,
     {{"SELECT GET_LOCK('a', 1), GET_LOCK('a', 1) x, GET_LOCK('b', 1)"},
      {"DO RELEASE_LOCK('a')"},
      {"DO RELEASE_LOCK('b')"}},
     "a"},
    {"released too often", Pin::named_lock, {{"DO RELEASE_LOCK('a')"}, {"DO GET_LOCK('a', 1)"}}, "a"},
    {"released by another case", Pin::named_lock, {{"DO GET_LOCK('a', 1)"}, {"DO RELEASE_LOCK('A')"}}, "a"},
    {"released perhaps",
     Pin::named_lock,
     {{"DO GET_LOCK('a', 1)"},
      {"SELECT RELEASE_LOCK('a') LIMIT 0"},
      {"SELECT RELEASE_LOCK('a') FROM t"},
      {"SELECT IF(0, RELEASE_LOCK('a'), 1)"},
      {"SELECT RELEASE_LOCK('a') HAVING 0"},
      {"SELECT RELEASE_LOCK('a'); SELECT 1"},
      {"SELECT /*!99999 RELEASE_LOCK('a'), */ RELEASE_LOCK('b')"},
      {"SELECT 1 UNION SELECT RELEASE_LOCK('a')"},
      {"DO RELEASE_LOCK('a')", false},
      {"DO RELEASE_LOCK('a' 'b')"},
      {"DO s.release_lock('a')"}},
     "a"},
    {"taken, nobody knows which", Pin::named_lock, {{"SELECT GET_LOCK(name, 1) FROM t"}}, "+"},
    {"taken by a variable", Pin::named_lock, {{"SELECT GET_LOCK(@a, 1)"}}, "+"},
    {"taken by a parameter", Pin::named_lock, {{"SELECT GET_LOCK(?, 1)"}}, "+"},
    {"taken beyond ASCII", Pin::named_lock, {{"SELECT GET_LOCK('\xc3\xa9', 1)"}}, "+"},
    {"taken in quotes", Pin::named_lock, {{"SELECT `get_lock`('a', 1)"}}, "+"},
    {"released in quotes", Pin::named_lock, {{"DO GET_LOCK('a', 1)"}, {"DO `release_lock`('a')"}}, "a"},
    {"all released",
     Pin::named_lock,
     {{"SELECT GET_LOCK(@a, 1)"}, {"SELECT GET_LOCK('a', 1)"}, {"SELECT RELEASE_ALL_LOCKS()"}},
     ""},
    {"all released perhaps",
     Pin::named_lock,
     {{"SELECT GET_LOCK(@a, 1)"}, {"SELECT RELEASE_ALL_LOCKS() FROM t"}},
     "+"},
    {"taken by one that failed later", Pin::named_lock, {{"SELECT GET_LOCK('a', 1)", false}}, "a"},
};

const Case kOthers[] = {
    {"HANDLER", Pin::handler, {{"HANDLER s.t OPEN"}, {"HANDLER u OPEN AS h"}, {"HANDLER v OPEN i"}}, "t h i"},
    {"HANDLER closed",
     Pin::handler,
     {{"HANDLER t OPEN h"}, {"HANDLER t OPEN"}, {"HANDLER h READ FIRST"}, {"HANDLER h CLOSE"}},
     "t"},
    {"HANDLER that failed", Pin::handler, {{"HANDLER t OPEN", false}}, ""},
    {"HANDLER in a text of several", Pin::handler, {{"HANDLER t OPEN; HANDLER t CLOSE"}}, "+"},
    {"PREPARE",
     Pin::text_prepared,
     {{"PREPARE a FROM 'SELECT 1'"}, {"PREPARE `B` FROM @x"}, {"PREPARE A FROM 'SELECT 2'"}},
     "b a"},
    {"DEALLOCATE",
     Pin::text_prepared,
     {{"PREPARE a FROM 'SELECT 1'"}, {"PREPARE b FROM @x"}, {"DEALLOCATE PREPARE A"}, {"DROP PREPARE b"}},
     ""},
    {"PREPARE that failed",
     Pin::text_prepared,
     {{"PREPARE a FROM 'SELECT 1'"}, {"PREPARE a FROM 'SELEC'", false}},
     ""},
    {"PREPARE in a text of several",
     Pin::text_prepared,
     {{"PREPARE a FROM 'SELECT 1'; EXECUTE a"}, {"DROP PREPARE a"}},
     "+"},
};

void check(const Case& c) {
  CAPTURE(c.name);
  Holdings held;
  for (const Turn& turn : c.turns) {
    const Statement statement = classify(turn.sql, {});
    if (held.concerned_by(statement)) held.follow(statement, turn.sql, {turn.schema, {}}, turn.ok);
  }
  CHECK(names_of(held, c.kind) == c.held);
  CHECK(held.pins().has(c.kind) == (*c.held != '\0'));
  held.clear();
  CHECK(held.pins().empty());
}

TEST_CASE("temporary tables are held by name", "[router][holdings]") {
  for (const Case& c : kTables) check(c);
}

TEST_CASE("named locks are counted", "[router][holdings]") {
  for (const Case& c : kLocks) check(c);
}

TEST_CASE("HANDLERs and prepared texts are held by name", "[router][holdings]") {
  for (const Case& c : kOthers) check(c);
}

struct Locks {
  std::vector<Turn> turns;
  bool held;
};

const Locks kTableLocks[] = {
    {{{"LOCK TABLES t WRITE"}}, true},
    {{{"LOCK TABLES t WRITE", false}}, false},
    {{{"LOCK TABLES t WRITE"}, {"COMMIT"}}, true},
    {{{"LOCK TABLES t WRITE"}, {"UNLOCK TABLES"}}, false},
    {{{"LOCK TABLE t WRITE"}, {"UNLOCK TABLE"}}, false},
    {{{"LOCK TABLES t WRITE"}, {"UNLOCK INSTANCE"}}, true},
    {{{"LOCK TABLES t WRITE"}, {"BEGIN"}}, false},
    {{{"LOCK TABLES t WRITE"}, {"START TRANSACTION"}}, false},
    {{{"LOCK TABLES t WRITE"}, {"START TRANSACTION", false}}, true},
    {{{"LOCK TABLES t WRITE"}, {"XA START 'x'"}}, true},
    {{{"FLUSH TABLES WITH READ LOCK"}, {"BEGIN"}}, true},
    {{{"FLUSH TABLES WITH READ LOCK"}, {"UNLOCK TABLES"}}, false},
    {{{"FLUSH TABLES t FOR EXPORT"}, {"UNLOCK TABLES"}}, false},
    {{{"LOCK INSTANCE FOR BACKUP"}, {"UNLOCK TABLES"}, {"BEGIN"}}, true},
    {{{"LOCK INSTANCE FOR BACKUP"}, {"UNLOCK INSTANCE"}}, false},
    {{{"BACKUP LOCK t"}, {"UNLOCK TABLES"}}, true},
    {{{"BACKUP LOCK t"}, {"BACKUP UNLOCK"}}, false},
    {{{"BACKUP STAGE START"}, {"BACKUP STAGE FLUSH"}}, true},
    {{{"BACKUP STAGE START"}, {"BACKUP STAGE END"}}, false},
    {{{"LOCK TABLES t WRITE"}, {"/*!80000 BEGIN */"}}, true},
    {{{"LOCK TABLES t WRITE"}, {"/*!99999 START TRANSACTION */"}}, true},
    {{{"LOCK TABLES t WRITE"}, {"/*M! UNLOCK TABLES */"}}, true},
    {{{"LOCK TABLES t WRITE"}, {"/*!50699 UNLOCK TABLES */"}}, false},
    {{{"LOCK /*!99999 INSTANCE FOR BACKUP */ TABLES t READ"}, {"BEGIN"}, {"UNLOCK INSTANCE"}}, true},
    {{{"LOCK TABLES t WRITE; SELECT 1"}, {"UNLOCK TABLES"}}, false},
    {{{"LOCK TABLES t WRITE; UNLOCK TABLES"}}, true},
    {{{"SELECT 1; LOCK INSTANCE FOR BACKUP"}, {"UNLOCK TABLES"}, {"UNLOCK INSTANCE"}}, true},
};

TEST_CASE("locks on tables end as they end on servers", "[router][holdings]") {
  for (const Locks& c : kTableLocks) {
    Holdings held;
    for (const Turn& turn : c.turns) {
      INFO(turn.sql);
      const Statement statement = classify(turn.sql, {});
      if (held.concerned_by(statement)) held.follow(statement, turn.sql, {}, turn.ok);
    }
    CAPTURE(c.turns.front().sql, c.turns.back().sql);
    CHECK(held.pins().has(Pin::locked_tables) == c.held);
  }
}

TEST_CASE("a lock is released only by a call that was made", "[router][holdings]") {
  Holdings held;
  const auto follow = [&](const char* sql, bool has_rows) {
    held.follow(classify(sql, {}), sql, {}, true, has_rows);
    return held.pins().has(Pin::named_lock);
  };
  CHECK(follow("SELECT GET_LOCK('a', 1)", true));
  CHECK(follow("SELECT RELEASE_LOCK('a')", false));  // sql_select_limit=0, or no row met the conditions
  CHECK(follow("SELECT RELEASE_ALL_LOCKS() FROM t WHERE 0", false));
  CHECK_FALSE(follow("DO RELEASE_LOCK('a')", false));
}

TEST_CASE("more names than are kept are others", "[router][holdings]") {
  Holdings held;
  for (int i = 0; i < 1000; ++i) {
    for (const std::string& sql : {"CREATE TEMPORARY TABLE t" + std::to_string(i) + " (a INT)",
                                   "PREPARE p" + std::to_string(i) + " FROM 'SELECT 1'"})
      held.follow(classify(sql, {}), sql, {}, true);
  }
  for (const Pin kind : {Pin::temporary_tables, Pin::text_prepared}) {
    CHECK(held.names(kind).size() == 256);
    CHECK(held.has_others(kind));
  }
}

TEST_CASE("the same name of two kinds is two things", "[router][holdings]") {
  Holdings held;
  const auto follow = [&](const char* sql) { held.follow(classify(sql, {}), sql, {}, true); };
  for (const char* sql : {"SELECT GET_LOCK('a', 1)", "HANDLER a OPEN", "PREPARE a FROM 'SELECT 1'"})
    follow(sql);
  follow("HANDLER a CLOSE");
  CHECK(held.pins() == (Pins(Pin::named_lock) | Pin::text_prepared));
  held.forget(Pin::text_prepared, "b");
  follow("DEALLOCATE PREPARE a");
  CHECK(held.pins() == Pins(Pin::named_lock));
  follow("PREPARE a FROM 'SELECT 1'");
  follow("DO RELEASE_ALL_LOCKS()");
  CHECK(names_of(held, Pin::text_prepared) == "a");
  CHECK(held.pins() == Pins(Pin::text_prepared));
}

// It may come with a statement that fails, and is kept all the same.
TEST_CASE("a lock's name is kept up to what servers take", "[router][holdings]") {
  for (const std::size_t length : {256u, 257u, 1'000'000u}) {
    CAPTURE(length);
    const std::string name(length, 'a');
    const std::string sql = "SELECT GET_LOCK('" + name + "', 1)";
    Holdings held;
    held.follow(classify(sql, {}), sql, {}, false);
    const bool kept = length == 256;
    CHECK(held.names(Pin::named_lock) == (kept ? std::vector{name} : std::vector<std::string>{}));
    CHECK(held.has_others(Pin::named_lock) == !kept);
    CHECK(held.pins().has(Pin::named_lock));
  }
}

struct Prepared {
  const char* literal;
  const char* text;  // null: not known
};

TEST_CASE("the text behind a name", "[router][holdings]") {
  const Prepared kPrepared[] = {
      {"'SELECT ''a'', \"b\"'", "SELECT 'a', \"b\""},
      {"\"SELECT 'a', \"\"b\"\"\"", "SELECT 'a', \"b\""},
      {"'SELECT\n1'", "SELECT\n1"},
      {"''", ""},
      {"'SELECT \\'a\\''", nullptr},
      {"N'SELECT 1'", nullptr},
      {"'SELECT' ' 1'", nullptr},
      {"@a", nullptr},
      {"CONCAT('a')", nullptr},
  };
  for (const Prepared& c : kPrepared) {
    CAPTURE(c.literal);
    Holdings held;
    const std::string prepare = std::string("PREPARE s FROM ") + c.literal;
    held.follow(classify(prepare, {}), prepare, {"shop", {}}, true);
    const std::string_view execute = "EXECUTE S USING @a";
    const auto found = held.find_executed(classify(execute, {}), execute, {});
    REQUIRE(found.known == (c.text != nullptr));
    if (c.text == nullptr) continue;
    CHECK(found.statement->sql == c.text);
    CHECK(found.statement->schema == "shop");
  }
}

TEST_CASE("a lock that was not got is forgotten", "[router][holdings]") {
  Holdings held;
  const std::string_view sql = "DO GET_LOCK('a', 0), GET_LOCK('a', 0)";
  held.follow(classify(sql, {}), sql, {}, true);
  held.forget(Pin::named_lock, "b");
  CHECK(held.pins().has(Pin::named_lock));
  held.forget(Pin::named_lock, "a");
  CHECK(held.pins().empty());
}

}  // namespace
}  // namespace weir
