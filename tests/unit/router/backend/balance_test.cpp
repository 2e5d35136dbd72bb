#include "router/backend/balance.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "router/config/variables.hpp"

using namespace weir;

namespace {

constexpr Instant kNow = 1'000'000;

struct Member {
  const char* host;
  std::int64_t weight = 1;
  ServerStatus status = ServerStatus::online;
  bool shunned = false;
};

Hostgroup hostgroup(std::initializer_list<Member> members) {
  Hostgroup group;
  group.id = 1;
  for (const Member& member : members) {
    auto server = std::make_shared<Server>();
    server->hostgroup = 1;
    server->name = server->hostname = member.host;
    server->weight = member.weight;
    server->status = member.status;
    server->state = std::make_shared<ServerState>(1, member.host, std::uint16_t{3306});
    for (int i = 0; member.shunned && i < 5; ++i) server->health().note_connect_error(kNow, 2003, defaults());
    group.servers.push_back(server);
  }
  return group;
}

std::map<std::string, int> draws(const Hostgroup& group, int count) {
  std::mt19937_64 generator(42);
  std::uniform_real_distribution<double> random(0, 1);
  std::map<std::string, int> drawn;
  for (int i = 0; i < count; ++i) {
    const Server* server = choose(group, kNow, random(generator));
    ++drawn[server == nullptr ? "none" : server->hostname];
  }
  return drawn;
}

}  // namespace

TEST_CASE("work is shared by weight among the usable", "[router][backend][balance]") {
  const auto group = hostgroup({{"a", 1},
                                {"b", 3},
                                {"zero", 0},
                                {"soft", 5, ServerStatus::offline_soft},
                                {"hard", 5, ServerStatus::offline_hard},
                                {"by hand", 5, ServerStatus::shunned},
                                {"failed", 5, ServerStatus::online, true}});
  const auto drawn = draws(group, 40'000);
  CHECK(drawn.size() == 2);
  CHECK(drawn.at("a") == Approx(10'000).margin(400));
  CHECK(drawn.at("b") == Approx(30'000).margin(400));
}

TEST_CASE("the ends of the random range choose the first and the last", "[router][backend][balance]") {
  const auto group = hostgroup({{"a", 1}, {"b", 10'000'000}, {"c", 1}});
  CHECK(choose(group, kNow, 0.0)->hostname == "a");
  CHECK(choose(group, kNow, 0.5)->hostname == "b");
  CHECK(choose(group, kNow, 0.99999999999)->hostname == "c");
  CHECK(choose(group, kNow, std::nextafter(1.0, 0.0))->hostname == "c");
}

TEST_CASE("nothing to choose from", "[router][backend][balance]") {
  CHECK(choose(Hostgroup{}, kNow, 0.5) == nullptr);
  CHECK(choose(hostgroup({{"zero", 0}}), kNow, 0.5) == nullptr);
  CHECK(choose(hostgroup({{"by hand", 1, ServerStatus::shunned}}), kNow + 1'000'000, 0.5) == nullptr);
  const auto group = hostgroup({{"a"}, {"b"}});
  CHECK(choose(group, kNow, 0.5, [](const Server&) { return false; }) == nullptr);
  CHECK(choose(group, kNow, 0.1, [](const Server& server) { return server.hostname == "b"; })->hostname ==
        "b");
}

TEST_CASE("shunned servers are the last resort, after a tenth of their time", "[router][backend][balance]") {
  const auto group = hostgroup({{"a", 1, ServerStatus::online, true}, {"b", 1, ServerStatus::online, true}});
  CHECK(choose(group, kNow + 899, 0.1) == nullptr);
  CHECK(choose(group, kNow + 900, 0.1)->hostname == "a");
  CHECK(choose(group, kNow + 900, 0.9)->hostname == "b");
  const auto one_left = hostgroup({{"a", 1, ServerStatus::online, true}, {"b"}});
  for (double random : {0.0, 0.4, 0.9}) CHECK(choose(one_left, kNow + 900, random)->hostname == "b");
  CHECK(choose(one_left, kNow + 9000, 0.0)->hostname == "a");  // its time is over
}

TEST_CASE("more servers online than allowed: none is chosen", "[router][backend][balance]") {
  auto group = hostgroup({{"a"}, {"b"}, {"off", 1, ServerStatus::offline_soft}});
  group.max_num_online_servers = 1;
  CHECK(choose(group, kNow, 0.5) == nullptr);
  group.max_num_online_servers = 2;
  CHECK(choose(group, kNow, 0.5) != nullptr);
}

TEST_CASE("the state of a server lives as long as someone holds it", "[router][backend]") {
  ServerStates states;
  auto state = states.find_or_make(1, "db1", 3306);
  CHECK(state->health.name() == "db1:3306 (hostgroup 1)");
  CHECK(states.find_or_make(1, "db1", 3306) == state);
  CHECK(states.find_or_make(2, "db1", 3306) != state);
  CHECK(states.find_or_make(1, "db1", 3307) != state);
  REQUIRE(state->slots.try_acquire(5));
  state.reset();
  CHECK(states.find_or_make(1, "db1", 3306)->slots.used() == 0);
}

TEST_CASE("the states of servers that somebody holds can be listed", "[router][backend]") {
  ServerStates states;
  const auto b = states.find_or_make(2, "a", 3306);
  const auto a = states.find_or_make(1, "b", 3306);
  states.find_or_make(1, "a", 3306);  // held by nobody
  CHECK(states.alive() == std::vector{a, b});
}
