// The fleet: where clients go, and how it all ends.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>

#include <filesystem>
#include <future>

#include "proxy/net/descriptor.hpp"
#include "proxy/net/listening_sockets.hpp"
#include "tests/support/scene.hpp"
#include "tests/support/temporary_directory.hpp"

namespace weir::test {
namespace {

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// Of the socket that was accepted for the one that is connected to `place` by `client`; -1: there is none.
int keepalive_seconds(const Address& place, const Address& client) {
  for (int fd = 0; fd < 1024; ++fd) {
    if (Address::local_of(fd) != place || Address::peer_of(fd) != client) continue;
    int on = 0;
    int idle_s = 0;
    socklen_t size = sizeof on;
    getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &size);
    getsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, &size);
    return on == 0 ? 0 : idle_s;
  }
  return -1;
}

// A port of TCP that the next who listens there gets, and nobody before.
Address inherited_place() {
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const Address anywhere = *Address::from_ip("127.0.0.1", 0);
  REQUIRE(::bind(listening, anywhere.raw(), anywhere.raw_size()) == 0);
  REQUIRE(::listen(listening, 8) == 0);
  ListeningSockets::of_process().inherit({listening});
  return Address::local_of(listening);
}

// A client who has connected, and may be slow to be accepted.
class Caller {
 public:
  explicit Caller(const Address& place)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), closed_at_end_(fd_) {
    REQUIRE(::connect(fd_, place.raw(), place.raw_size()) == 0);
  }

  void say(std::string_view words) {
    REQUIRE(::send(fd_, words.data(), words.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(words.size()));
  }

  // Empty: the end.
  std::string hear() {
    char words[512];
    const auto size = ::recv(fd_, words, sizeof words, 0);
    REQUIRE(size >= 0);
    return std::string(words, static_cast<std::size_t>(size));
  }

 private:
  int fd_;
  Descriptor closed_at_end_;
};

std::string first_words(const Address& place) {
  return Caller(place).hear();
}

TEST_CASE("the id of a session that lives is not given again") {
  Scene scene(2);
  scene.start();
  REQUIRE(scene.ask(scene.log_in(), "SELECT CONNECTION_ID()") == "1");
  constexpr std::uint64_t kRound = std::uint64_t{1} << 32;
  scene.fleet().begin_session_ids(kRound - 1);
  CHECK(scene.fleet().next_session_id() == kRound - 1);
  CHECK(scene.fleet().next_session_id() == 2);  // 0 is nobody's, and 1 in use
  scene.fleet().begin_session_ids(3 * kRound + 1);
  CHECK(scene.fleet().next_session_id() == 2);
}

TEST_CASE("who waits for the key that passwords come by has it, and so has the fleet that succeeds") {
  Scene scene(1, Scene::Threads::own);
  scene.start();
  scene.fleet().wait_for_key();
  const RsaKey* key = scene.fleet().rsa_key();
  REQUIRE(key != nullptr);
  CHECK(key->public_pem().starts_with("-----BEGIN PUBLIC KEY-----"));
  Fleet next(scene.build(), 1, [] {});
  next.succeed(scene.fleet());
  next.wait_for_key();
  CHECK(next.rsa_key() == key);
}

TEST_CASE("clients go to the worker with the fewest sessions") {
  Scene scene(3);
  scene.start();
  for (int i = 0; i < 9; ++i) scene.log_in();
  for (std::size_t i = 0; i < 3; ++i) CHECK(scene.worker(i).sessions_connected() == 3);
  CHECK(scene.sessions() == 9);
}

TEST_CASE("the client port accepts when it is told to, for all workers, until nobody listens") {
  const TemporaryDirectory directory;
  const Address place = *Address::from_path(directory.path("weir.sock"));
  std::vector<Descriptor> clients;
  const auto connects = [&] {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    clients.emplace_back(fd);
    return ::connect(fd, place.raw(), place.raw_size()) == 0;
  };
  Scene scene(2, Scene::Threads::own);
  scene.start();
  REQUIRE(scene.fleet().listen_on({place}));
  for (int i = 0; i < 4; ++i) REQUIRE(connects());
  for (int i = 0; i < 3; ++i) scene.fleet().collect<int>([](Worker&) { return 0; });
  CHECK(scene.sessions() == 0);
  scene.fleet().accept_clients();
  scene.until([&] { return scene.sessions() == 4; });
  for (std::size_t i = 0; i < 2; ++i) CHECK(scene.worker(i).sessions_connected() == 2);
  scene.fleet().stop_listening();
  CHECK_FALSE(connects());
  CHECK(scene.sessions() == 4);
  REQUIRE(scene.fleet().listen_on({place}));
  CHECK(connects());
  scene.until([&] { return scene.sessions() == 5; });
}

TEST_CASE("whoever opens or closes the client port does not wait for a worker that is stuck") {
  const TemporaryDirectory directory;
  const Address place = *Address::from_path(directory.path("weir.sock"));
  Scene scene(2, Scene::Threads::own);
  scene.start();
  std::promise<void> goes_on;
  scene.worker(0).post([until = goes_on.get_future()] { until.wait(); });
  const auto opened = scene.fleet().listen_on({place}, 1);
  REQUIRE_FALSE(opened);
  CHECK(opened.error() == "the worker that accepts clients is busy, or stuck; nothing was changed");
  goes_on.set_value();
  scene.fleet().collect<int>([](Worker&) { return 0; });
  CHECK_FALSE(std::filesystem::exists(place.path()));  // nor has it been opened late
  REQUIRE(scene.fleet().listen_on({place}));
  CHECK(std::filesystem::exists(place.path()));
  std::promise<void> goes_on_again;
  scene.worker(0).post([until = goes_on_again.get_future()] { until.wait(); });
  scene.fleet().stop_listening(1);
  CHECK(std::filesystem::exists(place.path()));
  goes_on_again.set_value();
  scene.fleet().collect<int>([](Worker&) { return 0; });
  CHECK_FALSE(std::filesystem::exists(place.path()));
  REQUIRE(scene.fleet().listen_on({place}));
  REQUIRE(scene.fleet().listen_on({}));
  CHECK_FALSE(std::filesystem::exists(place.path()));
}

TEST_CASE("who comes from where too many logins have failed is refused before there is a session for him") {
  const Address place = inherited_place();
  Scene scene(2, Scene::Threads::own);
  scene.settings().max_failed_logins = 1;
  scene.start();
  REQUIRE(scene.fleet().listen_on({place}));
  CHECK(ListeningSockets::of_process().drop_inherited().empty());
  scene.fleet().accept_clients();
  const auto is_greeted = [&] { return first_words(place).at(4) == 10; };
  LoginGuard& guard = scene.fleet().login_guard();
  const Instant now = scene.loop().now();
  for (int i = 0; i < 40; ++i) guard.note_failure("127.0.0.1", std::to_string(i), now);
  CHECK(is_greeted());
  for (std::size_t i = 0; i < LoginGuard::kMaxWaiting; ++i)
    guard.judge("127.0.0.1", std::to_string(i), 1, now);
  const std::uint64_t sessions_before = scene.count(&WorkerStats::client_connections_created);
  const auto is_refused = [](const std::string& words) {
    return words.substr(3) == std::string("\0\xff\x69\x04", 4) +
                                  "Host '127.0.0.1' is blocked for the moment because of many failed logins";
  };
  Caller refused(place);
  CHECK(is_refused(refused.hear()));
  CHECK(refused.hear().empty());
  CHECK(scene.count(&WorkerStats::access_denied_failed_logins) == 1);
  CHECK(scene.count(&WorkerStats::client_connections_created) == sessions_before + 1);

  std::promise<void> goes_on;  // a load balancer says its header before anybody looks
  scene.worker(0).post([until = goes_on.get_future()] { until.wait(); });
  Caller spoke_first(place);
  spoke_first.say("PROXY TCP4 10.0.0.9 127.0.0.1 4711 6033\r\n");
  goes_on.set_value();
  CHECK(is_refused(spoke_first.hear()));
  CHECK(spoke_first.hear().empty());

  scene.settings().proxy_protocol_networks = "127.0.0.0/8";  // he may have come for somebody else
  scene.publish();
  CHECK(is_greeted());
  scene.settings().proxy_protocol_networks = "";
  scene.publish();
  CHECK_FALSE(is_greeted());
  guard.ended_wait("127.0.0.1", "0");
  CHECK(is_greeted());
}

TEST_CASE("clients are probed as the settings say when they come") {
  const Address place = inherited_place();
  Scene scene(2, Scene::Threads::own);
  scene.settings().tcp_keepalive_time = 77;
  scene.start();
  REQUIRE(scene.fleet().listen_on({place}));
  CHECK(ListeningSockets::of_process().drop_inherited().empty());
  scene.fleet().accept_clients();
  scene.fleet().collect<int>(
      [](Worker&) { return 0; });  // who has connected before is probed as the other had it
  std::vector<Descriptor> clients;
  const auto next_is_probed_after = [&] {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    clients.emplace_back(fd);
    REQUIRE(::connect(fd, place.raw(), place.raw_size()) == 0);
    scene.until([&] { return scene.sessions() == clients.size(); });
    return keepalive_seconds(place, Address::local_of(fd));
  };
  CHECK(next_is_probed_after() == 77);
  CHECK(next_is_probed_after() == 77);
  scene.settings().tcp_keepalive_time = 55;
  scene.publish();
  CHECK(next_is_probed_after() == 55);
  CHECK(next_is_probed_after() == 55);
  scene.settings().use_tcp_keepalive = false;
  scene.publish();
  CHECK(next_is_probed_after() == 0);
}

TEST_CASE("a drain ends idle sessions at once, and the busy ones when they are done") {
  Scene scene(2);
  scene.server().on("SELECT held", [](ServerSide& side) {
    side.rows("v", {"late"});
    side.hold();
  });
  scene.start();
  ScriptedClient& idle = scene.log_in();
  ScriptedClient& busy = scene.log_in();
  ScriptedClient& in_transaction = scene.log_in();
  busy.query("SELECT held");
  CHECK(scene.ask(in_transaction, "BEGIN") == "ok");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  scene.fleet().drain();
  scene.until([&] { return idle.ended(); });
  scene.settle();
  CHECK(!busy.ended());
  CHECK(scene.ask(in_transaction, "INSERT INTO t VALUES (1)") == "ok");
  CHECK(!in_transaction.ended());
  scene.server().find_held()->release();
  CHECK(scene.reply_of(busy) == "late");
  scene.until([&] { return busy.ended(); });
  CHECK(scene.ask(in_transaction, "COMMIT") == "ok");
  scene.until([&] { return in_transaction.ended() && scene.sessions() == 0; });
}

TEST_CASE(
    "when another process has taken over, sessions end when they have been idle for a while, and say why") {
  Scene scene(2);
  scene.start();
  ScriptedClient& idle = scene.log_in();
  ScriptedClient& busy = scene.log_in();
  ScriptedClient& in_transaction = scene.log_in();
  CHECK(scene.ask(in_transaction, "BEGIN") == "ok");
  scene.fleet().retire();
  scene.settle();
  CHECK(!idle.ended());
  scene.until([&] {
    CHECK(scene.ask(busy, "SELECT 1") == "a");
    return idle.ended();
  });
  CHECK(std::string(as_text(idle.surplus())).find("Server shutdown in progress") != std::string::npos);
  CHECK(scene.ask(busy, "SELECT 2") == "a");
  CHECK(scene.ask(in_transaction, "INSERT INTO t VALUES (1)") == "ok");
  CHECK(scene.ask(in_transaction, "COMMIT") == "ok");
  scene.until([&] { return busy.ended() && in_transaction.ended() && scene.sessions() == 0; });
}

TEST_CASE("a drain waits for a slow client to take its result") {
  Scene scene;
  scene.server().on("SELECT much", [](ServerSide& side) {
    side.head({"v"});
    for (int i = 0; i < 200; ++i) side.packet(Blob{0xfd, 0, 0, 1} + Blob(65536, 'r'));
    side.end_rows();
  });
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.stop_reading();
  client.query("SELECT much");
  scene.until([&] { return scene.server().count("SELECT much") == 1; });
  scene.settle();
  scene.fleet().drain();
  scene.settle();
  client.resume_reading();
  scene.until([&] { return client.ended(); });
  REQUIRE(client.replies().size() == 1);
  CHECK(client.replies()[0].wire.size() > 200 * 65536);
}

TEST_CASE("a client that comes while the fleet drains is let go") {
  Scene scene;
  scene.start();
  scene.fleet().drain();
  scene.settle();
  ScriptedClient& client = scene.connect(Scene::request("ann"));
  scene.until([&] { return client.ended(); });
  CHECK(!client.logged_in());
}

// Whatever the sessions do at that moment.
TEST_CASE("stop ends everything, with statements under way, in threads and without") {
  for (const Scene::Threads threads : {Scene::Threads::none, Scene::Threads::own}) {
    Scene scene(2, threads);
    scene.server_row(0).max_connections = 2;
    scene.server().on("SELECT held", [](ServerSide& side) { side.hold(); });
    scene.start();
    std::vector<ScriptedClient*> clients;
    for (int i = 0; i < 8; ++i) clients.push_back(&scene.log_in());
    CHECK(scene.ask(*clients[0], "BEGIN") == "ok");
    clients[1]->query("SELECT held");
    scene.until([&] { return scene.server().find_held() != nullptr; });
    for (std::size_t i = 2; i < clients.size(); ++i) clients[i]->query("SELECT waits");
    scene.connect(Scene::request("ann"));  // in its handshake
    scene.turn(5);
    scene.stop();
    scene.until([&] { return std::ranges::all_of(clients, [](ScriptedClient* c) { return c->ended(); }); });
    scene.until([&] { return scene.server().open_connections() == 0; });
    CHECK(scene.permits() == 0);
  }
}

TEST_CASE("stop while connections are being opened and handed over leaves no descriptor behind") {
  const std::size_t before = open_descriptors();
  for (int round = 0; round < 20; ++round) {
    Scene scene(3, Scene::Threads::own);
    scene.server_row(0).max_connections = 1;
    scene.start();
    std::vector<ScriptedClient*> clients;
    for (int i = 0; i < 6; ++i) clients.push_back(&scene.log_in());
    for (ScriptedClient* client : clients) {
      for (int i = 0; i < 5; ++i) client->query("SELECT 1");
    }
    scene.turn(round);
    scene.stop();
    scene.until([&] { return std::ranges::all_of(clients, [](ScriptedClient* c) { return c->ended(); }); });
    scene.until([&] { return scene.server().open_connections() == 0; });
    CHECK(scene.permits() == 0);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("every counter counts, and has a row") {
  WorkerStats stats;
  std::uint64_t expected = 0;
  for (const CounterSpec& spec : kCounters) {
    CAPTURE(spec.name);
    (stats.*spec.counter).add(++expected);
    CHECK(!spec.doc.empty());
  }
  expected = 0;
  for (const CounterSpec& spec : kCounters) CHECK((stats.*spec.counter).value() == ++expected);
}

}  // namespace
}  // namespace weir::test
