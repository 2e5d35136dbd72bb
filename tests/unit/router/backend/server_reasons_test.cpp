#include "router/backend/server_reasons.hpp"

#include <catch2/catch.hpp>

#include "router/backend/balance.hpp"
#include "router/config/variables.hpp"

using namespace weir;

namespace {

constexpr Instant kNow = 1'000'000;

struct Member {
  const char* host;
  std::int64_t weight = 1;
  ServerStatus status = ServerStatus::online;
  bool shunned = false;  // at kNow
  std::int64_t used = 0;
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
    server->max_connections = 2;
    server->state = std::make_shared<ServerState>(1, member.host, std::uint16_t{3306});
    for (std::int64_t i = 0; i < member.used; ++i) REQUIRE(server->slots().try_acquire(2));
    for (int i = 0; member.shunned && i < 5; ++i) server->health().note_connect_error(kNow, 2003, defaults());
    group.servers.push_back(server);
  }
  return group;
}

// "a+ b:OFFLINE_SOFT c!:shunned...": + and ! are candidates, ! of last resort.
std::string all_of(const Hostgroup& group, Instant now) {
  std::string text;
  for (const ServerReason& reason : server_reasons(group, now)) {
    text += text.empty() ? "" : " | ";
    text += reason.server->name;
    if (reason.candidate) text += reason.last_resort ? "!" : "+";
    if (const std::string words = to_text(reason); !words.empty()) text += ": " + words;
  }
  return text;
}

constexpr auto kOnline = ServerStatus::online;

}  // namespace

TEST_CASE("what speaks against each server, and which are candidates", "[router][backend]") {
  struct Case {
    std::string name;
    Hostgroup group;
    Instant now;
    std::string expected;
  };
  auto forbidden = hostgroup({{"a"}, {"b"}});
  forbidden.max_num_online_servers = 1;
  const Case cases[] = {
      {"none are there", hostgroup({}), kNow, ""},
      {"nothing", hostgroup({{"a"}, {"b"}}), kNow, "a+ | b+"},
      {"what the operator says",
       hostgroup({{"a"},
                  {"b", 1, ServerStatus::offline_soft},
                  {"c", 1, ServerStatus::offline_hard},
                  {"d", 1, ServerStatus::shunned},
                  {"e", 0}}),
       kNow, "a+ | b: OFFLINE_SOFT | c: OFFLINE_HARD | d: SHUNNED by configuration | e: weight 0"},
      {"a full one may have a free connection",
       hostgroup({{"a", 1, kOnline, false, 2}, {"b", 1, kOnline, false, 1}}), kNow,
       "a+: at max_connections 2, none of them free | b+"},
      {"a shunned one", hostgroup({{"a", 1, kOnline, true}, {"b"}}), kNow + 1000,
       "a: shunned: connect error 2003, for another 8000 ms | b+"},
      {"nobody is left: nothing for a tenth of the time", hostgroup({{"a", 1, kOnline, true}, {"b", 0}}),
       kNow + 899, "a: shunned: connect error 2003, for another 8101 ms | b: weight 0"},
      {"nobody is left: then the shunned one", hostgroup({{"a", 1, kOnline, true}, {"b", 0}}), kNow + 900,
       "a!: shunned: connect error 2003, for another 8100 ms | b: weight 0"},
      {"its time is over", hostgroup({{"a", 1, kOnline, true}, {"b"}}), kNow + 9000,
       "a+: was shunned for connect error 2003; its time is over, and it is tried again | b+"},
      {"two writers where one is allowed", forbidden, kNow,
       "a: more servers are online than max_num_online_servers | b: more servers are online than "
       "max_num_online_servers"},
  };
  for (const Case& c : cases) {
    INFO(c.name);
    CHECK(all_of(c.group, c.now) == c.expected);
  }
}

TEST_CASE("what becomes of new work on each server", "[router][backend]") {
  struct Case {
    const char* name;
    Hostgroup group;
    Instant now;
    ServerChoice first;
  };
  for (const Case& c : {
           Case{"usable", hostgroup({{"a"}}), kNow, ServerChoice::candidate},
           {"full", hostgroup({{"a", 1, kOnline, false, 2}}), kNow, ServerChoice::full},
           {"shunned", hostgroup({{"a", 1, kOnline, true}, {"b"}}), kNow + 1000, ServerChoice::not_used},
           {"shunned, and nothing else is left", hostgroup({{"a", 1, kOnline, true}}), kNow + 1000,
            ServerChoice::last_resort},
           {"its time is over", hostgroup({{"a", 1, kOnline, true}}), kNow + 9000, ServerChoice::candidate},
           {"weight 0", hostgroup({{"a", 0}}), kNow, ServerChoice::not_used},
       }) {
    CAPTURE(c.name);
    CHECK(choice_of(server_reasons(c.group, c.now)[0]) == c.first);
  }
  const auto full = hostgroup({{"a", 1, kOnline, false, 2}});
  full.servers[0]->figures().share(0).connections_idle.add();
  const ServerReason reason = server_reasons(full, kNow)[0];
  CHECK(choice_of(reason) == ServerChoice::candidate);
  CHECK(to_text(reason) == "at max_connections 2, 1 of them free");
  CHECK(explain_servers(full, kNow) == "1 of 1 servers usable");
}

TEST_CASE("a shun without a timer ends with an answer", "[router][backend]") {
  Settings settings = defaults();
  settings.shun_recovery_time_sec = 0;
  const auto group = hostgroup({{"a"}});
  for (int i = 0; i < 5; ++i) group.servers[0]->health().note_connect_error(kNow, 2003, settings);
  CHECK(all_of(group, kNow + 1'000'000) == "a: shunned: connect error 2003, until it answers");
}

TEST_CASE("candidates are exactly those that are chosen", "[router][backend]") {
  for (int bits = 0; bits < 3 * 3 * 3 * 3; ++bits) {
    INFO("combination " << bits);
    const auto member = [&](const char* name, int kind) {
      return kind == 0 ? Member{name} : kind == 1 ? Member{name, 1, kOnline, true} : Member{name, 0};
    };
    for (const Instant now : {kNow + 100, kNow + 1000}) {
      const auto group = hostgroup({member("a", bits % 3), member("b", bits / 3 % 3),
                                    member("c", bits / 9 % 3), member("d", bits / 27)});
      for (const ServerReason& reason : server_reasons(group, now)) {
        bool chosen = false;
        for (const double random : {0.1, 0.3, 0.6, 0.9})
          chosen |= choose(group, now, random) == reason.server;
        // With four servers of weight 1 each quarter, third or half of the range is hit by one of the draws.
        CHECK(chosen == reason.candidate);
      }
    }
  }
}

TEST_CASE("the share of a server in slow start is told, and looking starts nothing", "[router][backend]") {
  auto group = hostgroup({{"a"}, {"b"}, {"c", 1, kOnline, true}});
  const auto shares = [&](Instant now) {
    std::vector<std::int64_t> all;
    for (const ServerReason& reason : server_reasons(group, now)) all.push_back(reason.share);
    return all;
  };
  using Shares = std::vector<std::int64_t>;
  group.servers[1]->health().note_back();
  CHECK(shares(kNow) == Shares{1000, 1000, 1000});
  group.slow_start_ms = 10'000;
  CHECK(shares(kNow) == Shares{1000, 20, 20});
  CHECK(shares(kNow + 5000) == Shares{1000, 20, 20});  // nobody has asked for it yet
  CHECK(group.servers[1]->health().back_since(kNow + 5000) == kNow + 5000);
  CHECK(shares(kNow + 7500) == Shares{1000, 250, 20});
  CHECK(shares(kNow + 15'000) == Shares{1000, 1000, 20});
}

TEST_CASE("a hostgroup in one sentence", "[router][backend]") {
  CHECK(explain_servers(hostgroup({}), kNow) == "0 of 0 servers usable");
  CHECK(explain_servers(hostgroup({{"a", 1, kOnline, true},
                                   {"b", 1, ServerStatus::offline_soft},
                                   {"c", 0},
                                   {"d", 1, kOnline, true},
                                   {"e", 1, kOnline, false, 2},
                                   {"f"}}),
                        kNow) ==
        "1 of 6 servers usable: 2 shunned (last error 2003), 1 OFFLINE_SOFT, 1 weight 0, 1 at "
        "max_connections 2");
  auto forbidden = hostgroup({{"a"}, {"b"}});
  forbidden.max_num_online_servers = 1;
  CHECK(explain_servers(forbidden, kNow) == "more servers are online than max_num_online_servers 1");
}
