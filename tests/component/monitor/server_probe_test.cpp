// The monitor's connection to a server that answers, refuses, hangs, or talks nonsense.
#include "monitor/server_probe.hpp"

#include <catch2/catch.hpp>

#include "proxy/net/name_table.hpp"
#include "proxy/net/tls_contexts.hpp"
#include "tests/component/monitor/probe_asker.hpp"

namespace weir::test {
namespace {

constexpr ProbeLimits kLong{.timeout_ms = 30'000};
constexpr ProbeLimits kShort{.timeout_ms = 20};

struct ProbeScene {
  Loop loop;
  ScriptedServer server{loop};
  ProbeAsker asker;
  ServerProbe probe{loop, endpoint_of(server), monitor_account()};

  // The next question's end.
  void wait() {
    const int before = asker.told();
    REQUIRE(run_until(loop, [&] {
      server.step();
      return asker.told() > before;
    }));
  }
  void query(std::string sql, ProbeLimits limits = kLong) {
    probe.query(std::move(sql), asker, limits);
    wait();
  }
  void ping(ProbeLimits limits = kLong) {
    probe.ping(asker, limits);
    wait();
  }
};

TEST_CASE("a probe opens a connection for the first question and keeps it for the next", "[probe]") {
  ProbeScene scene;
  CHECK_FALSE(scene.probe.connected());
  scene.query("SELECT 1");
  CHECK(scene.asker.answers == 1);
  REQUIRE(scene.probe.result().rows().size() == 1);
  CHECK(scene.probe.result().find_value(0, "v") == "a");
  CHECK(scene.probe.established().server_version == "8.0.11-scripted");
  scene.ping();
  scene.query("SELECT 2");
  CHECK(scene.asker.answers == 3);
  CHECK(scene.asker.failures == 0);
  CHECK(scene.server.accepted() == 1);
  CHECK(scene.server.count(Command::ping) == 1);
  CHECK(scene.server.side(1).user() == "monitor");
}

TEST_CASE("a server that any hostgroup sends PROXY headers gets one of the probe", "[probe]") {
  for (const int version : {1, 2}) {
    CAPTURE(version);
    ProbeScene scene;
    scene.server.set_wants_proxy_header(true);
    TlsPlan plan;
    plan.proxy_headers = {{{"127.0.0.1", scene.server.port()}, version}};
    scene.loop.set_tls(std::make_shared<const TlsContexts>(std::move(plan), nullptr, nullptr));
    scene.query("SELECT 1");
    CHECK(scene.asker.answers == 1);
    CHECK(scene.server.side(1).proxy_header() ==
          (version == 1 ? "PROXY UNKNOWN\r\n"_bytes : "0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a 20 00 00 00"_hex));
  }
}

TEST_CASE("a connect is a new connection each time", "[probe]") {
  ProbeScene scene;
  for (int i = 0; i < 3; ++i) {
    scene.probe.connect(scene.asker, kLong);
    scene.wait();
    CHECK(scene.probe.connected());
  }
  CHECK(scene.asker.answers == 3);
  CHECK(scene.server.accepted() == 3);
  REQUIRE(run_until(scene.loop, [&] { return scene.server.open_connections() == 1; }));
}

TEST_CASE("an answer may come in any pieces", "[probe]") {
  for (const std::size_t bytes : {1u, 3u, 7u}) {
    ProbeScene scene;
    scene.server.set_piece_bytes(bytes);
    scene.query("SELECT 1");
    CHECK(scene.asker.answers == 1);
    scene.ping();
    CHECK(scene.asker.answers == 2);
  }
}

TEST_CASE("an error of a statement is the server's own, and its connection lives on", "[probe]") {
  ProbeScene scene;
  scene.server.on("SELECT bad", [](ServerSide& side) { side.err(1142, "SELECT command denied", "42000"); });
  scene.query("SELECT bad");
  CHECK(scene.asker.failure.fault == ProbeFault::server_error);
  CHECK(scene.asker.failure.code == 1142);
  CHECK(scene.asker.failure.message == "SELECT command denied");
  scene.query("SELECT 1");
  CHECK(scene.asker.answers == 1);
  CHECK(scene.server.accepted() == 1);
}

struct Door {
  const char* name;
  std::uint16_t code;
  ProbeFault fault;
};

TEST_CASE("an error in place of a greeting says what kind it is", "[probe]") {
  const Door doors[] = {
      {"too many connections", 1040, ProbeFault::too_many_connections},
      {"host not allowed", 1130, ProbeFault::access_denied},
      {"host blocked", 1129, ProbeFault::server_error},
      {"shutdown in progress", 1053, ProbeFault::server_error},
  };
  for (const Door& door : doors) {
    INFO(door.name);
    ProbeScene scene;
    scene.server.set_greeting_error(door.code, "in its own words");
    scene.ping();
    CHECK(scene.asker.failure.fault == door.fault);
    CHECK(scene.asker.failure.code == door.code);
    CHECK(scene.asker.failure.message == "in its own words");
    CHECK_FALSE(scene.probe.connected());
    scene.server.clear_greeting_error();
    scene.ping();
    CHECK(scene.asker.answers == 1);
  }
}

TEST_CASE("a wrong password is access denied", "[probe]") {
  ProbeScene scene;
  ServerProbe other(scene.loop, endpoint_of(scene.server), account_with("wrong"));
  other.ping(scene.asker, kLong);
  scene.wait();
  CHECK(scene.asker.failure.fault == ProbeFault::access_denied);
  CHECK(scene.asker.failure.code == 1045);
}

TEST_CASE("a server that wants a plugin we do not have is there, and denies access", "[probe]") {
  ProbeScene scene;
  scene.server.set_asks_plugin("auth_gssapi_client");
  scene.ping();
  CHECK(scene.asker.failure.fault == ProbeFault::access_denied);
  CHECK_THAT(scene.asker.failure.message, Catch::Contains("'auth_gssapi_client', which is not supported"));
  // One that we have, and that asks for a clear text password without TLS.
  scene.server.set_asks_plugin("mysql_clear_password");
  scene.ping();
  CHECK(scene.asker.failure.fault == ProbeFault::access_denied);
}

TEST_CASE("nobody listens: refused, and answered again when somebody does", "[probe]") {
  ProbeScene scene;
  scene.server.stop_listening();
  scene.query("SELECT 1");
  CHECK(scene.asker.failure.fault == ProbeFault::refused);
  CHECK_FALSE(scene.asker.failure.message.empty());
  scene.server.listen_again();
  scene.query("SELECT 1");
  CHECK(scene.asker.answers == 1);
}

TEST_CASE("a name that cannot exist is not resolved", "[probe]") {
  ProbeScene scene;
  Endpoint nowhere;
  nowhere.host.assign(64, 'x').append(".invalid");
  nowhere.port = 3306;
  ServerProbe other(scene.loop, nowhere, monitor_account());
  other.ping(scene.asker, kLong);
  scene.wait();
  CHECK(scene.asker.failure.fault == ProbeFault::not_resolved);
}

TEST_CASE("a server that hangs is a time-out, which says where", "[probe]") {
  ProbeScene scene;
  scene.server.set_silent_at_login(true);
  scene.ping(kShort);
  CHECK(scene.asker.failure.fault == ProbeFault::timed_out);
  CHECK(scene.asker.failure.message == "timeout after 20 ms while logging in");
  scene.server.set_silent_at_login(false);
  scene.query("SELECT 1");
  REQUIRE(scene.asker.answers == 1);

  scene.server.on("SELECT slow", [](ServerSide& side) { side.hold(); });
  scene.query("SELECT slow", kShort);
  CHECK(scene.asker.failure.fault == ProbeFault::timed_out);
  CHECK(scene.asker.failure.message == "timeout after 20 ms while waiting for the answer");
  CHECK_FALSE(scene.probe.connected());
  scene.query("SELECT 1");
  CHECK(scene.asker.answers == 2);
}

TEST_CASE("an answer that is cut off is lost on a new connection", "[probe]") {
  for (const bool reset : {false, true}) {
    ProbeScene scene;
    scene.server.on("SELECT cut", [reset](ServerSide& side) {
      side.rows("v", {"whole"});
      side.send_part(9);
      if (reset) {
        side.reset();
      } else {
        side.close();
      }
    });
    scene.query("SELECT cut");
    CHECK(scene.asker.failure.fault == ProbeFault::lost);
    CHECK_FALSE(scene.probe.connected());
  }
}

TEST_CASE("a kept connection that turns out dead costs one more connection, not a failure", "[probe]") {
  ProbeScene scene;
  int cuts = 1;
  scene.server.on("SELECT", [&](ServerSide& side) {
    if (side.number() > 1 && cuts-- > 0) return side.close();
    scene.server.answer_normally(side);
  });
  scene.query("SELECT 1");
  REQUIRE(scene.asker.answers == 1);

  SECTION("it ended while idle") {
    scene.server.side(1).reset();
    REQUIRE(run_until(scene.loop, [&] { return !scene.probe.connected(); }));
    cuts = 0;
    scene.query("SELECT 2");
    CHECK(scene.asker.answers == 2);
    CHECK(scene.server.accepted() == 2);
  }
  SECTION("it ends by the question") {
    scene.server.on("SELECT 2", [&](ServerSide& side) {
      if (side.number() == 1) return side.reset();
      scene.server.answer_normally(side);
    });
    scene.query("SELECT 2");
    CHECK(scene.asker.answers == 2);
    CHECK(scene.server.accepted() == 2);
  }
  SECTION("the new one ends by it, too: that is a failure") {
    scene.server.on("SELECT 2", [&](ServerSide& side) { side.reset(); });
    scene.query("SELECT 2");
    CHECK(scene.asker.failure.fault == ProbeFault::lost);
    CHECK(scene.server.accepted() == 2);
  }
  SECTION("it speaks unasked") {
    scene.server.side(1).speak(Blob{1, 0, 0, 0, 0});
    REQUIRE(run_until(scene.loop, [&] { return !scene.probe.connected(); }));
    cuts = 0;
    scene.ping();
    CHECK(scene.asker.answers == 2);
  }
}

struct Nonsense {
  const char* name;
  Blob greeting;
};

TEST_CASE("what is no server is a failure of protocol", "[probe]") {
  const Nonsense cases[] = {
      {"a web server", Blob{'H', 'T', 'T', 'P', '/', '1', '.', '1', ' ', '4', '0', '0', '\r', '\n'}},
      {"an empty packet", Blob{0, 0, 0, 0}},
      {"a greeting of one byte", Blob{1, 0, 0, 0, 10}},
      {"a packet larger than any greeting", Blob{0xff, 0xff, 0xff, 0, 10}},
      {"a wrong sequence id", Blob{1, 0, 0, 9, 10}},
  };
  for (const Nonsense& nonsense : cases) {
    INFO(nonsense.name);
    Loop loop;
    Listener listener(loop, loopback());
    listener.when_accepted = [&] { listener.peers.back()->channel->send(nonsense.greeting); };
    ProbeAsker asker;
    ServerProbe probe(loop, {"127.0.0.1", listener.acceptor.local().port(), ""}, monitor_account());
    probe.ping(asker, kLong);
    REQUIRE(run_until(loop, [&] { return asker.told() > 0; }));
    CHECK(asker.failure.fault == ProbeFault::protocol);
    CHECK_FALSE(asker.failure.message.empty());
  }
}

TEST_CASE("a pong that is none is a failure of protocol", "[probe]") {
  for (const Blob& pong : {Blob{7, 0, 0, 1, 0xfe, 0, 0, 2, 0, 0, 0}, Blob{1, 0, 0, 5, 0}, Blob{0, 0, 0, 1}}) {
    ProbeScene scene;
    scene.probe.connect(scene.asker, kLong);
    scene.wait();
    scene.server.on(Command::ping, [&](ServerSide& side) { side.raw(pong); });
    scene.ping();
    CHECK(scene.asker.failure.fault == ProbeFault::protocol);
  }
}

TEST_CASE("a result beyond the limit is refused", "[probe]") {
  ProbeScene scene;
  scene.server.on("SELECT large", [](ServerSide& side) { side.rows("v", {std::string(5000, 'x')}); });
  scene.query("SELECT large", {.timeout_ms = 30'000, .result_bytes = 4096});
  CHECK(scene.asker.failure.fault == ProbeFault::protocol);
  scene.query("SELECT large");
  CHECK(scene.asker.answers == 1);
}

TEST_CASE("a probe may be asked again by whoever it answers", "[probe]") {
  ProbeScene scene;
  scene.server.stop_listening();
  scene.asker.when_told = [&] {
    if (scene.asker.told() == 1) scene.server.listen_again();
    if (scene.asker.told() < 4) scene.probe.query("SELECT again", scene.asker, kLong);
  };
  scene.probe.ping(scene.asker, kLong);
  REQUIRE(run_until(scene.loop, [&] { return scene.asker.told() == 4; }));
  CHECK(scene.asker.failures == 1);
  CHECK(scene.asker.answers == 3);
}

TEST_CASE("a closed probe tells nothing, at whatever stage", "[probe]") {
  ProbeScene scene;
  scene.server.on("SELECT slow", [](ServerSide& side) { side.hold(); });
  for (const int turns : {0, 1, 2, 3, 5, 8, 20}) {
    scene.probe.query("SELECT slow", scene.asker, kShort);
    run_turns(scene.loop, turns);
    const int told = scene.asker.told();  // where the machine is busy the time may be over already
    scene.probe.close();
    CHECK_FALSE(scene.probe.busy());
    turns_in_30_ms(scene.loop);
    CHECK(scene.asker.told() == told);
  }
  scene.query("SELECT 1");
  CHECK(scene.asker.answers == 1);
}

TEST_CASE("a server is reached by IPv6 and by a Unix socket", "[probe]") {
  TemporaryDirectory directory;
  const std::string path = (directory.path / "server.sock").string();
  const std::pair<Address, Endpoint> places[] = {
      {*Address::from_path(path), Endpoint{"", 0, path}},
      {*Address::from_ip("::1", 0), Endpoint{"::1", 0, ""}},
  };
  for (auto [address, endpoint] : places) {
    Loop loop;
    Listener listener(loop, address);
    if (!listener.complaint.empty() && !address.is_unix()) {
      WARN("no IPv6 on this machine");
      continue;
    }
    listener.when_accepted = [&] { listener.peers.back()->channel->send(Blob{1, 0, 0, 0, 10}); };
    if (!address.is_unix()) endpoint.port = listener.acceptor.local().port();
    ProbeAsker asker;
    ServerProbe probe(loop, endpoint, monitor_account());
    probe.ping(asker, kLong);
    REQUIRE(run_until(loop, [&] { return asker.told() > 0; }));
    CHECK(asker.failure.fault == ProbeFault::protocol);  // it was heard
  }
}

TEST_CASE("hundreds of servers share one loop", "[probe]") {
  constexpr std::size_t kServers = 300;
  Loop loop;
  ScriptedServer server(loop);
  ProbeAsker asker;
  std::vector<std::unique_ptr<ServerProbe>> probes;
  for (std::size_t i = 0; i < kServers; ++i) {
    probes.push_back(std::make_unique<ServerProbe>(loop, endpoint_of(server), monitor_account()));
    probes.back()->query("SELECT 1", asker, kLong);
  }
  REQUIRE(run_until(loop, [&] { return asker.told() == static_cast<int>(kServers); }));
  CHECK(asker.failures == 0);
  for (const auto& probe : probes) probe->ping(asker, kLong);
  REQUIRE(run_until(loop, [&] { return asker.told() == 2 * static_cast<int>(kServers); }));
  CHECK(asker.failures == 0);
  CHECK(server.accepted() == kServers);
}

// A probe of "db.test", which stands for whatever the loop knows; "b" is at the same port as the server.
struct NamedProbe {
  void stands_for(std::initializer_list<const char*> ips) {
    NameTable::Entries entries;
    for (const char* ip : ips) entries["db.test"].push_back(*Address::from_ip(ip, 0));
    scene.loop.set_names(std::make_shared<const NameTable>(std::move(entries)));
  }
  void wait() {
    const int before = scene.asker.told();
    REQUIRE(run_until(scene.loop, [&] {
      scene.server.step();
      b.step();
      return scene.asker.told() > before;
    }));
  }
  std::string ask() {
    probe.query("SELECT 1", scene.asker, kLong);
    wait();
    return scene.asker.failures > 0 ? scene.asker.failure.message
                                    : std::string(*probe.result().find_value(0, "v"));
  }

  ProbeScene scene;
  ScriptedServer b{scene.loop, "b", "127.0.0.2", scene.server.port()};
  ServerProbe probe{scene.loop, {"db.test", scene.server.port(), ""}, monitor_account()};
};

TEST_CASE("a probe asks by what is known of a name, one address after another", "[probe]") {
  NamedProbe s;
  s.stands_for({"127.0.0.3", "127.0.0.2", "127.0.0.1"});  // nobody listens at the first
  CHECK(s.ask() == "b");
  s.stands_for({"127.0.0.3", "127.0.0.4"});
  CHECK(s.ask() == "b");  // the connection is kept
  s.probe.close();
  s.ask();
  CHECK(s.scene.asker.failure.fault == ProbeFault::refused);
}

TEST_CASE("a probe that connects anew asks where the name stands now, with what was under way", "[probe]") {
  NamedProbe s;
  s.stands_for({"127.0.0.1"});
  CHECK(s.ask() == "a");
  s.stands_for({"127.0.0.2"});
  CHECK(s.ask() == "a");
  s.probe.connect_anew();
  CHECK_FALSE(s.probe.connected());
  CHECK(s.ask() == "b");
  s.b.on("SELECT held", [](ServerSide& side) { side.hold(); });
  s.probe.query("SELECT held", s.scene.asker, kLong);
  REQUIRE(run_until(s.scene.loop, [&] { return s.b.find_held() != nullptr; }));
  s.stands_for({"127.0.0.1"});
  s.probe.connect_anew();
  s.wait();
  CHECK(s.probe.result().find_value(0, "v") == "a");
  CHECK(s.scene.server.count("SELECT held") == 1);
}

}  // namespace
}  // namespace weir::test
