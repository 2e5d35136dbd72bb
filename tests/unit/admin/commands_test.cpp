#include "admin/commands.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/unit/admin/executor_scene.hpp"

using namespace weir;
using namespace weir::test;
using Catch::Contains;
using Catch::StartsWith;

TEST_CASE("every command has documentation, and every form of it reaches its own row", "[admin][commands]") {
  std::set<std::string_view> patterns;
  for (const AdminCommand& command : admin_commands()) {
    INFO(command.pattern);
    CHECK(command.doc.ends_with('.'));
    CHECK(command.run != nullptr);
    CHECK(patterns.insert(command.pattern).second);
    std::string text;  // the first alternative of each word, optional parts left out
    int depth = 0;
    for (char c : std::string(command.pattern)) {
      depth += c == '[' ? 1 : c == ']' ? -1 : 0;
      if (depth == 0 && c != ']') text += c;
    }
    std::string sql;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
      const bool capture = word.contains('<');
      sql += (capture ? std::string("x") : word.substr(0, word.find('|'))) + " ";
    }
    CHECK(find_command(sql).command == &command);
  }
}

TEST_CASE("LOAD and SAVE: each synonym of each direction, for each module", "[admin][commands]") {
  struct Direction {
    std::string_view load, moved;
    std::vector<std::string> synonyms;
  };
  const std::vector<Direction> directions{
      {"LOAD", "memory -> runtime", {"TO RUNTIME", "TO RUN", "FROM MEMORY", "FROM MEM"}},
      {"LOAD", "disk -> memory", {"TO MEMORY", "TO MEM", "FROM DISK"}},
      {"LOAD", "config file -> memory", {"FROM CONFIG"}},
      {"SAVE", "runtime -> memory", {"TO MEMORY", "TO MEM", "FROM RUNTIME", "FROM RUN"}},
      {"SAVE", "memory -> disk", {"TO DISK", "FROM MEMORY", "FROM MEM"}}};
  ExecutorScene scene;
  for (const Module& module : modules()) {
    for (const Direction& direction : directions) {
      for (const std::string& synonym : direction.synonyms) {
        const std::string sql = std::string(direction.load) + " " + std::string(module.name) + " " + synonym;
        INFO(sql);
        scene.layers.calls.clear();
        CHECK(scene.told(sql) == (synonym == "FROM CONFIG" ? "ok 3" : "ok 0"));
        CHECK(scene.layers.calls ==
              std::vector{std::string(module.name) + ": " + std::string(direction.moved)});
      }
    }
  }
  CHECK(scene.told(" load /* all */ mysql\n users  to runtime ; ") == "ok 0");
}

TEST_CASE("LOAD of what does not exist names the nearest that does", "[admin][commands]") {
  ExecutorScene scene;
  CHECK_THAT(scene.told("LOAD MYSQL SERVRS TO RUNTIME"),
             StartsWith("1064 ") && Contains("did you mean 'MYSQL SERVERS'"));
  CHECK_THAT(scene.told("LOAD MYSQL USERS TO NOWHERE"), StartsWith("1064 "));
  CHECK(scene.layers.calls.empty());
}

TEST_CASE("what a LOAD complains of is the error, and all of it is in the warnings", "[admin][commands]") {
  ExecutorScene scene;
  scene.layers.complaints = {{"mysql_servers", 2, "weight", "is heavy", Severity::warning, {}},
                             {"mysql_servers", 3, "port", "70000 is not in 0..65535", Severity::error, {}},
                             {"mysql_servers", 4, "port", "70001 is not in 0..65535", Severity::error, {}}};
  CHECK(scene.told("LOAD MYSQL SERVERS TO RUNTIME") ==
        "1105 ProxySQL Admin Error: mysql_servers row 3, port: 70000 is not in 0..65535; and 1 more in SHOW "
        "WARNINGS; "
        "nothing was changed");
  CHECK(scene.session.warnings.size() == 3);

  scene.layers.complaints = {{"mysql_servers", 2, "weight", "is heavy", Severity::warning, {}}};
  CHECK(scene.told("LOAD MYSQL SERVERS TO RUNTIME") == "ok 0");
  CHECK(scene.warnings() == "warning: mysql_servers row 2, weight: is heavy");

  scene.layers.complaints = {{"global_variables", 0, "mysql-threads", "0 is too few", Severity::error, {}}};
  CHECK_THAT(scene.told("LOAD MYSQL VARIABLES TO RUNTIME"), StartsWith("1231 "));
}

TEST_CASE("one user is loaded by name", "[admin][commands]") {
  ExecutorScene scene;
  CHECK(scene.told("LOAD MYSQL USER so-lo_1+ TO RUNTIME") == "ok 0");
  CHECK(scene.told("load mysql user solo from memory;") == "ok 0");
  CHECK(scene.layers.calls == std::vector<std::string>{"user so-lo_1+", "user solo"});
  CHECK_THAT(scene.told("LOAD MYSQL USER so;lo TO RUNTIME"), Contains("Invalid name so;lo"));
}

TEST_CASE("differences between layers are rows", "[admin][commands]") {
  ExecutorScene scene;
  scene.layers.differences = {{"mysql_users", "username=a", "active", "0", "1"}};
  CHECK(scene.told("SHOW CONFIG DIFF") == "table,key,column,left,right: mysql_users,username=a,active,0,1");
  scene.told("show config diff from disk to mem");
  CHECK(scene.layers.calls == std::vector<std::string>{"diff runtime memory", "diff disk memory"});
  CHECK_THAT(scene.told("SHOW CONFIG DIFF FROM disk TO moon"), StartsWith("1064 ") && Contains("moon"));
}

TEST_CASE("what PROXYSQL and WEIR do to the process", "[admin][commands]") {
  struct Case {
    std::string_view sql, call;
  };
  for (const Case& c :
       {Case{"PAUSE", "pause"}, Case{"RESUME", "resume"}, Case{"STOP", "stop"}, Case{"START", "start"},
        Case{"RESTART", "restart"}, Case{"SHUTDOWN", "shut down"}, Case{"SHUTDOWN SLOW", "shut down slowly"},
        Case{"KILL", "exit"}, Case{"FLUSH LOGS", "reopen logs"}}) {
    for (std::string_view product : {"PROXYSQL", "weir"}) {
      ExecutorScene scene;
      INFO(product << ' ' << c.sql);
      CHECK(scene.told(std::string(product) + " " + std::string(c.sql)) == "ok 0");
      CHECK(scene.process.calls == std::vector{std::string(c.call)});
    }
  }
  ExecutorScene scene;
  scene.process.problem = "already paused";
  CHECK(scene.told("PROXYSQL PAUSE") == "1105 ProxySQL Admin Error: already paused");
  CHECK(scene.told("PROXYSQL FLUSH CONFIGDB") == "ok 0");
  CHECK_THAT(scene.told("PROXYSQL NOSUCH"), StartsWith("1064 "));
}

TEST_CASE("what this version does not have is not pretended", "[admin][commands]") {
  ExecutorScene scene;
  for (std::string_view sql : {"PROXYSQL FLUSH MYSQL CLIENT HOSTS", "SIGNAL MYSQL THREADS"}) {
    INFO(sql);
    CHECK(scene.told(sql) == "ok 0");
    CHECK_THAT(scene.warnings(), Contains("nothing was done"));
  }
  for (std::string_view sql : {"PROXYSQL COREDUMP", "SAVE MYSQL DIGEST TO DISK",
                               "DUMP EVENTSLOG FROM BUFFER TO BOTH", "PROXYSQL MEMPROFILE START"}) {
    INFO(sql);
    CHECK_THAT(scene.told(sql), StartsWith("1235 "));
  }
}

TEST_CASE("KILL reaches a session, or says that there is none", "[admin][commands]") {
  ExecutorScene scene;
  CHECK(scene.told("KILL 7") == "ok 0");
  CHECK(scene.told("kill connection 7;") == "ok 0");
  CHECK(scene.told("KILL QUERY 7") == "ok 0");
  CHECK(scene.told("KILL CONNECTION 99999") == "1094 ProxySQL Admin Error: Unknown thread id: 99999");
  CHECK(scene.killed ==
        std::vector<std::string>{"connection 7", "connection 7", "query 7", "connection 99999"});
  for (std::string_view sql : {"KILL x", "KILL -1", "KILL 99999999999", "KILL CONNECTION"}) {
    INFO(sql);
    CHECK_THAT(scene.told(sql), StartsWith("1064 "));
  }
}

TEST_CASE("read-only mode refuses SQL that writes, and no command", "[admin][commands]") {
  ExecutorScene scene;
  CHECK(scene.told("PROXYSQL READONLY") == "ok 0");
  CHECK(scene.told("SHOW GLOBAL VARIABLES LIKE 'read_only'") == "Variable_name,Value: read_only,ON");
  CHECK_THAT(scene.told("DELETE FROM mysql_users"), StartsWith("1290 "));
  CHECK_THAT(scene.told("SET mysql-max_connections=5"), StartsWith("1290 "));
  for (const char* sql :
       {"INSERT INTO mysql_users(username) VALUES ('x')", "CREATE TABLE t(x)",
        "WITH a(x) AS (SELECT 1) DELETE FROM mysql_users", "DROP TABLE IF EXISTS mysql_users",
        "ALTER TABLE mysql_users ADD y", "PRAGMA user_version = 3"}) {
    INFO(sql);
    CHECK_THAT(scene.told(sql), !StartsWith("ok"));
  }
  CHECK(scene.told("SELECT COUNT(*) FROM mysql_users") == "COUNT(*): 0");
  CHECK_THAT(scene.told("EXPLAIN DELETE FROM mysql_users"), StartsWith("addr,opcode"));
  CHECK(scene.told("PRAGMA query_only") == "query_only: 0");  // nothing that would have to be taken back
  CHECK(scene.told("LOAD MYSQL USERS TO RUNTIME") == "ok 0");
  CHECK(scene.told("PROXYSQL READWRITE") == "ok 0");
  CHECK(scene.told("DELETE FROM mysql_users") == "ok 0");
}

TEST_CASE("databases and tables are listed", "[admin][commands]") {
  ExecutorScene scene;
  CHECK_THAT(scene.told("SHOW DATABASES"), StartsWith("seq,name,file: 0,main,") && Contains("; 2,disk,") &&
                                               Contains("; 3,stats,") && Contains("; 4,monitor,"));
  CHECK_THAT(scene.told("show tables"),
             StartsWith("tables: global_variables; mysql_") && Contains("mysql_users"));
  CHECK_THAT(scene.told("SHOW TABLES FROM stats"), Contains("stats_mysql_global"));
  CHECK(scene.told("SHOW TABLES LIKE 'mysql\\_us%'") == "tables: mysql_users");
  CHECK(scene.told("SHOW TABLES IN disk LIKE 'global%'") == "tables: global_variables");
  CHECK(scene.told("SHOW TABLES FROM nosuch") == "1049 ProxySQL Admin Error: unknown database nosuch");
}

TEST_CASE("a definition is shown a line for each column", "[admin][commands]") {
  ExecutorScene scene;
  CHECK_THAT(scene.told("SHOW CREATE TABLE global_variables"),
             StartsWith("table,Create Table: global_variables,CREATE TABLE global_variables (\n    "
                        "variable_name VARCHAR") &&
                 Contains(",\n    variable_value VARCHAR"));
  CHECK_THAT(scene.told("SHOW CREATE TABLE `disk`.`mysql_servers`"),
             Contains(": mysql_servers,CREATE TABLE"));
  CHECK(scene.told("SHOW CREATE TABLE stats_mysql_global") ==
        "table,Create Table: stats_mysql_global,CREATE TABLE stats_mysql_global (\n    Variable_Name VARCHAR "
        "NOT NULL,\n"
        "    Variable_Value VARCHAR NOT NULL)");
  CHECK_THAT(scene.told("SHOW CREATE TABLE disk.stats_mysql_global"), StartsWith("1146 "));
  CHECK_THAT(scene.told("SHOW CREATE TABLE nosuch"), StartsWith("1146 "));
  CHECK_THAT(scene.told("SHOW TABLE STATUS LIKE 'mysql_users'"),
             Contains(": mysql_users,SQLite,10,Dynamic,0,"));
  CHECK_THAT(scene.told("SHOW TABLE STATUS FROM stats"),
             Contains("stats_mysql_global,SQLite,10,Dynamic,NULL"));
}

TEST_CASE("variables and counters are listed", "[admin][commands]") {
  ExecutorScene scene;
  const std::string one = "Variable_name,Value: mysql-max_connections,10000";
  for (std::string_view sql :
       {"SHOW VARIABLES LIKE 'mysql-max_connections'", "SHOW GLOBAL VARIABLES LIKE 'MYSQL-MAX_CONNECTIONS'",
        "SHOW VARIABLES WHERE Variable_name='mysql-max_connections'",
        "SHOW MYSQL VARIABLES LIKE '%-max\\_connections'",
        "SHOW ALL VARIABLES LIKE \"mysql-max_connections\"",
        "SHOW SESSION VARIABLES WHERE Value = '10000' AND variable_name LIKE '%-max_connections' -- but "
        "one"}) {
    INFO(sql);
    CHECK(scene.told(sql) == one);
  }
  CHECK(scene.told("SHOW ADMIN VARIABLES LIKE 'mysql%'") == "Variable_name,Value:");
  CHECK(scene.told("SHOW MYSQL STATUS") == "Variable_name,Value: Uptime,5");
  CHECK(scene.told("SHOW MYSQL STATUS LIKE 'nosuch'") == "Variable_name,Value:");
  CHECK(scene.told("SHOW PROMETHEUS METRICS") == "Data: weir_up 1\n");
}

TEST_CASE("the process list shows the beginning of a long statement", "[admin][commands]") {
  ExecutorScene scene;
  CHECK(scene.told("SHOW PROCESSLIST") ==
        "SessionID,user,db,hostgroup,command,time_ms,info: 7,app,shop,0,Query,12," + std::string(100, 'x'));
  CHECK_THAT(scene.told("show full processlist;"), Contains(std::string(200, 'x')));
}

TEST_CASE("SET changes a variable in memory, however it is written", "[admin][commands]") {
  struct Case {
    std::string_view sql, name, value;
  };
  for (const Case& c : {
           Case{"SET mysql-max_connections=777", "mysql-max_connections", "777"},
           Case{"set mysql-max_connections = 779 ;", "mysql-max_connections", "779"},
           Case{"SET `mysql-max_connections`='778'", "mysql-max_connections", "778"},
           Case{"SET \"mysql-max_connections\":=\"778\"", "mysql-max_connections", "778"},
           Case{"SET GLOBAL mysql-max_connections=5", "mysql-max_connections", "5"},
           Case{"SET @@global.mysql-max_connections=5", "mysql-max_connections", "5"},
           Case{"SET mysql-default_schema=shop", "mysql-default_schema", "shop"},
           Case{"SET mysql-interfaces='127.0.0.1:6033;/tmp/x.sock'", "mysql-interfaces",
                "127.0.0.1:6033;/tmp/x.sock"},
           Case{"SET mysql-init_connect='SET sql_mode=''ANSI'', @a=''x'''", "mysql-init_connect",
                "SET sql_mode='ANSI', @a='x'"},
           Case{R"(SET mysql-monitor_password='pa\ss"\')", "mysql-monitor_password", R"(pa\ss"\)"},
           Case{"SET mysql-server_version=''", "mysql-server_version", ""},
       }) {
    ExecutorScene scene;
    INFO(c.sql);
    CHECK(scene.told(c.sql) == "ok 1");
    CHECK(scene.told("SELECT variable_value FROM global_variables WHERE variable_name='" +
                     std::string(c.name) + "'") == "variable_value: " + std::string(c.value));
  }
}

TEST_CASE("SET of what is no variable, or no value, is an error", "[admin][commands]") {
  ExecutorScene scene;
  CHECK_THAT(scene.told("SET MySQL-monitor_username='m'"),
             StartsWith("1193 ") && Contains("did you mean 'mysql-monitor_username'"));
  CHECK_THAT(scene.told("SET mysql-max_conections=5"), Contains("did you mean 'mysql-max_connections'"));
  CHECK_THAT(scene.told("SET max_connections=5"), Contains("did you mean 'mysql-max_connections'"));
  CHECK_THAT(scene.told("SET mysql-nosuch_thing_at_all=1"), StartsWith("1193 "));
  for (std::string_view sql : {"SET mysql-max_connections",
                               "SET mysql-max_connections=", "SET mysql-max_connections=5, mysql-threads=2",
                               "SET mysql-max_connections='5", "SET mysql-init_connect=SET NAMES utf8"}) {
    INFO(sql);
    CHECK_THAT(scene.told(sql), StartsWith("1064 "));
  }
}

TEST_CASE("SET says at once what LOAD will say", "[admin][commands]") {
  ExecutorScene scene;
  CHECK(scene.told("SET mysql-max_connections=0") == "ok 1");
  CHECK_THAT(scene.warnings(), Contains("LOAD MYSQL VARIABLES TO RUNTIME will refuse it"));
}

TEST_CASE("checksums follow the content, and nothing else", "[admin][commands]") {
  ExecutorScene scene;
  const std::string empty = scene.told("CHECKSUM MYSQL USERS");
  CHECK_THAT(empty, StartsWith("table,checksum: mysql_users,0x"));
  CHECK(scene.told("checksum mem  mysql users") == empty);
  CHECK(scene.told("CHECKSUM DISK MYSQL USERS") == empty);
  scene.run("INSERT INTO mysql_users(username) VALUES('a'),('b')");
  const std::string two = scene.told("CHECKSUM MEMORY MYSQL USERS");
  CHECK(two != empty);
  scene.run("DELETE FROM mysql_users");
  scene.run("INSERT INTO mysql_users(username) VALUES('b'),('a')");
  CHECK(scene.told("CHECKSUM MYSQL USERS") == two);
  CHECK_THAT(scene.told("CHECKSUM MYSQL QUERY  RULES"), Contains(": mysql_query_rules,0x"));
  CHECK_THAT(scene.told("SELECT GLOBAL_CHECKSUM()"), StartsWith("GLOBAL_CHECKSUM(): 0x"));
  CHECK_THAT(scene.told("CHECKSUM MYSQL NOTHING"), StartsWith("1064 "));
  CHECK_THAT(scene.told("CHECKSUM NOTHING"), StartsWith("1064 "));
}

TEST_CASE("the configuration is shown, and written for its owner only", "[admin][commands]") {
  ExecutorScene scene;
  CHECK(scene.told("SELECT CONFIG FILE") == "Data: datadir=\"/var/lib/weir\"\n");
  std::string pattern = (std::filesystem::temp_directory_path() / "weir-out-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  const std::string path = pattern + "/my weir.cnf";
  for (const std::string& sql :
       {"SELECT CONFIG INTO OUTFILE '" + path + "'", "SAVE CONFIG TO FILE \"" + path + "\";"}) {
    INFO(sql);
    CHECK(scene.told(sql) == "ok 0");
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    CHECK(text.str() == "datadir=\"/var/lib/weir\"\n");
    struct ::stat facts{};
    REQUIRE(::stat(path.c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0600);
  }
  CHECK_THAT(scene.told("SELECT CONFIG INTO OUTFILE " + pattern + "/no/where.cnf"), StartsWith("1105 "));
  std::filesystem::remove_all(pattern);
}

TEST_CASE("only the digests can be truncated", "[admin][commands]") {
  ExecutorScene scene;
  for (std::string_view table : {"TABLE stats_mysql_query_digest", "stats.stats_mysql_query_digest_reset"}) {
    CHECK(scene.told("TRUNCATE " + std::string(table)) == "ok 2");
  }
  CHECK_THAT(scene.told("TRUNCATE mysql_users"), StartsWith("1064 "));
}

TEST_CASE("HELP lists the commands, or tells one", "[admin][commands]") {
  ExecutorScene scene;
  const Reply all = scene.run("HELP");
  CHECK(std::get<Rows>(all).rows.size() == admin_commands().size());
  CHECK_THAT(scene.told("help 'flush logs'"),
             StartsWith("name,description,example: PROXYSQL|WEIR FLUSH LOGS,"));
  CHECK(std::get<Rows>(scene.run("HELP checksum")).rows.size() == 3);
  CHECK(std::get<Rows>(scene.run("WEIR HELP checksum")).rows.size() == 3);
  CHECK(std::get<Rows>(scene.run("HELP nosuch")).rows.empty());
}

TEST_CASE("EXPLAIN ROUTE: who asks, and the statement as it was written", "[admin][commands]") {
  struct Case {
    std::string sql, asked;
  };
  const Case cases[] = {
      {"EXPLAIN ROUTE FOR USER 'u' SELECT 1", "u - [] SELECT 1"},
      {"explain route for user u select 1;", "u - [] select 1"},
      {"EXPLAIN ROUTE FOR USER 'u' SCHEMA 's' SELECT 1", "u s [] SELECT 1"},
      {"EXPLAIN ROUTE FOR USER \"u v\" FROM '10.0.0.1' SELECT 1", "u v - [10.0.0.1] SELECT 1"},
      {"EXPLAIN ROUTE FOR USER 'u' SCHEMA '' FROM 10.0.0.1 /* hostgroup=2 */ SELECT 1",
       "u  [10.0.0.1] /* hostgroup=2 */ SELECT 1"},
      {"EXPLAIN ROUTE FOR USER 'u' SCHEMA 's' FROM '::1' SELECT 1 FROM t", "u s [::1] SELECT 1 FROM t"},
      {"EXPLAIN ROUTE FOR USER 'u' EXPLAIN SELECT 1", "u - [] EXPLAIN SELECT 1"},
      {"EXPLAIN ROUTE", "usage"},
      {"EXPLAIN ROUTE SELECT 1", "usage"},
      {"EXPLAIN ROUTE FOR USER 'u'", "usage"},
      {"EXPLAIN ROUTE FOR USER 'u' SCHEMA 's'", "usage"},
      {"EXPLAIN ROUTE FOR USER 'u' FROM '10.0.0.1'", "usage"},
      {"EXPLAIN ROUTE FOR USER 'u' SCHEMA 's' FROM '10.0.0.1'", "usage"},
      {"EXPLAIN ROUTE FOR USER 'nobody' SELECT 1", "1105 ProxySQL Admin Error: there is no nobody"},
  };
  std::string asked;
  ExecutorScene scene;
  CommandTools tools{.store = scene.store, .layers = scene.layers, .process = scene.process};
  tools.explain_route = [&](const RouteQuestion& question) -> Result<RouteTrace, std::string> {
    if (question.user == "nobody") return std::unexpected("there is no nobody");
    asked = std::string(question.user) + " " + std::string(question.schema.value_or("-")) + " [" +
            std::string(question.client_address) + "] " + std::string(question.sql);
    RouteTrace trace;
    trace.add("verdict", "server", "db1:3306", "hostgroup 1");
    return trace;
  };
  SqlExecutor executor{std::move(tools)};
  for (const Case& c : cases) {
    INFO(c.sql);
    asked.clear();
    const weir::Reply reply = executor.run(scene.session, c.sql, {});
    if (const auto* rows = std::get_if<Rows>(&reply)) {
      CHECK(rows->columns == std::vector<std::string>{"step", "what", "outcome", "reason"});
      CHECK(rows->rows == std::vector<Row>{{"verdict", "server", "db1:3306", "hostgroup 1"}});
      CHECK(asked == c.asked);
      continue;
    }
    const auto& refusal = std::get<Refusal>(reply);
    if (c.asked == "usage") {
      CHECK(refusal.code == 1064);
      CHECK(refusal.message.contains("EXPLAIN ROUTE FOR USER"));
    } else {
      CHECK(std::to_string(refusal.code) + " " + refusal.message == c.asked);
    }
  }
}
