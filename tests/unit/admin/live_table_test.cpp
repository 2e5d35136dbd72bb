#include "admin/live_table.hpp"

#include <catch2/catch.hpp>

using namespace weir;

namespace {

LiveTable table_of(std::string schema, std::string name, std::function<std::vector<Row>()> rows) {
  const std::string ddl =
      "CREATE TABLE " + name +
      " (hostgroup INT NOT NULL CHECK (hostgroup >= 0), srv_host VARCHAR DEFAULT 'it''s', "
      "mean REAL, PRIMARY KEY (hostgroup, srv_host))";
  return {std::move(schema), std::move(name), ddl, "a test", std::move(rows)};
}

std::vector<Row> three() {
  return {{"9", "a", "1.5"}, {"10", "b", std::nullopt}, {"9", "c", "0.25"}};
}

}  // namespace

TEST_CASE("a live table is read with any SELECT", "[admin][live_table]") {
  Store store;
  add_live_table(store, table_of("stats", "live", three));
  struct Case {
    const char* sql;
    std::vector<Row> rows;
  };
  for (const auto& [sql, rows] : std::initializer_list<Case>{
           {"SELECT * FROM stats.live", three()},
           {"SELECT srv_host FROM live WHERE hostgroup = 10", {{"b"}}},
           {"SELECT srv_host FROM live WHERE hostgroup = '10'", {{"b"}}},
           {"SELECT max(hostgroup), sum(hostgroup), sum(mean) FROM live", {{"10", "28", "1.75"}}},
           {"SELECT srv_host FROM live ORDER BY hostgroup, srv_host DESC", {{"c"}, {"a"}, {"b"}}},
           {"SELECT hostgroup, count(*) FROM live GROUP BY 1 ORDER BY 1", {{"9", "2"}, {"10", "1"}}},
           {"SELECT a.srv_host, b.srv_host FROM live a JOIN live b USING (hostgroup) WHERE a.srv_host < "
            "b.srv_host",
            {{"a", "c"}}},
           {"SELECT srv_host FROM LIVE WHERE mean IS NULL", {{"b"}}},
       }) {
    INFO(sql);
    CHECK(store.rows(sql).rows == rows);
  }
}

TEST_CASE("rows are made once per statement, and anew for the next", "[admin][live_table]") {
  Store store;
  int calls = 0;
  add_live_table(store, table_of("stats", "live", [&] {
                   ++calls;
                   return three();
                 }));
  store.rows("SELECT 1");
  CHECK(calls == 0);
  store.rows("SELECT * FROM live a, live b, live c WHERE a.hostgroup IN (SELECT hostgroup FROM live)");
  CHECK(calls == 1);
  SqlStatement statement = store.prepare("SELECT * FROM live");
  CHECK(calls == 1);
  store.rows(statement);
  CHECK(calls == 2);
  store.rows(statement);
  CHECK(calls == 3);
  statement.step();
  statement.reset();
  CHECK(calls == 4);
}

TEST_CASE("a live table appears in its schema, and its ddl can be had", "[admin][live_table]") {
  Store store;
  add_live_table(store, table_of("main", "runtime_x", three));
  CHECK(store.rows("SELECT name FROM main.sqlite_master WHERE type = 'table'").rows ==
        std::vector<Row>{{"runtime_x"}});
  const LiveTable* found = find_live_table(store, "main", "RUNTIME_X");
  REQUIRE(found != nullptr);
  CHECK_THAT(found->ddl, Catch::StartsWith("CREATE TABLE runtime_x ("));
  CHECK(find_live_table(store, "", "runtime_x") == found);
  CHECK(find_live_table(store, "stats", "runtime_x") == nullptr);
  const Rows columns = store.rows("PRAGMA table_info(runtime_x)");
  CHECK(columns.rows.size() == 3);
  CHECK(columns.rows[0][2] == "INT");
}

TEST_CASE("writes to a live table are refused", "[admin][live_table]") {
  Store store;
  add_live_table(store, table_of("stats", "live", three));
  for (const char* sql :
       {"DELETE FROM live", "INSERT INTO live VALUES (1, 'x', 0)", "UPDATE live SET mean = 1",
        "DROP TABLE live", "ALTER TABLE live RENAME TO other"}) {
    INFO(sql);
    CHECK_THROWS_AS(store.prepare(sql, nullptr, Caller::admin).step(), SqlError);
  }
  CHECK(store.rows("SELECT * FROM live").rows.size() == 3);
}

TEST_CASE("what a live table throws fails the statement with its text", "[admin][live_table]") {
  Store store;
  add_live_table(
      store, table_of("stats", "live", []() -> std::vector<Row> { throw std::runtime_error("no workers"); }));
  CHECK_THROWS_WITH(store.rows("SELECT * FROM live"), "no workers");
  CHECK_THROWS_WITH(store.rows("SELECT * FROM live"), "no workers");
}

TEST_CASE("rows of a live table may come from SQL of their own", "[admin][live_table]") {
  Store store;
  store.run("CREATE TABLE source(x); INSERT INTO source VALUES (1), (2)");
  add_live_table(store, table_of("stats", "live", [&] {
                   std::vector<Row> rows;
                   for (Row& row : store.rows("SELECT x FROM source").rows) rows.push_back({row[0], "h", {}});
                   return rows;
                 }));
  CHECK(store.rows("SELECT hostgroup FROM live").rows == std::vector<Row>{{"1"}, {"2"}});
}

TEST_CASE("a live table's name is its own, and its ddl creates it", "[admin][live_table]") {
  Store store;
  add_live_table(store, table_of("stats", "live", three));
  CHECK_THROWS_AS(add_live_table(store, table_of("stats", "Live", three)), SqlError);
  CHECK_THROWS_AS(add_live_table(store, {"stats", "a", "CREATE TABLE b(x)", "", three}), SqlError);
  CHECK_THROWS_AS(add_live_table(store, {"nowhere", "a", "CREATE TABLE a(x)", "", three}), SqlError);
  CHECK(find_live_table(store, "", "a") == nullptr);
  store.run("CREATE TABLE stats.taken(x)");
  CHECK_THROWS_AS(add_live_table(store, table_of("stats", "taken", three)), SqlError);
}

TEST_CASE("a stats account reads and counts live tables, also after databases came and went",
          "[admin][live_table]") {
  Store store;
  add_live_table(store, table_of("stats", "live", three));
  add_live_table(store, table_of("main", "runtime_x", three));
  const auto count_as_stats = [&store](std::string_view sql) {
    SqlStatement statement = store.prepare(sql, nullptr, Caller::stats);
    return store.rows(statement).rows.at(0).at(0).value_or("NULL");
  };
  for (int i = 0; i < 2; ++i) {
    CHECK(count_as_stats("SELECT max(hostgroup) FROM live") == "10");
    CHECK(count_as_stats("SELECT count(*) FROM live") == "3");
    CHECK(count_as_stats("SELECT count(*) FROM stats.live") == "3");
    CHECK_THROWS_AS(count_as_stats("SELECT count(*) FROM runtime_x"), SqlError);
    CHECK_THROWS_AS(count_as_stats("SELECT count(*) FROM main.runtime_x"), SqlError);
    store.detach_disk();  // SQLite now connects to all tables again
  }
}
