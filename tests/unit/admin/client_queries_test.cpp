// What clients ask by themselves, and what they are told.
#include "admin/client_queries.hpp"

#include <catch2/catch.hpp>

#include "admin/config_tables.hpp"
#include "admin/information_schema.hpp"
#include "admin/live_table.hpp"
#include "admin/refusals.hpp"
#include "router/config/variables.hpp"

namespace weir::test {
namespace {

struct ClientScene {
  ClientScene() {
    create_config_tables(store, "main");
    create_config_tables(store, "disk");
    write_variables(store, "main", "", defaults());
    add_live_table(store, {"stats", "stats_mysql_global",
                           "CREATE TABLE stats_mysql_global (Variable_Name VARCHAR, Variable_Value VARCHAR)",
                           "", [] { return std::vector<Row>{{"Questions", "42"}}; }});
    add_live_table(store, {"stats", "global_variables",
                           "CREATE TABLE global_variables (variable_name VARCHAR, variable_value VARCHAR)",
                           "", [] { return std::vector<Row>{{"mysql-max_allowed_packet", "1"}}; }});
    add_information_schema(store);
    context.run_sql = [this](std::string_view sql) -> Reply {
      try {
        SqlStatement statement =
            store.prepare(sql, nullptr, session.stats_only ? Caller::stats : Caller::admin);
        return store.rows(statement);
      } catch (const SqlError& error) {
        return refuse(AdminError::other, error.what());
      }
    };
  }

  // "not ours", "ok", "1193 ...", or "a,b: 1,2; 3,NULL".
  std::string told(std::string_view sql) {
    const auto reply = answer_client_query(context, sql);
    if (!reply) return "not ours";
    if (std::holds_alternative<Done>(*reply)) return "ok";
    if (const Refusal* refusal = std::get_if<Refusal>(&*reply))
      return std::to_string(refusal->code) + " " + refusal->message;
    const Rows& rows = std::get<Rows>(*reply);
    std::string text;
    for (const std::string& column : rows.columns) text += (text.empty() ? "" : ",") + column;
    text += ":";
    for (std::size_t i = 0; i < rows.rows.size(); ++i) {
      REQUIRE(rows.rows[i].size() == rows.columns.size());
      for (std::size_t c = 0; c < rows.rows[i].size(); ++c)
        text += (c > 0 ? "," : i > 0 ? "; " : " ") + rows.rows[i][c].value_or("NULL");
    }
    return text;
  }

  Store store;
  AdminSession session{.id = 7, .user = "admin", .address = "127.0.0.1"};
  ClientQueryContext context{session, store, {}};
};

TEST_CASE("questions of clients and drivers on connect", "[admin][clients]") {
  struct Case {
    std::string_view sql, told;
  };
  const auto c = GENERATE(values<Case>({
      {"select @@version_comment limit 1", "@@version_comment: (Weir Admin Module)"},
      {"SELECT @@VERSION", "@@VERSION: 2.7.0"},
      {"SELECT version()", "version(): 2.7.0"},
      {"select concat(@@version, ' ', @@version_comment)",
       "concat(@@version, ' ', @@version_comment): 2.7.0 (Weir Admin Module)"},
      {"select DATABASE(), USER() limit 1", "DATABASE(),USER(): admin,admin@127.0.0.1"},
      {"SELECT DATABASE() AS name", "name: admin"},
      {"SELECT current_user()", "current_user(): admin@127.0.0.1"},
      {"select connection_id();", "connection_id(): 7"},
      {"select @@sql_mode", "@@sql_mode: NO_BACKSLASH_ESCAPES"},
      {"SELECT @@max_allowed_packet", "@@max_allowed_packet: 1073741824"},
      {"SELECT @@global.max_allowed_packet", "@@global.max_allowed_packet: 1073741824"},
      {"SELECT @@mysql-max_connections", "@@mysql-max_connections: 10000"},
      {"SELECT @@global.mysql-max_connections", "@@global.mysql-max_connections: 10000"},
      {"SELECT @@max_connections", "@@max_connections: 10000"},
      {"SELECT @@global.read_only", "@@global.read_only: 0"},
      {"SELECT @@questions", "@@questions: 42"},
      {"SELECT @@wait_timeout, @@nosuch", "1193 ProxySQL Admin Error: Unknown system variable 'nosuch'"},
      {"SELECT @@character_set_client, @@character_set_connection, @@character_set_server, "
       "@@character_set_database limit 1",
       "@@character_set_client,@@character_set_connection,@@character_set_server,@@character_set_database: "
       "utf8,utf8,utf8,utf8"},
      {"/* mysql-connector-j-8.0.33 (Revision: x) */SELECT  @@session.auto_increment_increment AS "
       "auto_increment_increment, @@character_set_client AS character_set_client, @@transaction_isolation AS "
       "transaction_isolation, @@wait_timeout AS wait_timeout",
       "auto_increment_increment,character_set_client,transaction_isolation,wait_timeout: "
       "1,utf8,SERIALIZABLE,28800"},
      {"SELECT @@autocommit = 1 one, if(@@autocommit, 'on', 'off')",
       "one,if(@@autocommit, 'on', 'off'): 1,on"},
      {"SELECT 1 FROM dual", "1: 1"},
      {"SELECT SQL_NO_CACHE 1", "1: 1"},
      {"SELECT $$", "1054 ProxySQL Admin Error: no such column: $$"},
      {"SHOW VARIABLES LIKE 'lower_case_table_names'", "Variable_name,Value: lower_case_table_names,1"},
      {"SHOW VARIABLES LIKE 'sql_mode'", "Variable_name,Value: sql_mode,NO_BACKSLASH_ESCAPES"},
      {"SHOW GLOBAL VARIABLES LIKE 'version'", "Variable_name,Value: version,2.7.0"},
      {"SHOW VARIABLES LIKE 'read_only'", "not ours"},
      {"SHOW VARIABLES LIKE 'ndbinfo\\_version'", "Variable_name,Value:"},
      {"SHOW VARIABLES LIKE 'mysql-threads'", "not ours"},
      {"SHOW VARIABLES", "not ours"},
      {"SHOW VARIABLES WHERE Variable_name in ('max_allowed_packet','time_zone','mysql-max_connections')",
       "Variable_name,Value: max_allowed_packet,1073741824; mysql-max_connections,10000; time_zone,SYSTEM"},
      {"SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE table_schema = 'performance_schema' AND "
       "table_name "
       "= 'session_variables'",
       "not ours"},
      {"SELECT 1", "not ours"},
      {"SELECT * FROM mysql_users WHERE username = '@@version'", "not ours"},
  }));
  CAPTURE(c.sql);
  ClientScene scene;
  CHECK(scene.told(c.sql) == c.told);
}

TEST_CASE("the offset of the local time zone is a time", "[admin][clients]") {
  ClientScene scene;
  const std::string told = scene.told("SELECT TIMEDIFF(NOW(), UTC_TIMESTAMP())");
  REQUIRE(told.starts_with("TIMEDIFF(NOW(), UTC_TIMESTAMP()): "));
  CHECK(told.ends_with(":00"));
}

TEST_CASE("statements that mean something to a server only are taken", "[admin][clients]") {
  const std::string_view sql =
      GENERATE("USE main", "use `stats`;", "BEGIN", "START TRANSACTION READ ONLY", "COMMIT",
               "COMMIT AND CHAIN", "LOCK TABLES x READ", "UNLOCK TABLES", "FLUSH TABLES WITH READ LOCK",
               "SET NAMES utf8mb4", "SET NAMES 'utf8' COLLATE 'utf8_general_ci'", "SET autocommit=1",
               "SET AUTOCOMMIT = 0", "SET sql_mode=''", "SET character_set_results = NULL",
               "SET SESSION sql_mode = 'ANSI', time_zone = '+00:00'", "SET @@session.sql_safe_updates=1",
               "set session transaction isolation level read committed",
               "SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO'", "/*!40101 SET NAMES utf8 */",
               "/*!40000 ALTER TABLE `x` DISABLE KEYS */;", "/*!50112 PREPARE s FROM @x */");
  CAPTURE(sql);
  ClientScene scene;
  CHECK(scene.told(sql) == "ok");
  CHECK(scene.session.warnings.empty());
}

TEST_CASE("a database that was chosen is the one that DATABASE() tells, if there is one",
          "[admin][clients]") {
  ClientScene scene;
  CHECK(scene.told("USE nosuch") == "ok");
  CHECK(scene.told("SELECT DATABASE()") == "DATABASE(): admin");
  CHECK(scene.told("USE `stats`") == "ok");
  CHECK(scene.told("SELECT DATABASE()") == "DATABASE(): stats");
  CHECK(scene.told("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND "
                   "table_name LIKE 'stats_mysql_g%'") == "TABLE_NAME: stats_mysql_global");
}

TEST_CASE("what belongs to the admin port stays a command", "[admin][clients]") {
  const std::string_view sql =
      GENERATE("SET mysql-max_connections=5", "SET admin-read_only=true", "SET nosuch=1",
               "SET sql_mode='', mysql-threads=1", "SHOW TABLES", "SHOW DATABASES", "SHOW PROCESSLIST",
               "HELP", "SHOW CREATE TABLE mysql_users", "LOAD MYSQL USERS TO RUNTIME",
               "INSERT INTO mysql_users(username) "
               "VALUES ('now()')");
  CAPTURE(sql);
  ClientScene scene;
  CHECK(scene.told(sql) == "not ours");
}

TEST_CASE("a rollback is accepted, with a warning that it did nothing", "[admin][clients]") {
  ClientScene scene;
  CHECK(scene.told("ROLLBACK") == "ok");
  REQUIRE(scene.session.warnings.size() == 1);
  CHECK(scene.told("SHOW WARNINGS").starts_with("Level,Code,Message: Warning,1105,nothing is taken back: "));
}

TEST_CASE("warnings of the statement before are listed and counted", "[admin][clients]") {
  ClientScene scene;
  scene.session.warnings = {{.table = "mysql_users", .row = 2, .column = "active", .text = "first"},
                            {.table = "", .column = "", .text = "second", .severity = Severity::note}};
  CHECK(scene.told("SHOW WARNINGS") ==
        "Level,Code,Message: Error,1105,mysql_users row 2, active: first; Note,1105,second");
  CHECK(scene.told("SHOW WARNINGS LIMIT 1") ==
        "Level,Code,Message: Error,1105,mysql_users row 2, active: first");
  CHECK(scene.told("SHOW WARNINGS LIMIT 1, 5") == "Level,Code,Message: Note,1105,second");
  CHECK(scene.told("SHOW WARNINGS LIMIT 18446744073709551616") != "");
  CHECK(scene.told("SHOW ERRORS") == "Level,Code,Message: Error,1105,mysql_users row 2, active: first");
  CHECK(scene.told("SHOW COUNT(*) WARNINGS") == "@@session.warning_count: 2");
  CHECK(scene.told("SELECT @@error_count") == "@@session.error_count: 1");
  for (const std::string_view sql : {"show warnings", "SHOW ERRORS LIMIT 3", "SHOW COUNT(*) ERRORS",
                                     "SELECT @@warning_count", "/* x */ SHOW WARNINGS;"})
    CHECK(asks_for_warnings(sql));
  for (const std::string_view sql : {"", "SELECT 1", "SHOW WARNINGS FROM x", "SHOW TABLES"})
    CHECK_FALSE(asks_for_warnings(sql));
}

TEST_CASE("GUIs find schemas, tables and columns", "[admin][clients]") {
  ClientScene scene;
  CHECK(scene.told("DESCRIBE mysql_servers port") ==
        "Field,Type,Null,Key,Default,Extra: port,INT,NO,PRI,3306,");
  CHECK(scene.told("SHOW COLUMNS FROM `main`.`global_variables`").contains("variable_value,"));
  CHECK(scene.told("SHOW FULL FIELDS FROM global_variables IN admin LIKE 'variable_name'")
            .starts_with("Field,Type,Collation,Null,Key,Default,Extra,Privileges,Comment: variable_name,"));
  CHECK(scene.told("DESC nosuch") == "1146 ProxySQL Admin Error: no such table: nosuch");
  CHECK(scene.told("SHOW INDEX FROM mysql_servers").contains("hostgroup_id"));
  CHECK(scene.told("SHOW FULL TABLES FROM stats") ==
        "Tables_in_stats,Table_type: global_variables,BASE TABLE; stats_mysql_global,BASE TABLE");
  CHECK(scene.told("SHOW FULL TABLES WHERE Table_type = 'VIEW'") == "Tables_in_main,Table_type:");
  CHECK(scene.told("SHOW DATABASES LIKE 'm%'") == "Database: main; monitor");
  CHECK(scene.told("SHOW COLLATION WHERE Id = 33") ==
        "Collation,Charset,Id,Default,Compiled,Sortlen: utf8mb3_general_ci,utf8mb3,33,Yes,Yes,1");
  CHECK(scene.told("SHOW CHARACTER SET LIKE 'latin1'")
            .starts_with("Charset,Description,Default collation,Maxlen: "));
  CHECK(scene.told("SHOW ENGINES").contains("SQLite,DEFAULT"));
  CHECK(scene.told("SHOW TRIGGERS FROM main LIKE 'x'").starts_with("Trigger,Event"));
  CHECK(scene.told("SHOW GRANTS") ==
        "Grants for admin@127.0.0.1: GRANT ALL PRIVILEGES ON *.* TO 'admin'@'127.0.0.1'");
}

TEST_CASE("every table of information_schema can be read, by readers of statistics, too",
          "[admin][clients]") {
  ClientScene scene;
  scene.session.stats_only = true;
  const Rows tables =
      scene.store.rows("SELECT name FROM information_schema.sqlite_master WHERE type = 'table'");
  REQUIRE(tables.rows.size() > 10);
  for (const Row& table : tables.rows) {
    CAPTURE(*table[0]);
    CHECK(
        std::holds_alternative<Rows>(scene.context.run_sql("SELECT * FROM information_schema." + *table[0])));
  }
  add_information_schema(scene.store);
}

TEST_CASE("a reader of statistics sees no accounts, whatever the question", "[admin][clients]") {
  ClientScene scene;
  scene.session.stats_only = true;
  CHECK(scene.told("SELECT DATABASE()") == "DATABASE(): stats");
  CHECK(scene.told("SELECT @@max_allowed_packet") == "@@max_allowed_packet: 1073741824");
  for (const std::string_view name :
       {"admin_credentials", "admin-admin_credentials", "mysql-monitor_password", "stats_credentials",
        "monitor_password", "global.cluster_password"}) {
    CAPTURE(name);
    CHECK(scene.told("SELECT @@" + std::string(name)).starts_with("1193 "));
  }
  CHECK(scene.told("SHOW COLUMNS FROM mysql_users").starts_with("1146 "));
  CHECK(scene.told("SHOW COLUMNS FROM stats_mysql_global WHERE (SELECT count(*) FROM main.mysql_users) = 0")
            .contains("may read stats"));
  CHECK(scene.told("SHOW VARIABLES WHERE (SELECT count(*) FROM main.mysql_users) = 0")
            .contains("may read stats"));
  CHECK(scene.told("SHOW COLLATION WHERE 1) UNION SELECT username,1,1,1,1,1 FROM main.mysql_users --")
            .starts_with("1105 "));
}

TEST_CASE("statements of any bytes are answered or left alone", "[admin][clients]") {
  ClientScene scene;
  for (const std::string_view sql :
       {"", ";", "SELECT @@", "SELECT @@'", "SET", "SET ,", "SET @x", "SHOW", "SELECT @@mysql-",
        "SELECT now(", "SELECT @@version AS", "/*!", "/*!40101", "SELECT 'x", "\xff\xfe",
        "SELECT (((@@version", "SELECT @@version)))", "WITH"}) {
    CAPTURE(sql);
    CHECK_NOTHROW(scene.told(sql));
  }
}

}  // namespace
}  // namespace weir::test
