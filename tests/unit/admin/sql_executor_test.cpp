#include "admin/sql_executor.hpp"

#include <catch2/catch.hpp>

#include "admin/session_sql.hpp"
#include "tests/unit/admin/executor_scene.hpp"

using namespace weir;
using namespace weir::test;
using Catch::Contains;
using Catch::StartsWith;

TEST_CASE("SQL is SQLite's, on tables with ProxySQL's names", "[admin][executor]") {
  ExecutorScene scene;
  CHECK(scene.told("INSERT INTO MySQL_users(username) VALUES ('a'), ('b')") == "ok 2");
  CHECK(scene.told("select username, password from main.mysql_USERS order by 1 desc") ==
        "username,password: b,NULL; a,NULL");
  CHECK(scene.told("UPDATE mysql_users SET active=0 WHERE username=\"a\"") == "ok 1");
  CHECK(scene.told("INSERT OR IGNORE INTO mysql_users(username) VALUES ('a')") == "ok 0");
  CHECK(scene.told("REPLACE INTO mysql_users(username) VALUES ('a')") == "ok 1");
  CHECK(scene.told("SELECT Variable_Value FROM stats_mysql_global") == "Variable_Value: 5");
  CHECK(scene.told("WITH x AS (SELECT 1 AS a) SELECT a FROM x") == "a: 1");
  CHECK(scene.told("UPDATE mysql_users SET password = MYSQL_NATIVE_PASSWORD('password')") == "ok 2");
  CHECK(scene.told("SELECT DISTINCT password FROM mysql_users") ==
        "password: *2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19");
  CHECK(scene.told("DELETE FROM mysql_users") == "ok 2");
}

TEST_CASE("failures of SQLite get MySQL's codes behind ProxySQL's prefix", "[admin][executor]") {
  struct Case {
    std::string_view sql;
    std::uint16_t code;
    std::string_view sqlstate, text;
  };
  for (const Case& c : {
           Case{"SELECT", 1064, "42000", "incomplete input"},
           Case{"SELEC 1", 1064, "42000", "near \"SELEC\": syntax error"},
           Case{"SELECT 'x", 1064, "42000", "unrecognized token"},
           Case{"SELECT 1; SELECT 2", 1064, "42000", "one statement at a time"},
           Case{"", 1065, "42000", "Query was empty"},
           Case{" ;", 1065, "42000", "Query was empty"},
           Case{"SELECT * FROM nosuch", 1146, "42S02", "no such table: nosuch"},
           Case{"SELECT * FROM main.nosuch", 1146, "42S02", "no such table: main.nosuch"},
           Case{"SELECT nosuch FROM mysql_users", 1054, "42S22", "no such column: nosuch"},
           Case{"INSERT INTO mysql_users(nosuch) VALUES(1)", 1054, "42S22", "has no column named nosuch"},
           Case{"INSERT INTO mysql_users VALUES(1)", 1136, "21S01", "columns but 1 values"},
           Case{"SELECT no_such_function()", 1305, "42000", "no such function"},
           Case{"INSERT INTO mysql_servers(hostname) VALUES('h'),('h')", 1062, "23000",
                "UNIQUE constraint failed"},
           Case{"INSERT INTO mysql_servers(hostname,port) VALUES('h',70000)", 3819, "HY000",
                "CHECK constraint failed"},
           Case{"INSERT INTO mysql_servers(port) VALUES(1)", 1048, "23000", "NOT NULL constraint failed"},
           Case{"DELETE FROM stats_mysql_global", 1290, "HY000", "may not be modified"},
           Case{"DROP TABLE mysql_users", 1235, "42000", "mysql_users"},
           Case{"ATTACH DATABASE 'x' AS y", 1235, "42000", ""},
       }) {
    ExecutorScene scene;
    INFO(c.sql);
    const Reply reply = scene.run(c.sql);
    REQUIRE(std::holds_alternative<Refusal>(reply));
    const Refusal& refusal = std::get<Refusal>(reply);
    CHECK(refusal.code == c.code);
    CHECK(refusal.sqlstate == c.sqlstate);
    CHECK_THAT(refusal.message, StartsWith("ProxySQL Admin Error: ") && Contains(std::string(c.text)));
  }
}

TEST_CASE("who changes the configuration is told how it comes into force", "[admin][executor]") {
  ExecutorScene scene;
  scene.run("INSERT INTO MySQL_users(username) VALUES ('a')");
  REQUIRE(scene.session.warnings.size() == 1);
  CHECK(scene.session.warnings[0].severity == Severity::note);
  CHECK_THAT(scene.warnings(), Contains("mysql_users") && Contains("LOAD MYSQL USERS TO RUNTIME"));
  scene.run("UPDATE mysql_users SET active = 0 WHERE username = 'nobody'");
  CHECK(scene.session.warnings.empty());
  scene.run("INSERT INTO disk.mysql_users(username) VALUES ('a')");
  CHECK(scene.session.warnings.empty());
  scene.run("UPDATE global_variables SET variable_value='1' WHERE variable_name='mysql-max_connections'");
  CHECK_THAT(scene.warnings(), Contains("LOAD MYSQL VARIABLES TO RUNTIME"));
}

TEST_CASE("a variable that no row has is told with the nearest right name", "[admin][executor]") {
  ExecutorScene scene;
  CHECK(scene.told(
            "UPDATE global_variables SET variable_value='m' WHERE variable_name='MySQL-monitor_username'") ==
        "ok 0");
  CHECK_THAT(scene.warnings(),
             Contains("'MySQL-monitor_username'") && Contains("did you mean 'mysql-monitor_username'"));
  scene.run(
      "UPDATE global_variables SET variable_value='m' WHERE variable_name='mysql-max_connections' AND 0");
  CHECK(scene.session.warnings.empty());
}

TEST_CASE("the table that a statement writes to", "[admin][executor]") {
  struct Case {
    std::string_view sql, schema, table;
  };
  for (const Case& c : {
           Case{"INSERT INTO t VALUES (1)", "", "t"},
           Case{"insert or replace into `a`.\"t\"(x) VALUES (1)", "a", "t"},
           Case{"REPLACE INTO disk.t VALUES (1)", "disk", "t"},
           Case{"UPDATE OR IGNORE t SET x = 1", "", "t"},
           Case{"DELETE FROM t", "", "t"},
           Case{"WITH x AS (SELECT 1) DELETE FROM t", "", "t"},
           Case{"SELECT 1", "", ""},
           Case{"WITH x AS (SELECT 1) SELECT 1", "", ""},
           Case{"INSERT", "", ""},
           Case{"", "", ""},
       }) {
    INFO(c.sql);
    const WrittenTable found = written_table(c.sql);
    CHECK(found.schema == c.schema);
    CHECK(found.table == c.table);
  }
}

TEST_CASE("stats accounts read statistics, and nothing else", "[admin][executor]") {
  ExecutorScene scene;
  scene.session.stats_only = true;
  for (std::string_view sql :
       {"SELECT * FROM mysql_users", "SELECT * FROM main.global_variables", "DELETE FROM stats_mysql_global",
        "INSERT INTO mysql_users(username) VALUES('x')", "LOAD MYSQL USERS TO RUNTIME",
        "SAVE MYSQL USERS TO DISK", "PROXYSQL FLUSH LOGS", "PRAGMA query_only=0", "ATTACH DATABASE 'x' AS y",
        "SET mysql-max_connections=5", "SHOW MYSQL USERS", "KILL 7", "SELECT CONFIG FILE", "SHOW CONFIG DIFF",
        "CHECKSUM MYSQL USERS",
        "SHOW VARIABLES WHERE 1) UNION SELECT username, password FROM main.mysql_users --"}) {
    INFO(sql);
    CHECK_THAT(scene.told(sql), StartsWith("1") && Contains("ProxySQL Admin Error: "));
    CHECK(scene.layers.calls.empty());
    CHECK(scene.process.calls.empty());
  }
  CHECK(
      scene.told("SELECT * FROM mysql_users").starts_with("1045 ProxySQL Admin Error: Command not allowed"));
  CHECK(scene.told("SELECT Variable_Value FROM stats_mysql_global") == "Variable_Value: 5");
  CHECK(scene.told("SHOW DATABASES") == "seq,name,file: 0,main,; 4,monitor,");
  CHECK_THAT(scene.told("SHOW TABLES"), Contains("stats_mysql_global") && !Contains("mysql_users"));
  CHECK_THAT(scene.told("SHOW TABLES FROM disk"), StartsWith("1049 "));
  CHECK_THAT(scene.told("SHOW CREATE TABLE main.mysql_users"), StartsWith("1146 "));
  CHECK_THAT(scene.told("SHOW CREATE TABLE main.stats_mysql_global"),
             Contains("CREATE TABLE stats_mysql_global"));
  CHECK(scene.told("SHOW MYSQL VARIABLES") == "Variable_name,Value: mysql-max_allowed_packet,4194304");
  CHECK(scene.told("SELECT 1") == "1: 1");
}

TEST_CASE("prepared statements know their parameters and columns", "[admin][executor]") {
  ExecutorScene scene;
  const auto shape =
      scene.executor.prepare(scene.session, "SELECT username, active FROM mysql_users WHERE username = ?");
  REQUIRE(shape);
  CHECK(shape->parameters == 1);
  CHECK(shape->columns == std::vector<std::string>{"username", "active"});
  const auto command = scene.executor.prepare(scene.session, "LOAD MYSQL USERS TO RUNTIME");
  REQUIRE(command);
  CHECK(command->parameters == 0);
  CHECK(scene.layers.calls.empty());
  CHECK(scene.executor.prepare(scene.session, "SELECT nosuch FROM mysql_users").error().code == 1054);

  const std::vector<Cell> values{Cell("x"), Cell()};
  CHECK(scene.told("INSERT INTO mysql_users(username, password) VALUES (?, ?)", values) == "ok 1");
  CHECK(scene.told("SELECT username, password FROM mysql_users WHERE username = ?",
                   std::span(values).first(1)) == "username,password: x,NULL");
  CHECK_THAT(scene.told("SELECT ?"), StartsWith("1105 "));
}

TEST_CASE("a result takes no more than its session may have", "[admin][executor]") {
  ExecutorScene scene;
  scene.session.most_result_bytes = 100'000;
  const std::string sql =
      "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 10000) SELECT x FROM c";
  CHECK_THAT(scene.told(sql), Contains("larger than the 97 KiB that are left") && Contains("use LIMIT"));
  CHECK_THAT(scene.told(sql + " LIMIT 1"), StartsWith("x: 1"));
  scene.session.most_result_bytes = kMaxResultBytes;
  CHECK_THAT(scene.told(sql), StartsWith("x: 1; 2"));
}
