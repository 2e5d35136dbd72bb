#include "router/query/own_values.hpp"

#include <catch2/catch.hpp>

#include "router/query/select_item.hpp"

namespace weir {
namespace {

struct Case {
  const char* sql;
  const char* sent;  // "" = as it is; # stands for the expression
};

constexpr Case kCases[] = {
    // What a column is called without an alias stays what the text says.
    {"SELECT CONNECTION_ID()", "SELECT # AS `CONNECTION_ID()`"},
    {"select connection_id ( ) , 1", "select # AS `connection_id ( )` , 1"},
    {"SELECT /*a*/ connection_id/*c*/(/*d*/) /*e*/ , 1 -- x",
     "SELECT /*a*/ # AS `connection_id/*c*/(/*d*/)` /*e*/ , 1 -- x"},
    {"SELECT 1, 1 + connection_id()  /* e */\n FROM t",
     "SELECT 1, 1 + # AS `1 + connection_id()`  /* e */\n FROM t"},
    {"SELECT a, (connection_id()), b FROM t", "SELECT a, (#) AS `(connection_id())`, b FROM t"},
    {"SELECT DISTINCT connection_id()", "SELECT DISTINCT # AS `connection_id()`"},
    {"SELECT ALL SQL_NO_CACHE -connection_id() LIMIT 1",
     "SELECT ALL SQL_NO_CACHE -# AS `-connection_id()` LIMIT 1"},
    {"SELECT `a``b` + connection_id() FROM t", "SELECT `a``b` + # AS ```a````b`` + connection_id()` FROM t"},
    {"SELECT connection_id() = 5 IS TRUE", "SELECT # = 5 IS TRUE AS `connection_id() = 5 IS TRUE`"},
    {"SELECT CASE connection_id() WHEN 1 THEN 2 END FROM t",
     "SELECT CASE # WHEN 1 THEN 2 END AS `CASE connection_id() WHEN 1 THEN 2 END` FROM t"},
    {"SELECT a * connection_id() * b", "SELECT a * # * b AS `a * connection_id() * b`"},
    {"SELECT MAX(connection_id()) OVER w FROM t",
     "SELECT MAX(#) OVER w AS `MAX(connection_id()) OVER w` FROM t"},
    {"SELECT CONCAT(',', connection_id()) UNION SELECT 2",
     "SELECT CONCAT(',', #) AS `CONCAT(',', connection_id())` UNION SELECT 2"},
    {"SELECT 2 UNION (SELECT connection_id())", "SELECT 2 UNION (SELECT # AS `connection_id()`)"},
    {"SELECT connection_id() EXCEPT SELECT 2", "SELECT # AS `connection_id()` EXCEPT SELECT 2"},
    {"SELECT connection_id() INTO @a", "SELECT # AS `connection_id()` INTO @a"},
    {"SELECT connection_id() FOR UPDATE", "SELECT # AS `connection_id()` FOR UPDATE"},
    {"SELECT connection_id() OFFSET 1 ROWS", "SELECT # AS `connection_id()` OFFSET 1 ROWS"},
    {"(SELECT connection_id()) LIMIT 1", "(SELECT # AS `connection_id()`) LIMIT 1"},
    {"SELECT * FROM (SELECT connection_id()) x", "SELECT * FROM (SELECT # AS `connection_id()`) x"},
    {"SELECT (SELECT connection_id())",
     "SELECT (SELECT # AS `connection_id()`) AS `(SELECT connection_id())`"},
    {"WITH c AS (SELECT connection_id() AS i) SELECT i FROM c", "WITH c AS (SELECT # AS i) SELECT i FROM c"},
    {"INSERT INTO t VALUES (1) RETURNING connection_id(), a",
     "INSERT INTO t VALUES (1) RETURNING # AS `connection_id()`, a"},
    {"INSERT INTO t SELECT connection_id() ON DUPLICATE KEY UPDATE a = connection_id()",
     "INSERT INTO t SELECT # AS `connection_id()` ON DUPLICATE KEY UPDATE a = #"},
    {"SELECT (SELECT connection_id() AS q FROM t LIMIT 1), 2",
     "SELECT (SELECT # AS q FROM t LIMIT 1) AS `(SELECT connection_id() AS q FROM t LIMIT 1)`, 2"},
    {"SELECT (SELECT 1 FROM (SELECT connection_id() AS a, 2 AS b) x)",
     "SELECT (SELECT 1 FROM (SELECT # AS a, 2 AS b) x) AS `(SELECT 1 FROM (SELECT connection_id() AS a, 2 AS "
     "b) "
     "x)`"},
    {"SELECT (SELECT connection_id() AS a FROM /*!50000 t */ LIMIT 1)", ""},
    // What has a name has it still.
    {"SELECT CONNECTION_ID() AS id", "SELECT # AS id"},
    {"SELECT connection_id() x, connection_id() 'a b', connection_id()`y` FROM t",
     "SELECT # x, # 'a b', #`y` FROM t"},
    {"SELECT connection_id() offset, 1", "SELECT # offset, 1"},
    {"SELECT connection_id() window FROM t", "SELECT # window FROM t"},
    // Whether that is a name is not known here.
    {"SELECT CONNECTION_ID() + INTERVAL 1 DAY, CONNECTION_ID() AS i",
     "SELECT CONNECTION_ID() + INTERVAL 1 DAY, # AS i"},
    {"SELECT NOW() - INTERVAL connection_id() SECOND", ""},
    {"SELECT connection_id() + DATE '2020-01-01'", ""},
    {"SELECT connection_id() = _utf8'5'", ""},
    {"SELECT connection_id() + INTERVAL 1 DAY AS d", "SELECT # + INTERVAL 1 DAY AS d"},
    // Elsewhere there is nothing to be called.
    {"UPDATE jobs SET owner = CONNECTION_ID() WHERE owner IS NULL",
     "UPDATE jobs SET owner = # WHERE owner IS NULL"},
    {"SELECT * FROM jobs WHERE owner=Connection_Id() ORDER BY connection_id()",
     "SELECT * FROM jobs WHERE owner=# ORDER BY #"},
    {"INSERT INTO t (a) VALUES (1), (CONNECTION_ID())", "INSERT INTO t (a) VALUES (1), (#)"},
    {"DELETE FROM t WHERE returning AND a = connection_id()", "DELETE FROM t WHERE returning AND a = #"},
    {"UPDATE t SET returning = connection_id()", "UPDATE t SET returning = #"},
    {"SET @a = CONNECTION_ID()", "SET @a = #"},
    {"DO CONNECTION_ID()", "DO #"},
    {"CALL p(CONNECTION_ID(), @x)", "CALL p(#, @x)"},
    {"LOAD DATA LOCAL INFILE 'f' INTO TABLE t (a) SET b = CONNECTION_ID()",
     "LOAD DATA LOCAL INFILE 'f' INTO TABLE t (a) SET b = #"},
    // Only calls.
    {"SELECT connection_id FROM t", ""},
    {"SELECT t.connection_id() FROM t", ""},
    {"SELECT `connection_id`()", ""},
    {"SELECT connection_id(1)", ""},
    {"SELECT 'connection_id()', \"connection_id()\" /* connection_id() */ # connection_id()", ""},
    {"SELECT /*!50000 connection_id() */, 1", ""},
    {"INSERT INTO connection_id() VALUES ()", ""},
    {"SELECT connection_id() + /*!50000 1 */, connection_id()",
     "SELECT connection_id() + /*!50000 1 */, # AS `connection_id()`"},
    {"SELECT (1 /*!50000 + 1 */), connection_id()", "SELECT (1 /*!50000 + 1 */), # AS `connection_id()`"},
    // What is compared with servers' own numbers is one.
    {"SELECT * FROM information_schema.processlist WHERE id = CONNECTION_ID()", ""},
    {"SELECT * FROM information_schema.`PROCESSLIST` WHERE id = CONNECTION_ID()", ""},
    {"SHOW PROCESSLIST WHERE id = CONNECTION_ID()", ""},
    {"SELECT * FROM performance_schema.threads WHERE processlist_id = connection_id()", ""},
    {"CALL mysql.rds_kill(CONNECTION_ID())", ""},
    {"SELECT * FROM `sys`.session WHERE conn_id = connection_id()", ""},
    {"SELECT * FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id = CONNECTION_ID()", ""},
    {"SELECT IS_USED_LOCK('x') = CONNECTION_ID()", ""},
    {"SELECT @@session.pseudo_thread_id = CONNECTION_ID()", ""},
    {"SELECT sys, connection_id() AS i FROM t", "SELECT sys, # AS i FROM t"},
    // What servers keep.
    {"CREATE VIEW v AS SELECT CONNECTION_ID()", ""},
    {"CREATE TABLE t (a INT DEFAULT (CONNECTION_ID()))", ""},
    {"CREATE OR REPLACE TEMPORARY TABLE t (a INT DEFAULT (CONNECTION_ID())) SELECT CONNECTION_ID()",
     "CREATE OR REPLACE TEMPORARY TABLE t (a INT DEFAULT (CONNECTION_ID())) SELECT # AS `CONNECTION_ID()`"},
    {"ALTER TABLE t ADD b INT DEFAULT (CONNECTION_ID())", ""},
    {"CREATE PROCEDURE p() BEGIN SELECT 1; SELECT CONNECTION_ID(); END", ""},
    // Several statements, each for itself.
    {"SELECT connection_id(); UPDATE t SET a = connection_id();",
     "SELECT # AS `connection_id()`; UPDATE t SET a = #;"},
    {"BEGIN; SELECT connection_id() AS a; COMMIT", "BEGIN; SELECT # AS a; COMMIT"},
    {"SELECT connection_id() AS a; SHOW PROCESSLIST WHERE id = connection_id(); DO connection_id()",
     "SELECT # AS a; SHOW PROCESSLIST WHERE id = connection_id(); DO #"},
    {"DO connection_id(); CREATE PROCEDURE p() BEGIN SELECT 1; SELECT connection_id(); END",
     "DO #; CREATE PROCEDURE p() BEGIN SELECT 1; SELECT connection_id(); END"},
    {"BEGIN NOT ATOMIC SELECT connection_id(); END", ""},
    // The text of PREPARE.
    {"PREPARE s FROM 'SELECT connection_id()'", "PREPARE s FROM 'SELECT # AS `connection_id()`'"},
    {"PREPARE s FROM \"UPDATE t SET a = connection_id() WHERE b = 'x'\";",
     "PREPARE s FROM \"UPDATE t SET a = # WHERE b = 'x'\";"},
    {"EXECUTE IMMEDIATE 'SELECT connection_id() + ?' USING connection_id()",
     "EXECUTE IMMEDIATE 'SELECT # + ? AS `connection_id() + ?`' USING #"},
    {"PREPARE s FROM 'SELECT ''a'', connection_id()'", ""},
    {"PREPARE s FROM 'SELECT \\'a\\', connection_id()'", ""},
    {"PREPARE s FROM 'SELECT connection_id()' ' AS a'", ""},
    {"PREPARE s FROM @a", ""},
    // What is not understood.
    {"SELECT (connection_id()", ""},
    {"SELECT connection_id())", ""},
    {"SELECT connection_id() FROM t WHERE a = 'x", ""},
    {"", ""},
};

std::string filled_in(std::string_view sent) {
  std::string text;
  for (const char c : sent) {
    if (c == '#') {
      text += "CAST(0000000042 AS UNSIGNED)";
    } else {
      text += c;
    }
  }
  return text;
}

TEST_CASE("CONNECTION_ID() is the session's id in what servers are sent", "[router][connection_id]") {
  for (const Case& c : kCases) {
    CAPTURE(c.sql);
    CHECK(with_own_values(c.sql, {}, {42, "shop"}) == filled_in(c.sent));
  }
}

TEST_CASE("any beginning of a statement with CONNECTION_ID() is read within its bytes",
          "[router][connection_id]") {
  for (const Case& c : kCases) {
    const std::string_view sql = c.sql;
    for (std::size_t length = 0; length < sql.size(); ++length) {
      const std::string exact(sql.substr(0, length));
      (void)with_own_values({exact.data(), exact.size()}, {}, {42, {}});
    }
  }
}

TEST_CASE("ROW_COUNT() of the first statement is the session's in what servers are sent",
          "[router][row_count]") {
  const std::string is = "CAST(000000000000000000003 AS SIGNED)";
  const auto sent = [](std::string_view sql) { return with_own_values(sql, {}, {.id = 42, .row_count = 3}); };
  CHECK(sent("SELECT ROW_COUNT()") == "SELECT " + is + " AS `ROW_COUNT()`");
  CHECK(sent("SELECT row_count() AS n, connection_id() AS i") ==
        "SELECT " + is + " AS n, CAST(0000000042 AS UNSIGNED) AS i");
  CHECK(sent("INSERT INTO log VALUES (ROW_COUNT())") == "INSERT INTO log VALUES (" + is + ")");
  CHECK(sent("SET @a = ROW_COUNT(); DO ROW_COUNT()") == "SET @a = " + is + "; DO ROW_COUNT()");
  CHECK(sent("DO 1; SELECT ROW_COUNT()").empty());
  CHECK(sent("SELECT row_count FROM t").empty());
  CHECK(sent("PREPARE s FROM 'SELECT ROW_COUNT()'").empty());
  CHECK(sent("EXECUTE IMMEDIATE 'DO row_count(), connection_id()'") ==
        "EXECUTE IMMEDIATE 'DO row_count(), CAST(0000000042 AS UNSIGNED)'");
  CHECK(with_own_values("SELECT ROW_COUNT()", {}, {42, "shop"}).empty());
  CHECK(row_count_expression(-1) == "CAST(-00000000000000000001 AS SIGNED)");
}

TEST_CASE("in a schema of servers' own tables CONNECTION_ID() is the server's", "[router][connection_id]") {
  CHECK(with_own_values("SELECT CONNECTION_ID() AS a", {}, {42, "performance_schema"}).empty());
  CHECK(with_own_values("SELECT CONNECTION_ID() AS a", {}, {42, "sys"}).empty());
}

TEST_CASE("MariaDB has the comment behind a comma in a column's name", "[router][connection_id]") {
  const auto sent = [](std::string_view sql, ServerFamily family) {
    return with_own_values(sql, {}, {42, {}, family});
  };
  for (const ServerFamily family : {ServerFamily::mariadb, ServerFamily::mysql}) {
    const std::string comment = family == ServerFamily::mariadb ? "/* b */ " : "";
    CHECK(sent("SELECT /* a */ 1, \n/* b */ connection_id() /* c */", family) ==
          filled_in("SELECT /* a */ 1, \n/* b */ # AS `" + comment + "connection_id()` /* c */"));
    CHECK(sent("SELECT /* a */ connection_id()", family) ==
          filled_in("SELECT /* a */ # AS `connection_id()`"));
    CHECK(sent("INSERT INTO t VALUES (1) RETURNING a, /* b */ connection_id()", family) ==
          filled_in("INSERT INTO t VALUES (1) RETURNING a, /* b */ # AS `connection_id()`"));
  }
}

TEST_CASE("the session's id has ten digits, as a server's has room for", "[router][connection_id]") {
  CHECK(own_id_expression(1) == "CAST(0000000001 AS UNSIGNED)");
  CHECK(own_id_expression(4294967295u) == "CAST(4294967295 AS UNSIGNED)");
}

TEST_CASE("a double quote is a name's or a string's, as the session has it", "[router][connection_id]") {
  const LexMode ansi{.ansi_quotes = true};
  CHECK(with_own_values("SELECT connection_id() \"a\" FROM t", ansi, {42, {}}) ==
        "SELECT CAST(0000000042 AS UNSIGNED) \"a\" FROM t");
  CHECK(with_own_values("PREPARE s FROM \"DO connection_id()\"", ansi, {42, {}}).empty());
}

TEST_CASE("what may have a backquote within a character gets no name, and stays", "[router][connection_id]") {
  const LexMode gbk{.multibyte = Multibyte::gbk};
  CHECK(with_own_values("SELECT CONCAT('\x81\x60', connection_id())", gbk, {42, {}}).empty());
  CHECK(with_own_values("SELECT CONCAT('\x81\x60', connection_id()) AS a", gbk, {42, {}}) ==
        "SELECT CONCAT('\x81\x60', CAST(0000000042 AS UNSIGNED)) AS a");
}

TEST_CASE("a text that is too deep is left as it is", "[router][connection_id]") {
  const auto nested = [](std::size_t depth) {
    std::string sql;
    for (std::size_t i = 0; i < depth; ++i) sql += "SELECT (";
    return sql + "connection_id()" + std::string(depth, ')');
  };
  CHECK_FALSE(with_own_values(nested(200), {}, {42, {}}).empty());
  CHECK(with_own_values(nested(100'000), {}, {42, {}}).empty());
}

TEST_CASE("a column is called as servers call it", "[router][connection_id]") {
  CHECK(column_name_of("a`b") == "`a``b`");
  CHECK(column_name_of(std::string(300, 'x')) == "`" + std::string(255, 'x') + "`");
  CHECK(column_name_of(std::string(254, 'x') + "\xc3\xa9y") == "`" + std::string(254, 'x') + "`");
  CHECK(column_name_of(std::string(253, 'x') + "\xc3\xa9y") == "`" + std::string(253, 'x') + "\xc3\xa9`");
  CHECK(column_name_of("'\xf0\x9f\x98\x80'") == "`'?'`");
  CHECK(column_name_of("\xf0\x9f") == "`\xf0\x9f`");
}

}  // namespace
}  // namespace weir
