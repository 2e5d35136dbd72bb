// What a session may keep by its client's will, and what happens to who wants more.
#include <catch2/catch.hpp>

#include "protocol/message/prepared.hpp"
#include "tests/support/frames.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

constexpr std::size_t kMegabyte = 1 << 20;
constexpr const char* kTooLarge =
    "1461 Can't prepare the statement: with it, those of this session would take more than 2 MB "
    "(mysql-session_memory_limit_mb)";
constexpr const char* kNoMemory = "1041 Out of memory or other resources";

// Many of them are not the same to a server.
std::string text_of(std::size_t bytes, int number = 0) {
  std::string text = "SELECT " + std::to_string(number) + " /* ";
  text.resize(bytes - 3, 'x');
  return text + " */";
}

struct Prepared {
  std::uint32_t id = 0;   // 0: it was refused
  std::string refusal{};  // its number and text
};

Prepared prepare(Scene& scene, ScriptedClient& client, std::string_view sql) {
  client.command(Command::stmt_prepare, as_bytes(sql));
  scene.until([&] { return !client.replies().empty() || client.ended(); });
  const Reply reply = client.take_reply();
  const auto ok = decode_prepare_ok(reply.payloads().at(0));
  if (!ok) return {.refusal = reply.text()};
  return {.id = ok->statement_id};
}

Blob id_bytes(std::uint32_t id) {
  Blob bytes(4);
  store_le(bytes.data(), id, 4);
  return bytes;
}

std::string execute(Scene& scene, ScriptedClient& client, const Prepared& statement) {
  return scene.ask(client, Command::stmt_execute, id_bytes(statement.id) + Blob{0, 1, 0, 0, 0});
}

std::uint64_t bytes_prepared(Scene& scene) {
  return scene.worker().gauges().client_statement_bytes;
}

TEST_CASE("a session prepares up to its bound, and what it has goes on") {
  Scene scene;
  scene.settings().session_memory_limit_mb = 2;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Prepared first = prepare(scene, client, text_of(kMegabyte, 1));
  REQUIRE(first.id != 0);
  CHECK(prepare(scene, client, text_of(kMegabyte, 2)).refusal == kTooLarge);
  CHECK(scene.server().count(Command::stmt_prepare) == 1);  // it was not asked
  CHECK(execute(scene, client, first) == "ok");
  CHECK(scene.ask(client, "SELECT 1") == "a");
  const Prepared small = prepare(scene, client, "SELECT 2");
  CHECK(execute(scene, client, small) == "ok");
  CHECK(scene.count(&WorkerStats::client_prepares_refused) == 1);
  CHECK(scene.ask(client, "BEGIN") == "ok");
  CHECK(prepare(scene, client, text_of(kMegabyte, 3)).refusal == kTooLarge);
  CHECK(scene.ask(client, "COMMIT") == "ok");
}

TEST_CASE("what is closed makes room, and so does a session that begins anew") {
  Scene scene;
  scene.settings().session_memory_limit_mb = 2;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Prepared first = prepare(scene, client, text_of(kMegabyte, 1));
  CHECK(prepare(scene, client, text_of(kMegabyte, 2)).refusal == kTooLarge);
  CHECK(bytes_prepared(scene) > kMegabyte);
  client.command(Command::stmt_close, id_bytes(first.id));
  const Prepared second = prepare(scene, client, text_of(kMegabyte, 2));
  CHECK(execute(scene, client, second) == "ok");
  CHECK(scene.ask(client, Command::reset_connection) == "ok");
  CHECK(bytes_prepared(scene) == 0);
  const Prepared third = prepare(scene, client, text_of(kMegabyte, 3));
  CHECK(execute(scene, client, third) == "ok");
  client.change_user(Scene::request("bob"));
  scene.until([&] { return client.logged_in(); });
  CHECK(prepare(scene, client, text_of(kMegabyte, 4)).id != 0);
}

TEST_CASE("many small statements are much, too, and each session counts for itself") {
  Scene scene;
  scene.settings().session_memory_limit_mb = 2;
  scene.start();
  ScriptedClient& client = scene.log_in();
  ScriptedClient& other = scene.log_in();
  int prepared = 0;
  Prepared last;
  while ((last = prepare(scene, client, text_of(10'000, prepared))).id != 0) ++prepared;
  CHECK(last.refusal == kTooLarge);
  CHECK(prepared > 180);
  CHECK(prepared < 210);
  CHECK(prepare(scene, other, text_of(10'000, 0)).id != 0);
}

// 65,535 types are kept from the first execution on.
TEST_CASE("parameters count before anybody has sent their types") {
  Scene scene;
  scene.settings().session_memory_limit_mb = 2;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const std::string many(40'000, '?');
  int prepared = 0;
  while (prepared < 100 && prepare(scene, client, "DO " + std::to_string(prepared) + many).id != 0)
    ++prepared;
  CHECK(prepared == 18);  // of 120 kB each; the last one's types come on top
}

TEST_CASE("a KILL that is prepared counts as any other") {
  Scene scene;
  scene.settings().session_memory_limit_mb = 1;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const std::string sql = "KILL 4711 /* " + std::string(600'000, 'x') + " */";
  CHECK(prepare(scene, client, sql).id != 0);
  CHECK(prepare(scene, client, sql).refusal.starts_with("1461 "));
}

TEST_CASE("0 is no bound, and a lower one holds at once for what is prepared from now on") {
  Scene scene;
  scene.settings().session_memory_limit_mb = 0;
  scene.start();
  ScriptedClient& client = scene.log_in();
  Prepared first;
  for (int i = 0; i < 4; ++i) {
    const Prepared statement = prepare(scene, client, text_of(kMegabyte, i));
    REQUIRE(statement.id != 0);
    if (i == 0) first = statement;
  }
  scene.settings().session_memory_limit_mb = 2;
  scene.publish();
  CHECK(prepare(scene, client, "SELECT 1").refusal == kTooLarge);
  CHECK(execute(scene, client, first) == "ok");
}

TEST_CASE("without memory sessions prepare little, and all else goes on") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Prepared first = prepare(scene, client, text_of(kMegabyte / 2, 1));
  scene.settings().memory_limit_mb = 1;
  scene.publish();
  scene.until([&] { return scene.fleet().memory_level() == MemoryLevel::full; });
  CHECK(prepare(scene, client, text_of(kMegabyte / 2, 2)).refusal == kNoMemory);
  CHECK(execute(scene, client, first) == "ok");
  const Prepared small = prepare(scene, client, "SELECT 3");
  CHECK(execute(scene, client, small) == "ok");
  scene.settings().memory_limit_mb = 1'000'000;
  scene.publish();
  scene.until([&] { return scene.fleet().memory_level() == MemoryLevel::calm; });
  CHECK(prepare(scene, client, text_of(kMegabyte / 2, 2)).id != 0);
}

// The texts stay with the connection for whoever prepares them next, and must not stay for ever.
TEST_CASE("of long texts a connection keeps few, and the others are closed at its server") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  constexpr int kStatements = 20;
  std::vector<Prepared> statements;
  for (int i = 0; i < kStatements; ++i) statements.push_back(prepare(scene, client, text_of(kMegabyte, i)));
  CHECK(execute(scene, client, statements.back()) == "ok");
  CHECK(scene.server().count(Command::stmt_close) == kStatements - 3);
  CHECK(scene.server().count(Command::stmt_prepare) == kStatements);
  CHECK(execute(scene, client, statements.front()) == "ok");
  CHECK(scene.server().count(Command::stmt_prepare) == kStatements + 1);
  CHECK(scene.server().accepted() == 1);
}

TEST_CASE("of long texts that had long data a connection keeps few as well, once they have none") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  constexpr std::size_t kStatements = 10, kKept = 4;
  const auto kept = [&] {
    return scene.server().count(Command::stmt_prepare) - scene.server().count(Command::stmt_close);
  };
  std::vector<Prepared> statements;
  for (std::size_t i = 0; i < kStatements; ++i)
    statements.push_back(prepare(scene, client, "DO ? /* " + text_of(kMegabyte, static_cast<int>(i))));
  for (const Prepared& statement : statements)
    client.command(Command::stmt_send_long_data, id_bytes(statement.id) + Blob{0, 0, 'x'});
  CHECK(scene.ask(client, Command::stmt_reset, id_bytes(statements[0].id)) == "ok");
  CHECK(kept() >= kStatements - 1);
  for (std::size_t i = 1; i < kStatements; ++i)
    CHECK(scene.ask(client, Command::stmt_reset, id_bytes(statements[i].id)) == "ok");
  CHECK(scene.ask(client, "SELECT 1") == "a");
  CHECK(kept() <= kKept);
  CHECK(scene.server().accepted() == 1);
}

}  // namespace
}  // namespace weir::test
