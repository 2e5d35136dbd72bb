// What the admin port answers to each command of the protocol.
#include <catch2/catch.hpp>

#include "protocol/message/response.hpp"
#include "tests/component/admin/port_scene.hpp"
#include "tests/support/frames.hpp"

namespace weir::test {
namespace {

Blob le(std::uint64_t value, std::size_t width) {
  Blob bytes(width);
  store_le(bytes.data(), value, width);
  return bytes;
}

TEST_CASE("a statement gets its rows, its OK with rows changed, or its error") {
  PortScene scene;
  scene.executor.answers = {
      {"SELECT a, b FROM t", Rows{.columns = {"a", "b"}, .rows = {{"1", std::nullopt}, {"", "x"}}}},
      {"SELECT a FROM empty", Rows{.columns = {"a"}}},
      {"DELETE FROM t", Done{.affected_rows = 3, .info = "three"}},
      {"SELEC", Refusal{1064, "42000", "near \"SELEC\": syntax error"}}};
  const Caps caps = GENERATE(as<Caps>{}, kUsualClient, kUsualClient & ~kDeprecateEof);
  ScriptedClient& client = scene.log_in("admin", "admin", caps);
  CHECK(scene.ask(client, "SELECT a, b FROM t") == "1|NULL,|x");
  CHECK(scene.ask(client, "SELECT a FROM empty").empty());
  CHECK(scene.ask(client, "SELEC") == "1064 near \"SELEC\": syntax error");
  const Reply deleted = scene.ask(client, Command::query, as_bytes("DELETE FROM t"));
  const Blob payload = deleted.payloads().at(0);
  const auto ok = decode_ok(payload, caps);
  REQUIRE(ok);
  CHECK(ok->affected_rows == 3);
  CHECK(ok->info == "three");
  CHECK(ok->status == (kStatusAutocommit | kStatusNoBackslashEscapes));
}

TEST_CASE("warnings are counted in the reply") {
  PortScene scene;
  ScriptedClient& client = scene.log_in();
  scene.executor.warnings.resize(2);
  scene.executor.answers = {{"LOAD x", Done{}}};
  const Reply loaded = scene.ask(client, Command::query, as_bytes("LOAD x"));
  CHECK(decode_ok(loaded.payloads().at(0), loaded.caps)->warnings == 2);
  const Reply selected = scene.ask(client, Command::query, as_bytes("SELECT 1"));
  CHECK(decode_ok(selected.payloads().back(), selected.caps)->warnings == 2);
}

TEST_CASE("several statements in one text are answered one by one, up to the first error") {
  PortScene scene;
  scene.executor.answers = {{" bad", Refusal{1064, "42000", "no"}}, {" done", Done{}}};
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT 'a;b'; done; SELECT 2;") == "SELECT 'a;b';ok; SELECT 2");
  CHECK(scene.ask(client, "SELECT 1; bad; SELECT 3") == "SELECT 1;1064 no");
  CHECK(scene.ask(client, "SELECT 4") == "SELECT 4");
}

TEST_CASE("a client that did not ask for several statements has its text taken as one") {
  PortScene scene;
  ScriptedClient& client = scene.log_in("admin", "admin", kUsualClient & ~kMultiStatements);
  CHECK(scene.ask(client, "SELECT 1; SELECT 2") == "SELECT 1; SELECT 2");
  scene.ask(client, Command::set_option, le(0, 2));
  CHECK(scene.ask(client, "SELECT 1;SELECT 2") == "SELECT 1;SELECT 2");
  CHECK(scene.executor.ran.size() == 3);
}

TEST_CASE("commands without a statement") {
  PortScene scene;
  scene.executor.answers = {{"KILL CONNECTION 77", Done{}},
                            {"SELECT variable_name, variable_value FROM stats.stats_mysql_global",
                             Rows{.columns = {"variable_name", "variable_value"},
                                  .rows = {{"ProxySQL_Uptime", "7"}, {"Questions", "9"}}}}};
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, Command::ping).text() == "ok");
  CHECK(scene.ask(client, Command::init_db, as_bytes("anything")).text() == "ok");
  CHECK(scene.ask(client, Command::reset_connection).text() == "ok");
  CHECK(as_text(scene.ask(client, Command::statistics).payloads().at(0)) ==
        "Uptime: 7  Threads: 0  Questions: 9  Slow queries: 0");
  CHECK(scene.ask(client, Command::process_kill, le(77, 4)).text() == "ok");
  CHECK(scene.executor.ran.back() == "KILL CONNECTION 77");
  CHECK(scene.ask(client, Command::process_info).text() == "SHOW PROCESSLIST");
  CHECK(scene.ask(client, Command::sleep).text() == "1047 Unknown command");
  CHECK(scene.ask(client, Command::shutdown).text() == "1047 Unknown command");
  client.command(Command::quit, {});
  scene.until([&] { return client.ended(); });
}

TEST_CASE("COM_FIELD_LIST tells the columns without running anything") {
  PortScene scene;
  scene.executor.columns = {"Command", "Total_Time_us"};
  ScriptedClient& client = scene.log_in();
  const auto payloads = scene.ask(client, Command::field_list, "odd\"name\0%"_bytes).payloads();
  REQUIRE(payloads.size() == 3);
  CHECK(as_text(payloads[0]).contains("Command"));
  CHECK(payloads[0].back() == 0xfb);  // no default value
  CHECK(scene.executor.prepared == std::vector<std::string>{"SELECT * FROM \"odd\"\"name\""});
  CHECK(scene.executor.ran.empty());
  CHECK(scene.ask(client, Command::field_list, "no_such_table\0"_bytes).text() == "1146 no such table");
}

TEST_CASE("requests that come together are answered in order") {
  PortScene scene;
  ScriptedClient& client = scene.log_in();
  for (int i = 0; i < 50; ++i) client.query("SELECT " + std::to_string(i));
  for (int i = 0; i < 50; ++i) CHECK(scene.reply_of(client).text() == "SELECT " + std::to_string(i));
}

TEST_CASE("a slow client is sent its result as it takes it, and the next request waits") {
  PortScene scene;
  constexpr std::size_t kRows = 40'000;
  Rows large{.columns = {"text"}};
  for (std::size_t i = 0; i < kRows; ++i) large.rows.push_back({std::string(500, 'x')});
  scene.executor.answers = {{"SELECT large", large}};
  ScriptedClient& client = scene.log_in();
  client.stop_reading();
  client.query("SELECT large");
  client.query("SELECT 2");
  scene.until([&] { return scene.executor.ran.size() == 1; });
  for (int i = 0; i < 100; ++i) scene.turn();
  CHECK(scene.executor.ran.size() == 1);
  client.resume_reading();
  const Reply reply = scene.reply_of(client);
  CHECK(reply.payloads().size() == kRows + 3);
  CHECK(scene.reply_of(client).text() == "SELECT 2");
}

TEST_CASE("a row of more than 16 MiB goes in several frames") {
  PortScene scene;
  scene.executor.answers = {
      {"SELECT CONFIG FILE", Rows{.columns = {"Data"}, .rows = {{std::string(17'000'000, 'c')}}}}};
  ScriptedClient& client = scene.log_in();
  const Reply reply = scene.ask(client, Command::query, as_bytes("SELECT CONFIG FILE"));
  CHECK(reply.wire.size() > 17'000'000);
  CHECK(scene.ask(client, Command::ping).text() == "ok");
}

TEST_CASE("a request over max_allowed_packet ends the connection with the reason") {
  PortScene scene;
  scene.state.settings.max_allowed_packet = 1024;
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, std::string(1000, ' ')).size() == 1000);
  CHECK(scene.ask(client, std::string(2000, ' ')) ==
        "1153 Got a packet bigger than 'max_allowed_packet' bytes");
  scene.until([&] { return client.ended(); });
}

TEST_CASE("a packet out of order ends the connection with the reason") {
  PortScene scene;
  ScriptedClient& client = scene.log_in();
  client.send(packet("\x0e"_bytes, 3), {Shape::ok});
  scene.until([&] { return client.ended(); });
  CHECK(scene.executor.ran.empty());
}

TEST_CASE("an empty packet is an unknown command") {
  PortScene scene;
  ScriptedClient& client = scene.log_in();
  client.send(packet({}), {Shape::ok});
  CHECK(scene.reply_of(client).text() == "1047 Unknown command");
}

TEST_CASE("a statement that ends its own connection") {
  PortScene scene;
  scene.executor.on_run = [&](std::string_view) { scene.connections.at(0)->end(); };
  ScriptedClient& client = scene.log_in();
  client.query("KILL 1");
  scene.until([&] { return client.ended() && scene.connections.empty(); });
  CHECK(client.replies().empty());
}

}  // namespace
}  // namespace weir::test
