#include "admin/store.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/temporary_directory.hpp"

using namespace weir;

namespace {

std::string one(Store& store, std::string_view sql) {
  const Rows found = store.rows(sql);
  REQUIRE(found.rows.size() == 1);
  return found.rows[0][0].value_or("NULL");
}

SqlError error_of(Store& store, std::string_view sql, Caller caller) {
  try {
    SqlStatement statement = store.prepare(sql, nullptr, caller);
    store.rows(statement);
  } catch (const SqlError& error) {
    return error;
  }
  FAIL("no error: " << sql);
  throw std::logic_error("not reached");
}

void run_as(Store& store, std::string_view sql, Caller caller) {
  SqlStatement statement = store.prepare(sql, nullptr, caller);
  store.rows(statement);
}

}  // namespace

TEST_CASE("four databases, addressed by name", "[admin][store]") {
  Store store;
  store.run(
      "CREATE TABLE main.a(x); CREATE TABLE disk.b(x); CREATE TABLE stats.c(x); CREATE TABLE monitor.d(x)");
  store.run("INSERT INTO b VALUES (7)");
  CHECK(one(store, "SELECT x FROM disk.b") == "7");
  CHECK(store.changes() == 1);
}

TEST_CASE("double quotes hold a string where no column has that name", "[admin][store]") {
  Store store;
  store.run("CREATE TABLE t(a, b)");
  store.run(R"(INSERT INTO t(a, b) VALUES ("x", "it's"))");
  CHECK(one(store, R"(SELECT b FROM t WHERE a = "x")") == "it's");
}

TEST_CASE("values are texts, and NULL is nothing", "[admin][store]") {
  Store store;
  const Rows found = store.rows("SELECT 1 AS one, 'two', NULL, 1.5, x'6162'");
  CHECK(found.columns[0] == "one");
  CHECK(found.rows == std::vector<Row>{{"1", "two", std::nullopt, "1.5", "ab"}});
}

TEST_CASE("parameters are bound in order and may be NULL", "[admin][store]") {
  Store store;
  SqlStatement statement = store.prepare("SELECT ?, ?, ?");
  CHECK(statement.parameters() == 3);
  CHECK(statement.columns() == 3);
  CHECK(statement.reads_only());
  statement.bind(1, Cell("a"));
  statement.bind(2, Cell());
  statement.bind(3, std::int64_t{1} << 40);
  CHECK(store.rows(statement).rows == std::vector<Row>{{"a", std::nullopt, "1099511627776"}});
  CHECK_THROWS_AS(statement.bind(4, Cell("x")), SqlError);
}

TEST_CASE("a text of several statements is taken one by one", "[admin][store]") {
  Store store;
  std::string_view rest;
  store.prepare("SELECT 1; SELECT 2", &rest);
  CHECK(rest == " SELECT 2");
  CHECK_THROWS_AS(store.prepare(" -- nothing"), SqlError);
}

TEST_CASE("what an administrator may do", "[admin][store]") {
  for (const char* sql :
       {"SELECT count(*) FROM sqlite_master", "PRAGMA table_info(own)", "PRAGMA integrity_check",
        "PRAGMA disk.page_count", "CREATE TABLE mine(x)", "INSERT INTO own VALUES (2)",
        "UPDATE own SET x = 3", "DELETE FROM own",
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 9) SELECT x FROM c",
        "SELECT json_extract('{\"a\":5}', '$.a')", "CREATE INDEX i ON own(x)", "DROP TABLE other",
        "INSERT INTO disk.kept VALUES (1)"}) {
    Store store;
    store.run(
        "CREATE TABLE own(x); INSERT INTO own VALUES (1); CREATE TABLE other(x); CREATE TABLE disk.kept(x)");
    store.protect("own");
    INFO(sql);
    CHECK_NOTHROW(run_as(store, sql, Caller::admin));
  }
}

TEST_CASE("what an administrator may not do, and why", "[admin][store]") {
  struct Case {
    const char* sql;
    const char* why;
  };
  for (const auto& [sql, why] : std::initializer_list<Case>{
           {"ATTACH ':memory:' AS x", "ATTACH"},
           {"DETACH disk", "ATTACH"},
           {"VACUUM main INTO 'copy.db'", "VACUUM"},
           {"VACUUM", "VACUUM"},
           {"VACUUM disk", "VACUUM"},
           {"ATTACH '/etc/passwd' AS x", "ATTACH"},
           {"SELECT readfile('/etc/passwd')", "no such function"},
           {"SELECT writefile('file', 'x')", "no such function"},
           {"SELECT edit('x')", "no such function"},
           {"PRAGMA main.Writable_Schema(1)", "PRAGMA writable_schema"},
           {"PRAGMA temp_store_directory = '.'", "PRAGMA temp_store_directory"},
           {"PRAGMA data_store_directory = '.'", "PRAGMA data_store_directory"},
           {"PRAGMA trusted_schema = 1", "PRAGMA trusted_schema"},
           {"PRAGMA hard_heap_limit = 0", "PRAGMA hard_heap_limit"},
           {"PRAGMA mmap_size = 1", "PRAGMA mmap_size"},
           {"PRAGMA wal_checkpoint", "PRAGMA wal_checkpoint"},
           {"SELECT * FROM pragma_writable_schema(1)", "too many arguments"},
           {"UPDATE sqlite_master SET sql = ''", "may not be modified"},
           {"DELETE FROM disk.sqlite_master", "may not be modified"},
           {"UPDATE sqlite_dbpage SET data = x'00'", "no such table"},
           {"SELECT fts3_tokenizer('simple')", "fts3_tokenizer"},
           {"BEGIN", "transactions"},
           {"COMMIT", "transactions"},
           {"SAVEPOINT s", "transactions"},
           {"PRAGMA writable_schema = 1", "PRAGMA writable_schema"},
           {"PRAGMA query_only = 0", "PRAGMA query_only"},
           {"PRAGMA journal_mode = OFF", "PRAGMA journal_mode"},
           {"PRAGMA disk.user_version = 7", "PRAGMA user_version"},
           {"SELECT load_extension('x')", "load_extension"},
           {"CREATE TEMP TABLE own(x)", "temporary"},
           {"CREATE VIRTUAL TABLE f USING fts5(x)", "irtual"},
           {"DROP TABLE own", "table own is a part of Weir"},
           {"ALTER TABLE own RENAME TO gone", "table own is a part of Weir"},
           {"ALTER TABLE own ADD COLUMN y", "table own is a part of Weir"},
       }) {
    Store store;
    store.run("CREATE TABLE own(x)");
    store.protect("own");
    INFO(sql);
    const SqlError error = error_of(store, sql, Caller::admin);
    CHECK_THAT(error.what(), Catch::Contains(why));
    CHECK(one(store, "SELECT count(*) FROM own") == "0");
  }
}

TEST_CASE("a stats account reads stats and monitor, and nothing else", "[admin][store]") {
  Store store;
  store.run(
      "CREATE TABLE stats.s(x); INSERT INTO s VALUES (5); CREATE TABLE secret(password);"
      "CREATE INDEX stats.i ON s(x)");
  CHECK_NOTHROW(run_as(store, "SELECT sum(x) FROM s WHERE x > 1", Caller::stats));
  for (const char* sql : {"SELECT * FROM sqlite_stmt", "SELECT * FROM dbstat", "PRAGMA table_info(secret)",
                          "SELECT * FROM pragma_table_info('secret')"}) {
    run_as(store, sql, Caller::admin);  // SQLite has these tables ready from now on
  }
  for (const char* sql : {"SELECT * FROM secret",
                          "SELECT count(*) FROM secret",
                          "DELETE FROM s",
                          "INSERT INTO s VALUES (1)",
                          "CREATE TABLE stats.t(x)",
                          "PRAGMA table_info(s)",
                          "UPDATE s SET x = 1",
                          "REPLACE INTO s VALUES (1)",
                          "DROP TABLE s",
                          "CREATE VIEW stats.v AS SELECT 1",
                          "ANALYZE",
                          "REINDEX",
                          "ATTACH ':memory:' AS x",
                          "VACUUM",
                          "BEGIN",
                          "SELECT sql FROM sqlite_stmt",
                          "SELECT * FROM dbstat",
                          "SELECT * FROM pragma_table_info('secret')",
                          "SELECT * FROM pragma_database_list",
                          "EXPLAIN DELETE FROM s",
                          "WITH c AS (SELECT password FROM secret) SELECT * FROM c",
                          "SELECT load_extension('x')",
                          "PRAGMA query_only = 0",
                          "SELECT * FROM s WHERE x IN (SELECT password FROM secret)",
                          "SELECT * FROM main.sqlite_master"}) {
    INFO(sql);
    CHECK_NOTHROW(error_of(store, sql, Caller::stats));
  }
}

TEST_CASE("a statement that never ends is stopped, ours are not", "[admin][store]") {
  Store store;
  store.limit_cpu_ms(20);
  constexpr auto kEndless =
      "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 1000000) SELECT count(*) FROM c";
  CHECK_THAT(error_of(store, kEndless, Caller::admin).what(), Catch::Contains("20 ms of CPU"));
  CHECK(one(store, kEndless) == "1000000");
  CHECK_NOTHROW(run_as(store, "SELECT 1", Caller::admin));
}

TEST_CASE("statements of stats accounts have less time than an administrator's", "[admin][store]") {
  Store store;
  store.run("CREATE TABLE stats.t(x)");
  for (int i = 0; i < 100; ++i) store.run("INSERT INTO stats.t VALUES (1)");
  constexpr auto kLong = "SELECT sum(a.x) FROM stats.t a, stats.t b, stats.t c, stats.t d, stats.t e";
  store.limit_cpu_ms(40, 20);
  CHECK_THAT(error_of(store, kLong, Caller::stats).what(), Catch::Contains(" 20 ms of CPU"));
  CHECK_THAT(error_of(store, kLong, Caller::admin).what(), Catch::Contains(" 40 ms of CPU"));
  store.limit_cpu_ms(10, 20);
  CHECK_THAT(error_of(store, kLong, Caller::stats).what(), Catch::Contains(" 10 ms of CPU"));
  static_assert(Store::kStatsStatementCpuMs < Store::kStatementCpuMs);
}

TEST_CASE("a transaction without commit leaves nothing", "[admin][store]") {
  Store store;
  store.run("CREATE TABLE t(x UNIQUE)");
  {
    SqlTransaction transaction(store);
    store.run("INSERT INTO t VALUES (1)");
  }
  CHECK(one(store, "SELECT count(*) FROM t") == "0");
  SqlTransaction transaction(store);
  store.run("INSERT INTO t VALUES (1)");
  CHECK_THROWS_AS(store.run("INSERT INTO t VALUES (1)"), SqlError);
  transaction.commit();
  CHECK(one(store, "SELECT count(*) FROM t") == "1");
}

TEST_CASE("errors can be told apart", "[admin][store]") {
  Store store;
  store.run("CREATE TABLE t(x CHECK (x > 0))");
  CHECK(error_of(store, "INSERT INTO t VALUES (0)", Caller::admin).is_constraint());
  CHECK_FALSE(error_of(store, "SELEC 1", Caller::admin).is_constraint());
}

TEST_CASE("the disk schema is a file, and stays one when it is opened again", "[admin][store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("d.db");
  {
    Store store;
    store.attach_disk(path);
    store.run("CREATE TABLE disk.t(x); INSERT INTO t VALUES (3)");
    store.detach_disk();
    CHECK_THROWS_AS(store.rows("SELECT * FROM disk.t"), SqlError);
  }
  Store store;
  store.attach_disk(path);
  CHECK(one(store, "SELECT x FROM disk.t") == "3");
}

TEST_CASE("a disk file that is no database is an error, and leaves an empty schema", "[admin][store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("d.db");
  std::ofstream(path) << std::string(8192, 'x');
  Store store;
  try {
    store.attach_disk(path);
    FAIL("was taken");
  } catch (const SqlError& error) {
    CHECK(error.is_corrupt());
  }
  CHECK(one(store, "SELECT count(*) FROM disk.sqlite_master") == "0");
}
