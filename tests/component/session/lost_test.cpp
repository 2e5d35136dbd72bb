// A server's connection is lost: what the client sees, what is sent again, and what is left.
#include <catch2/catch.hpp>

#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

// The command ends the connection the first time, on whichever server that is; later it is answered.
void lose_once(Scene& scene, const std::string& prefix,
               std::shared_ptr<int> times = std::make_shared<int>(1)) {
  for (std::size_t i = 0; i < 2; ++i) {
    scene.server(i).on(prefix, [&server = scene.server(i), times](ServerSide& side) {
      if ((*times)-- > 0) return side.reset();
      server.answer_normally(side);
    });
  }
}

std::size_t seen(Scene& scene, std::string_view prefix) {
  return scene.server(0).count(prefix) + scene.server(1).count(prefix);
}

TEST_CASE("a read that is lost before its answer is sent again, unnoticed") {
  Scene scene;
  scene.add_server(1, "b");
  scene.start();
  lose_once(scene, "SELECT 1");
  ScriptedClient& client = scene.log_in();
  const std::string answer = scene.ask(client, "SELECT 1");
  CHECK((answer == "a" || answer == "b"));
  CHECK(seen(scene, "SELECT 1") == 2);
  CHECK(scene.count(&WorkerStats::retries) == 1);
  CHECK(seen(scene, "KILL") == 0);
}

TEST_CASE("a read is sent again only as often as configured") {
  Scene scene;
  scene.add_server(1, "b");
  scene.start();
  lose_once(scene, "SELECT 1", std::make_shared<int>(5));
  ScriptedClient& client = scene.log_in();
  const std::string told = scene.ask(client, "SELECT 1");
  CHECK(told.starts_with("1927 Lost connection to server during query ("));
  CHECK((told.contains(", server 127.0.0.1:") && told.ends_with(", hostgroup 1)")));
  CHECK(seen(scene, "SELECT 1") == 2);
  CHECK(scene.ask(client, "SELECT 2") != "gone");
}

// Each connection is brought in step anew: that it takes long is no circle.
TEST_CASE("a read of a session with state of its own may be sent again many times") {
  Scene scene;
  scene.settings().query_retries_on_failure = 20;
  scene.add_server(2, "another");
  scene.start();
  lose_once(scene, "SELECT 1", std::make_shared<int>(9));
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SET time_zone='+01:00'") == "ok");
  CHECK(scene.ask(client, "SELECT 1") == "a");
  CHECK(scene.server().count("SELECT 1") == 10);
}

TEST_CASE("a write that is lost before its answer is told, and never sent again") {
  Scene scene;
  scene.add_server(1, "b");
  scene.start();
  for (const char* sql : {"INSERT INTO t VALUES (1)", "UPDATE t SET a = 1", "CALL p()", "SELECT 1 FOR UPDATE",
                          "SELECT GET_LOCK('a', 1)", "COMMIT", "DELETE FROM t", "SELECT 1; DELETE FROM t"}) {
    CAPTURE(sql);
    scene.server(0).forget();
    scene.server(1).forget();
    lose_once(scene, sql);
    ScriptedClient& client = scene.log_in();
    CHECK(scene.ask(client, sql).starts_with("1927 "));
    CHECK(seen(scene, sql) == 1);
    CHECK(seen(scene, "KILL") == 0);
    client.close();
  }
}

TEST_CASE("after a lost write the session goes on") {
  Scene scene;
  scene.add_server(1, "b");
  scene.start();
  lose_once(scene, "INSERT");
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "INSERT INTO t VALUES (1)").starts_with("1927 "));
  CHECK(scene.ask(client, "INSERT INTO t VALUES (2)") == "ok");
}

TEST_CASE("lost between two rows: an error takes the place of the next row") {
  for (const Caps caps : {kUsualClient, kUsualClient & ~kDeprecateEof}) {
    CAPTURE(caps);
    Scene scene;
    scene.start();
    scene.server().on("SELECT cut", [](ServerSide& side) {
      side.head({"v"});
      side.row({"one"});
      side.row({"two"});
      side.close();
    });
    ScriptedClient& client = scene.log_in("ann", "", caps);
    CHECK(scene.ask(client, "SELECT cut").starts_with("one,two!1927 Lost connection"));
    CHECK(client.surplus().empty());
    CHECK(scene.ask(client, "SELECT 1") == "a");
    CHECK(scene.server().count("KILL") == 0);
  }
}

TEST_CASE("lost at every byte of a result: an error in place, a new try, or the end; never a wrong reply") {
  Blob whole;
  {
    Scene scene;
    scene.start();
    ScriptedClient& client = scene.log_in();
    client.query("SELECT 1");
    scene.until([&] { return !client.replies().empty(); });
    whole = client.take_reply().wire;
  }
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    CAPTURE(cut);
    Scene scene;
    scene.start();
    scene.server().on("INSERT cut RETURNING", [&](ServerSide& side) {
      side.raw(Bytes(whole).first(cut));
      side.close();
    });
    ScriptedClient& client = scene.log_in();
    const std::string answer = scene.ask(client, "INSERT cut RETURNING");
    CHECK((answer == "gone" || answer.find("1927 Lost") != std::string::npos));
    if (answer != "gone") CHECK(scene.ask(client, "SELECT 2") == "a");
    client.close();
    scene.until([&] { return scene.sessions() == 0; });
    CHECK(scene.permits() == static_cast<std::int64_t>(scene.connections()));
  }
}

TEST_CASE("lost inside a row: the session ends, for nothing else can be said") {
  Scene scene;
  scene.start();
  scene.server().on("SELECT cut", [](ServerSide& side) {
    side.head({"v"});
    side.row({"a long value"});
    side.send_part(side.out().size() - 3);
    side.close();
  });
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT cut") == "gone");
  CHECK(scene.server().count("KILL") == 0);
  scene.until([&] { return scene.sessions() == 0; });
}

TEST_CASE("garbage instead of a reply is a lost connection") {
  Scene scene;
  scene.start();
  scene.server().on("UPDATE", [](ServerSide& side) { side.raw("03 00 00 01 00 ff ff"_hex); });
  scene.server().on(
      "DELETE", [](ServerSide& side) { side.raw("01 00 00 01 00"_hex + "05 00 00 02 aa aa aa aa aa"_hex); });
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "UPDATE t SET a = 1")
            .starts_with("1927 Lost connection to server during query (the server broke the protocol: "));
  CHECK(scene.ask(client, "DELETE FROM t").starts_with("1927 "));
  CHECK(scene.ask(client, "SELECT 1") == "a");
}

TEST_CASE("a frame that is not due is a lost connection, and what came before it is the client's") {
  Scene scene;
  scene.start();
  scene.server().on("SELECT wrong", [](ServerSide& side) {
    side.head({"v"});
    side.row({"one"});
    side.raw("04 00 00 09 03 74 77 6f"_hex);  // 4 was due
    side.close();
  });
  scene.server().on("UPDATE", [](ServerSide& side) { side.raw("07 00 00 07 00 00 00 02 00 00 00"_hex); });
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT wrong")
            .starts_with("one!1927 Lost connection to server during query (the server broke"));
  CHECK(scene.ask(client, "UPDATE t SET a = 1").starts_with("1927 "));
  CHECK(scene.ask(client, "SELECT 1") == "a");
}

TEST_CASE("a server asks for no file of who has offered none, nor in answer to a SELECT") {
  Scene scene;
  scene.start();
  const auto ask_file = [](ServerSide& side) { side.ask_file("/etc/passwd"); };
  scene.server().on("SELECT @@version", ask_file);
  scene.server().on("LOAD DATA", ask_file);
  ScriptedClient& careful = scene.log_in("ann", "", kUsualClient & ~kLocalFiles);
  ScriptedClient& generous = scene.log_in();
  for (ScriptedClient* client : {&careful, &generous})
    CHECK(scene.ask(*client, "SELECT @@version FROM t").starts_with("1927 "));
  CHECK(scene.ask(careful, "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t").starts_with("1927 "));
  for (ScriptedClient* client : {&careful, &generous}) CHECK(scene.ask(*client, "SELECT 1") == "a");
}

TEST_CASE("a result that does not go on in time ends with an error in the place of its next row") {
  Scene scene;
  scene.settings().default_query_timeout = 1000;
  scene.start();
  scene.server().on("SELECT slow", [](ServerSide& side) {
    side.head({"v"});
    side.row({"one"});
  });
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT slow").starts_with("one!1907 "));
  CHECK(scene.ask(client, "SELECT 1") == "a");
  scene.until([&] { return scene.server().count("KILL") == 1; });
}

TEST_CASE("a reply with more behind it closes the connection, and nobody sees the rest") {
  Scene scene;
  scene.start();
  scene.server().on("INSERT", [](ServerSide& side) {
    side.ok();
    side.ok(7);
  });
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "INSERT INTO t VALUES (1)") == "ok");
  CHECK(scene.ask(client, "SELECT 1") == "a");
  CHECK(client.surplus().empty());
  CHECK(scene.server().accepted() == 2);
}

TEST_CASE(
    "a transaction's connection is lost while the client is idle: told at the next command, then the end") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "BEGIN") == "ok");
  scene.server().side(1).reset();
  scene.settle();
  CHECK(!client.ended());
  CHECK(scene.ask(client, "INSERT INTO t VALUES (1)").find("transaction and session state are gone") !=
        std::string::npos);
  scene.until([&] { return client.ended(); });
  CHECK(scene.server().count("INSERT") == 0);
}

TEST_CASE("an ERR before the close, while a transaction idles, is no reply to anything") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "BEGIN") == "ok");
  scene.server().side(1).err(4031, "disconnected because of inactivity");
  scene.server().side(1).send_all();
  scene.settle();
  CHECK(client.surplus().empty());
  CHECK(scene.ask(client, "COMMIT").starts_with("1927 "));
  scene.until([&] { return client.ended(); });
}

TEST_CASE("a transaction's connection is lost in a statement: told, and the session ends") {
  Scene scene;
  scene.add_server(1, "b");
  scene.start();
  lose_once(scene, "SELECT lost");
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "BEGIN") == "ok");
  CHECK(scene.ask(client, "SELECT lost").starts_with("1927 "));
  CHECK(seen(scene, "SELECT lost") == 1);
  scene.until([&] { return client.ended(); });
  CHECK(seen(scene, "KILL") == 0);
}

TEST_CASE("an idle connection that the server closed is replaced, unnoticed") {
  for (const bool with_error : {false, true}) {
    CAPTURE(with_error);
    Scene scene;
    scene.start();
    ScriptedClient& client = scene.log_in();
    CHECK(scene.ask(client, "INSERT INTO t VALUES (1)") == "ok");
    if (with_error) {
      scene.server().side(1).err(4031, "disconnected because of inactivity");
      scene.server().side(1).send_all();
    }
    scene.server().side(1).close();
    scene.server().side(1).release();
    scene.until([&] { return !scene.server().side(1).open() && scene.connections() == 0; });
    CHECK(scene.ask(client, "INSERT INTO t VALUES (2)") == "ok");
    CHECK(scene.server().accepted() == 2);
    CHECK(scene.permits() == 1);
  }
}

TEST_CASE("a connection lost in synchronisation is replaced: the statement was not sent") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SET NAMES latin1") == "ok");
  ScriptedClient& other = scene.log_in();
  int lost = 0;
  scene.server().on("SET ", [&](ServerSide& side) {
    if (++lost == 1) return side.reset();
    side.ok();
  });
  CHECK(scene.ask(other, "INSERT INTO t VALUES (1)") == "ok");
  CHECK(lost == 1);
  CHECK(scene.server().count("INSERT") == 1);
}

TEST_CASE("a read whose connection was lost waits for the next one no longer than any statement") {
  Scene scene;
  scene.settings().connect_timeout_server_max = 1000;
  scene.settings().connect_retries_on_failure = 0;
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& client = scene.log_in();
  ScriptedClient& other = scene.log_in();
  scene.server().on("SELECT held", [](ServerSide& side) { side.hold(); });
  scene.server().on("UPDATE held", [](ServerSide& side) { side.hold(); });
  client.query("SELECT held");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  other.query("UPDATE held");  // first in line for the only permit
  scene.settle();
  scene.server().side(1).reset();
  CHECK(scene.reply_of(client).starts_with("9001 Max connect timeout"));
}

TEST_CASE("a server that falls silent in synchronisation costs no more than the wait for a connection") {
  Scene scene;
  scene.settings().connect_timeout_server_max = 1000;
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SET NAMES latin1") == "ok");
  scene.server().on("SET ", [](ServerSide& side) { side.hold(); });
  ScriptedClient& other = scene.log_in();
  other.query("INSERT INTO t VALUES (1)");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  scene.server().stop_listening();
  const std::string answer = scene.reply_of(other);
  CHECK((answer.starts_with("9001 ") || answer.starts_with("1927 ")));
  CHECK(scene.server().count("INSERT") == 0);
}

}  // namespace
}  // namespace weir::test
