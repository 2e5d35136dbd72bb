// Who guesses passwords of the admin port, and who is not bothered by that.
#include <catch2/catch.hpp>

#include "tests/component/admin/port_scene.hpp"

namespace weir::test {
namespace {

constexpr const char* kBlocked =
    "1129 Host '10.0.0.9' is blocked for the moment because of many failed logins as 'radmin'";

struct Guesses {
  explicit Guesses(std::int64_t allowed) { scene.state.settings.max_failed_logins = allowed; }
  void from(const char* ip) { scene.pretended_peer = *Address::from_ip(ip, 1234); }
  ScriptedClient& log_in(const std::string& password, const std::string& user = "radmin") {
    return scene.log_in(user, password);
  }
  void fail(int times) {
    for (int i = 0; i < times; ++i) CHECK(log_in("wrong").login_error().starts_with("1045 "));
  }
  // They have answered, and wait to be told.
  std::vector<ScriptedClient*> wait(std::size_t count, const std::string& password) {
    std::vector<ScriptedClient*> clients;
    for (std::size_t i = 0; i < count; ++i) clients.push_back(&scene.connect("radmin", password));
    for (int i = 0; i < 30; ++i) scene.turn();
    for (ScriptedClient* client : clients) {
      CHECK_FALSE(client->logged_in());
      CHECK_FALSE(client->ended());
    }
    return clients;
  }
  std::uint64_t denied() const { return scene.state.logins.denied; }
  std::uint64_t refused() const { return scene.state.logins.refused; }

  PortScene scene;
};

TEST_CASE("admin port: after many failures the answer is late, right or wrong") {
  Guesses guesses(3);
  guesses.from("10.0.0.9");
  guesses.fail(6);
  CHECK(guesses.denied() == 6);
  ScriptedClient& right = *guesses.wait(1, "secret").front();
  ScriptedClient& wrong = *guesses.wait(1, "wrong").front();
  guesses.from("10.0.0.8");
  CHECK(guesses.log_in("secret").logged_in());  // from elsewhere at once
  guesses.scene.until([&] { return right.logged_in() && wrong.ended(); });
  CHECK(wrong.login_error().starts_with("1045 "));
  CHECK(guesses.scene.ask(right, "SELECT 1") == "SELECT 1");
  CHECK(guesses.denied() == 7);
  CHECK(guesses.refused() == 0);
}

TEST_CASE("admin port: few may wait, the others are refused and counted") {
  Guesses guesses(3);
  guesses.from("10.0.0.9");
  guesses.fail(6);
  const auto waiting = guesses.wait(LoginGuard::kMaxWaiting, "wrong");
  CHECK(guesses.log_in("wrong").login_error() == kBlocked);
  CHECK(guesses.log_in("secret").login_error() == kBlocked);
  CHECK(guesses.refused() == 2);
  CHECK(guesses.log_in("wrong", "stats").login_error().starts_with("1045 "));  // as another he is heard
  for (ScriptedClient* client : waiting) guesses.scene.until([&] { return client->ended(); });
  CHECK(guesses.denied() == 6 + 1 + LoginGuard::kMaxWaiting);
}

TEST_CASE("admin port: who has gone while he waited counts no more") {
  Guesses guesses(3);
  guesses.from("10.0.0.9");
  guesses.fail(6);
  for (int round = 0; round < 3; ++round) {
    for (ScriptedClient* client : guesses.wait(LoginGuard::kMaxWaiting, "secret")) client->close();
    guesses.scene.until([&] { return guesses.scene.connections.empty(); });
  }
  CHECK(guesses.refused() == 0);
}

TEST_CASE("admin port: this machine waits, and is never refused, whoever guesses") {
  Guesses guesses(3);
  guesses.from("127.0.0.1");
  guesses.fail(6);
  guesses.wait(LoginGuard::kMaxWaiting + 3, "wrong");
  ScriptedClient& right = *guesses.wait(1, "secret").front();
  guesses.scene.until([&] { return right.logged_in(); });
  CHECK(guesses.refused() == 0);
}

TEST_CASE("admin port: nobody else's guesses slow a Unix socket down") {
  Guesses guesses(1);
  guesses.scene.pretended_peer = *Address::from_path("/tmp/client");
  guesses.fail(30);
  CHECK(guesses.log_in("secret").logged_in());
  CHECK(guesses.denied() == 30);
}

TEST_CASE("admin port: with mysql-max_failed_logins = 0 everybody is answered at once") {
  Guesses guesses(0);
  guesses.from("10.0.0.9");
  guesses.fail(50);
  CHECK(guesses.log_in("secret").logged_in());
}

TEST_CASE("admin port: a change of user counts like a login") {
  Guesses guesses(3);
  guesses.from("10.0.0.9");
  for (int i = 0; i < 6; ++i) {
    ScriptedClient& client = guesses.scene.log_in("radmin", "secret");
    ConnectRequest request;
    request.credentials = {.user = "admin", .cleartext = "wrong", .sha1_stage1 = {}};
    client.change_user(request);
    guesses.scene.until([&] { return client.ended(); });
    CHECK(client.login_error().starts_with("1045 "));
  }
  CHECK(guesses.denied() == 6);
  ScriptedClient& late = guesses.scene.connect("admin", "admin");
  for (int i = 0; i < 30; ++i) guesses.scene.turn();
  CHECK_FALSE(late.ended());
  guesses.scene.until([&] { return late.ended(); });
}

}  // namespace
}  // namespace weir::test
