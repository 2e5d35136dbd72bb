// Writes that a writer refuses as read-only: they wait for whoever is the writer, or fail as they would
// directly.
#include <catch2/catch.hpp>

#include "tests/component/session/decided_scene.hpp"

namespace weir::test {
namespace {

TEST_CASE("a write that the writer refuses as read-only waits for the new writer", "[decided]") {
  DecidedScene s;
  s.start();
  ScriptedClient& client = s.scene.log_in();
  ScriptedClient& other = s.scene.log_in("bob");
  CHECK(s.scene.ask(client, "INSERT INTO t VALUES (1)") == "ok");
  s.refusing = 0;
  client.query("INSERT INTO t VALUES (2)");
  s.scene.until([&] { return !s.refused.empty(); });
  other.query("INSERT INTO t VALUES (3)");
  s.scene.settle();
  CHECK(client.replies().empty());
  CHECK(other.replies().empty());
  CHECK(s.refused == std::vector{s.scene.server(0).port()});
  CHECK(s.scene.server(0).count("INSERT INTO t VALUES (3)") == 0);
  CHECK(s.scene.count(&WorkerStats::writes_held) == 1);
  s.scene.decide(s.switched());
  CHECK(s.scene.reply_of(client) == "ok");
  CHECK(s.scene.reply_of(other) == "ok");
  CHECK(s.scene.server(1).count("INSERT") == 2);
  // Nothing of the old writer is left in its old hostgroup.
  CHECK(s.scene.ask(client, "SELECT v FOR UPDATE") == "b");
}

TEST_CASE("what may be half done when the writer refuses it is not asked again", "[decided]") {
  for (const char* sql : {"CALL refused()", "BEGIN NOT ATOMIC CALL refused(); END",
                          "IF 1 THEN CALL refused(); END IF", "EXECUTE IMMEDIATE 'CALL refused()'",
                          "/*!50000 CALL refused() */", "DELETE FROM refused; SELECT 2"}) {
    INFO(sql);
    DecidedScene s;
    s.start();
    const std::string text = sql;
    const auto refuse = [](ServerSide& side) { side.err(1290, kReadOnly, "HY000"); };
    for (std::size_t i = 0; i < 3; ++i) s.scene.server(i).on(text, refuse);
    ScriptedClient& client = s.scene.log_in();
    CHECK_THAT(s.scene.ask(client, text), Catch::Contains("1290"));
    CHECK(s.refused.size() == 1);  // the monitor looks all the same
    CHECK(s.scene.count(&WorkerStats::writes_held) == 0);
    CHECK(s.scene.server(0).count(text) == 1);
  }
}

TEST_CASE("who makes a server say that it is read-only takes it from nobody", "[decided]") {
  DecidedScene s;
  s.start();
  for (const char* text : {"SIGNAL", "CALL", "DO"})
    s.scene.server(0).on(text, [](ServerSide& side) { side.err(1290, kReadOnly, "HY000"); });
  ScriptedClient& pretender = s.scene.log_in();
  ScriptedClient& other = s.scene.log_in("bob");
  for (const char* before : {"BEGIN", "COMMIT"}) {
    CHECK(s.scene.ask(pretender, before) == "ok");
    for (const char* sql : {"SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, MESSAGE_TEXT = 'read-only'",
                            "CALL refused()", "DO refused()"}) {
      s.refused.clear();
      CHECK_THAT(s.scene.ask(pretender, sql), Catch::StartsWith("1290 "));
      CHECK_FALSE(s.refused.empty());
      CHECK_FALSE(s.writer().health().view().refuses_writes);
      CHECK(s.scene.ask(other, "INSERT INTO t VALUES (1)") == "ok");
    }
  }
  CHECK(s.scene.count(&WorkerStats::writes_held) == 0);
}

TEST_CASE("a server that is writable after all is not held back again by the same trigger", "[decided]") {
  DecidedScene s;
  s.start();
  s.scene.server(0).on("INSERT INTO signals", [](ServerSide& side) { side.err(1290, kReadOnly, "HY000"); });
  ScriptedClient& pretender = s.scene.log_in();
  ScriptedClient& other = s.scene.log_in("bob");
  pretender.query("INSERT INTO signals VALUES (0)");
  s.scene.until([&] { return !s.refused.empty(); });
  const auto is_nothing = [&] { s.writer().health().clear_refused_write(s.scene.loop().now() + 3'600'000); };
  is_nothing();
  s.on_refused = is_nothing;  // as the monitor finds it each time that it is told
  CHECK_THAT(s.scene.reply_of(pretender), Catch::StartsWith("1290 "));
  for (int i = 0; i < 10; ++i) {
    CHECK_THAT(s.scene.ask(pretender, "INSERT INTO signals VALUES (1)"), Catch::StartsWith("1290 "));
    CHECK_FALSE(s.writer().health().view().refuses_writes);
    CHECK(s.scene.ask(other, "INSERT INTO t VALUES (1)") == "ok");
  }
  CHECK(s.refused.size() == 11);
}

// The user saw error 1290 in the middle of a switch, because something else had been refused shortly before.
TEST_CASE("a switch just after a false alarm: who is refused waits, and others need not", "[decided]") {
  DecidedScene s;
  s.start();
  const Instant now = s.scene.loop().now();
  REQUIRE(s.writer().health().note_refused_write(now));
  s.writer().health().clear_refused_write(now + 3'600'000);  // that was nothing
  s.refusing = 0;
  ScriptedClient& client = s.scene.log_in();
  ScriptedClient& other = s.scene.log_in("bob");
  client.query("INSERT INTO t VALUES (1)");
  s.scene.until([&] { return !s.refused.empty(); });
  CHECK(s.scene.ask(other, "SELECT v FOR UPDATE") == "a");
  CHECK_FALSE(s.writer().health().view().refuses_writes);
  s.scene.decide(s.switched());
  CHECK(s.scene.reply_of(client) == "ok");
  CHECK(s.scene.server(0).count("INSERT") == 1);
  CHECK(s.scene.server(1).count("INSERT") == 1);
  CHECK(s.scene.count(&WorkerStats::writes_held) == 1);
}

// The user saw error 1047 until the next check of the monitor was due.
TEST_CASE("what a node refuses because it is not ready waits for the next writer", "[decided]") {
  constexpr const char* kUnready = "WSREP has not yet prepared node for application use";
  DecidedScene s;
  s.start();
  for (const char* sql : {"INSERT INTO t VALUES (1)", "SELECT v FOR UPDATE"}) {
    s.scene.server(0).on(sql, [](ServerSide& side) { side.err(1047, kUnready, "08S01"); });
  }
  ScriptedClient& writes = s.scene.log_in();
  ScriptedClient& reads = s.scene.log_in("bob");
  ScriptedClient& in_transaction = s.scene.log_in();
  CHECK(s.scene.ask(in_transaction, "BEGIN") == "ok");
  reads.query("SELECT v FOR UPDATE");
  s.scene.until([&] { return s.refused.size() == 1; });
  CHECK(s.writer().health().view().refuses_writes);
  writes.query("INSERT INTO t VALUES (1)");
  CHECK_THAT(s.scene.ask(in_transaction, "INSERT INTO t VALUES (1)"), Catch::StartsWith("1047 "));
  s.scene.settle();
  CHECK(writes.replies().empty());
  CHECK(reads.replies().empty());
  s.scene.decide(s.switched());
  CHECK(s.scene.reply_of(reads) == "b");
  CHECK(s.scene.reply_of(writes) == "ok");
  CHECK(s.scene.server(1).count("INSERT") == 1);
}

TEST_CASE("what only looks like a node that is not ready is the client's", "[decided]") {
  for (const char* sql : {"CALL p()", "SELECT v", "INSERT INTO t VALUES (1)"}) {
    INFO(sql);
    DecidedScene s;
    s.start();
    for (std::size_t i = 0; i < 3; ++i) {
      s.scene.server(i).on("CALL",
                           [](ServerSide& side) { side.err(1047, "WSREP, says a routine", "08S01"); });
      // Of readers; the writer is another server.
      s.scene.server(i).on("SELECT v", [](ServerSide& side) { side.err(1047, "WSREP is not", "08S01"); });
      s.scene.server(i).on("INSERT", [](ServerSide& side) { side.err(1047, "Unknown command", "08S01"); });
    }
    CHECK_THAT(s.scene.ask(s.scene.log_in(), sql), Catch::StartsWith("1047 "));
    CHECK_FALSE(s.writer().health().view().refuses_writes);
  }
}

TEST_CASE("a connection whose function was refused half way is not used again", "[decided]") {
  DecidedScene s;
  s.start();
  s.scene.server(0).on("DO leave_traces()", [](ServerSide& side) {
    side.hold();
    side.err(1290, kReadOnly, "HY000");
  });
  ScriptedClient& client = s.scene.log_in();
  client.query("DO leave_traces()");
  s.scene.until([&] { return s.scene.server(0).find_held() != nullptr; });
  s.writer().health().note_refused_write(1);  // as the write of somebody else would make it
  s.scene.server(0).find_held()->release();
  s.scene.until([&] { return !s.refused.empty(); });
  s.scene.until([&] { return s.scene.server(0).open_connections() == 0; });
  s.scene.decide(s.switched());
  CHECK(s.scene.reply_of(client) == "ok");
  CHECK(s.scene.server(1).count("DO leave_traces()") == 1);
}

TEST_CASE("a write that the same server refuses twice is the client's to know", "[decided]") {
  DecidedScene s;
  s.start();
  s.refusing = 0;
  ScriptedClient& client = s.scene.log_in();
  client.query("INSERT INTO t VALUES (1)");
  s.scene.until([&] { return !s.refused.empty(); });
  s.writer().health().clear_refused_write(1);  // read_only is 0: it means something else
  CHECK_THAT(s.scene.reply_of(client), Catch::Contains("1290"));
}

// The user saw error 1290 when the writer became read-only, writable and read-only again while his write
// waited.
TEST_CASE("a write that is refused in one switch after the other waits for the end of the last",
          "[decided]") {
  DecidedScene s;
  s.start();
  s.refusing = 0;
  ScriptedClient& client = s.scene.log_in();
  client.query("INSERT INTO t VALUES (1)");
  for (std::size_t refusals = 1; refusals < 4; ++refusals) {
    s.scene.until([&] { return s.refused.size() == refusals; });
    s.writer().health().clear_refused_write(kNever);  // it was read-only indeed, and is writable again
  }
  s.scene.until([&] { return s.refused.size() == 4; });
  CHECK(client.replies().empty());
  s.refusing = -1;
  s.writer().health().clear_refused_write(kNever);
  CHECK(s.scene.reply_of(client) == "ok");
  CHECK(s.scene.server(0).count("INSERT") == 5);
}

// He read OK, and who had the connection next was interrupted.
TEST_CASE("a write that was told to stop is not asked again when the writer refuses it", "[decided]") {
  DecidedScene s;
  s.start();
  ScriptedServer& writer = s.scene.server(0);
  const auto hold = [](ServerSide& side) {
    side.ok();
    side.hold();
  };
  writer.on("INSERT", [](ServerSide& side) {
    side.err(1290, kReadOnly, "HY000");
    side.hold();
  });
  writer.on("KILL", hold);
  ScriptedClient& client = s.scene.log_in();
  client.query("INSERT INTO t VALUES (1)");
  s.scene.until([&] { return writer.find_held() != nullptr; });
  const std::string kill = "KILL QUERY " + std::to_string(client.established().connection_id);
  CHECK(s.scene.ask(s.scene.log_in(), kill) == "ok");
  s.scene.until([&] { return writer.count("KILL QUERY 1") == 1; });
  writer.side(1).release();
  CHECK_THAT(s.scene.reply_of(client), Catch::StartsWith("1290 "));
  CHECK(writer.count("INSERT") == 1);
  CHECK(s.scene.count(&WorkerStats::writes_held) == 0);
  // The KILL may still meet whoever has the connection: nobody does.
  CHECK(s.scene.ask(client, "DO 1") == "ok");
  CHECK(writer.first("DO 1")->connection != 1);
  s.scene.until([&] { return !writer.side(1).open(); });
}

}  // namespace
}  // namespace weir::test
