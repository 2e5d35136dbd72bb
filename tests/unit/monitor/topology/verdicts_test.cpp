// What is said of topologies that are not as they should be.
#include "monitor/topology/verdicts.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/monitor/topology/portraits.hpp"

namespace weir::test {
namespace {

// A primary "a" with replicas "b" and "c", all configured, and as it should be.
struct Trio {
  ServerPortrait a = portrait("a", 1);
  ServerPortrait b = replica("b", 2, "a", 1);
  ServerPortrait c = replica("c", 3, "a", 1);
};

// "item server VERDICT" of all that is not OK, without the overall verdict.
std::vector<std::string> troubles(const std::vector<Finding>& findings) {
  std::vector<std::string> troubles;
  for (const Finding& finding : findings) {
    if (finding.verdict == Verdict::ok || finding.item == "overall") continue;
    troubles.push_back(finding.item + " " + finding.server + " " + std::string(to_text(finding.verdict)));
  }
  return troubles;
}

std::vector<Finding> check(const std::vector<ServerPortrait>& portraits, const ConfiguredServers& known) {
  return check_topology(Topology(portraits, known, {}));
}

TEST_CASE("a topology as it should be is OK, item by item", "[verdicts]") {
  const Trio trio;
  const auto findings = check({trio.a, trio.b, trio.c}, configured({"a", "b", "c"}));
  CHECK(troubles(findings).empty());
  const std::size_t items = structure_items().size() + replication_items().size() + settings_items().size();
  REQUIRE(findings.size() == items + 1);
  for (const Finding& finding : findings) {
    INFO(finding.item);
    CHECK(finding.server == "all");
    CHECK_FALSE(finding.detail.empty());
  }
  CHECK(findings.back().item == "overall");
  CHECK(findings.back().detail == "errors: 0, warnings: 0");
}

struct Case {
  const char* name;
  void (*spoil)(Trio& trio);
  std::vector<std::string> troubles;
};

const GtidSet& transactions(const char* text) {
  static std::map<std::string, GtidSet> sets;
  return sets.try_emplace(text, *GtidSet::from_mysql(text)).first->second;
}
constexpr const char* kUpTo9 = "ac582829-e606-11f1-af64-02fc00000001:1-9";
constexpr const char* kUpTo5 = "ac582829-e606-11f1-af64-02fc00000001:1-5";

const Case kCases[] = {
    {"a replica is gone", [](Trio& trio) { trio.b = unreachable("b"); }, {"reachable b:3306 ERROR"}},
    {"a question is denied",
     [](Trio& trio) { trio.a.refused.push_back({"replicas", 1227, "Access denied"}); },
     {"privileges a:3306 WARN"}},
    {"equal ids", [](Trio& trio) { trio.c.variables["server_id"] = "2"; }, {"server_id c:3306 ERROR"}},
    {"no id", [](Trio& trio) { trio.c.variables["server_id"] = "0"; }, {"server_id c:3306 ERROR"}},
    {"a copied server",
     [](Trio& trio) { trio.c.variables["server_uuid"] = "uuid-2"; },
     {"server_uuid c:3306 ERROR"}},
    {"a server under two names",
     [](Trio& trio) {
       trio.c = trio.b;
       trio.c.host.name = "c";
     },
     {"same server c:3306 WARN"}},
    {"a source by a name that leads nowhere",
     [](Trio& trio) { trio.b.links[0].source.name = "db-of-old"; },
     {"names b:3306 WARN"}},
    {"a replica takes writes",
     [](Trio& trio) { trio.b.variables["read_only"] = "OFF"; },
     {"read_only b:3306 ERROR"}},
    {"nobody takes writes",
     [](Trio& trio) { trio.a.variables["read_only"] = "ON"; },
     {"read_only a:3306 ERROR"}},
    {"an applier has stopped",
     [](Trio& trio) { trio.b.links[0].sql = {"No", 1062, "Duplicate entry"}; },
     {"threads b:3306 ERROR"}},
    {"a replica cannot connect",
     [](Trio& trio) { trio.b.links[0].io = {"Connecting", 2003, "refused"}; },
     {"threads b:3306 ERROR"}},
    {"a replica is late", [](Trio& trio) { trio.b.links[0].lag_s = 61; }, {"lag b:3306 WARN"}},
    {"a replica is late on purpose",
     [](Trio& trio) {
       trio.b.links[0].lag_s = 3601;
       trio.b.links[0].delay_s = 3600;
     },
     {"delay b:3306 WARN"}},
    {"a replica has what its source has not",
     [](Trio& trio) {
       trio.b.position = transactions(kUpTo9);
       trio.a.position = trio.a.later_position = transactions(kUpTo5);
     },
     {"extra transactions b:3306 ERROR"}},
    {"a replica has what its source got after it was asked",
     [](Trio& trio) {
       trio.b.position = trio.a.later_position = transactions(kUpTo9);
       trio.a.position = transactions(kUpTo5);
     },
     {}},
    {"positions in place of GTIDs",
     [](Trio& trio) { trio.c.links[0].by_gtid = false; },
     {"gtid c:3306 WARN"}},
    {"GTIDs are off",
     [](Trio& trio) { trio.c.variables["gtid_mode"] = "OFF_PERMISSIVE"; },
     {"gtid c:3306 WARN"}},
    {"nobody confirms",
     [](Trio& trio) {
       trio.a.variables["rpl_semi_sync_source_enabled"] = "ON";
       trio.a.status["rpl_semi_sync_source_clients"] = "0";
     },
     {"semi-sync a:3306 WARN"}},
    {"nobody waits for who confirms",
     [](Trio& trio) { trio.b.variables["rpl_semi_sync_slave_enabled"] = "ON"; },
     {"semi-sync b:3306 WARN"}},
    {"an older replica", [](Trio& trio) { trio.b.variables["version"] = "8.0.36"; }, {"version b:3306 WARN"}},
    {"a newer replica", [](Trio& trio) { trio.b.variables["version"] = "9.1.0"; }, {}},
    {"versions that are no numbers",
     [](Trio& trio) {
       trio.a.variables["version"] = "99999999999.1";
       trio.b.variables["version"] = "1e300.1";
     },
     {}},
    {"a replica of the other kind",
     [](Trio& trio) {
       trio.b.variables["version"] = "10.11.6-MariaDB";
       trio.b.variables.erase("gtid_mode");
     },
     {"version b:3306 WARN"}},
    {"a wrong clock",
     [](Trio& trio) {
       trio.b.clock_ahead_s = -3600;
       trio.b.clock_error_s = 0.01;
     },
     {"clock b:3306 WARN"}},
    {"a clock that may be right",
     [](Trio& trio) {
       trio.b.clock_ahead_s = 1.5;
       trio.b.clock_error_s = 0.6;
     },
     {}},
    {"no log on a candidate",
     [](Trio& trio) { trio.b.variables["log_bin"] = "OFF"; },
     {"log_bin b:3306 ERROR"}},
    {"changes of the source are not logged",
     [](Trio& trio) { trio.b.variables["log_replica_updates"] = "OFF"; },
     {"log_slave_updates b:3306 ERROR"}},
    {"statements are logged",
     [](Trio& trio) { trio.a.variables["binlog_format"] = "MIXED"; },
     {"binlog_format a:3306 WARN"}},
    {"something is left out of the log",
     [](Trio& trio) { trio.a.log_filters = {"Binlog_Do_DB=shop"}; },
     {"filters a:3306 ERROR"}},
    {"something is not applied",
     [](Trio& trio) { trio.b.links[0].filters = {"Replicate_Do_DB=shop"}; },
     {"filters b:3306 ERROR"}},
    {"errors are skipped",
     [](Trio& trio) { trio.b.variables["slave_skip_errors"] = "1062"; },
     {"slave_skip_errors b:3306 ERROR"}},
    {"a source may hang for an hour",
     [](Trio& trio) { trio.b.variables["slave_net_timeout"] = "3600"; },
     {"slave_net_timeout b:3306 WARN"}},
    {"relay logs are kept",
     [](Trio& trio) { trio.b.variables["relay_log_purge"] = "OFF"; },
     {"relay_log_purge b:3306 WARN"}},
    {"a replica takes less",
     [](Trio& trio) {
       trio.a.variables["max_allowed_packet"] = "67108864";
       trio.b.variables["max_allowed_packet"] = "1048576";
       trio.c.variables["max_allowed_packet"] = "67108864";
     },
     {"max_allowed_packet b:3306 WARN"}},
    {"an impatient server",
     [](Trio& trio) { trio.a.variables["wait_timeout"] = "10"; },
     {"wait_timeout a:3306 WARN"}},
};

TEST_CASE("what is wrong is said of the server that it is wrong with", "[verdicts]") {
  for (const Case& c : kCases) {
    INFO(c.name);
    Trio trio;
    c.spoil(trio);
    const auto findings = check({trio.a, trio.b, trio.c}, configured({"a", "b", "c"}));
    CHECK(troubles(findings) == c.troubles);
    const bool error = !c.troubles.empty() && c.troubles.front().ends_with("ERROR");
    CHECK(findings.back().verdict == (error                ? Verdict::error
                                      : c.troubles.empty() ? Verdict::ok
                                                           : Verdict::warn));
  }
}

TEST_CASE("a server that Weir may not write to may lack what only a writer needs", "[verdicts]") {
  Trio trio;
  trio.b.variables["log_bin"] = "OFF";
  trio.c.links[0].filters = {"Replicate_Do_DB=shop"};
  ConfiguredServers known = configured({"a", "b", "c"});
  known[{"b", 3306}].reader_hostgroup.reset();
  known[{"c", 3306}].reader_hostgroup.reset();
  CHECK(troubles(check({trio.a, trio.b, trio.c}, known)) ==
        std::vector<std::string>{"log_bin b:3306 WARN", "filters c:3306 WARN"});
}

TEST_CASE("a server that is found is proposed for the hostgroup of those it belongs to", "[verdicts]") {
  Trio trio;
  trio.c.host.name = "it's c";
  trio.c.host.port = 3310;
  const auto findings = check({trio.a, trio.b, trio.c}, configured({"a", "b"}));
  REQUIRE(troubles(findings) == std::vector<std::string>{"configured it's c:3310 WARN"});
  for (const Finding& finding : findings) {
    if (finding.item != "configured") continue;
    CHECK(finding.detail.ends_with(
        "INSERT INTO mysql_servers (hostgroup_id, hostname, port) VALUES (1, 'it''s c', 3310)"));
  }
}

TEST_CASE("two that follow each other", "[verdicts]") {
  ServerPortrait a = replica("a", 1, "b", 2);
  ServerPortrait b = replica("b", 2, "a", 1);
  a.variables["read_only"] = "OFF";
  for (ServerPortrait* one : {&a, &b}) one->variables["auto_increment_increment"] = "2";
  a.variables["auto_increment_offset"] = "1";
  b.variables["auto_increment_offset"] = "2";
  // Each may have what the other has not got yet.
  a.position = b.later_position = transactions(kUpTo9);
  b.position = a.later_position = transactions(kUpTo5);
  CHECK(troubles(check({a, b}, configured({"a", "b"}))).empty());
  b.variables["auto_increment_offset"] = "3";
  b.variables["read_only"] = "OFF";
  CHECK(troubles(check({a, b}, configured({"a", "b"}))) ==
        std::vector<std::string>{"read_only a:3306 WARN", "auto_increment a:3306 ERROR"});
}

TEST_CASE("a ring of three, and a server that follows itself", "[verdicts]") {
  ServerPortrait a = replica("a", 1, "c", 3);
  a.variables["read_only"] = "OFF";
  for (const char* name : {"auto_increment_increment", "auto_increment_offset"}) a.variables.erase(name);
  CHECK(troubles(check({a, replica("b", 2, "a", 1), replica("c", 3, "b", 2)}, configured({"a", "b", "c"}))) ==
        std::vector<std::string>{"ring a:3306 ERROR"});
  ServerPortrait own = replica("a", 1, "a", 1);
  own.variables["read_only"] = "OFF";
  CHECK(troubles(check({own}, configured({"a"}))) == std::vector<std::string>{"ring a:3306 ERROR"});
}

TEST_CASE("servers that have nothing to do with each other are judged one by one", "[verdicts]") {
  // The same ids, both writable: two services.
  ServerPortrait other = portrait("x", 1);
  const Trio trio;
  ConfiguredServers known = configured({"a", "b", "c", "x"});
  known[{"x", 3306}] = {.hostgroups = {2, 3}, .reader_hostgroup = 3};
  CHECK(troubles(check({trio.a, trio.b, trio.c, other}, known)).empty());
  // In one pair of hostgroups they have to be one, unless something else feeds them.
  known = configured({"a", "b", "c", "x"});
  CHECK(troubles(check({trio.a, trio.b, trio.c, other}, known)) ==
        std::vector<std::string>{"one set x:3306 ERROR"});
  for (const char* group : {"wsrep_on", "group_replication_group_name"}) {
    ServerPortrait member = other;
    member.variables[group] = "ON";
    CHECK(troubles(check({trio.a, trio.b, trio.c, member}, known)).empty());
  }
}

TEST_CASE("a reader that has lost its source is named", "[verdicts]") {
  Trio trio;
  trio.c.links.clear();
  const auto found = troubles(check({trio.a, trio.b, trio.c}, configured({"a", "b", "c"})));
  CHECK(found == std::vector<std::string>{"one set c:3306 ERROR", "read_only c:3306 ERROR"});
}

}  // namespace
}  // namespace weir::test
