// A query, from a client's bytes to a client's bytes.
#include <catch2/catch.hpp>

#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

TEST_CASE("a query is answered by the server") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  REQUIRE(client.logged_in());
  CHECK(scene.ask(client, "SELECT 1") == "a");
  CHECK(scene.ask(client, "INSERT INTO t VALUES (1)") == "ok");
  CHECK(scene.server().texts() == std::vector<std::string>{"SELECT 1", "INSERT INTO t VALUES (1)"});
  CHECK(scene.server().accepted() == 1);
  CHECK(scene.idle_connections() == 1);
}

}  // namespace
}  // namespace weir::test
