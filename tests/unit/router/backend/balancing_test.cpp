// Balance by load and latency, slow start, and servers that are left out for their latency.
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <vector>

#include "router/backend/balance.hpp"
#include "router/config/hostgroup_settings.hpp"
#include "router/config/variables.hpp"

using namespace weir;

namespace {

constexpr Instant kNow = 1'000'000;

Hostgroup hostgroup(Balance balance, const std::vector<std::int64_t>& weights) {
  Hostgroup group;
  group.id = 1;
  group.balance = balance;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    auto server = std::make_shared<Server>();
    server->hostgroup = 1;
    server->name = server->hostname = std::string(1, static_cast<char>('a' + i));
    server->weight = weights[i];
    server->balance = balance;
    server->max_latency_ms = 100;
    server->state = std::make_shared<ServerState>(1, server->hostname, std::uint16_t{3306});
    group.servers.push_back(server);
  }
  return group;
}

ServerLoad& load(const Hostgroup& group, std::size_t server) {
  return group.servers.at(server)->load();
}

// In how many of `count` choices each server was chosen, in the order of the hostgroup.
std::vector<int> draws(const Hostgroup& group, int count, Instant now = kNow) {
  std::mt19937_64 generator(42);
  std::uniform_real_distribution<double> random(0, 1);
  std::vector<int> drawn(group.servers.size());
  for (int i = 0; i < count; ++i) {
    const Server* server = choose(group, now, random(generator));
    REQUIRE(server != nullptr);
    ++drawn.at(static_cast<std::size_t>(server->hostname[0] - 'a'));
  }
  return drawn;
}

void shun(const Server& server, Instant now) {
  for (int i = 0; i < 5; ++i) server.health().note_connect_error(now, 2003, defaults());
}

void set_ping(const Server& server, std::uint64_t ms, Instant valid_until = kNow + 1000) {
  for (int i = 0; i < 3; ++i) server.ping().note(ms * 1000, valid_until);
}

}  // namespace

TEST_CASE("while nothing is under way, weights alone decide", "[router][backend][balance]") {
  for (const Balance balance : {Balance::weighted, Balance::least_in_flight}) {
    CAPTURE(to_text(balance));
    const auto drawn = draws(hostgroup(balance, {1, 3, 4}), 16'000);
    CHECK(drawn[0] == Approx(2000).margin(200));
    CHECK(drawn[1] == Approx(6000).margin(300));
    CHECK(drawn[2] == Approx(8000).margin(300));
  }
}

TEST_CASE("work in flight evens out, for each server's weight", "[router][backend][balance]") {
  for (const Balance balance : {Balance::least_in_flight, Balance::peak_ewma}) {
    CAPTURE(to_text(balance));
    const Hostgroup group = hostgroup(balance, {1, 2, 5});
    for (std::size_t i = 0; i < 3; ++i) load(group, i).note_first_byte(500, kNow);
    std::mt19937_64 generator(7);
    std::uniform_real_distribution<double> random(0, 1);
    std::vector<LoadMark> marks;
    for (int i = 0; i < 800; ++i) marks.emplace_back(choose(group, kNow, random(generator))->load());
    CHECK(load(group, 0).in_flight() == Approx(100).margin(10));
    CHECK(load(group, 1).in_flight() == Approx(200).margin(15));
    CHECK(load(group, 2).in_flight() == Approx(500).margin(20));
    marks.clear();
    for (std::size_t i = 0; i < 3; ++i) CHECK(load(group, i).in_flight() == 0);
  }
}

TEST_CASE("a server on which work piles up is avoided, one of two is never forced",
          "[router][backend][balance]") {
  const Hostgroup group = hostgroup(Balance::least_in_flight, {1, 1, 1});
  std::vector<LoadMark> stuck;
  for (int i = 0; i < 10; ++i) stuck.emplace_back(load(group, 1));
  const auto drawn = draws(group, 9000);
  CHECK(drawn[1] == 0);  // two different servers are drawn: the other one is always better
  CHECK(drawn[0] == Approx(4500).margin(300));
  const Hostgroup alone = hostgroup(Balance::least_in_flight, {1});
  stuck.emplace_back(load(alone, 0));
  CHECK(draws(alone, 10)[0] == 10);
  stuck.clear();  // before the servers that they are marks of
}

TEST_CASE("peak_ewma goes where answers come faster, and tries a new server once",
          "[router][backend][balance]") {
  const Hostgroup group = hostgroup(Balance::peak_ewma, {1, 1});
  load(group, 0).note_first_byte(20'000, kNow);
  load(group, 1).note_first_byte(1000, kNow);
  CHECK(draws(group, 100) == std::vector{0, 100});
  std::vector<LoadMark> marks;
  for (int i = 0; i < 25; ++i) marks.emplace_back(load(group, 1));  // 26 times 1 ms is more than 20 ms
  CHECK(draws(group, 100) == std::vector{100, 0});

  const Hostgroup with_new = hostgroup(Balance::peak_ewma, {1, 1});
  load(with_new, 0).note_first_byte(1000, kNow);
  CHECK(draws(with_new, 100) == std::vector{0, 100});
  const LoadMark first_try(load(with_new, 1));
  CHECK(draws(with_new, 100) == std::vector{100, 0});
}

TEST_CASE("the latency of a server: a peak counts at once, and is forgotten in seconds",
          "[router][backend]") {
  ServerLoad load;
  CHECK(load.latency_us(kNow) == 0);
  load.note_first_byte(1000, kNow);
  CHECK(load.latency_us(kNow) == Approx(1000));
  load.note_first_byte(50'000, kNow);
  CHECK(load.latency_us(kNow) == Approx(50'000));
  load.note_first_byte(1000, kNow);  // the same millisecond: too soon
  CHECK(load.latency_us(kNow) == Approx(50'000));
  CHECK(load.latency_us(kNow + 1000) == Approx(50'000 / 2.71828).epsilon(0.001));
  CHECK(load.latency_us(kNow - 5) == Approx(50'000));  // another worker's clock
  for (Instant at = kNow + 10; at <= kNow + 10'000; at += 10) load.note_first_byte(1000, at);
  CHECK(load.latency_us(kNow + 10'000) == Approx(1000).epsilon(0.01));
  CHECK(load.latency_us(kNow + 1'000'000) < 1);
  load.note_first_byte(0, kNow + 2'000'000);
  CHECK(load.latency_us(kNow + 2'000'000) == Approx(1));
}

TEST_CASE("a server that is asked and says nothing is as slow as it is silent", "[router][backend]") {
  ServerLoad load;
  load.note_first_byte(1000, kNow);
  LoadMark stuck(load);
  stuck.ask(kNow + 10);
  CHECK(load.latency_us(kNow + 10) == Approx(1000).epsilon(0.02));
  CHECK(load.latency_us(kNow + 60) == Approx(50'000));
  CHECK(load.latency_us(kNow + 10'010) == Approx(10'000'000));  // it does not fade meanwhile
  SECTION("another statement is answered: the silence begins anew") {
    LoadMark other(load);
    other.ask(kNow + 10'010);
    other.hear(2000, kNow + 10'012);
    CHECK(load.latency_us(kNow + 10'012) == Approx(2000));
    CHECK(load.latency_us(kNow + 10'100) == Approx(88'000));
  }
  SECTION("it answers at last") {
    stuck.hear(10'000'000, kNow + 10'010);
    CHECK(load.latency_us(kNow + 10'010) == Approx(10'000'000));
    CHECK(load.latency_us(kNow + 20'010) < 1000);
  }
  SECTION("its connection is gone") {
    const LoadMark moved = std::move(stuck);
    CHECK(load.latency_us(kNow + 10'010) == Approx(10'000'000));
    LoadMark gone;
    gone = LoadMark(load);
    gone.ask(kNow);
    gone.ask(kNow);
    gone.clear();
    CHECK(load.in_flight() == 1);
    CHECK(load.latency_us(kNow + 10'010) == Approx(10'000'000));
  }
  stuck.clear();
}

TEST_CASE("a server that comes back starts with little, and has its share in time",
          "[router][backend][balance]") {
  for (const Balance balance : {Balance::weighted, Balance::least_in_flight, Balance::peak_ewma}) {
    CAPTURE(to_text(balance));
    Hostgroup group = hostgroup(balance, {1, 1});
    group.slow_start_ms = 10'000;
    const auto share = [&](std::size_t server, Instant now) {
      return balance::weight_now(group, *group.servers[server], now);
    };
    CHECK(share(0, kNow) == 1000);  // never out
    shun(*group.servers[1], kNow);
    REQUIRE(choose(group, kNow, 0.9)->hostname == "a");
    const Instant back = kNow + 60'000;
    CHECK(share(1, back - 1) == 1000);
    REQUIRE(usable(*group.servers[1], back));
    // It counts from the first question, not from the end of its time out.
    CHECK(share(1, back) == 20);
    CHECK(share(1, back + 1000) == 100);
    CHECK(share(1, back + 5000) == 500);
    CHECK(share(1, back + 9999) == 999);
    CHECK(share(1, back + 10'000) == 1000);
    CHECK(share(0, back) == 1000);
    if (balance == Balance::peak_ewma) continue;  // costs decide, not draws
    CHECK(draws(group, 10'000, back + 1000)[1] == Approx(909).margin(120));
    CHECK(draws(group, 10'000, back + 10'000)[1] == Approx(5000).margin(250));
  }
}

TEST_CASE("a server that starts slowly gets its share of what is in flight", "[router][backend][balance]") {
  for (const Balance balance : {Balance::least_in_flight, Balance::peak_ewma}) {
    CAPTURE(to_text(balance));
    Hostgroup group = hostgroup(balance, {1, 1});
    group.slow_start_ms = 10'000;
    for (std::size_t i = 0; i < 2; ++i) load(group, i).note_first_byte(1000, kNow);
    group.servers[1]->health().note_back();
    REQUIRE(group.servers[1]->health().back_since(kNow) == kNow);
    for (std::size_t i = 0; i < 2; ++i) load(group, i).note_first_byte(1000, kNow + 1000);
    std::mt19937_64 generator(7);
    std::uniform_real_distribution<double> random(0, 1);
    std::vector<LoadMark> marks;
    for (int i = 0; i < 110; ++i) marks.emplace_back(choose(group, kNow + 1000, random(generator))->load());
    CHECK(load(group, 1).in_flight() == Approx(10).margin(2));
  }
}

TEST_CASE("without slow start a server that is back has its share at once", "[router][backend][balance]") {
  const Hostgroup group = hostgroup(Balance::weighted, {1, 1});
  group.servers[1]->health().note_back();
  CHECK(draws(group, 10'000)[1] == Approx(5000).margin(250));
}

TEST_CASE("what is too slow is left out, but never more than half", "[router][backend][balance]") {
  struct Case {
    const char* name;
    std::vector<std::uint64_t> ping_ms;  // the limit is 100; 0 = not known
    std::string left_out;
  };
  for (const Case& c : {
           Case{"all are fast", {1, 2, 3}, ""},
           Case{"nothing is known", {0, 0}, ""},
           Case{"at the limit", {100, 1}, ""},
           Case{"one alone is never left out", {500}, ""},
           Case{"one of two", {500, 1}, "a"},
           Case{"one of two that are both slow", {500, 600}, "b"},
           Case{"one of three: the slowest", {500, 700, 600}, "b"},
           Case{"two of four", {500, 700, 600, 1}, "bc"},
           Case{"two of four, all slow", {500, 700, 600, 800}, "bd"},
           Case{"two of five", {500, 500, 500, 500, 500}, "ab"},
           Case{"what is not known counts as fast", {0, 0, 500, 600}, "cd"},
       }) {
    CAPTURE(c.name);
    const Hostgroup group = hostgroup(Balance::weighted, std::vector<std::int64_t>(c.ping_ms.size(), 1));
    for (std::size_t i = 0; i < c.ping_ms.size(); ++i) {
      if (c.ping_ms[i] > 0) set_ping(*group.servers[i], c.ping_ms[i]);
    }
    std::string left_out;
    for (const auto& server : group.servers) {
      if (balance::too_slow(group, *server, kNow)) left_out += server->hostname;
      CHECK(usable(group, *server, kNow) == !balance::too_slow(group, *server, kNow));
    }
    CHECK(left_out == c.left_out);
    const auto drawn = draws(group, 4000);
    const double each = 4000.0 / static_cast<double>(c.ping_ms.size() - c.left_out.size());
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      const bool out = c.left_out.contains(static_cast<char>('a' + i));
      CHECK(drawn[i] == Approx(out ? 0 : each).margin(out ? 0.5 : 200));
    }
  }
}

TEST_CASE("half of those that could serve otherwise: shunned ones do not count",
          "[router][backend][balance]") {
  const Hostgroup group = hostgroup(Balance::weighted, {1, 1, 1, 0});
  set_ping(*group.servers[0], 500);
  CHECK(balance::too_slow(group, *group.servers[0], kNow));
  shun(*group.servers[1], kNow);
  CHECK(balance::too_slow(group, *group.servers[0], kNow));  // one of two
  shun(*group.servers[2], kNow);
  CHECK(!balance::too_slow(group, *group.servers[0], kNow));  // the only one
  CHECK(draws(group, 10)[0] == 10);
}

TEST_CASE("a latency counts as long as pings come, and the mean of three decides",
          "[router][backend][balance]") {
  const Hostgroup group = hostgroup(Balance::weighted, {1, 1});
  const Server& server = *group.servers[0];
  set_ping(server, 500, kNow + 10);
  CHECK(balance::too_slow(group, server, kNow + 9));
  CHECK(!balance::too_slow(group, server, kNow + 10));
  server.ping().note(1000, kNow + 100);
  CHECK(server.ping().mean_us() == (500'000 + 500'000 + 1000) / 3);
  CHECK(balance::too_slow(group, server, kNow));
  server.ping().note(1000, kNow + 100);
  server.ping().note(1000, kNow + 100);
  CHECK(!balance::too_slow(group, server, kNow));
  PingLatency first;
  first.note(3000, kNow);
  CHECK(first.mean_us() == 3000);
}

TEST_CASE("a server that is too slow is not taken because the others are full",
          "[router][backend][balance]") {
  const Hostgroup group = hostgroup(Balance::weighted, {1, 1});
  set_ping(*group.servers[0], 500);
  CHECK(choose(group, kNow, 0.1, [](const Server& server) { return server.hostname == "a"; }) == nullptr);
}

TEST_CASE("what hostgroup_settings says", "[router][config]") {
  struct Case {
    const char* text;
    Balance balance;
    Millis slow_start_ms;
    const char* problem;
  };
  constexpr const char* kWords = "balance must be one of weighted, least_in_flight, peak_ewma";
  constexpr const char* kRange = "slow_start_ms must be a whole number in 0..3600000";
  for (const Case& c : {
           Case{"", Balance::weighted, 0, ""},
           Case{"{}", Balance::weighted, 0, ""},
           Case{R"({"balance":"weighted"})", Balance::weighted, 0, ""},
           Case{R"({"balance":"least_in_flight"})", Balance::least_in_flight, 0, ""},
           Case{R"({"balance":"peak_ewma","slow_start_ms":3600000,"handle_warnings":1})", Balance::peak_ewma,
                3'600'000, ""},
           Case{R"({"balance":"fastest"})", Balance::weighted, 0, kWords},
           Case{R"({"balance":1})", Balance::weighted, 0, kWords},
           Case{R"({"slow_start_ms":-1})", Balance::weighted, 0, kRange},
           Case{R"({"slow_start_ms":1.5})", Balance::weighted, 0, kRange},
           Case{R"({"slow_start_ms":1e999})", Balance::weighted, 0, kRange},
           Case{R"({"slow_start_ms":"5"})", Balance::weighted, 0, kRange},
           Case{R"({"slow_start_ms":3600001})", Balance::weighted, 0, kRange},
           Case{R"([])", Balance::weighted, 0, ""},
       }) {
    CAPTURE(c.text);
    std::vector<std::string> problems;
    std::vector<std::string> without_effect;
    const HostgroupSettings settings = parse_hostgroup_settings(c.text, problems, without_effect);
    CHECK(without_effect.size() == (std::string_view(c.text).contains("handle_warnings") ? 1 : 0));
    CHECK(settings.balance == c.balance);
    CHECK(settings.slow_start_ms == c.slow_start_ms);
    CHECK(problems == (*c.problem == 0 ? std::vector<std::string>{} : std::vector<std::string>{c.problem}));
  }
}

TEST_CASE("which PROXY header hostgroup_settings asks for", "[router][config]") {
  for (const auto& [text, version, problem] : {
           std::tuple{"{}", 0, ""},
           std::tuple{R"({"send_proxy_protocol":0})", 0, ""},
           std::tuple{R"({"send_proxy_protocol":1})", 1, ""},
           std::tuple{R"({"send_proxy_protocol":2})", 2, ""},
           std::tuple{R"({"send_proxy_protocol":3})", 0,
                      "send_proxy_protocol must be a whole number in 0..2"},
           std::tuple{R"({"send_proxy_protocol":true})", 0,
                      "send_proxy_protocol must be a whole number in 0..2"},
       }) {
    CAPTURE(text);
    std::vector<std::string> problems;
    std::vector<std::string> without_effect;
    CHECK(parse_hostgroup_settings(text, problems, without_effect).send_proxy_protocol == version);
    CHECK(problems == (*problem == 0 ? std::vector<std::string>{} : std::vector<std::string>{problem}));
    CHECK(without_effect.empty());
  }
}

TEST_CASE("whether waiting can help", "[router][backend][balance]") {
  const auto one = [](auto change) {
    Hostgroup group = hostgroup(Balance::weighted, {1});
    auto server = std::make_shared<Server>(*group.servers[0]);
    server->max_connections = 10;
    change(*server);
    group.servers[0] = server;
    return group;
  };
  CHECK(!worth_waiting(Hostgroup{}, kNow, kNow + 1'000'000));
  CHECK(worth_waiting(one([](Server&) {}), kNow, kNow));
  CHECK(!worth_waiting(one([](Server& server) { server.weight = 0; }), kNow, kNow + 10'000));
  CHECK(!worth_waiting(one([](Server& server) { server.max_connections = 0; }), kNow, kNow + 10'000));
  CHECK(!worth_waiting(one([](Server& server) { server.status = ServerStatus::offline_hard; }), kNow,
                       kNow + 10'000));
  CHECK(worth_waiting(one([](Server& server) { server.status = ServerStatus::offline_soft; }), kNow, kNow));
  CHECK(worth_waiting(one([](Server& server) { server.status = ServerStatus::shunned; }), kNow, kNow));
  // Shunned for 9 s, and tried again as a last resort after a tenth of them.
  const Hostgroup shunned = one([](Server& server) { shun(server, kNow); });
  CHECK(!worth_waiting(shunned, kNow, kNow + 899));
  CHECK(worth_waiting(shunned, kNow, kNow + 900));
  const Hostgroup for_good = one([](Server& server) {
    Settings settings = defaults();
    settings.shun_recovery_time_sec = 0;
    for (int i = 0; i < 5; ++i) server.health().note_connect_error(kNow, 2003, settings);
  });
  CHECK(!worth_waiting(for_good, kNow, kNow + 1'000'000'000));
  Hostgroup two_writers = hostgroup(Balance::weighted, {1, 1});
  two_writers.max_num_online_servers = 1;
  CHECK(worth_waiting(two_writers, kNow, kNow + 1));
}
