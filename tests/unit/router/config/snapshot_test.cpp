#include "router/config/snapshot.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "router/backend/balance.hpp"
#include "router/config/variables.hpp"
#include "tests/support/allocation_count.hpp"

using namespace weir;

namespace {

ServerRow server(std::int64_t hostgroup, const std::string& host, std::int64_t port = 3306) {
  ServerRow row;
  row.hostgroup_id = hostgroup;
  row.hostname = host;
  row.port = port;
  return row;
}

UserRow user(const std::string& name, std::int64_t hostgroup = 0) {
  UserRow row;
  row.username = name;
  row.password = "secret";
  row.default_hostgroup = hostgroup;
  return row;
}

// A writer, two readers, their pair, a user and a rule.
Tables cluster() {
  Tables tables;
  tables.servers = {server(1, "r1"), server(0, "w"), server(1, "r2", 3307)};
  ReplicationHostgroupRow pair;
  pair.reader_hostgroup = 1;
  tables.replication_hostgroups = {pair};
  tables.users = {user("app")};
  QueryRuleRow rule;
  rule.rule_id = 10;
  rule.active = true;
  rule.match_digest = "^SELECT c FROM reports";
  rule.destination_hostgroup = 1;
  tables.query_rules = {rule};
  return tables;
}

std::vector<std::string> texts(const Complaints& complaints) {
  std::vector<std::string> result;
  for (const Complaint& complaint : complaints) result.push_back(to_text(complaint));
  return result;
}

}  // namespace

TEST_CASE("a snapshot answers what the path of a query asks", "[router][config][snapshot]") {
  ServerStates states;
  const auto built = build_snapshot(cluster(), defaults(), states, nullptr);
  REQUIRE(built.has_value());
  const Snapshot& snapshot = **built;
  CHECK(snapshot.version() == 1);
  CHECK(snapshot.warnings().empty());

  REQUIRE(snapshot.find_user("app") != nullptr);
  CHECK(snapshot.find_user("app")->password == "secret");
  CHECK(snapshot.find_user("app")->backend_password == "secret");
  CHECK(snapshot.find_user("ap") == nullptr);
  CHECK(snapshot.find_user("") == nullptr);

  REQUIRE(snapshot.find_hostgroup(1) != nullptr);
  CHECK(snapshot.find_hostgroup(1)->servers.size() == 2);
  CHECK(snapshot.find_hostgroup(1)->servers[1]->name == "r2:3307");
  CHECK(snapshot.find_hostgroup(2) == nullptr);
  CHECK(snapshot.find_hostgroup(-1) == nullptr);

  REQUIRE(snapshot.pair_of(0) != nullptr);
  CHECK(snapshot.pair_of(0)->reader == 1);
  CHECK(snapshot.pair_of(1) == nullptr);

  const auto& reader = snapshot.find_hostgroup(1)->servers[0];
  CHECK(snapshot.find_server(*reader->state) == reader.get());
  CHECK(snapshot.rules().rules().size() == 1);
}

TEST_CASE("what the path of a query asks is answered without allocating", "[router][config][snapshot]") {
  ServerStates states;
  const auto snapshot = build_snapshot(cluster(), defaults(), states, nullptr).value();
  const weir::test::AllocationCount count;
  const User* user = snapshot->find_user("app");
  const HostgroupPair* pair = snapshot->pair_of(user->default_hostgroup);
  const Server* server = choose(*snapshot->find_hostgroup(pair->reader), 1000, 0.7);
  const bool granted = server->slots().try_acquire(server->max_connections);
  const bool waiting = server->slots().anyone_waiting();
  const bool same = snapshot->find_server(*server->state) == server;
  CHECK(count.allocations() == 0);
  CHECK((granted && !waiting && same));
}

TEST_CASE("inactive users and those without a hostgroup are not loaded", "[router][config][snapshot]") {
  Tables tables = cluster();
  tables.users = {user("off"), user("nowhere", -1), user("tls"), user("half"), user("half")};
  tables.users[0].active = false;
  tables.users[2].use_ssl = true;
  tables.users[3].backend = false;
  tables.users[4].frontend = false;
  tables.users[4].password = "other";
  ServerStates states;
  const auto built = build_snapshot(tables, defaults(), states, nullptr);
  REQUIRE(built.has_value());
  CHECK((*built)->find_user("off") == nullptr);
  CHECK((*built)->find_user("nowhere") == nullptr);
  REQUIRE((*built)->find_user("tls") != nullptr);
  CHECK((*built)->find_user("tls")->frontend);
  CHECK((*built)->find_user("tls")->use_ssl);
  const User* half = (*built)->find_user("half");
  REQUIRE(half != nullptr);
  CHECK((half->frontend && half->backend));
  CHECK(half->password == "secret");
  CHECK(half->backend_password == "other");
  CHECK(texts((*built)->warnings()) ==
        std::vector<std::string>{"warning: mysql_users (username=nowhere, backend=1), default_hostgroup: is "
                                 "negative: the row is not loaded"});
}

TEST_CASE("who must use TLS and cannot is warned of", "[router][config][snapshot]") {
  Tables tables = cluster();
  tables.users = {user("tls")};
  tables.users[0].use_ssl = true;
  Settings settings = defaults();
  settings.have_ssl = false;
  ServerStates states;
  const auto built = build_snapshot(tables, settings, states, nullptr);
  REQUIRE(built.has_value());
  CHECK(texts((*built)->warnings()) ==
        std::vector<std::string>{"warning: mysql_users (username=tls, backend=1), use_ssl: mysql-have_ssl is "
                                 "false: clients cannot log in as 'tls', but by a Unix socket"});
}

TEST_CASE("every mistake of a configuration is said at once, and nothing is built",
          "[router][config][snapshot]") {
  Tables tables = cluster();
  tables.servers[0].port = 70000;
  tables.servers[1].hostname.clear();
  tables.servers.push_back(server(1, "r2", 3307));
  tables.servers.push_back(server(1, "/run/a.sock"));
  tables.servers.push_back(server(1, "host", 0));
  tables.users.push_back(user(""));
  ReplicationHostgroupRow crossed;
  crossed.writer_hostgroup = 1;
  crossed.reader_hostgroup = 0;
  tables.replication_hostgroups.push_back(crossed);
  ServerStates states;
  const auto built = build_snapshot(tables, defaults(), states, nullptr);
  REQUIRE_FALSE(built.has_value());
  CHECK(texts(built.error()) ==
        std::vector<std::string>{
            "mysql_servers (hostgroup_id=1, hostname=r1, port=70000), port: 70000 is not in 0..65535",
            "mysql_servers (hostgroup_id=1, hostname=r2, port=3307), hostgroup_id, hostname, port: repeats "
            "row 3; each may occur once",
            "mysql_servers (hostgroup_id=0, hostname=, port=3306), hostname: may not be empty",
            "mysql_servers (hostgroup_id=1, hostname=/run/a.sock, port=3306), port: must be 0 if hostname is "
            "the path of a Unix socket",
            "mysql_servers (hostgroup_id=1, hostname=host, port=0), port: 0 needs the path of a Unix socket, "
            "beginning with /, as hostname",
            "mysql_users (username=, backend=1), username: may not be empty",
            "mysql_replication_hostgroups (writer_hostgroup=1), writer_hostgroup: 1 is already "
            "reader_hostgroup of "
            "mysql_replication_hostgroups (writer_hostgroup=0); a hostgroup has one role",
            "mysql_replication_hostgroups (writer_hostgroup=1), reader_hostgroup: 0 is already "
            "writer_hostgroup of "
            "mysql_replication_hostgroups (writer_hostgroup=0); a hostgroup has one role"});
}

TEST_CASE("a rule that does not compile refuses the configuration", "[router][config][snapshot]") {
  Tables tables = cluster();
  tables.query_rules[0].match_digest = "(";
  ServerStates states;
  const auto built = build_snapshot(tables, defaults(), states, nullptr);
  REQUIRE_FALSE(built.has_value());
  REQUIRE(built.error().size() == 1);
  CHECK(built.error()[0].table == "mysql_query_rules");
  CHECK(built.error()[0].column == "match_digest");
}

TEST_CASE("hostgroups without servers are warned of where they are named", "[router][config][snapshot]") {
  Tables tables = cluster();
  tables.servers.resize(2);
  tables.servers.erase(tables.servers.begin());  // the writer stays
  ServerStates states;
  const auto built = build_snapshot(tables, defaults(), states, nullptr);
  REQUIRE(built.has_value());
  CHECK(texts((*built)->warnings()) ==
        std::vector<std::string>{
            "warning: mysql_query_rules (rule_id=10), destination_hostgroup: hostgroup 1 has no server",
            "warning: mysql_replication_hostgroups (writer_hostgroup=0), reader_hostgroup: hostgroup 1 has "
            "no server"});
}

TEST_CASE("a reload shares what is the same and keeps the state of servers", "[router][config][snapshot]") {
  ServerStates states;
  const auto first = build_snapshot(cluster(), defaults(), states, nullptr).value();
  Tables tables = cluster();
  tables.users.push_back(user("other"));
  const auto second = build_snapshot(tables, defaults(), states, first).value();
  CHECK(second->version() == 2);
  CHECK(&second->servers_part() == &first->servers_part());
  CHECK(&second->rules_part() == &first->rules_part());
  CHECK(&second->settings() == &first->settings());
  CHECK(&second->users_part() != &first->users_part());

  const auto& state = *first->find_hostgroup(1)->servers[0]->state;
  REQUIRE(first->find_hostgroup(1)->servers[0]->slots().try_acquire(1));
  tables.servers[0].weight = 7;
  tables.servers.erase(tables.servers.begin() + 1);  // the writer goes
  const auto third = build_snapshot(tables, defaults(), states, second).value();
  REQUIRE(third->find_server(state) != nullptr);
  CHECK(third->find_server(state)->weight == 7);
  CHECK(third->find_server(state)->slots().used() == 1);
  CHECK(third->find_server(*first->find_hostgroup(0)->servers[0]->state) == nullptr);
}

TEST_CASE("loading changed servers brings shunned ones back, loading users does not",
          "[router][config][snapshot]") {
  ServerStates states;
  const auto first = build_snapshot(cluster(), defaults(), states, nullptr).value();
  ServerHealth& health = first->find_hostgroup(0)->servers[0]->health();
  for (int i = 0; i < 5; ++i) health.note_connect_error(1000, 2003, defaults());
  REQUIRE_FALSE(health.eligible(1001));

  Tables tables = cluster();
  tables.users.push_back(user("other"));
  const auto second = build_snapshot(tables, defaults(), states, first).value();
  Settings settings = defaults();
  settings.free_connections_pct = 50;
  const auto third = build_snapshot(tables, settings, states, second).value();
  CHECK(third->find_hostgroup(0)->free_connections_pct == 50);
  CHECK_FALSE(health.eligible(1001));

  tables.servers[0].port = -1;
  CHECK_FALSE(build_snapshot(tables, settings, states, third).has_value());
  CHECK_FALSE(health.eligible(1001));  // refused: nothing happened

  tables.servers[0].port = 3308;
  CHECK(build_snapshot(tables, settings, states, third).has_value());
  CHECK(health.eligible(1001));
}

TEST_CASE("attributes of a hostgroup override the settings", "[router][config][snapshot]") {
  Tables tables = cluster();
  HostgroupAttributesRow row;
  row.hostgroup_id = 1;
  row.free_connections_pct = 30;
  row.multiplex = false;
  row.max_num_online_servers = 1;
  tables.hostgroup_attributes = {row};
  ServerStates states;
  const auto snapshot = build_snapshot(tables, defaults(), states, nullptr).value();
  CHECK(snapshot->find_hostgroup(0)->free_connections_pct == 10);
  CHECK(snapshot->find_hostgroup(0)->multiplex);
  CHECK(snapshot->find_hostgroup(1)->free_connections_pct == 30);
  CHECK_FALSE(snapshot->find_hostgroup(1)->multiplex);
  CHECK(snapshot->find_hostgroup(1)->max_num_online_servers == 1);
}

TEST_CASE("routing by user and schema comes with the rules", "[router][config][snapshot]") {
  Tables tables = cluster();
  tables.fast_routing = {{.username = "ann", .schemaname = "shop", .destination_hostgroup = 1}};
  ServerStates states;
  const auto first = build_snapshot(tables, defaults(), states, nullptr).value();
  CHECK(first->rules().fast_routing().find("ann", "shop", 0) == 1);
  CHECK_FALSE(first->rules().fast_routing().find("bob", "shop", 0).has_value());
  tables.fast_routing[0].destination_hostgroup = 0;
  const auto second = build_snapshot(tables, defaults(), states, first).value();
  CHECK(second->rules().fast_routing().find("ann", "shop", 0) == 0);
  const auto third = build_snapshot(tables, defaults(), states, second).value();
  CHECK(&third->rules_part() == &second->rules_part());
}

TEST_CASE("rules are compiled for the engine that is asked for", "[router][config][snapshot]") {
  Tables tables = cluster();
  tables.query_rules = {{.rule_id = 1, .active = true, .match_pattern = "^.$"}};
  ServerStates states;
  Settings settings = defaults();
  const auto bytes = build_snapshot(tables, settings, states, nullptr).value();
  settings.query_processor_regex = 2;
  const auto characters = build_snapshot(tables, settings, states, bytes).value();
  const auto matches = [](const Snapshot& snapshot) {
    MatchContext context;
    const auto& pattern = *snapshot.rules().rules()[0].match_pattern;
    return pattern.search("\xc3\xa9", context) == MatchOutcome::match;  // one character, two bytes
  };
  CHECK_FALSE(matches(*bytes));
  CHECK(matches(*characters));
}

TEST_CASE("character set and collation are made to fit", "[router][config][snapshot]") {
  struct Case {
    const char *charset, *collation, *charset_after, *collation_after;
    bool warned;
  };
  for (const Case& c :
       std::initializer_list<Case>{{"utf8", "utf8_general_ci", "utf8", "utf8_general_ci", false},
                                   {"utf8", "utf8mb4_general_ci", "utf8", "utf8_general_ci", false},
                                   {"utf8mb4", "utf8mb4_unicode_ci", "utf8mb4", "utf8mb4_unicode_ci", false},
                                   {"latin1", "utf8mb4_unicode_ci", "utf8mb4", "utf8mb4_unicode_ci", true}}) {
    CAPTURE(c.charset, c.collation);
    Settings settings = defaults();
    settings.default_charset = c.charset;
    settings.default_collation_connection = c.collation;
    ServerStates states;
    const auto snapshot = build_snapshot(cluster(), settings, states, nullptr).value();
    CHECK(snapshot->settings().default_charset == c.charset_after);
    CHECK(snapshot->settings().default_collation_connection == c.collation_after);
    const bool warned = std::ranges::any_of(snapshot->warnings(), [](const Complaint& complaint) {
      return complaint.text.find("does not fit") != std::string::npos;
    });
    CHECK(warned == c.warned);
  }
}

TEST_CASE("variables without effect are named", "[router][config][snapshot]") {
  Settings settings = defaults();
  REQUIRE(set_variable(settings, "mysql-sessions_sort", "false").has_value());
  REQUIRE(set_variable(settings, "mysql-throttle_connections_per_sec_to_hostgroup", "5").has_value());
  REQUIRE(set_variable(settings, "mysql-wait_timeout", "5000").has_value());
  ServerStates states;
  const auto snapshot = build_snapshot(cluster(), settings, states, nullptr).value();
  CHECK(texts(snapshot->warnings()) ==
        std::vector<std::string>{
            "warning: global_variables, mysql-throttle_connections_per_sec_to_hostgroup: has no effect: this "
            "version does not limit the rate; max_connections of each server holds",
            "warning: global_variables, mysql-sessions_sort: has no effect: sessions cost nothing while they "
            "idle, and wait "
            "in line when they do not"});
}

TEST_CASE("what hostgroup_settings say of the balance is the hostgroup's, and each server's",
          "[router][config][snapshot]") {
  Tables tables = cluster();
  HostgroupAttributesRow attributes;
  attributes.hostgroup_id = 1;
  attributes.hostgroup_settings = R"({"balance":"peak_ewma","slow_start_ms":5000})";
  tables.hostgroup_attributes = {attributes};
  tables.servers[0].max_latency_ms = 7;
  ServerStates states;
  const auto built = build_snapshot(tables, defaults(), states, nullptr).value();
  CHECK(built->warnings().empty());
  const Hostgroup& readers = *built->find_hostgroup(1);
  CHECK(readers.balance == Balance::peak_ewma);
  CHECK(readers.slow_start_ms == 5000);
  for (const auto& member : readers.servers) CHECK(member->balance == Balance::peak_ewma);
  CHECK(readers.servers[0]->max_latency_ms == 7);
  CHECK(readers.servers[1]->max_latency_ms == defaults().default_max_latency_ms);
  CHECK(built->find_hostgroup(0)->balance == Balance::weighted);
  CHECK(built->find_hostgroup(0)->servers[0]->balance == Balance::weighted);

  Settings settings = defaults();
  settings.default_max_latency_ms = 9;
  const auto other = build_snapshot(tables, settings, states, built).value();
  CHECK(other->find_hostgroup(1)->servers[1]->max_latency_ms == 9);

  tables.hostgroup_attributes[0].hostgroup_settings = R"({"balance":"fast"})";
  const auto refused = build_snapshot(tables, defaults(), states, built);
  REQUIRE(!refused.has_value());
  CHECK(texts(refused.error()) ==
        std::vector<std::string>{
            "mysql_hostgroup_attributes (hostgroup_id=1), hostgroup_settings: balance must be "
            "one of weighted, least_in_flight, peak_ewma"});
}

TEST_CASE("servers are compressed to by what their hostgroup says, if their row says so",
          "[router][config][snapshot]") {
  Tables tables = cluster();
  for (ServerRow& row : tables.servers) row.compression = row.hostname != "r2";
  HostgroupAttributesRow attributes;
  attributes.hostgroup_id = 1;
  attributes.hostgroup_settings = R"({"compression_algorithm":"zstd"})";
  tables.hostgroup_attributes = {attributes};
  Settings settings = defaults();
  settings.protocol_compression_level = 5;
  ServerStates states;
  const auto built = build_snapshot(tables, settings, states, nullptr).value();
  CHECK(built->warnings().empty());
  const Server& writer = *built->find_hostgroup(0)->servers[0];
  CHECK(writer.compression == Compression::zlib);
  CHECK(writer.compression_level == 5);
  CHECK(built->find_hostgroup(1)->servers[0]->compression == Compression::zstd);
  CHECK(built->find_hostgroup(1)->servers[1]->compression == Compression::none);

  tables.hostgroup_attributes[0].hostgroup_settings = R"({"compression_algorithm":"lz4"})";
  const auto refused = build_snapshot(tables, settings, states, built);
  REQUIRE(!refused.has_value());
  CHECK(texts(refused.error()) ==
        std::vector<std::string>{"mysql_hostgroup_attributes (hostgroup_id=1), hostgroup_settings: "
                                 "compression_algorithm must be one of zlib, zstd"});
}

TEST_CASE("servers that the operator brings back start slowly, those that worked all along do not",
          "[router][config][snapshot]") {
  constexpr Instant kNow = 5000;
  Tables tables = cluster();
  tables.servers[2].status = "OFFLINE_SOFT";
  ServerStates states;
  const auto before = build_snapshot(tables, defaults(), states, nullptr).value();
  for (const Hostgroup& hostgroup : before->hostgroups()) {
    for (const auto& member : hostgroup.servers) CHECK(member->health().back_since(kNow) == kNever);
  }
  tables.servers[2].status = "ONLINE";
  tables.servers.push_back(server(1, "r3"));
  tables.servers.push_back(server(7, "first of its hostgroup"));
  const auto after = build_snapshot(tables, defaults(), states, before).value();
  std::map<std::string, Instant> back;
  for (const Hostgroup& hostgroup : after->hostgroups()) {
    for (const auto& member : hostgroup.servers) back[member->hostname] = member->health().back_since(kNow);
  }
  CHECK(back ==
        std::map<std::string, Instant>{
            {"w", kNever}, {"r1", kNever}, {"r2", kNow}, {"r3", kNow}, {"first of its hostgroup", kNever}});
}
