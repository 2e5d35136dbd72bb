// What is told of reads that automatic splitting left on the writer, and of those that a replica refused.
#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

// "reason[ detail]: text xcount", sorted; the reads of worker 0 that stayed on the writer.
std::vector<std::string> doubts(Scene& scene) {
  std::vector<std::string> lines;
  for (const RouteNote& note : scene.worker(0).route_doubts().copy(scene.worker(0).clock())) {
    CHECK(note.identity->hostgroup == 1);
    CHECK(note.identity->username == "ann");
    CHECK(note.first_seen <= note.last_seen);
    lines.push_back(std::string(note.identity->reason) + (note.detail.empty() ? "" : " " + note.detail) +
                    ": " + note.identity->text + " x" + std::to_string(note.count));
  }
  std::ranges::sort(lines);
  return lines;
}

TEST_CASE("reads that stay on the writer are told with the reason") {
  struct Case {
    const char* name;
    std::vector<const char*> sql;  // one after the other, in one session
    std::vector<std::string> doubts;
  };
  const Case cases[] = {
      {"reads go to the reader, writes are no doubts",
       {"SELECT 1", "UPDATE t SET a = 1", "SET NAMES utf8mb4", "BEGIN", "COMMIT"},
       {}},
      {"the same digest twice", {"SELECT f(1)", "SELECT f(2)"}, {"unknown_function f: SELECT f(?) x2"}},
      {"a function of a schema",
       {"SELECT a, s.`g`(1) FROM t"},
       {"unknown_function `g`: SELECT a,s.`g`(?) FROM t x1"}},
      {"a locking read", {"SELECT a FROM t FOR UPDATE"}, {"locking_read: SELECT a FROM t FOR UPDATE x1"}},
      {"INTO", {"SELECT a FROM t INTO OUTFILE '/x'"}, {"into: SELECT a FROM t INTO OUTFILE ? x1"}},
      {"a user variable", {"SELECT @v"}, {"reads_user_variable: SELECT @v x1"}},
      {"in a transaction, the statement's own reason counts more",
       {"BEGIN", "SELECT a FROM t", "SELECT a FROM t FOR UPDATE", "COMMIT"},
       {"in_transaction: SELECT a FROM t x1", "locking_read: SELECT a FROM t FOR UPDATE x1"}},
      {"without autocommit", {"SET autocommit=0", "SELECT a FROM t"}, {"autocommit_off: SELECT a FROM t x1"}},
      {"beside temporary tables",
       {"CREATE TEMPORARY TABLE x (a INT)", "SELECT a FROM t"},
       {"temporary_tables: SELECT a FROM t x1"}},
      {"on a connection that is kept",
       {"SET @v = NOW()", "SELECT a FROM t"},
       {"connection_kept user_variables: SELECT a FROM t x1"}},
      {"of a client that wants fresh data",
       {"SELECT /* max_lag_ms=10 */ a FROM t", "SELECT /* min_gtid=u:1 */ a FROM t"},
       {"fresh_data_asked: SELECT a FROM t x2"}},
      {"to a hostgroup that the client names", {"SELECT /* hostgroup=1 */ a FROM t"}, {}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Scene scene;
    scene.add_server(2, "replica");
    scene.split_reads_to(2);
    scene.start();
    ScriptedClient& client = scene.log_in();
    for (const char* sql : c.sql) scene.ask(client, sql);
    CHECK(doubts(scene) == c.doubts);
    std::uint64_t count = 0;
    for (const RouteNote& note : scene.worker(0).route_doubts().take(scene.worker(0).clock()))
      count += note.count;
    CHECK(scene.count(&WorkerStats::reads_left_on_writer) == count);
    CHECK(doubts(scene).empty());
  }
}

TEST_CASE("a USE that a reader answers is no read left on the writer") {
  Scene scene;
  scene.add_server(2, "replica");
  scene.split_reads_to(2);
  scene.server_row(0).status = "OFFLINE_SOFT";
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "USE shop") == "ok");
  CHECK(scene.ask(client, Command::init_db, as_bytes("shop")) == "ok");
  CHECK(scene.server(1).count("USE shop") == 1);
  CHECK(doubts(scene).empty());
  CHECK(scene.count(&WorkerStats::reads_left_on_writer) == 0);
}

TEST_CASE("executions of prepared statements count, their preparation does not") {
  Scene scene;
  scene.add_server(2, "replica");
  scene.split_reads_to(2);
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.command(Command::stmt_prepare, as_bytes("SELECT f(1)"));
  scene.reply_of(client);
  CHECK(doubts(scene).empty());
  scene.ask(client, Command::stmt_execute, "01 00 00 00 00 01 00 00 00"_hex);
  CHECK(doubts(scene) == std::vector<std::string>{"unknown_function f: SELECT f(?) x1"});
}

TEST_CASE("a read that no reader can serve is told") {
  Scene scene;
  scene.add_server(2, "replica");
  scene.server_row(1).status = "OFFLINE_SOFT";
  scene.split_reads_to(2);
  scene.start();
  CHECK(scene.ask(scene.log_in(), "SELECT 1") == "a");
  CHECK(doubts(scene) == std::vector<std::string>{"no_reader_usable: SELECT ? x1"});
}

TEST_CASE("a user whose hostgroup has no reader is told of, one who reads from readers is not") {
  Scene scene;
  scene.settings().auto_rw_split = true;
  scene.start();
  scene.ask(scene.log_in(), "SELECT 1");
  CHECK(doubts(scene) == std::vector<std::string>{"no_reader_hostgroup: SELECT ? x1"});
  scene.worker(0).route_doubts().take(scene.worker(0).clock());
  scene.tables().replication_hostgroups.push_back({.writer_hostgroup = 9, .reader_hostgroup = 1});
  scene.publish();
  scene.ask(scene.log_in(), "SELECT 1");
  CHECK(doubts(scene).empty());
}

TEST_CASE("nothing is told where nothing is split, or digests are not wanted") {
  for (const bool split : {false, true}) {
    CAPTURE(split);
    Scene scene;
    scene.add_server(2, "replica");
    scene.split_reads_to(2);
    scene.settings().auto_rw_split = split;
    scene.settings().query_digests = !split;
    scene.start();
    scene.ask(scene.log_in(), "SELECT f(1)");
    CHECK(doubts(scene).empty());
    CHECK(scene.count(&WorkerStats::reads_left_on_writer) == (split ? 1 : 0));
  }
}

TEST_CASE("what a replica refuses is a surprise once, and left on the writer from then on") {
  Scene scene;
  scene.add_server(2, "replica").on("SELECT v FROM sneaky", [](ServerSide& side) {
    side.err(1290, "The MySQL server is running with the --read-only option", "HY000");
  });
  scene.split_reads_to(2);
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "shop");
  for (int i = 0; i < 3; ++i) scene.ask(client, "SELECT v FROM sneaky WHERE id = 1");
  CHECK(doubts(scene) == std::vector<std::string>{"learned_write: SELECT v FROM sneaky WHERE id = ? x2"});
  const auto surprises = scene.worker(0).route_surprises().copy(scene.worker(0).clock());
  REQUIRE(surprises.size() == 1);
  const RouteNote& surprise = surprises.front();
  CHECK(surprise.identity->hostgroup == 2);
  CHECK(surprise.identity->schema == "shop");
  CHECK(surprise.identity->text == "SELECT v FROM sneaky WHERE id = ?");
  CHECK(surprise.count == 1);
  CHECK(surprise.hostname == "127.0.0.1");
  CHECK(surprise.port == scene.server(1).port());
  CHECK(surprise.error_code == 1290);
  CHECK(surprise.detail == "The MySQL server is running with the --read-only option");
}

}  // namespace
}  // namespace weir::test
