// Load balancers say for whom they connect (PROXY protocol); and Weir says to servers that it comes for
// itself.
#include <catch2/catch.hpp>

#include "tests/support/scene.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/tls_files.hpp"

namespace weir::test {
namespace {

const Blob kSignature = "0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a"_hex;

Blob line(const std::string& source) {
  const std::string text = "PROXY TCP4 " + source + " 10.0.0.1 51234 3306\r\n";
  return to_blob(as_bytes(text));
}

// Clients of this scene are load balancers: they come from 127.0.0.1.
struct Balanced {
  Scene scene;
  Balanced() { scene.settings().proxy_protocol_networks = "127.0.0.0/8"; }

  ScriptedClient& come(const Blob& header, const std::string& user = "ann",
                       const std::string& password = "") {
    ConnectRequest request = Scene::request(user);
    if (!password.empty()) request.credentials.cleartext = password;
    ScriptedClient& client = scene.connect(request, header);
    scene.until([&] { return client.logged_in() || client.ended(); });
    return client;
  }
  void allow(const std::string& user, const std::string& addresses) {
    for (UserRow& row : scene.tables().users) {
      if (row.username == user) row.attributes = R"({"allowed_addresses":[)" + addresses + "]}";
    }
  }
  std::string document(ScriptedClient& client) { return scene.ask(client, "PROXYSQL INTERNAL SESSION"); }
};

TEST_CASE("whom a load balancer introduces is known by his own address") {
  struct Row {
    Blob header;
    const char *address, *name;
  };
  for (const Row& row : {Row{line("10.0.0.9"), R"("address":"10.0.0.9","port":51234)", "10.0.0.9:51234"},
                         Row{"PROXY TCP6 fd00::9 fd00::1 51234 3306\r\n"_bytes,
                             R"("address":"fd00::9","port":51234)", "[fd00::9]:51234"},
                         Row{kSignature + "21 11 00 0c 0a 00 00 09 0a 00 00 01 c8 22 0c ea"_hex,
                             R"("address":"10.0.0.9","port":51234)", "10.0.0.9:51234"}}) {
    CAPTURE(row.name);
    Balanced b;
    b.scene.start();
    ScriptedClient& client = b.come(row.header);
    REQUIRE(client.logged_in());
    CHECK(b.scene.ask(client, "SELECT 1") == "a");
    const std::string told = b.document(client);
    CHECK_THAT(told, Catch::Contains(row.address));
    CHECK_THAT(told, Catch::Contains(R"("load_balancer":"127.0.0.1:)"));
    CHECK_THAT(b.scene.server().side(1).attributes(), Catch::Contains(row.name));
    CHECK(b.scene.count(&WorkerStats::client_proxy_headers) == 1);
  }
}

TEST_CASE("a header may come in any two pieces, the second with the login") {
  for (const Blob& header :
       {line("10.0.0.9"), kSignature + "21 11 00 0c 0a 00 00 09 0a 00 00 01 c8 22 0c ea"_hex}) {
    Balanced b;
    b.scene.start();
    for (std::size_t size = 0; size <= header.size(); ++size) {
      CAPTURE(header.size(), size);
      const auto cut = header.begin() + static_cast<long>(size);
      ScriptedClient& client =
          b.scene.connect(Scene::request("ann"), Blob(header.begin(), cut), Blob(cut, header.end()));
      b.scene.until([&] { return client.logged_in() || client.ended(); });
      REQUIRE(client.logged_in());
      CHECK_THAT(b.document(client), Catch::Contains(R"("address":"10.0.0.9")"));
      client.close();
    }
  }
}

TEST_CASE("who is believed need not say anything, and may come for himself") {
  for (const Blob& header : {Blob{}, "PROXY UNKNOWN\r\n"_bytes, kSignature + "20 00 00 00"_hex,
                             "PROXY UNKNOWN 10.0.0.9 10.0.0.1 51234 3306\r\n"_bytes}) {
    CAPTURE(header.size());
    Balanced b;
    b.scene.start();
    ScriptedClient& client = b.come(header);
    REQUIRE(client.logged_in());
    const std::string told = b.document(client);
    CHECK_THAT(told, Catch::Contains(R"("client_addr":{"address":"127.0.0.1")"));
    CHECK_FALSE(told.contains("load_balancer"));
    CHECK(b.scene.count(&WorkerStats::client_proxy_headers) == (header.empty() ? 0 : 1));
  }
}

TEST_CASE("who is not believed has sent a malformed login") {
  for (const char* networks : {"", "10.0.0.0/8,fd00::/8"}) {
    for (const Blob& header : {line("10.0.0.9"), kSignature + "20 00 00 00"_hex}) {
      CAPTURE(networks, header.size());
      Balanced b;
      b.scene.settings().proxy_protocol_networks = networks;
      b.scene.start();
      const ScriptedClient& client = b.come(header);
      CHECK_FALSE(client.logged_in());
      CHECK_FALSE(client.login_error().empty());
      CHECK(b.scene.count(&WorkerStats::client_proxy_headers) == 0);
      CHECK(b.come({}).logged_in());
    }
  }
}

TEST_CASE(
    "a header that is wrong, or comes twice, ends the connection with an error that the client can read") {
  Balanced b;
  b.scene.start();
  for (const Blob& bad :
       {"PROXY TCP4 10.0.0.999 10.0.0.1 1 2\r\n"_bytes,
        "PROXY TCP4 10.0.0.9 10.0.0.1 1 2"_bytes + Blob(200, ' '), kSignature + "21 11 ff ff"_hex,
        kSignature + "31 11 00 0c"_hex, kSignature + "21 11 00 00"_hex}) {
    CAPTURE(bad.size());
    ScriptedClient& client = b.scene.connect(Scene::request("ann"), {}, bad);
    b.scene.until([&] { return client.ended(); });
    CHECK(client.login_error() == "1043 Bad handshake");
  }
  const ScriptedClient& twice = b.come(line("10.0.0.9") + line("10.0.0.8"));
  CHECK_FALSE(twice.logged_in());
  CHECK_FALSE(twice.login_error().empty());
  const ScriptedClient& truncated =
      b.come(kSignature + "21 11 00 0c 0a 00"_hex);  // its login is taken for the rest
  CHECK_FALSE(truncated.logged_in());
  CHECK(b.come(line("10.0.0.9")).logged_in());
  b.scene.until([&] { return b.scene.sessions() == 1; });
}

TEST_CASE("an account's addresses are those of clients, not of the load balancer") {
  Balanced b;
  b.scene.settings().max_failed_logins = 0;
  b.allow("ann", R"("10.0.0.0/8")");
  b.allow("bob", R"("127.0.0.0/8")");
  b.scene.start();
  CHECK(b.come(line("10.0.0.9")).logged_in());
  CHECK(b.come({}).login_error() == "1045 Access denied for user 'ann'@'127.0.0.1' (using password: YES)");
  CHECK(b.come(line("11.0.0.9")).login_error() ==
        "1045 Access denied for user 'ann'@'11.0.0.9' (using password: YES)");
  CHECK(b.come(line("11.0.0.9"), "bob").login_error() ==
        "1045 Access denied for user 'bob'@'11.0.0.9' (using password: YES)");
  ScriptedClient& client = b.come(line("10.0.0.9"));
  client.change_user(Scene::request("bob"));
  b.scene.until([&] { return client.ended() || !client.login_error().empty(); });
  CHECK(client.login_error() == "1045 Access denied for user 'bob'@'10.0.0.9' (using password: YES)");
}

TEST_CASE("each client of a load balancer has the connections of his own address") {
  Balanced b;
  b.scene.settings().max_connections_per_address = 1;
  b.scene.start();
  ScriptedClient& silent = b.scene.connect(Scene::request("ann"));  // counts for nobody yet
  silent.stop_reading();
  ScriptedClient& first = b.come(line("10.0.0.9"));
  CHECK(first.logged_in());
  CHECK(b.come(line("10.0.0.8")).logged_in());
  for (const char* password : {"ann", "wrong"}) {
    CHECK(b.come(line("10.0.0.9"), "ann", password).login_error() ==
          "1040 Too many connections from '10.0.0.9' (1 at most)");
  }
  CHECK(b.scene.count(&WorkerStats::access_denied_address_connections) == 2);
  CHECK(b.come({}).logged_in());
  CHECK(b.come({}).login_error() == "1040 Too many connections from '127.0.0.1' (1 at most)");
  first.close();
  b.scene.until([&] { return b.come(line("10.0.0.9")).logged_in(); });
}

TEST_CASE("failed logins behind a load balancer are held against those who failed") {
  Balanced b;
  b.scene.settings().max_failed_logins = 3;
  b.scene.start();
  for (int i = 0; i < 8; ++i)
    CHECK(b.come(line("10.0.0.9"), "ann", "wrong").login_error().starts_with("1045 "));
  ScriptedClient& late = b.scene.connect(Scene::request("ann"), line("10.0.0.9"));
  b.scene.settle();
  CHECK_FALSE(late.logged_in());
  CHECK(b.come(line("10.0.0.8")).logged_in());
  CHECK(b.come({}).logged_in());
  b.scene.until([&] { return late.logged_in(); });
}

TEST_CASE("rules route by the address of the client, and by the listener that is ours") {
  Balanced b;
  b.scene.add_server(2, "b");
  b.scene.add_server(3, "c");
  QueryRuleRow rule;
  rule.rule_id = 1;
  rule.active = true;
  rule.client_addr = "10.0.0.0/8";
  rule.proxy_addr = "127.0.0.1";
  rule.destination_hostgroup = 2;
  rule.apply = true;
  b.scene.tables().query_rules.push_back(rule);
  rule.rule_id = 2;
  rule.client_addr.reset();
  rule.proxy_addr = "10.0.0.1";
  rule.destination_hostgroup = 3;
  b.scene.tables().query_rules.push_back(rule);
  b.scene.start();
  CHECK(b.scene.ask(b.come(line("10.0.0.9")), "SELECT 1") == "b");
  CHECK(b.scene.ask(b.come(line("11.0.0.9")), "SELECT 1") == "a");
  CHECK(b.scene.ask(b.come({}), "SELECT 1") == "a");
}

TEST_CASE("the header comes before TLS, and is not looked for behind it", "[tls]") {
  TemporaryDirectory directory;
  const TlsFiles files{directory.path()};
  Balanced b;
  b.allow("ann", R"("10.0.0.0/8")");
  b.scene.start();
  b.scene.publish_tls(for_clients(files.server()));
  ScriptedClient& client =
      b.scene.connect_by_tls(for_servers(files.trusting()), Scene::request("ann"), line("10.0.0.9"));
  b.scene.until([&] { return client.logged_in() || client.ended(); });
  CHECK(b.scene.ask(client, "SELECT 1") == "a");
  CHECK((client.established().caps & kSsl) != 0);
  ScriptedClient& other =
      b.scene.connect_by_tls(for_servers(files.trusting()), Scene::request("ann"), line("11.0.0.9"));
  b.scene.until([&] { return other.logged_in() || other.ended(); });
  CHECK_THAT(other.login_error(), Catch::Contains("'ann'@'11.0.0.9'"));
}

TEST_CASE("who is told nothing in time is ended, whatever he has begun to say") {
  Balanced b;
  b.scene.settings().connect_timeout_client = 1;
  b.scene.start();
  std::uint64_t come = 0;
  for (const Blob& begun :
       {"PROX"_bytes, "PROXY TCP4 10.0"_bytes, kSignature, kSignature + "21 11 00 0c 01"_hex}) {
    ScriptedClient& client = b.scene.connect(Scene::request("ann"), begun);
    client.stop_reading();  // and so does not log in
    ++come;
    b.scene.until([&] {
      return b.scene.count(&WorkerStats::client_connections_created) == come && b.scene.sessions() == 0;
    });
    client.close();
  }
}

}  // namespace
}  // namespace weir::test
