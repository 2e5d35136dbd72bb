// What a member of a cluster is good for, and what its answers mean.
#include "monitor/member_fitness.hpp"

#include <catch2/catch.hpp>

#include "monitor/cluster_rows.hpp"
#include "monitor/server_facts.hpp"
#include "router/config/variables.hpp"
#include "tests/support/query_answer.hpp"

namespace weir::test {
namespace {

using Cells = std::vector<std::vector<std::optional<std::string>>>;
using Word = Fitness::Word;

GaleraReading synced() {
  return {.primary = true, .read_only = false, .state = GaleraReading::kSynced};
}

struct GaleraCase {
  const char* name;
  void (*change)(GaleraReading&);
  Word word;
  const char* reason;
  bool behind = false, donor = false, cut_off = false;
};
const GaleraCase kGaleraCases[] = {
    {"synced and writable", [](GaleraReading&) {}, Word::writes, "read_only=0"},
    {"synced and read-only", [](GaleraReading& r) { r.read_only = true; }, Word::reads, "read_only=1"},
    {"not in the primary component", [](GaleraReading& r) { r.primary = false; }, Word::out,
     "it is not in the primary component (wsrep_cluster_status)", false, false, true},
    {"partitioned comes before all else",
     [](GaleraReading& r) {
       r.primary = false;
       r.state = 0;
       r.desync = r.rejects_queries = r.maintenance = true;
     },
     Word::out, "it is not in the primary component (wsrep_cluster_status)", false, false, true},
    {"desynced by the operator",
     [](GaleraReading& r) {
       r.desync = true;
       r.state = GaleraReading::kDonor;
     },
     Word::out, "wsrep_desync=ON"},
    {"desynced, and shown as synced", [](GaleraReading& r) { r.desync = true; }, Word::out,
     "wsrep_desync=ON"},
    {"a donor", [](GaleraReading& r) { r.state = GaleraReading::kDonor; }, Word::writes, "read_only=0", false,
     true},
    {"a donor that is read-only",
     [](GaleraReading& r) {
       r.state = GaleraReading::kDonor;
       r.read_only = true;
     },
     Word::reads, "read_only=1", false, true},
    {"a donor that rejects queries",
     [](GaleraReading& r) {
       r.state = GaleraReading::kDonor;
       r.donor_rejects_queries = true;
     },
     Word::out, "it is a donor that rejects queries"},
    {"one that would reject queries as a donor, and is none",
     [](GaleraReading& r) { r.donor_rejects_queries = true; }, Word::writes, "read_only=0"},
    {"not connected", [](GaleraReading& r) { r.state = 0; }, Word::out,
     "wsrep_local_state=0 (not connected)"},
    {"joining", [](GaleraReading& r) { r.state = 1; }, Word::out, "wsrep_local_state=1 (joining)"},
    {"joined", [](GaleraReading& r) { r.state = 3; }, Word::out,
     "wsrep_local_state=3 (joined, not yet synced)"},
    {"a state nobody knows", [](GaleraReading& r) { r.state = 7; }, Word::out,
     "wsrep_local_state=7 (not connected)"},
    {"rejecting queries", [](GaleraReading& r) { r.rejects_queries = true; }, Word::out,
     "wsrep_reject_queries is not NONE"},
    {"in maintenance", [](GaleraReading& r) { r.maintenance = true; }, Word::leaving,
     "pxc_maint_mode is not DISABLED"},
    {"in maintenance and rejecting queries",
     [](GaleraReading& r) { r.maintenance = r.rejects_queries = true; }, Word::out,
     "wsrep_reject_queries is not NONE"},
    {"read-only with a queue as long as allowed",
     [](GaleraReading& r) {
       r.read_only = true;
       r.recv_queue = 10;
     },
     Word::reads, "read_only=1"},
    {"read-only with a longer queue",
     [](GaleraReading& r) {
       r.read_only = true;
       r.recv_queue = 11;
     },
     Word::out, "wsrep_local_recv_queue is more than max_transactions_behind 10"},
    {"writable with a longer queue", [](GaleraReading& r) { r.recv_queue = 11; }, Word::writes, "read_only=0",
     true},
};

TEST_CASE("a Galera node in every state", "[cluster]") {
  for (const GaleraCase& one : kGaleraCases) {
    INFO(one.name);
    GaleraReading reading = synced();
    one.change(reading);
    CHECK(fitness_of(reading, 10) == Fitness{one.word, one.reason, one.behind, one.donor, one.cut_off});
  }
  GaleraReading slow = synced();
  slow.recv_queue = 1'000'000;
  CHECK_FALSE(fitness_of(slow, 0).behind);
}

TEST_CASE("a member of a group in every state", "[cluster]") {
  struct Case {
    GroupReading reading;
    Word word;
    const char* reason;
    bool behind = false, cut_off = false;
  };
  const Case cases[] = {
      {{.state = "ONLINE", .majority = true, .read_only = false}, Word::writes, "read_only=0"},
      {{.state = "ONLINE", .majority = true, .read_only = true}, Word::reads, "read_only=1"},
      {{.state = "ONLINE", .majority = true, .read_only = false, .single_primary = true, .primary = true},
       Word::writes,
       "read_only=0"},
      {{.state = "ONLINE", .majority = true, .read_only = true, .single_primary = true, .primary = true},
       Word::reads,
       "read_only=1"},
      {{.state = "ONLINE", .majority = true, .read_only = true, .single_primary = true},
       Word::reads,
       "read_only=1"},
      {{.state = "ONLINE", .majority = true, .read_only = false, .single_primary = true},
       Word::reads,
       "read_only=0, but it is not its group's primary"},
      {{.state = "ONLINE", .majority = false, .read_only = false},
       Word::out,
       "it sees no majority of its group",
       false,
       true},
      {{.state = "RECOVERING", .majority = true}, Word::out, "MEMBER_STATE is RECOVERING"},
      {{.state = "OFFLINE", .majority = true, .read_only = false}, Word::out, "MEMBER_STATE is OFFLINE"},
      {{.state = "ERROR"}, Word::out, "MEMBER_STATE is ERROR"},
      {{.state = "UNREACHABLE"}, Word::out, "MEMBER_STATE is UNREACHABLE"},
      {{}, Word::out, "it is in no group"},
      {{.state = "ONLINE", .majority = true, .behind = 10}, Word::reads, "read_only=1"},
      {{.state = "ONLINE", .majority = true, .behind = 11}, Word::reads, "read_only=1", true},
  };
  for (const Case& one : cases) {
    INFO(one.reading.state << " " << one.reading.behind);
    CHECK(fitness_of(one.reading, 10) == Fitness{one.word, one.reason, one.behind, false, one.cut_off});
  }
  CHECK(GroupReading{.state = "ONLINE", .majority = true}.viable());
  CHECK_FALSE(GroupReading{.state = "ONLINE"}.viable());
}

// ---- rows

SimpleQuery galera_answer(const Cells& rows) {
  return query_answer({"name", "value"}, rows);
}

TEST_CASE("the rows of a Galera node are read in any case and order", "[cluster]") {
  // As MariaDB 10.11 answers; Percona XtraDB Cluster writes the names in lower case.
  const auto reading = to_galera_reading(galera_answer({{"WSREP_LOCAL_RECV_QUEUE", "12"},
                                                        {"WSREP_LOCAL_STATE", "2"},
                                                        {"WSREP_CLUSTER_STATUS", "Primary"},
                                                        {"WSREP_REJECT_QUERIES", "ALL"},
                                                        {"WSREP_SST_DONOR_REJECTS_QUERIES", "ON"},
                                                        {"READ_ONLY", "OFF"},
                                                        {"WSREP_DESYNC", "ON"},
                                                        {"pxc_maint_mode", "MAINTENANCE"}}));
  REQUIRE(reading);
  CHECK(*reading == GaleraReading{.primary = true,
                                  .read_only = false,
                                  .state = 2,
                                  .recv_queue = 12,
                                  .desync = true,
                                  .rejects_queries = true,
                                  .donor_rejects_queries = true,
                                  .maintenance = true});
}

TEST_CASE("what a Galera node does not have is as if it were off", "[cluster]") {
  const Cells least{
      {"wsrep_cluster_status", "non-Primary"}, {"wsrep_local_state", "0"}, {"read_only", "NO_LOCK"}};
  const auto reading = to_galera_reading(galera_answer(least));
  REQUIRE(reading);
  CHECK(*reading == GaleraReading{.primary = false, .read_only = true, .state = 0});
  for (std::size_t left_out = 0; left_out < least.size(); ++left_out) {
    Cells rows = least;
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(left_out));
    CHECK_FALSE(to_galera_reading(galera_answer(rows)));
  }
  for (const char* strange : {"", "-1", "x", "1e300"}) {
    INFO(strange);
    Cells rows = least;
    rows[1][1] = strange;
    rows.push_back({"wsrep_local_recv_queue", strange});
    REQUIRE(to_galera_reading(galera_answer(rows)));
    CHECK(to_galera_reading(galera_answer(rows))->state == 0);
    CHECK(to_galera_reading(galera_answer(rows))->recv_queue == 0);
  }
}

TEST_CASE("the row of a member of a group", "[cluster]") {
  const std::vector<std::string> columns{
      "member_state",   "member_role",        "members", "present", "read_only",
      "single_primary", "transactions_behind"};
  struct Case {
    std::vector<std::optional<std::string>> row;
    GroupReading expected;
  };
  const Case cases[] = {
      {{"ONLINE", "PRIMARY", "3", "3", "0", "ON", "7"}, {"ONLINE", true, false, true, true, 7}},
      {{"ONLINE", "PRIMARY", "3", "2", "1", "OFF", "0"}, {"ONLINE", true, true, false, true, 0}},
      {{"ONLINE", "SECONDARY", "3", "1", "0", "ON", "0"}, {"ONLINE", false, false, true, false, 0}},
      {{"ONLINE", "SECONDARY", "2", "1", "0", "ON", "0"}, {"ONLINE", false, false, true, false, 0}},
      {{"RECOVERING", "SECONDARY", "1", "1", "1", std::nullopt, std::nullopt},
       {"RECOVERING", true, true, false, false, 0}},
      {{"OFFLINE", "", "1", "0", "1", "ON", std::nullopt}, {"OFFLINE", false, true, true, false, 0}},
  };
  for (const Case& one : cases) CHECK(to_group_reading(query_answer(columns, {one.row})) == one.expected);
  CHECK(to_group_reading(query_answer(columns, {})) == GroupReading{});
}

// ---- what checks add up to

Observation outcome(std::optional<ProbeFault> fault, std::uint16_t code = 0, Instant at = 5) {
  Observation seen{.check = CheckKind::galera, .at = at};
  if (fault) seen.failure = ProbeFailure{*fault, code, "why"};
  return seen;
}

TEST_CASE("time-outs are counted in a row, and errors stand until there is a reading", "[cluster]") {
  MemberFacts facts;
  Observation good = outcome(std::nullopt);
  good.member = synced();
  note_member(facts, outcome(ProbeFault::timed_out));
  note_member(facts, outcome(ProbeFault::timed_out));
  CHECK(facts.unanswered == 2);
  CHECK_FALSE(facts.reading);
  note_member(facts, good);
  CHECK(facts.unanswered == 0);
  CHECK(facts.writable_since == 5);
  good.at = 9;
  note_member(facts, good);
  CHECK(facts.writable_since == 5);
  note_member(facts, outcome(ProbeFault::server_error, 1047));
  CHECK(facts.error == "why");
  note_member(facts, outcome(ProbeFault::timed_out));
  CHECK(facts.error == "why");
  good.member = GaleraReading{.primary = true, .read_only = true, .state = 4};
  note_member(facts, good);
  CHECK(facts.error.empty());
  CHECK(facts.writable_since == kNever);
  CHECK(facts.readings == 3);
}

TEST_CASE("who does not let the monitor see says nothing of itself", "[cluster]") {
  MemberFacts facts;
  for (const int code : {1044, 1045, 1142, 1143, 1226, 1227, 1820})
    note_member(facts, outcome(ProbeFault::server_error, static_cast<std::uint16_t>(code)));
  for (const ProbeFault fault : {ProbeFault::access_denied, ProbeFault::too_many_connections,
                                 ProbeFault::refused, ProbeFault::unreachable, ProbeFault::not_asked})
    note_member(facts, outcome(fault));
  CHECK(facts.error.empty());
  CHECK(facts.unanswered == 0);
}

TEST_CASE("what a member says of read_only is not for a pair that asks by itself", "[cluster]") {
  ServerFacts facts;
  Observation member = outcome(std::nullopt);
  member.member = synced();
  member.read_only = false;
  note(facts, member, defaults());
  CHECK(facts.read_only == false);
  note(facts, {.check = CheckKind::read_only, .at = 6, .read_only = true}, defaults());
  note(facts, member, defaults());
  CHECK(facts.read_only == true);
}

}  // namespace
}  // namespace weir::test
