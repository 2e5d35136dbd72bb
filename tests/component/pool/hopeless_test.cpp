// Who is told at once that no server will come, who waits, and what they read.
#include <catch2/catch.hpp>

#include "tests/component/net/no_more_descriptors.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

// A wait that these tests never sit out: who is told was told at once.
constexpr std::int64_t kVeryLong = 3'600'000;

TEST_CASE("a hostgroup that cannot serve says so at once, and why") {
  struct Case {
    const char* name;
    std::function<void(Scene&)> set;
    const char* answer;
  };
  for (const Case& c : {
           Case{"no server", [](Scene& scene) { scene.tables().servers.clear(); },
                "9001 No server is configured in hostgroup 1"},
           Case{"out of service", [](Scene& scene) { scene.server_row(0).status = "OFFLINE_HARD"; },
                "9001 No server of hostgroup 1 can serve: 0 of 1 servers usable: 1 OFFLINE_HARD"},
           Case{"without weight", [](Scene& scene) { scene.server_row(0).weight = 0; },
                "9001 No server of hostgroup 1 can serve: 0 of 1 servers usable: 1 weight 0"},
           Case{"no connection allowed", [](Scene& scene) { scene.server_row(0).max_connections = 0; },
                "9001 No server of hostgroup 1 can serve: 0 of 1 servers usable: 1 at max_connections 0"},
       }) {
    CAPTURE(c.name);
    Scene scene;
    scene.settings().connect_timeout_server_max = kVeryLong;
    c.set(scene);
    scene.start();
    ScriptedClient& client = scene.log_in();
    CHECK(scene.ask(client, "SELECT 1") == c.answer);
    CHECK(scene.ask(client, "SELECT 2") == c.answer);
    CHECK(scene.count(&WorkerStats::pool_failures) == 2);
    const auto errors = scene.worker(0).error_stats().copy(scene.worker(0).clock());
    REQUIRE(errors.size() == 1);
    CHECK((errors[0].code == 9001 && errors[0].count == 2 && errors[0].hostgroup == 1 &&
           errors[0].hostname.empty()));
  }
}

TEST_CASE("a server shunned for good is not waited for; one to be tried again in time is") {
  Scene scene;
  scene.settings().connect_timeout_server_max = 60'000;
  scene.settings().connect_retries_on_failure = 1;
  scene.settings().shun_on_failures = 1;
  const bool for_good = GENERATE(true, false);
  scene.settings().shun_recovery_time_sec = for_good ? 0 : 2;
  scene.server().stop_listening();
  scene.start();
  ScriptedClient& client = scene.log_in();
  const std::string answer = scene.ask(client, "SELECT 1");
  CAPTURE(answer);
  if (for_good) {
    CHECK(answer.starts_with(
        "9001 No server of hostgroup 1 can serve: 0 of 1 servers usable: 1 shunned (last error "
        "2003); last failure: 2003 Can't connect to MySQL server on '127.0.0.1:"));
    scene.server().listen_again();
    CHECK(scene.ask(client, "SELECT 1").starts_with("9001 "));
    scene.server_row(0).weight = 2;  // a LOAD brings it back
    scene.publish();
    CHECK(scene.ask(client, "SELECT 1") == "a");
  } else {
    CHECK(answer.starts_with(
        "9001 Max connect failures while reaching hostgroup 1, 2 in all: 0 of 1 servers usable: "));
    CHECK(answer.contains("last failure: 2003 Can't connect to MySQL server on '127.0.0.1:"));
    scene.server().listen_again();
    CHECK(scene.ask(client, "SELECT 1") == "a");
  }
}

TEST_CASE("servers that an operator holds back are waited for: they, or others, come in a moment") {
  Scene scene;
  scene.settings().connect_timeout_server_max = kVeryLong;
  scene.server_row(0).status = GENERATE("OFFLINE_SOFT", "SHUNNED");
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.query("UPDATE t SET v = 1");
  scene.settle();
  CHECK(client.replies().empty());
  scene.server_row(0).status = "ONLINE";
  scene.publish();
  CHECK(scene.reply_of(client) == "ok");
}

TEST_CASE("who waited in vain reads what the last attempt met") {
  Scene scene;
  scene.settings().connect_timeout_server_max = 1000;
  scene.server().set_greeting_error(1040, "Too many connections");
  scene.start();
  ScriptedClient& client = scene.log_in();
  const std::string answer = scene.ask(client, "SELECT 1");
  CAPTURE(answer);
  CHECK(answer.starts_with("9001 Max connect timeout reached while reaching hostgroup 1 after "));
  CHECK(answer.contains("ms: 1 of 1 servers usable"));
  CHECK(answer.ends_with("last failure: 1040 Too many connections"));
}

TEST_CASE("what a server has said to one account is not told to another") {
  struct Case {
    std::uint16_t code;
    const char* message;
    bool of_the_server;
  };
  for (const Case& c :
       {Case{1045, "Access denied for user 'bob'@'10.0.0.1' (using password: YES)", false},
        {1049, "Unknown database 'secret'", false},
        {1203, "User bob already has more than 'max_user_connections' active connections", false},
        {1698, "Access denied for user 'bob'@'10.0.0.1'", false},
        {1130, "Host 'proxy' is not allowed to connect to this MySQL server", true}}) {
    CAPTURE(c.code);
    Scene scene;
    scene.settings().connect_timeout_server_max = 1000;
    scene.settings().shun_on_failures = 1000;
    scene.server().set_greeting_error(c.code, c.message);
    scene.start();
    ScriptedClient& bob = scene.log_in("bob");
    CHECK_FALSE(scene.ask(bob, "SELECT 1") == "a");
    scene.server_row(0).status = "OFFLINE_HARD";
    scene.publish();
    ScriptedClient& ann = scene.log_in("ann");
    std::string expected = "9001 No server of hostgroup 1 can serve: 0 of 1 servers usable: 1 OFFLINE_HARD";
    if (c.of_the_server) expected += "; last failure: " + std::to_string(c.code) + " " + c.message;
    CHECK(scene.ask(ann, "SELECT 1") == expected);
  }
}

TEST_CASE("a server that does not know the account is named, and nobody waits") {
  Scene scene;
  scene.settings().connect_timeout_server_max = kVeryLong;
  scene.server().set_greeting_error(1045, "Access denied for user 'ann'@'10.0.0.1' (using password: YES)");
  scene.start();
  ScriptedClient& client = scene.log_in();
  const std::string server = "127.0.0.1:" + std::to_string(scene.server().port());
  CHECK(scene.ask(client, "SELECT 1") ==
        "1045 Access denied for user 'ann'@'10.0.0.1' (using password: YES) (said by server " + server +
            ", hostgroup 1)");
  const auto errors = scene.worker(0).error_stats().copy(scene.worker(0).clock());
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].code == 1045);
  CHECK(errors[0].count == 1);
  CHECK(errors[0].hostname == "127.0.0.1");
  CHECK(errors[0].port == scene.server().port());
  CHECK(errors[0].username == "ann");
  CHECK(errors[0].client_address == "127.0.0.1");
}

TEST_CASE("what a server wants of one account, and we have not, is told at once and shuns nobody") {
  const std::string plugin = GENERATE("sha256_password", "auth_gssapi_client", "mysql_clear_password");
  CAPTURE(plugin);
  Scene scene;
  scene.settings().connect_timeout_server_max = kVeryLong;
  scene.settings().shun_on_failures = 1;
  scene.server().set_asks_plugin(plugin);
  scene.start();
  ScriptedClient& bob = scene.log_in("bob");
  for (int times = 0; times < 3; ++times) {
    const std::string answer = scene.ask(bob, "SELECT 1");
    CAPTURE(answer);
    CHECK(answer.starts_with("1045 Access denied for user 'bob' at server 127.0.0.1:" +
                             std::to_string(scene.server().port()) + ", hostgroup 1: "));
  }
  CHECK(scene.count(&WorkerStats::backend_connect_errors) == 3);
  scene.server().set_asks_plugin("");
  ScriptedClient& ann = scene.log_in("ann");
  CHECK(scene.ask(ann, "SELECT 1") == "a");
}

TEST_CASE("attempts that nobody is told of are counted, too, with their server") {
  Scene scene;
  scene.settings().connect_retries_on_failure = 2;
  scene.settings().shun_on_failures = 1000;
  scene.server().stop_listening();
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT 1").starts_with("9001 "));
  const auto errors = scene.worker(0).error_stats().copy(scene.worker(0).clock());
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].code == 2003);
  CHECK(errors[0].count == 3);
  CHECK(errors[0].port == scene.server().port());
}

// ---- the first connections

TEST_CASE("servers are first asked as the monitor's user, if one is set, and else as an account of theirs") {
  Scene scene;
  scene.add_server(2, "reader");
  scene.split_reads_to(2);
  scene.tables().users[0].default_hostgroup = 5;  // ann's statements go elsewhere
  scene.tables().servers.push_back(scene.server_row(0));
  scene.tables().servers.back().hostgroup_id = 5;
  scene.tables().servers.back().hostname = "localhost";
  const bool monitor = GENERATE(false, true);
  const bool known = GENERATE(false, true);
  if (monitor) {
    scene.settings().monitor_username = "watch";
    scene.settings().monitor_password = known ? "watch" : "wrong";
  }
  scene.start();
  scene.worker(0).warm();
  scene.until([&] { return scene.idle_connections() == 3; });
  CHECK(scene.server(1).side(scene.server(1).accepted()).user() == (monitor && known ? "watch" : "bob"));
  CHECK(scene.server(1).accepted() == (monitor && !known ? 2 : 1));
  ScriptedClient& client = scene.log_in("bob");
  CHECK(scene.ask(client, "SELECT 1") == "reader");
}

TEST_CASE("a monitor's user whom servers refuse is not asked again as an account of the same name") {
  Scene scene;
  scene.settings().monitor_username = "ann";
  scene.settings().monitor_password = "wrong";
  scene.start();
  scene.worker(0).warm();
  scene.until([&] { return scene.idle_connections() == 1; });
  CHECK(scene.server().accepted() == 2);
  CHECK(scene.server().side(2).user() == "bob");
}

TEST_CASE("that we lack descriptors is no server's fault") {
  Scene scene;
  scene.settings().connect_timeout_server_max = kVeryLong;
  scene.settings().connect_retries_on_failure = 1000;
  scene.settings().connect_retries_delay = 1;
  scene.settings().shun_on_failures = 1;
  scene.settings().shun_recovery_time_sec = 0;
  scene.server().on("SELECT v", [](ServerSide& side) { side.rows("v", {"a"}); });
  scene.start();
  ScriptedClient& client = scene.log_in();
  auto lack = std::make_unique<NoMoreDescriptors>();
  client.query("SELECT v");
  scene.until([&] { return scene.count(&WorkerStats::backend_connect_errors) > 0; });
  lack.reset();
  CHECK(scene.reply_of(client) == "a");
  CHECK_FALSE(scene.worker(0).snapshot().find_hostgroup(1)->servers.front()->health().view().shunned);
}

}  // namespace
}  // namespace weir::test
