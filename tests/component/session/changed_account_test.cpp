// An account changes while a client logs in: what counts is the account at the end of the login.
#include <catch2/catch.hpp>

#include "protocol/auth/stored_secret.hpp"
#include "tests/support/scene.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/tls_files.hpp"

namespace weir::test {
namespace {

// What a LOAD may do to an account, so that its client would not be let in any more.
struct AccountChange {
  const char* name;
  void (*apply)(Scene&);
};
UserRow& ann(Scene& scene) {
  return scene.tables().users.front();
}
const AccountChange kAccountChanges[] = {
    {"removed", [](Scene& scene) { scene.tables().users.erase(scene.tables().users.begin()); }},
    {"inactive", [](Scene& scene) { ann(scene).active = false; }},
    {"for servers only", [](Scene& scene) { ann(scene).frontend = false; }},
    {"another password", [](Scene& scene) { ann(scene).password = "another"; }},
    {"another password, as a hash", [](Scene& scene) { ann(scene).password = native_hash_text("another"); }},
    {"no password", [](Scene& scene) { ann(scene).password = ""; }},
    {"TLS only", [](Scene& scene) { ann(scene).use_ssl = true; }},
    {"another address",
     [](Scene& scene) { ann(scene).attributes = R"({"allowed_addresses": ["10.0.0.9"]})"; }},
    {"a certificate", [](Scene& scene) { ann(scene).attributes = R"({"spiffe_id": "spiffe://x/y"})"; }},
};
constexpr const char* kNotAnn = "1045 Access denied for user 'ann'@'127.0.0.1' (using password: YES)";

// What shows in a process list.
bool is_logging_in(Scene& scene) {
  const auto rows = scene.worker().processes(0);
  return rows.empty() || rows.front().command == "Connect";
}

TEST_CASE("an account that changes at any point of a login: who is not in yet is refused") {
  for (const AccountChange& change : kAccountChanges) {
    for (const char* schema : {"", "shop"}) {
      bool was_in = false;
      for (int turns = 0; !was_in; ++turns) {
        CAPTURE(change.name, schema, turns);
        REQUIRE(turns < 100);
        Scene scene;
        scene.start();
        ScriptedClient& client = scene.connect(Scene::request("ann", schema));
        scene.turn(turns);
        was_in = !is_logging_in(scene);
        change.apply(scene);
        scene.publish();
        scene.until([&] { return client.ended() || client.logged_in(); });
        CHECK(client.logged_in() == was_in);
        if (!was_in) CHECK(client.login_error() == kNotAnn);
      }
    }
  }
}

TEST_CASE("an account that changes while its client waits to be told: he is refused") {
  for (const AccountChange& change : kAccountChanges) {
    CAPTURE(change.name);
    Scene scene;
    scene.settings().max_failed_logins = 3;
    scene.start();
    ConnectRequest wrong = Scene::request("ann");
    wrong.credentials.cleartext = "wrong";
    for (int i = 0; i < 8; ++i) {
      ScriptedClient& client = scene.connect(wrong);
      scene.until([&] { return client.ended(); });
    }
    ScriptedClient& client = scene.connect(Scene::request("ann"));
    scene.settle();
    REQUIRE_FALSE(client.logged_in());
    REQUIRE_FALSE(client.ended());
    change.apply(scene);
    scene.publish();
    scene.until([&] { return client.ended() || client.logged_in(); });
    CHECK(client.login_error() == kNotAnn);
    CHECK(scene.sessions() == 0);
  }
}

TEST_CASE("an account that changes while its client's schema is asked for: he is refused") {
  for (const AccountChange& change : kAccountChanges) {
    CAPTURE(change.name);
    Scene scene;
    scene.settings().connect_timeout_server = 500;
    scene.server().set_silent_at_login(true);
    scene.start();
    ScriptedClient& client = scene.connect(Scene::request("ann", "shop"));
    scene.until([&] { return scene.server().accepted() == 1; });
    change.apply(scene);
    scene.publish();
    scene.until([&] { return client.ended() || client.logged_in(); });
    CHECK(client.login_error() == kNotAnn);
    scene.until([&] { return scene.sessions() == 0; });
  }
}

TEST_CASE("an account that becomes another form of the same during a login lets its client in") {
  struct Form {
    const char* name;
    std::string before, after;
  };
  const std::string sha2 = *sha2_hash_text("ann", "twenty bytes of salt");
  const Form kForms[] = {
      {"clear text to hash", "ann", native_hash_text("ann")},
      {"clear text to another hash", "ann", sha2},
      {"hash to clear text", native_hash_text("ann"), "ann"},
      {"hash to the same of other letters", native_hash_text("ann"),
       [] {
         std::string text = native_hash_text("ann");
         for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
         return text;
       }()},
  };
  const TemporaryDirectory directory;
  const TlsFiles files(directory.path());
  for (const Form& form : kForms) {
    for (int turns = 0; turns < 20; ++turns) {
      CAPTURE(form.name, turns);
      Scene scene;
      ann(scene).password = form.before;
      scene.start();
      scene.publish_tls(for_clients(files.server()));
      ScriptedClient& client = scene.connect_by_tls(for_servers(files.trusting()), Scene::request("ann"));
      scene.turn(turns);
      ann(scene).password = form.after;
      ann(scene).default_schema = "shop";
      scene.publish();
      scene.until([&] { return client.ended() || client.logged_in(); });
      CHECK(client.login_error() == "");
    }
  }
}

TEST_CASE(
    "a second password that comes or goes during a login: who has proven one that is in force is let in") {
  constexpr const char* kAnnToo = R"({"additional_password": "616E6E"})";
  for (const bool becomes_second : {true, false}) {
    for (int turns = 0; turns < 12; ++turns) {
      CAPTURE(becomes_second, turns);
      Scene scene;
      if (!becomes_second) {
        ann(scene).password = "new";
        ann(scene).attributes = kAnnToo;
      }
      scene.start();
      ScriptedClient& client = scene.connect(Scene::request("ann"));
      scene.turn(turns);
      const bool was_in = !is_logging_in(scene);
      if (becomes_second) {
        ann(scene).password = "new";
        ann(scene).attributes = kAnnToo;
      } else {
        ann(scene).attributes = "";
      }
      scene.publish();
      scene.until([&] { return client.ended() || client.logged_in(); });
      CHECK(client.logged_in() == (becomes_second || was_in));
    }
  }
}

}  // namespace
}  // namespace weir::test
