// Who may try to log in from where, and how often.
#include <catch2/catch.hpp>

#include <algorithm>
#include <ranges>

#include "protocol/auth/stored_secret.hpp"
#include "tests/support/scene.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/tls_files.hpp"

namespace weir::test {
namespace {

constexpr const char* kBlocked =
    "1129 Host '127.0.0.1' is blocked for the moment because of many failed logins as 'ann'";

ConnectRequest wrong_password(const std::string& user = "ann") {
  ConnectRequest request = Scene::request(user);
  request.credentials.cleartext = "wrong";
  return request;
}

ScriptedClient& try_login(Scene& scene, const ConnectRequest& request) {
  ScriptedClient& client = scene.connect(request);
  scene.until([&] { return client.logged_in() || client.ended(); });
  return client;
}

void fail(Scene& scene, int times) {
  for (int i = 0; i < times; ++i)
    CHECK(try_login(scene, wrong_password()).login_error().starts_with("1045 "));
}

void set_attributes(Scene& scene, const std::string& user, const std::string& attributes) {
  for (UserRow& row : scene.tables().users) {
    if (row.username == user) row.attributes = attributes;
  }
}

// They have answered, and wait to be told.
bool are_waiting(Scene& scene, std::initializer_list<ScriptedClient*> clients) {
  scene.settle();
  return std::ranges::none_of(clients,
                              [](const auto* client) { return client->logged_in() || client->ended(); });
}

TEST_CASE("after many failures an answer is late, whatever it is") {
  Scene scene;
  scene.settings().max_failed_logins = 3;
  scene.start();
  fail(scene, 8);
  ScriptedClient& wrong = scene.connect(wrong_password());
  ScriptedClient& right = scene.connect(Scene::request("ann"));
  CHECK(are_waiting(scene, {&wrong, &right}));
  CHECK(scene.log_in("bob").logged_in());  // nobody else is held up
  scene.until([&] { return wrong.ended() && right.logged_in(); });
  CHECK(wrong.login_error().starts_with("1045 "));
  CHECK(scene.ask(right, "SELECT 1") == "a");
  CHECK(scene.server().count("SELECT 1") == 1);
  CHECK(scene.server().accepted() == 1);
}

TEST_CASE("few may wait, the others are refused, right or wrong") {
  Scene scene;
  scene.settings().max_failed_logins = 3;
  scene.start();
  fail(scene, 10);
  std::vector<ScriptedClient*> waiting;
  for (std::size_t i = 0; i < LoginGuard::kMaxWaiting; ++i)
    waiting.push_back(&scene.connect(wrong_password()));
  scene.settle();
  CHECK(try_login(scene, wrong_password()).login_error() == kBlocked);
  CHECK(try_login(scene, Scene::request("ann")).login_error() == kBlocked);
  CHECK(scene.count(&WorkerStats::access_denied_failed_logins) == 2);
  for (ScriptedClient* client : waiting) client->close();  // nobody waits for ever for who has gone
  scene.until([&] { return scene.sessions() == 0; });
  scene.until([&] { return try_login(scene, Scene::request("ann")).logged_in(); });
}

TEST_CASE("a client that is held up is not read meanwhile, and its first command waits") {
  Scene scene;
  scene.settings().max_failed_logins = 3;
  scene.start();
  fail(scene, 8);
  ScriptedClient& client = scene.connect(Scene::request("ann"));
  CHECK(are_waiting(scene, {&client}));
  client.channel().send(Blob(1'000'000, 0));
  scene.settle();
  CHECK(scene.count(&WorkerStats::bytes_from_clients) < 500'000);
}

TEST_CASE("failures of COM_CHANGE_USER count, too") {
  Scene scene;
  scene.settings().max_failed_logins = 3;
  scene.start();
  for (int i = 0; i < 8; ++i) {
    ScriptedClient& client = scene.log_in("bob");
    client.change_user(wrong_password());
    scene.until([&] { return client.ended() || !client.replies().empty(); });
  }
  ScriptedClient& late = scene.connect(Scene::request("ann"));
  CHECK(are_waiting(scene, {&late}));
  scene.until([&] { return late.logged_in(); });
}

// Of who needs no password all is said with the command, which is still being read then.
TEST_CASE("a COM_CHANGE_USER that is held up is not read on, and its wait ends once") {
  Scene scene;
  scene.settings().max_failed_logins = 3;
  scene.tables().users[0].password = "";
  scene.start();
  fail(scene, 8);
  ConnectRequest ann = Scene::request("ann");
  ann.credentials.cleartext = "";
  for (std::size_t i = 0; i <= LoginGuard::kMaxWaiting; ++i) {
    CAPTURE(i);
    ScriptedClient& client = scene.log_in("bob");
    client.change_user(ann);
    scene.settle();
    CHECK_FALSE((client.logged_in() || client.ended()));
    client.channel().send(Blob(100'000, 0));
    scene.settle();
    client.close();
    scene.until([&] { return scene.sessions() == 0; });
  }
  ScriptedClient& late = scene.connect(ann);
  CHECK(are_waiting(scene, {&late}));
  scene.until([&] { return late.logged_in() || late.ended(); });
  CHECK(late.login_error().empty());
}

TEST_CASE("who is refused as another in the middle of a proof goes on on MariaDB, and may leave") {
  Scene scene;
  scene.settings().max_failed_logins = 3;
  scene.settings().default_authentication_plugin = "caching_sha2_password";
  scene.server().set_version("10.11.6-MariaDB");
  scene.start();
  ScriptedClient& bob = scene.log_in("bob");
  CHECK(scene.ask(bob, "SELECT 1") == "a");
  fail(scene, 10);
  scene.tables().users[0].password = *sha2_hash_text("ann", "twenty bytes of salt");
  scene.publish();
  for (std::size_t i = 0; i < LoginGuard::kMaxWaiting; ++i) scene.connect(wrong_password());
  scene.settle();
  bob.change_user(wrong_password());
  scene.until([&] { return bob.ended() || !bob.login_error().empty(); });
  CHECK(bob.login_error() == kBlocked);
  CHECK(scene.ask(bob, "SELECT 2") == "a");
  bob.close();
  scene.until([&] { return scene.sessions() <= LoginGuard::kMaxWaiting; });
}

// Ann has a hash that takes milliseconds to compare; her clients come by TLS, with the password itself.
struct SlowHash {
  SlowHash() {
    scene.settings().max_failed_logins = 3;
    scene.settings().default_authentication_plugin = "caching_sha2_password";
    scene.tables().users[0].password = *sha2_hash_text("ann", "twenty bytes of salt");
    scene.start();
    scene.publish_tls(for_clients(files.server()));
  }
  ScriptedClient& connect(const ConnectRequest& request) {
    return scene.connect_by_tls(for_servers(files.trusting()), request);
  }
  std::uint64_t looked_at() const { return scene.count(&WorkerStats::client_full_authentications); }

  TemporaryDirectory directory;
  TlsFiles files{directory.path()};
  Scene scene;
};

// They all come at once, before any of them has failed.
TEST_CASE("the password of who is refused is not looked at: that takes milliseconds") {
  SlowHash slow;
  std::vector<ScriptedClient*> clients;
  for (int i = 0; i < 40; ++i) clients.push_back(&slow.connect(wrong_password()));
  slow.scene.until(
      [&] { return std::ranges::all_of(clients, [](const auto* one) { return one->ended(); }); });
  const auto told = [&](std::string_view what) {
    return static_cast<std::uint64_t>(std::ranges::count_if(
        clients, [&](const auto* one) { return one->login_error().starts_with(what); }));
  };
  CHECK(told(kBlocked) > 20);
  CHECK(told("1045 ") >= 3);
  CHECK(told(kBlocked) + told("1045 ") == clients.size());
  CHECK(slow.looked_at() == told("1045 "));
}

TEST_CASE("who has to wait is verified after that, once, and let in if he is right") {
  SlowHash slow;
  constexpr std::uint64_t kFailures = 8;  // those to come wait for a second
  for (std::uint64_t i = 1; i <= kFailures; ++i) {
    ScriptedClient& client = slow.connect(wrong_password());
    slow.scene.until([&] { return client.ended(); });
    CHECK(slow.looked_at() == i);
  }
  ScriptedClient& wrong = slow.connect(wrong_password());
  ScriptedClient& right = slow.connect(Scene::request("ann"));
  CHECK(are_waiting(slow.scene, {&wrong, &right}));
  CHECK(slow.looked_at() == kFailures);
  slow.scene.until([&] { return wrong.ended() && right.logged_in(); });
  CHECK(wrong.login_error().starts_with("1045 "));
  CHECK(slow.looked_at() == kFailures + 2);
  CHECK(slow.scene.ask(right, "SELECT 1") == "a");
}

// Two secrets: whether the short answer is right is known at once, and a wrong one is followed by a question.
TEST_CASE("who breaks off in the same write as his answer has failed, and learns nothing early") {
  Scene scene;
  scene.settings().max_failed_logins = 3;
  scene.settings().default_authentication_plugin = "caching_sha2_password";
  scene.tables().users[0].password = *sha2_hash_text("ann", "twenty bytes of salt");
  set_attributes(scene, "ann", R"({"additional_password": "616E6E"})");
  scene.start();
  const auto guess_and_break_off = [&]() -> ScriptedClient& {
    ScriptedClient& client = scene.connect(wrong_password());
    client.set_behind_login({1, 0, 0, 99, 0});  // out of order
    return client;
  };
  for (int i = 0; i < 8; ++i) {
    ScriptedClient& wrong = guess_and_break_off();
    scene.until([&] { return wrong.ended(); });
  }
  ScriptedClient& wrong = guess_and_break_off();
  ScriptedClient& right = scene.connect(Scene::request("ann"));
  CHECK(are_waiting(scene, {&wrong, &right}));
  scene.until([&] { return wrong.ended() && right.logged_in(); });
  CHECK_FALSE(wrong.logged_in());
}

TEST_CASE("0 is no limit") {
  Scene scene;
  scene.settings().max_failed_logins = 0;
  scene.start();
  fail(scene, 30);
  CHECK(scene.log_in().logged_in());
}

TEST_CASE("an address has so many connections, logged in or not, and no more") {
  Scene scene;
  scene.settings().max_connections_per_address = 2;
  scene.start();
  ScriptedClient& first = scene.log_in();
  ScriptedClient& silent = scene.connect(wrong_password());
  silent.stop_reading();
  ScriptedClient& third = scene.connect(Scene::request("bob"));
  scene.until([&] { return third.ended(); });
  CHECK(third.login_error() == "1040 Too many connections from '127.0.0.1' (2 at most)");
  CHECK(scene.count(&WorkerStats::access_denied_address_connections) == 1);
  first.close();
  scene.until([&] { return scene.sessions() <= 1; });
  CHECK(scene.log_in().logged_in());
}

TEST_CASE("of those who have not logged in the first makes room, and nobody else") {
  Scene scene;
  scene.start();
  scene.fleet().limit_newcomers(1);
  ScriptedClient& early = scene.log_in();
  std::vector<ScriptedClient*> silent;
  for (std::size_t i = 0; i < Fleet::kFewestNewcomers + 3; ++i) {
    silent.push_back(&scene.connect(wrong_password()));
    silent.back()->stop_reading();  // he never answers the greeting
    scene.settle();
  }
  CHECK(scene.worker(0).newcomers().count() == Fleet::kFewestNewcomers);
  CHECK(scene.log_in("bob").logged_in());  // and has made the fourth go
  CHECK(scene.sessions() == 2 + Fleet::kFewestNewcomers - 1);
  for (ScriptedClient* client : silent) client->resume_reading();
  scene.settle();
  const auto has_been_greeted = [](const ScriptedClient* client) {
    return client->login_error().starts_with("1045 ");
  };
  scene.until([&] { return scene.worker(0).newcomers().count() == 0; });
  CHECK(std::ranges::none_of(silent | std::views::take(4), has_been_greeted));
  scene.until([&] { return std::ranges::all_of(silent | std::views::drop(4), has_been_greeted); });
  CHECK(scene.ask(early, "SELECT 1") == "a");
}

TEST_CASE("without memory nobody new comes in, who is in goes on, and it is over when there is some") {
  Scene scene;
  scene.settings().max_failed_logins = 3;
  scene.start();
  ScriptedClient& client = scene.log_in();
  scene.settings().memory_limit_mb = 1;
  scene.publish();
  scene.until([&] { return scene.fleet().memory_level() == MemoryLevel::full; });
  CHECK(try_login(scene, Scene::request("bob")).login_error() == "1041 Out of memory or other resources");
  CHECK(scene.count(&WorkerStats::access_denied_memory) == 1);
  CHECK(scene.ask(client, "SELECT 1") == "a");
  scene.settings().memory_limit_mb = 1'000'000;
  scene.publish();
  scene.until([&] { return scene.fleet().memory_level() == MemoryLevel::calm; });
  CHECK(scene.log_in("bob").logged_in());
}

TEST_CASE("a user of other addresses is as unknown as nobody, and the log knows better") {
  Scene scene;
  scene.settings().max_failed_logins = 0;
  set_attributes(scene, "ann", R"({"allowed_addresses":["10.0.0.0/8","localhost"]})");
  set_attributes(scene, "bob", R"({"allowed_addresses":["127.0.0.0/8"]})");
  scene.start();
  CHECK(try_login(scene, Scene::request("ann")).login_error() ==
        "1045 Access denied for user 'ann'@'127.0.0.1' (using password: YES)");
  CHECK(scene.log_in("bob").logged_in());
}

}  // namespace
}  // namespace weir::test
