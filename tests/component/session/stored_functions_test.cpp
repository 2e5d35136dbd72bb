// Statements that call stored functions, by automatic splitting: as the catalogue knows them.
#include <catch2/catch.hpp>

#include "protocol/message/prepared.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

std::shared_ptr<const RoutineCatalogs> catalogs_with(RoutineVerdict verdict) {
  const StoredFunction function{"shop", "price", DataAccess::reads_sql_data, true, verdict};
  return std::make_shared<const RoutineCatalogs>(RoutineCatalogs{PairRoutines{
      .writer_hostgroup = 1,
      .catalog = std::make_shared<const RoutineCatalog>(std::vector{function}, std::vector<std::string>{})}});
}

struct Split {
  Split() {
    scene.add_server(2, "replica");
    scene.split_reads_to(2);
  }
  Scene scene;
};

TEST_CASE("a stored function is unknown until a catalogue knows it, and again when that forgets it") {
  Split split;
  Scene& scene = split.scene;
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "shop");
  CHECK(scene.ask(client, "SELECT price(1)") == "a");
  scene.fleet().publish_routines(catalogs_with(RoutineVerdict::reads));
  CHECK(scene.ask(client, "SELECT price(1)") == "replica");
  CHECK(scene.ask(client, "SELECT shop.price(1)") == "replica");
  CHECK(scene.ask(client, "SELECT other(1)") == "a");
  scene.fleet().publish_routines(catalogs_with(RoutineVerdict::declared_write));
  CHECK(scene.ask(client, "SELECT price(1)") == "a");
  scene.fleet().publish_routines(std::make_shared<const RoutineCatalogs>());
  CHECK(scene.ask(client, "SELECT shop.price(1)") == "a");
}

TEST_CASE("an unqualified function is looked up in the session's schema of that moment") {
  Split split;
  Scene& scene = split.scene;
  scene.start();
  scene.fleet().publish_routines(catalogs_with(RoutineVerdict::reads));
  ScriptedClient& client = scene.log_in("ann", "stock");
  CHECK(scene.ask(client, "SELECT price(1)") == "a");
  scene.ask(client, "USE shop");
  CHECK(scene.ask(client, "SELECT price(1)") == "replica");
  scene.ask(client, "USE stock");
  CHECK(scene.ask(client, "SELECT price(1)") == "a");
  CHECK(scene.ask(client, "SELECT shop.price(1)") == "replica");
}

// Prepares a text and returns what a COM_STMT_EXECUTE of it, without parameters, has behind its first byte.
Blob prepared(Scene& scene, ScriptedClient& client, std::string_view sql) {
  client.command(Command::stmt_prepare, as_bytes(sql));
  scene.until([&] { return !client.replies().empty() || client.ended(); });
  const auto ok = decode_prepare_ok(client.take_reply().payloads().at(0));
  REQUIRE(ok.has_value());
  Blob execution(9);
  store_le(execution.data(), ok->statement_id, 4);
  execution[5] = 1;
  return execution;
}

// Which server ran it.
std::string executed_by(Scene& scene, ScriptedClient& client, const Blob& execution) {
  const std::size_t by_writer = scene.server(0).count(Command::stmt_execute);
  const std::size_t by_replica = scene.server(1).count(Command::stmt_execute);
  scene.ask(client, Command::stmt_execute, execution);
  if (scene.server(0).count(Command::stmt_execute) > by_writer) return "a";
  return scene.server(1).count(Command::stmt_execute) > by_replica ? "replica" : "nobody";
}

TEST_CASE("a prepared statement is judged by what is known of its functions when it is executed") {
  Split split;
  Scene& scene = split.scene;
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "shop");
  const Blob known = prepared(scene, client, "SELECT price(1)");
  const Blob unknown = prepared(scene, client, "SELECT price(1) + other(1)");
  CHECK(executed_by(scene, client, known) == "a");
  scene.fleet().publish_routines(catalogs_with(RoutineVerdict::reads));
  CHECK(executed_by(scene, client, known) == "replica");
  CHECK(executed_by(scene, client, unknown) == "a");
  CHECK(executed_by(scene, client, prepared(scene, client, "SELECT shop.price(1)")) == "replica");
  scene.ask(client, "USE stock");
  CHECK(executed_by(scene, client, known) == "replica");
  CHECK(executed_by(scene, client, prepared(scene, client, "SELECT price(1)")) == "a");
  scene.fleet().publish_routines(catalogs_with(RoutineVerdict::declared_write));
  CHECK(executed_by(scene, client, known) == "a");
}

TEST_CASE("a prepared call of a stored function is not run again after its server was lost") {
  Split split;
  Scene& scene = split.scene;
  scene.start();
  scene.fleet().publish_routines(catalogs_with(RoutineVerdict::reads));
  ScriptedClient& client = scene.log_in("ann", "shop");
  const Blob known = prepared(scene, client, "SELECT price(1)");
  scene.server(1).on(Command::stmt_execute, [](ServerSide& side) { side.reset(); });
  scene.ask(client, Command::stmt_execute, known);
  CHECK(scene.server(1).count(Command::stmt_execute) == 1);
  CHECK(scene.server(0).count(Command::stmt_execute) == 0);
}

TEST_CASE("a prepared statement is read in the modes in which it was prepared") {
  Split split;
  Scene& scene = split.scene;
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "shop");
  scene.ask(client, "SET sql_mode='ANSI_QUOTES'");
  // A backslash ends nothing in a name; in a string it would hide all that follows.
  const Blob execution = prepared(scene, client, R"(SELECT 1 AS "a\", other(1) -- ")");
  scene.ask(client, "SET sql_mode=''");
  CHECK(executed_by(scene, client, execution) == "a");
}

TEST_CASE("workers that start later know the functions, too") {
  Split split;
  Scene& scene = split.scene;
  scene.start();
  scene.fleet().publish_routines(catalogs_with(RoutineVerdict::reads));
  Fleet next(scene.fleet().snapshot(), 2, [] {});
  next.succeed(scene.fleet());
  for (std::size_t i = 0; i < next.size(); ++i) {
    CHECK(next.worker(i).analyzer().routines() == scene.fleet().routines());
  }
}

TEST_CASE("a stored function is not run again after its server was lost") {
  Split split;
  Scene& scene = split.scene;
  scene.server(1).on("SELECT shop.price", [](ServerSide& side) { side.reset(); });
  scene.start();
  scene.fleet().publish_routines(catalogs_with(RoutineVerdict::reads));
  ScriptedClient& client = scene.log_in();
  const std::string answer = scene.ask(client, "SELECT shop.price(1)");
  CHECK(answer != "a");
  CHECK(scene.server(1).count("SELECT shop.price") == 1);
  CHECK(scene.server(0).count("SELECT shop.price") == 0);
}

TEST_CASE("a function that lied is run by the writer after a replica refused it, and from then on") {
  Split split;
  Scene& scene = split.scene;
  scene.server(1).on("SELECT shop.price", [](ServerSide& side) {
    side.err(1290,
             "The MySQL server is running with the --read-only option so it cannot execute this statement");
  });
  scene.start();
  scene.fleet().publish_routines(catalogs_with(RoutineVerdict::reads));
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT shop.price(1)") == "a");
  CHECK(scene.ask(client, "SELECT shop.price(2)") == "a");
  CHECK(scene.server(1).count("SELECT shop.price") == 1);
}

}  // namespace
}  // namespace weir::test
