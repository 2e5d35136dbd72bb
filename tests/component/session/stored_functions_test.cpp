// Statements that call stored functions, by automatic splitting: as the catalogue knows them.
#include <catch2/catch.hpp>

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
