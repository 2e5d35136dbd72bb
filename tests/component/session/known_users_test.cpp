// Whether an account exists shows in nothing that its clients are sent before they have proven its password.
// tests/unit/protocol/machine/known_and_unknown_test.cpp compares every way to log in; here is what sessions
// add to that.
#include <catch2/catch.hpp>

#include "protocol/auth/stored_secret.hpp"
#include "tests/support/scene.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/tls_files.hpp"

namespace weir::test {
namespace {

struct Told {
  std::string error;
  std::size_t bytes = 0;
  bool operator==(const Told&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Told& told) {
  return out << told.error << " in " << told.bytes << " bytes";
}

std::string without_name(std::string text, const std::string& name) {
  if (const auto at = text.find(name); at != std::string::npos) text.replace(at, name.size(), "*");
  return text;
}

// `with` TLS or null.
Told refusal_of(Scene& scene, const std::string& user, const std::shared_ptr<const TlsContext>& with) {
  ConnectRequest request = Scene::request(user);
  request.credentials.cleartext = "wrong";
  ScriptedClient& client = with ? scene.connect_by_tls(with, request) : scene.connect(request);
  scene.until([&] { return client.logged_in() || client.ended(); });
  CHECK(!client.login_error().empty());
  return {without_name(client.login_error(), user), client.bytes_received()};
}

TEST_CASE("an unknown user, a known one, and one who may not come like this are told the same") {
  const TemporaryDirectory directory;
  const TlsFiles files(directory.path());
  const auto tls = for_servers(files.trusting());
  const std::string kSalt = "twenty bytes of salt";
  for (const std::string& stored :
       {std::string("secret"), native_hash_text("secret"), *sha2_hash_text("secret", kSalt)}) {
    for (const char* plugin : {"mysql_native_password", "caching_sha2_password"}) {
      CAPTURE(stored, plugin);
      Scene scene;
      scene.settings().default_authentication_plugin = plugin;
      for (UserRow& row : scene.tables().users) row.password = stored;
      scene.tables().users[1].attributes = R"({"allowed_addresses":["10.0.0.1"]})";
      UserRow certified = scene.tables().users[0];
      certified.username = "cat";
      certified.attributes = R"({"spiffe_id":"spiffe://test/cat"})";
      UserRow secure = scene.tables().users[0];
      secure.username = "sue";
      secure.use_ssl = true;
      scene.tables().users.insert(scene.tables().users.end(), {certified, secure});
      scene.start();
      scene.publish_tls(for_clients(files.server()));
      for (const auto& way : {std::shared_ptr<const TlsContext>(), tls}) {
        const Told unknown = refusal_of(scene, "zoe", way);
        for (const char* user : {"ann", "bob", "cat", "sue"}) {
          CAPTURE(user, way != nullptr);
          CHECK(refusal_of(scene, user, way) == unknown);
        }
      }
    }
  }
}

// Each unknown name has the kinds of its own.
TEST_CASE("an account is asked for the same whether it may come like this or not") {
  const TemporaryDirectory directory;
  const TlsFiles files(directory.path());
  Scene scene;
  scene.settings().default_authentication_plugin = "caching_sha2_password";
  const std::string sha2 = *sha2_hash_text("secret", "twenty bytes of salt");
  for (UserRow& row : scene.tables().users) row.password = native_hash_text("secret");
  for (int i = 10; i < 30; ++i) {
    UserRow row = scene.tables().users[0];
    row.username = "u" + std::to_string(i);
    row.password = sha2;
    row.use_ssl = i % 2 == 0;
    if (!row.use_ssl) row.attributes = R"({"allowed_addresses":["10.0.0.1"]})";
    scene.tables().users.push_back(row);
  }
  scene.start();
  scene.publish_tls(for_clients(files.server()));
  for (const auto& way : {std::shared_ptr<const TlsContext>(), for_servers(files.trusting())}) {
    const Told first = refusal_of(scene, "u10", way);
    for (int i = 11; i < 30; ++i) {
      CAPTURE(i, way != nullptr);
      CHECK(refusal_of(scene, "u" + std::to_string(i), way) == first);
    }
  }
}

TEST_CASE("somebody's login teaches nobody else that he has an account") {
  const TemporaryDirectory directory;
  const TlsFiles files(directory.path());
  const auto tls = for_servers(files.trusting());
  Scene scene;
  scene.settings().default_authentication_plugin = "caching_sha2_password";
  for (UserRow& row : scene.tables().users)
    row.password = *sha2_hash_text(row.username, "twenty bytes of salt");
  scene.start();
  scene.publish_tls(for_clients(files.server()));
  const Told before = refusal_of(scene, "ann", tls);
  ScriptedClient& ann = scene.connect_by_tls(tls, Scene::request("ann"));
  scene.until([&] { return ann.logged_in(); });
  CHECK(refusal_of(scene, "ann", tls) == before);
  CHECK(refusal_of(scene, "zoe", tls) == before);
}

TEST_CASE("an account that wants a certificate is let in with the one that has its URI only") {
  const TemporaryDirectory directory;
  const TlsFiles files(directory.path());
  const auto with_uri = [&](const std::string& name, std::vector<std::string> uris) {
    TlsParameters parameters = files.issue(
        name, {.common_name = name, .uris = std::move(uris), .valid_from_s = -kDay, .valid_until_s = kDay});
    parameters.ca = files.path("ca.pem");
    return for_servers(parameters);
  };
  Scene scene;
  scene.tables().users[0].attributes = R"({"spiffe_id":"spiffe://test/ann"})";
  scene.tables().users[1].attributes = R"x({"spiffe_id":"!spiffe://test/(ann|bob)"})x";
  scene.start();
  TlsParameters asking = files.server();
  asking.ca = files.path("ca.pem");
  scene.publish_tls(for_clients(asking));
  const auto may_come = [&](const std::string& user, const std::shared_ptr<const TlsContext>& tls) {
    ScriptedClient& client =
        tls ? scene.connect_by_tls(tls, Scene::request(user)) : scene.connect(Scene::request(user));
    scene.until([&] { return client.logged_in() || client.ended(); });
    if (!client.logged_in())
      CHECK(client.login_error() ==
            "1045 Access denied for user '" + user + "'@'127.0.0.1' (using password: YES)");
    return client.logged_in();
  };
  const auto ann = with_uri("ann", {"spiffe://test/ann"}), bob = with_uri("bob", {"spiffe://test/bob"});
  CHECK(may_come("ann", ann));
  CHECK_FALSE(may_come("ann", bob));
  CHECK(may_come("bob", ann));
  CHECK(may_come("bob", bob));
  CHECK(may_come("ann", with_uri("both", {"spiffe://test/bob", "spiffe://test/ann"})));
  CHECK_FALSE(may_come("ann", with_uri("none", {})));
  CHECK_FALSE(may_come("ann", for_servers(files.trusting())));  // without a certificate
  CHECK_FALSE(may_come("ann", nullptr));                        // without TLS
  const TemporaryDirectory elsewhere;
  const TlsFiles others(elsewhere.path());  // of an authority that nobody here knows
  TlsParameters forged = others.issue(
      "ann",
      {.common_name = "ann", .uris = {"spiffe://test/ann"}, .valid_from_s = -kDay, .valid_until_s = kDay});
  forged.ca = files.path("ca.pem");
  ScriptedClient& forger = scene.connect_by_tls(for_servers(forged), Scene::request("ann"));
  scene.until([&] { return forger.ended(); });
  CHECK_FALSE(forger.logged_in());
}

TEST_CASE("a change of user asks for the certificate as well") {
  const TemporaryDirectory directory;
  const TlsFiles files(directory.path());
  Scene scene;
  scene.tables().users[1].attributes = R"({"spiffe_id":"spiffe://test/bob"})";
  scene.start();
  TlsParameters asking = files.server();
  asking.ca = files.path("ca.pem");
  scene.publish_tls(for_clients(asking));
  for (const char* uri : {"spiffe://test/bob", "spiffe://test/ann"}) {
    CAPTURE(uri);
    TlsParameters shown = files.issue(
        "client", {.common_name = "client", .uris = {uri}, .valid_from_s = -kDay, .valid_until_s = kDay});
    shown.ca = files.path("ca.pem");
    ScriptedClient& client = scene.connect_by_tls(for_servers(shown), Scene::request("ann"));
    scene.until([&] { return client.logged_in(); });
    client.change_user(Scene::request("bob"));
    scene.until([&] { return client.logged_in() || client.ended(); });
    CHECK(client.login_error().empty() == (std::string_view(uri) == "spiffe://test/bob"));
  }
}

}  // namespace
}  // namespace weir::test
