// Both sides of a login talk to each other in memory, one byte at a time.
#include <catch2/catch.hpp>

#include "protocol/wire/status.hpp"
#include "tests/support/logins.hpp"

namespace weir {

using namespace test;

namespace {

using ServerStage = ServerHandshake::Stage;
using ClientStage = ClientHandshake::Stage;

struct Pair {
  ServerHandshake server;
  ClientHandshake client;
  int turns = 0;  // how often the direction changed

  // Until nobody has anything to say. The server accepts whoever is verified.
  void talk() {
    for (bool moved = true; moved; ++turns) {
      moved = false;
      for (const std::uint8_t byte : drain(server.output())) {
        client.on_bytes({&byte, 1});
        moved = true;
      }
      for (const std::uint8_t byte : drain(client.output())) {
        server.on_bytes({&byte, 1});
        moved = true;
      }
      if (server.stage() == ServerStage::verified) {
        server.accept(kStatusAutocommit);
        moved = true;
      }
    }
  }

  void log_in(Credentials credentials, const ServerGreeting& greeting, bool secure = false) {
    server.start(greeting, few_accounts());
    ConnectRequest request;
    request.credentials = std::move(credentials);
    request.schema = "db";
    request.want = kAskedOfServers;
    request.secure_transport = secure;
    request.attributes = {{"program_name", "test"}, {"long", std::string(300, 'x')}};
    client.start(std::move(request));
    talk();
  }

  void change_user(Credentials credentials, const ServerGreeting& greeting) {
    const Caps caps = client.established().caps;
    ConnectRequest request;
    request.credentials = std::move(credentials);
    request.schema = "other";
    request.collation = 255;
    REQUIRE(client.start_change_user(std::move(request), client.established()) ==
            ClientHandshake::Want::read);
    const Blob command = drain(client.output());
    const Scramble last = server.scramble();
    server.start_change_user(Bytes(command).subspan(4), command[3], caps, last, greeting, few_accounts());
    talk();
  }

  bool logged_in() const {
    const bool both = server.stage() == ServerStage::accepted && client.stage() == ClientStage::established;
    const bool neither = server.stage() == ServerStage::failed && client.stage() == ClientStage::failed;
    CHECK((both || neither));  // they never disagree
    return both;
  }
};

const char* const kPlugins[] = {"mysql_native_password", "caching_sha2_password"};

}  // namespace

TEST_CASE("every account logs in with its password, and with no other, whatever the greeting's plugin",
          "[protocol][login]") {
  const struct {
    const char* user;
    const char* plugin_for[2];  // by which it is verified, for each of kPlugins in the greeting
    bool learns_cleartext;
  } cases[] = {
      {"plain", {"mysql_native_password", "caching_sha2_password"}, true},
      {"native", {"mysql_native_password", "mysql_native_password"}, false},
      {"sha2", {"caching_sha2_password", "caching_sha2_password"}, true},
      {"learned", {"caching_sha2_password", "caching_sha2_password"}, true},
  };
  for (const auto& c : cases) {
    for (std::size_t i = 0; i < 2; ++i) {
      CAPTURE(c.user, kPlugins[i]);
      Pair pair;
      pair.log_in(password_of(c.user, "secret"), test_greeting(kPlugins[i]));
      REQUIRE(pair.logged_in());
      const Login& login = pair.server.login();
      CHECK(login.plugin == c.plugin_for[i]);
      CHECK(pair.client.established().plugin == c.plugin_for[i]);
      CHECK(login.credentials.user == c.user);
      CHECK(login.credentials.cleartext.has_value() == c.learns_cleartext);
      if (c.learns_cleartext)
        CHECK(login.credentials.cleartext == "secret");
      else
        CHECK(login.credentials.sha1_stage1 == sha1({as_bytes("secret")}));
      CHECK(login.has_schema);
      CHECK(login.schema == "db");
      CHECK(login.attributes.size() == 2);
      CHECK(login.attributes.at(1).second.size() == 300);
      CHECK(pair.client.established().caps == login.caps);
      CHECK(pair.client.established().connection_id == 7);
      CHECK(pair.client.established().status == kStatusAutocommit);

      for (const char* wrong : {"Secret", "secre", ""}) {
        CAPTURE(wrong);
        Pair refused;
        refused.log_in(password_of(c.user, wrong), test_greeting(kPlugins[i]));
        CHECK_FALSE(refused.logged_in());
        const auto& failure = refused.client.failure();
        CHECK(failure.from_server);
        CHECK(failure.code == 1045);
        CHECK(failure.sqlstate == "28000");
        CHECK(failure.message == "Access denied for user '" + std::string(c.user) +
                                     "'@'host' (using password: " + (*wrong ? "YES" : "NO") + ")");
      }
    }
  }
}

TEST_CASE("while a password changes, either logs in, whatever is known of them", "[protocol][login]") {
  class TwoPasswords final : public Accounts {
   public:
    Account account;
    const Account* find(std::string_view) const override { return &account; }
  };
  const std::string forms[2][3] = {
      {"new", native_hash_text("new"), *sha2_hash_text("new", "twenty bytes of salt")},
      {"old", native_hash_text("old"), *sha2_hash_text("old", "twenty other of salt")}};
  for (const std::string& first : forms[0]) {
    for (const std::string& second : forms[1]) {
      for (const char* plugin : kPlugins) {
        for (const bool learned : {false, true}) {
          CAPTURE(first, second, plugin, learned);
          TwoPasswords accounts;
          accounts.account = {.name = "u", .secrets = {}, .must_use_tls = false};
          for (const auto& [stored, text] : {std::pair(first, "new"), std::pair(second, "old")}) {
            accounts.account.secrets.push_back({parse_stored_secret(stored)});
            if (learned) accounts.account.secrets.back().learned_cleartext = text;
          }
          const auto log_in = [&](const std::string& password) {
            auto pair = std::make_unique<Pair>();
            pair->server.start(test_greeting(plugin), accounts);
            pair->client.start(
                {.credentials = password_of("u", password), .schema = {}, .want = 0, .attributes = {}});
            pair->talk();
            return pair;
          };
          const auto by_new = log_in("new"), by_old = log_in("old");
          REQUIRE(by_new->logged_in());
          REQUIRE(by_old->logged_in());
          CHECK(by_new->server.proven_secret() == 0);
          CHECK(by_old->server.proven_secret() == 1);
          if (by_old->server.login().credentials.cleartext)
            CHECK(by_old->server.login().credentials.cleartext == "old");
          else
            CHECK(by_old->server.login().credentials.sha1_stage1 == sha1({as_bytes("old")}));
          CHECK_FALSE(log_in("wrong")->logged_in());
          CHECK_FALSE(log_in("")->logged_in());
        }
      }
    }
  }
}

TEST_CASE("what a login taught us logs in elsewhere", "[protocol][login]") {
  Pair first;
  first.log_in(password_of("native", "secret"), test_greeting());
  REQUIRE(first.logged_in());
  Pair second;
  second.log_in(first.server.login().credentials, test_greeting("caching_sha2_password"));
  CHECK(second.logged_in());  // by SHA1(password) alone: the server asks for native

  Credentials other = first.server.login().credentials;
  other.user = "sha2";
  Pair third;
  third.server.start(test_greeting(), few_accounts());
  third.client.start({.credentials = other, .schema = {}, .want = 0, .attributes = {}});
  third.talk();
  CHECK(third.client.stage() == ClientStage::failed);
  CHECK_FALSE(third.client.failure().from_server);
  CHECK(third.client.failure().error == DecodeError::auth_failed);
  CHECK(third.client.failure().message ==
        "caching_sha2_password needs the password itself, which is not known");
}

TEST_CASE("an account without password takes none, and refuses any", "[protocol][login]") {
  for (const char* plugin : kPlugins) {
    CAPTURE(plugin);
    Pair pair;
    pair.log_in(password_of("empty", ""), test_greeting(plugin));
    CHECK(pair.logged_in());
    CHECK(pair.server.login().credentials.cleartext == "");
    Pair refused;
    refused.log_in(password_of("empty", "x"), test_greeting(plugin));
    CHECK_FALSE(refused.logged_in());
  }
}

TEST_CASE("an unknown user is refused like a wrong password, after as many turns", "[protocol][login]") {
  for (const char* plugin : kPlugins) {
    CAPTURE(plugin);
    Pair wrong, unknown;
    wrong.log_in(password_of("plain", "wrong"), test_greeting(plugin));
    unknown.log_in(password_of("nobody", "wrong"), test_greeting(plugin));
    CHECK_FALSE(unknown.logged_in());
    CHECK(unknown.turns == wrong.turns);
    CHECK(unknown.client.failure().message == "Access denied for user 'nobody'@'host' (using password: YES)");
    CHECK(unknown.server.failure().reason == "unknown user");
    CHECK(wrong.server.failure().reason == "wrong password");
    Pair decoy;  // even who guesses what stands in for the password
    decoy.log_in(password_of("nobody", few_accounts().decoy("nobody").secrets[0].stored.text),
                 test_greeting(plugin));
    CHECK_FALSE(decoy.logged_in());
  }
}

TEST_CASE("full authentication on a Unix socket sends the password as it is", "[protocol][login]") {
  ServerGreeting greeting = test_greeting("caching_sha2_password");
  greeting.secure_transport = true;
  greeting.rsa = nullptr;
  Pair pair;
  pair.log_in(password_of("sha2", "secret"), greeting, true);
  CHECK(pair.logged_in());
  Pair refused;
  refused.log_in(password_of("sha2", "wrong"), greeting, true);
  CHECK_FALSE(refused.logged_in());
}

TEST_CASE(
    "an account that must use TLS is refused without, whatever the password, and the log has the reason",
    "[protocol][login]") {
  for (const char* password : {"secret", "wrong"}) {
    CAPTURE(password);
    Pair pair;
    pair.log_in(password_of("tls", password), test_greeting());
    CHECK_FALSE(pair.logged_in());
    CHECK(pair.client.failure().message == "Access denied for user 'tls'@'host' (using password: YES)");
    CHECK(pair.server.failure().reason == "not without TLS (use_ssl)");
  }
  Pair nothing;
  nothing.log_in(password_of("tls", ""), test_greeting());
  CHECK(nothing.client.failure().message == "Access denied for user 'tls'@'host' (using password: NO)");
}

TEST_CASE("a living session changes its user, from each account to each other", "[protocol][login]") {
  const char* const users[] = {"plain", "native", "sha2", "learned", "empty"};
  for (const char* from : users) {
    for (const char* to : users) {
      CAPTURE(from, to);
      const auto password = [](const char* user) { return std::string(user) == "empty" ? "" : "secret"; };
      Pair pair;
      pair.log_in(password_of(from, password(from)), test_greeting());
      REQUIRE(pair.logged_in());
      pair.change_user(password_of(to, password(to)), test_greeting());
      REQUIRE(pair.logged_in());
      CHECK(pair.server.login().credentials.user == to);
      CHECK(pair.server.login().schema == "other");
      CHECK(pair.server.login().collation == 255);
      CHECK(pair.client.established().collation == 255);
      CHECK(pair.client.established().server_version == "8.0.11-test");
      pair.change_user(password_of(to, "wrong"), test_greeting());
      CHECK_FALSE(pair.logged_in());
      CHECK(pair.client.failure().code == 1045);
    }
  }
}

TEST_CASE("a caller may refuse a verified login", "[protocol][login]") {
  Pair pair;
  pair.server.start(test_greeting(), few_accounts());
  pair.client.start(
      {.credentials = password_of("plain", "secret"), .schema = {}, .want = 0, .attributes = {}});
  const Blob greeting = drain(pair.server.output());
  pair.client.on_bytes(greeting);
  const Blob login = drain(pair.client.output());
  CHECK(pair.server.on_bytes(login) == ServerHandshake::Want::verified);
  CHECK(pair.server.account() == few_accounts().find("plain"));
  pair.server.refuse(1226, "42000", "User 'plain' has exceeded a limit");
  const Blob verdict = drain(pair.server.output());
  CHECK(pair.client.on_bytes(verdict) == ClientHandshake::Want::failed);
  CHECK(pair.client.failure().code == 1226);
  CHECK(pair.client.failure().message == "User 'plain' has exceeded a limit");
}

}  // namespace weir
