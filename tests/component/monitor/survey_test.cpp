// Servers are asked who replicates from whom, until nobody new is named.
#include "monitor/topology/survey.hpp"

#include <catch2/catch.hpp>

#include "tests/component/monitor/probe_asker.hpp"

namespace weir::test {
namespace {

std::string uuid_of(int id) {
  return "ac582829-e606-11f1-af64-00000000000" + std::to_string(id);
}

// A server of MySQL 8.4, as far as it is asked here.
struct Node {
  Node(Loop& loop, int server_id) : server(loop), id(server_id) {
    server.on("SHOW GLOBAL VARIABLES", [this](ServerSide& side) {
      side.head({"Variable_name", "Value"});
      side.row({"version", "8.4.0"});
      side.row({"server_id", std::to_string(id)});
      side.row({"server_uuid", uuid_of(id)});
      side.row({"hostname", "h" + std::to_string(id)});
      side.row({"read_only", "OFF"});
      side.end_rows();
    });
    server.on("SHOW ALL SLAVES STATUS",
              [](ServerSide& side) { side.err(1064, "You have an error", "42000"); });
    server.on("SHOW REPLICA STATUS", [this](ServerSide& side) {
      side.head({"Source_Host", "Source_Port", "Source_UUID", "Source_Server_Id", "Replica_IO_Running",
                 "Replica_SQL_Running", "Seconds_Behind_Source"});
      if (source != nullptr)
        side.row({"127.0.0.1", std::to_string(source->server.port()), uuid_of(source->id),
                  std::to_string(source->id), "Yes", "Yes", "0"});
      side.end_rows();
    });
    server.on("SHOW REPLICAS", [this](ServerSide& side) {
      side.head({"Server_Id", "Host", "Port", "Source_Id", "Replica_UUID"});
      for (const Node* replica : listed)
        side.row({std::to_string(replica->id), report_host, std::to_string(replica->server.port()),
                  std::to_string(id), uuid_of(replica->id)});
      side.end_rows();
    });
    server.on("SELECT HOST", [](ServerSide& side) { side.rows("host", {"127.0.0.1:4711"}); });
    server.on("SHOW BINARY LOG STATUS", [](ServerSide& side) {
      side.head({"File", "Position"});
      side.row({"binlog.000001", "158"});
      side.end_rows();
    });
    server.on("SHOW GLOBAL STATUS", [](ServerSide& side) {
      side.head({"Variable_name", "Value"});
      side.end_rows();
    });
    server.on("SELECT UNIX_TIMESTAMP", [](ServerSide& side) { side.rows("now_s", {"1000.5"}); });
    server.on("SELECT @@global.gtid_executed", [this](ServerSide& side) {
      side.rows("gtid_executed", {uuid_of(1) + ":1-" + std::to_string(++asked)});
    });
  }

  Host host() const { return {"127.0.0.1", server.port()}; }
  void follow(Node& other) {
    source = &other;
    other.listed.push_back(this);
  }

  ScriptedServer server;
  const int id;
  Node* source = nullptr;
  std::vector<const Node*> listed;
  std::string report_host = "127.0.0.1";
  int asked = 0;  // for its position
};

// a, b and c follow each other in a chain.
struct SurveyScene {
  Loop loop;
  Node a{loop, 1}, b{loop, 2}, c{loop, 3};
  SurveyPlan plan{.account = monitor_account(), .limits = {30'000, 30'000}};
  std::optional<Result<Topology, std::string>> found;
  Surveys surveys{loop};

  SurveyScene() {
    b.follow(a);
    c.follow(b);
  }
  void configure(std::initializer_list<Node*> nodes) {
    for (Node* node : nodes) plan.configured[node->host()] = {.hostgroups = {1}};
  }
  const Topology& survey(std::initializer_list<Node*> seeds) {
    plan.seeds.clear();
    for (Node* node : seeds) plan.seeds.push_back(node->host());
    found.reset();
    surveys.start(plan, [this](Result<Topology, std::string> now) { found = std::move(now); });
    CHECK_FALSE(found.has_value());
    REQUIRE(run_until(loop, [&] {
      for (Node* node : {&a, &b, &c}) node->server.step();
      return found.has_value();
    }));
    REQUIRE(found->has_value());
    return **found;
  }
  std::string drawn(const Topology& topology) {
    std::string text;
    for (const TreeRow& row : draw(topology)) {
      const TopologyServer& server = topology.servers()[row.server];
      text +=
          row.lead + std::to_string(server.portrait.server_id()) + " " + std::string(role_of(server)) + "\n";
    }
    return text;
  }
};

constexpr const char* kChain = "1 primary\n`- 2 relay\n   `- 3 replica\n";

TEST_CASE("from any one server the others are found", "[survey]") {
  SurveyScene scene;
  for (Node* seed : {&scene.a, &scene.b, &scene.c}) {
    INFO(seed->id);
    CHECK(scene.drawn(scene.survey({seed})) == kChain);
  }
}

TEST_CASE("a configured server is asked once, and what is found is not configured", "[survey]") {
  SurveyScene scene;
  scene.configure({&scene.a, &scene.b});
  const Topology& topology = scene.survey({&scene.a, &scene.b});
  CHECK(scene.drawn(topology) == kChain);
  CHECK(topology.servers()[0].configured.has_value());
  CHECK_FALSE(topology.servers()[2].configured.has_value());
  CHECK(scene.a.server.accepted() == 1);
  CHECK(scene.c.server.side(1).user() == "monitor");
}

TEST_CASE("replicas without report_host are found where their connections come from", "[survey]") {
  SurveyScene scene;
  for (Node* node : {&scene.a, &scene.b}) node->report_host = "";
  CHECK(scene.drawn(scene.survey({&scene.a})) == kChain);
  CHECK(scene.a.server.count("SELECT HOST") == 1);
  CHECK(scene.c.server.count("SELECT HOST") == 0);  // it has no replicas
}

TEST_CASE("what a source has later decides what its replica has alone", "[survey]") {
  SurveyScene scene;
  const Topology& topology = scene.survey({&scene.a});
  const ServerPortrait& source = topology.servers()[0].portrait;
  REQUIRE(source.position.has_value());
  REQUIRE(source.later_position.has_value());
  CHECK(source.later_position->count_beyond(*source.position) == 1);
  CHECK_FALSE(topology.servers()[2].portrait.later_position.has_value());
  CHECK(source.clock_ahead_s.has_value());
}

TEST_CASE("a question that is denied is noted, and the others are asked", "[survey]") {
  SurveyScene scene;
  scene.a.server.on("SHOW REPLICAS", [](ServerSide& side) { side.err(1227, "Access denied", "42000"); });
  const Topology& topology = scene.survey({&scene.a});
  REQUIRE(topology.servers().size() == 1);
  const RefusedQuestion* refused = topology.servers()[0].portrait.find_refused("replicas");
  REQUIRE(refused != nullptr);
  CHECK(refused->message == "Access denied");
  CHECK(topology.servers()[0].portrait.log_position == "binlog.000001:158");
  CHECK(topology.servers()[0].portrait.find_refused("replication") == nullptr);
}

TEST_CASE("who does not answer is part of the topology", "[survey]") {
  SurveyScene scene;
  scene.a.server.stop_listening();
  CHECK(scene.drawn(scene.survey({&scene.c})) == "0 not reached\n`- 2 relay\n   `- 3 replica\n");
  // One that hangs in the middle of its answers.
  scene.plan.limits.question_ms = 20;
  scene.b.server.on("SHOW REPLICAS", [](ServerSide& side) { side.hold(); });
  const Topology& topology = scene.survey({&scene.b});
  REQUIRE(topology.servers().size() >= 1);
  CHECK(topology.servers()[0].portrait.failure->fault == ProbeFault::timed_out);
}

TEST_CASE("a survey that takes too long ends with what it has", "[survey]") {
  SurveyScene scene;
  scene.plan.limits = {600'000, 600'000};
  scene.plan.limit_ms = 50;
  scene.a.server.on("SHOW GLOBAL VARIABLES", [](ServerSide& side) { side.hold(); });
  const Topology& topology = scene.survey({&scene.a});
  REQUIRE(topology.servers().size() == 1);
  CHECK(topology.servers()[0].portrait.failure->message ==
        "timeout: it had not answered everything within 50 ms");
}

TEST_CASE("too many surveys at once are refused", "[survey]") {
  SurveyScene scene;
  scene.plan.seeds = {scene.a.host()};
  std::size_t done = 0, refused = 0;
  for (std::size_t i = 0; i < Surveys::kAtOnce + 3; ++i) {
    scene.surveys.start(scene.plan,
                        [&](const Result<Topology, std::string>& now) { ++(now ? done : refused); });
  }
  CHECK(refused == 3);
  REQUIRE(run_until(scene.loop, [&] {
    for (Node* node : {&scene.a, &scene.b, &scene.c}) node->server.step();
    return done == Surveys::kAtOnce;
  }));
  CHECK(scene.drawn(scene.survey({&scene.a})) == kChain);
}

}  // namespace
}  // namespace weir::test
