// TLS with clients, and towards servers, around sessions and the pool.
#include <catch2/catch.hpp>

#include "tests/support/scene.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/tls_files.hpp"

namespace weir::test {
namespace {

struct Certificates {
  TemporaryDirectory directory;
  TlsFiles files{directory.path()};
};

ScriptedClient& come(Scene& scene, const TlsFiles& files, const std::string& user = "ann") {
  ScriptedClient& client = scene.connect_by_tls(for_servers(files.trusting()), Scene::request(user));
  scene.until([&] { return client.logged_in() || client.ended(); });
  return client;
}

// Server 0 by TLS, with these certificates; what Weir believes is in the settings.
void serve_by_tls(Scene& scene, const TlsParameters& shown) {
  scene.server().set_tls(for_clients(shown));
  scene.server_row(0).use_ssl = true;
  scene.settings().connect_retries_on_failure = 0;
  scene.settings().shun_on_failures = 0;
}

TEST_CASE("a client by TLS is served as any other", "[tls]") {
  const Certificates certificates;
  Scene scene;
  scene.start();
  scene.publish_tls(for_clients(certificates.files.server()));
  ScriptedClient& client = come(scene, certificates.files);
  CHECK(scene.ask(client, "SELECT 1") == "a");
  CHECK((client.established().caps & kSsl) != 0);
  CHECK(scene.ask(client, "SHOW STATUS LIKE 'Ssl_version'") == "Ssl_version|TLSv1.3");
  CHECK_FALSE(scene.server().side(1).has_tls());
  ScriptedClient& plain = scene.log_in("bob");
  CHECK(scene.ask(plain, "SELECT 1") == "a");
  CHECK(scene.count(&WorkerStats::client_tls_sessions) == 1);
  CHECK(scene.count(&WorkerStats::client_tls_resumed) == 0);
}

TEST_CASE("without a context clients are not offered TLS", "[tls]") {
  const Certificates certificates;
  Scene scene;
  scene.start();
  ScriptedClient& client =
      scene.connect_by_tls(for_servers(certificates.files.trusting()), Scene::request("ann"));
  scene.until([&] { return !client.login_error().empty(); });
  CHECK(client.login_error() == "0 the server offers no TLS");
}

TEST_CASE("an account that must use TLS is let in by it, and is as unknown as nobody without", "[tls]") {
  const Certificates certificates;
  Scene scene;
  scene.tables().users[0].use_ssl = true;
  scene.start();
  scene.publish_tls(for_clients(certificates.files.server()));
  CHECK(come(scene, certificates.files).logged_in());
  ScriptedClient& plain = scene.connect(Scene::request("ann"));
  scene.until([&] { return plain.ended(); });
  CHECK(plain.login_error() == "1045 Access denied for user 'ann'@'127.0.0.1' (using password: YES)");
}

TEST_CASE("who is connected stays when certificates change, and goes on when TLS is switched off", "[tls]") {
  const Certificates certificates;
  Scene scene;
  scene.start();
  scene.publish_tls(for_clients(certificates.files.server()));
  ScriptedClient& first = come(scene, certificates.files);
  scene.publish_tls(for_clients(certificates.files.issue(
      "next", {.common_name = "next", .hosts = {"db1.test"}, .valid_from_s = -kDay, .valid_until_s = kDay})));
  ScriptedClient& second = come(scene, certificates.files);
  scene.publish_tls(nullptr);
  CHECK(scene.ask(first, "SELECT 1") == "a");
  CHECK(scene.ask(second, "SELECT 1") == "a");
  CHECK((scene.log_in().established().offered & kSsl) == 0);
}

TEST_CASE("a change of user by TLS may send the password as it is", "[tls]") {
  const Certificates certificates;
  Scene scene;
  scene.start();
  scene.publish_tls(for_clients(certificates.files.server()));
  ScriptedClient& client = come(scene, certificates.files);
  ConnectRequest bob = Scene::request("bob");
  bob.secure_transport = true;
  client.change_user(bob);
  scene.until([&] { return client.logged_in(); });
  CHECK(scene.ask(client, "SELECT 1") == "a");
  CHECK(scene.count(&WorkerStats::client_tls_sessions) == 1);
}

TEST_CASE("a server with use_ssl is reached by TLS only", "[tls]") {
  const Certificates certificates;
  Scene scene;
  serve_by_tls(scene, certificates.files.server());
  scene.start();
  scene.publish_tls(nullptr);
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT 1") == "a");
  CHECK(scene.server().side(1).has_tls());
  CHECK(scene.count(&WorkerStats::backend_tls_connections) == 1);
}

TEST_CASE("what is wrong with TLS towards a server is told to the client, and nothing goes in plain",
          "[tls]") {
  const Certificates certificates;
  Scene scene;
  std::string expected;
  SECTION("the server has none") {
    scene.server_row(0).use_ssl = true;
    scene.settings().connect_retries_on_failure = 0;
    expected = "the server offers no TLS";
  }
  SECTION("an unknown authority") {
    const TlsIdentity own =
        TlsFiles::make({.common_name = "x", .valid_from_s = -kDay, .valid_until_s = kDay}, nullptr);
    TlsParameters shown;
    shown.cert = certificates.files.write("own-cert.pem", own.certificate);
    shown.key = certificates.files.write("own-key.pem", own.key);
    serve_by_tls(scene, shown);
    scene.settings().ssl_p2s_ca = certificates.files.path("ca.pem");
    expected = "TLS: the peer's certificate is not accepted: self-signed certificate";
  }
  SECTION("a file that cannot be read") {
    serve_by_tls(scene, certificates.files.server());
    scene.settings().ssl_p2s_ca = certificates.files.path("missing.pem");
    expected = "No such file or directory";
  }
  SECTION("nothing has been set up") {
    serve_by_tls(scene, certificates.files.server());
    expected = "TLS has not been set up";
  }
  scene.start();
  if (expected != "TLS has not been set up") scene.publish_tls(nullptr);
  ScriptedClient& client = scene.log_in();
  CHECK_THAT(scene.ask(client, "SELECT 1"), Catch::Contains(expected));
  CHECK(scene.server().received().empty());
  CHECK(scene.count(&WorkerStats::backend_tls_failures) == 1);
}

TEST_CASE("connections without TLS are not used any more once use_ssl is set, and the reverse", "[tls]") {
  const Certificates certificates;
  Scene scene;
  scene.server().set_tls(for_clients(certificates.files.server()));
  scene.start();
  ScriptedClient& client = scene.log_in();
  ScriptedClient& busy = scene.log_in("bob");
  CHECK(scene.ask(busy, "BEGIN") == "ok");
  CHECK(scene.ask(client, "SELECT 1") == "a");
  for (const bool on : {true, false}) {
    scene.server_row(0).use_ssl = on;
    const std::size_t before = scene.server().accepted();
    scene.publish();
    scene.publish_tls(nullptr);
    CHECK(scene.ask(client, "SELECT 1") == "a");
    CHECK(scene.server().accepted() == before + 1);
    CHECK(scene.server().side(before + 1).has_tls() == on);
  }
  CHECK(scene.ask(busy, "COMMIT") == "ok");  // who was using one finished
}

TEST_CASE("connections by TLS move between workers", "[tls][threads]") {
  const Certificates certificates;
  Scene scene(2, Scene::Threads::own);
  serve_by_tls(scene, certificates.files.server());
  scene.server_row(0).max_connections = 1;
  scene.settings().connect_timeout_server_max = 60'000;
  scene.start();
  scene.publish_tls(nullptr);
  ScriptedClient& one = scene.log_in("ann");
  ScriptedClient& two = scene.log_in("ann");
  CHECK(scene.ask(one, "SELECT 1") == "a");
  const std::size_t opened = scene.server().accepted();
  for (int i = 0; i < 10; ++i) {
    CHECK(scene.ask(one, "SELECT 1") == "a");
    CHECK(scene.ask(two, "SELECT 1") == "a");
  }
  CHECK(scene.server().accepted() == opened);
  CHECK(scene.count(&WorkerStats::backend_connections_handed_over) > 0);
}

TEST_CASE("a KILL goes to its server by TLS", "[tls]") {
  const Certificates certificates;
  Scene scene;
  serve_by_tls(scene, certificates.files.server());
  scene.server().on("SELECT SLEEP", [](ServerSide& side) { side.hold(); });
  scene.start();
  scene.publish_tls(nullptr);
  ScriptedClient& client = scene.log_in();
  client.query("SELECT SLEEP(10)");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  client.close();
  scene.until([&] { return scene.server().count("KILL") == 1; });
  CHECK(scene.server().side(2).has_tls());
}

}  // namespace
}  // namespace weir::test
