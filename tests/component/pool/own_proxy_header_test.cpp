// Servers that want a PROXY header are told that Weir comes for itself.
#include <catch2/catch.hpp>

#include "tests/support/scene.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/tls_files.hpp"

namespace weir::test {
namespace {

void ask_for_headers(Scene& scene, int version) {
  HostgroupAttributesRow attributes;
  attributes.hostgroup_id = 1;
  attributes.hostgroup_settings = R"({"send_proxy_protocol":)" + std::to_string(version) + "}";
  scene.tables().hostgroup_attributes = {attributes};
}

Blob own_header(int version) {
  return version == 1 ? "PROXY UNKNOWN\r\n"_bytes : "0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a 20 00 00 00"_hex;
}

TEST_CASE("a server that waits for a header gets one that speaks for Weir, also for a KILL") {
  for (const int version : {1, 2}) {
    CAPTURE(version);
    Scene scene;
    scene.server().set_wants_proxy_header(true);
    scene.server().on("SELECT held", [](ServerSide& side) { side.hold(); });
    ask_for_headers(scene, version);
    scene.start();
    ScriptedClient& client = scene.log_in();
    CHECK(scene.ask(client, "SELECT 1") == "a");
    client.query("SELECT held");
    scene.until([&] { return scene.server().find_held() != nullptr; });
    client.close();
    scene.until([&] { return scene.server().count("KILL") == 1; });
    REQUIRE(scene.server().accepted() == 2);
    for (const std::size_t number : {1u, 2u})
      CHECK(scene.server().side(number).proxy_header() == own_header(version));
  }
}

TEST_CASE("the header goes ahead of TLS, and nobody else gets one", "[tls]") {
  TemporaryDirectory directory;
  const TlsFiles files{directory.path()};
  Scene scene;
  ScriptedServer& other = scene.add_server(2, "b");
  scene.split_reads_to(2);
  scene.server().set_wants_proxy_header(true);
  scene.server().set_tls(for_clients(files.server()));
  scene.server_row(0).use_ssl = true;
  scene.settings().ssl_p2s_ca = files.trusting().ca;
  scene.settings().ssl_p2s_verify_host = false;
  ask_for_headers(scene, 2);
  scene.start();
  scene.publish_tls(nullptr);
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "DO 1") == "ok");
  CHECK(scene.ask(client, "SELECT 1") == "b");
  CHECK(scene.server().side(1).has_tls());
  CHECK(scene.server().side(1).proxy_header() == own_header(2));
  CHECK(other.side(1).proxy_header().empty());
}

}  // namespace
}  // namespace weir::test
