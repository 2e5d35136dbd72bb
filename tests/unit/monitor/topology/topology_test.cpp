// Who replicates from whom, by what servers say of each other.
#include "monitor/topology/topology.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/monitor/topology/portraits.hpp"

namespace weir::test {
namespace {

std::string names(const std::vector<Host>& hosts) {
  std::string text;
  for (const Host& host : hosts) text += (text.empty() ? "" : " ") + host.text();
  return text;
}

// "a primary\n`- b replica\n"
std::string drawn(const Topology& topology) {
  std::string text;
  for (const TreeRow& row : draw(topology)) {
    const TopologyServer& server = topology.servers()[row.server];
    text += row.lead + server.host().name + " " + std::string(role_of(server)) + (row.again ? " again" : "") +
            "\n";
  }
  return text;
}

struct Case {
  const char* name;
  std::vector<ServerPortrait> portraits;
  std::string drawn;
  std::string unasked{};
};

ServerPortrait with_source(ServerPortrait portrait, const std::string& source, std::uint32_t source_id) {
  portrait.links.push_back(link_to(source, source_id));
  return portrait;
}

ServerPortrait listing(ServerPortrait portrait, ListedReplica replica) {
  portrait.listed.push_back(std::move(replica));
  return portrait;
}

// MariaDB has no uuids.
ServerPortrait without_uuids(ServerPortrait portrait) {
  portrait.variables.erase("server_uuid");
  for (ReplicationLink& link : portrait.links) link.source_uuid.clear();
  return portrait;
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"one server", {portrait("a", 1)}, "a alone\n"},
      {"a primary and two replicas",
       {replica("c", 3, "a", 1), portrait("a", 1), replica("b", 2, "a", 1)},
       "a primary\n|- c replica\n`- b replica\n"},
      {"a relay",
       {portrait("a", 1), replica("b", 2, "a", 1), replica("c", 3, "b", 2), replica("d", 4, "a", 1)},
       "a primary\n|- b relay\n|  `- c replica\n`- d replica\n"},
      {"two that follow each other: the one that takes writes comes first",
       {replica("a", 1, "b", 2), with_source(portrait("b", 2), "a", 1)},
       "b co-primary\n`- a co-primary\n"},
      {"a pair with a replica",
       {with_source(portrait("a", 1), "b", 2), replica("b", 2, "a", 1), replica("c", 3, "b", 2)},
       "a co-primary\n`- b co-primary\n   `- c replica\n"},
      {"a ring of three",
       {replica("a", 1, "c", 3), replica("b", 2, "a", 1), replica("c", 3, "b", 2)},
       "a co-primary\n`- b co-primary\n   `- c co-primary\n"},
      {"two sources",
       {portrait("a", 1), portrait("b", 2), with_source(replica("c", 3, "a", 1), "b", 2),
        replica("d", 4, "c", 3)},
       "a primary\n`- c relay\n   `- d replica\nb primary\n`- c relay again\n"},
      {"it replicates from itself", {replica("a", 1, "a", 1)}, "a co-primary\n"},
      {"a source that nobody has asked", {replica("b", 2, "a", 1)}, "b alone\n", "a:3306"},
      {"a source that does not answer",
       {replica("b", 2, "a", 1), unreachable("a")},
       "a not reached\n`- b replica\n"},
      {"another name of the source: by its uuid",
       {portrait("10.0.0.1", 1), replica("b", 2, "a", 1), unreachable("a")},
       "10.0.0.1 primary\n`- b replica\n"},
      {"another name of the source: by its id",
       {without_uuids(portrait("10.0.0.1", 1)), without_uuids(replica("b", 2, "a", 1)), unreachable("a")},
       "10.0.0.1 primary\n`- b replica\n"},
      {"an id that several have says nothing",
       {without_uuids(portrait("x", 1)), without_uuids(portrait("y", 1)),
        without_uuids(replica("b", 2, "a", 1))},
       "x alone\ny alone\nb alone\n",
       "a:3306"},
      {"what answers at the address of the source is another server",
       {portrait("a", 9), portrait("x", 1), replica("b", 2, "a", 1)},
       "a alone\nx primary\n`- b replica\n"},
      {"a replica that its source lists",
       {listing(portrait("a", 1), {.host = {"b", 3306}, .server_id = 2, .uuid = "uuid-2"})},
       "a alone\n",
       "b:3306"},
      {"a listed replica that does not answer",
       {listing(portrait("a", 1), {.host = {"b", 3306}, .server_id = 2, .uuid = "uuid-2"}), unreachable("b")},
       "a primary\n`- b not reached\n"},
      {"a listed replica that says so itself, by another name",
       {listing(portrait("a", 1), {.host = {"other", 3306}, .server_id = 2, .uuid = "uuid-2"}),
        replica("b", 2, "a", 1)},
       "a primary\n`- b replica\n"},
      {"a listed replica that follows nobody any more",
       {listing(portrait("a", 1), {.host = {"b", 3306}, .server_id = 2, .uuid = "uuid-2"}), portrait("b", 2)},
       "a alone\nb alone\n"},
  };
  return all;
}

TEST_CASE("topologies are drawn as trees", "[topology]") {
  for (const Case& c : cases()) {
    INFO(c.name);
    const Topology topology(c.portraits, {}, {});
    CHECK(drawn(topology) == c.drawn);
    CHECK(names(topology.unasked()) == c.unasked);
    CHECK(topology.guesses().empty());
  }
}

TEST_CASE("a server under two names is one, under the configured one", "[topology]") {
  ServerPortrait same = portrait("10.0.0.1", 1);
  same.variables["hostname"] = "a";
  const std::vector<ServerPortrait> portraits{same, portrait("a", 1), replica("b", 2, "10.0.0.1", 1)};
  CHECK(drawn(Topology(portraits, {}, {})) == "10.0.0.1 primary\n`- b replica\n");
  const Topology topology(portraits, configured({"a"}), {});
  CHECK(drawn(topology) == "a primary\n`- b replica\n");
  CHECK(names(topology.servers()[0].other_names) == "10.0.0.1:3306");
  // Two that are both configured stay two: it is for people to see.
  CHECK(Topology(portraits, configured({"a", "10.0.0.1"}), {}).servers().size() == 3);
}

TEST_CASE("a configured source is asked, although its uuid is known elsewhere", "[topology]") {
  const Topology topology({portrait("10.0.0.1", 1), replica("b", 2, "a", 1)}, configured({"a"}), {});
  CHECK(names(topology.unasked()) == "a:3306");
}

TEST_CASE("replicas without a name are looked for where connections come from", "[topology]") {
  ServerPortrait source = listing(portrait("a", 1), {.host = {"", 3310}, .server_id = 2, .uuid = "uuid-2"});
  source.dump_addresses = {"10.0.0.2", "10.0.0.3"};
  const Topology before({source}, {}, {});
  CHECK(names(before.guesses()) == "10.0.0.2:3310 10.0.0.3:3310");
  REQUIRE(before.unplaced().size() == 1);
  CHECK(before.unplaced()[0].server_id == 2);

  ServerPortrait found = replica("10.0.0.3", 2, "a", 1);
  found.host.port = 3310;
  ServerPortrait other = portrait("10.0.0.2", 77);
  other.host.port = 3310;
  const std::set<Host> guessed{found.host, other.host};
  const Topology after({source, other, found}, {}, guessed);
  CHECK(drawn(after) == "a primary\n`- 10.0.0.3 replica\n");
  CHECK(after.unplaced().empty());
  CHECK(after.guesses().empty());
  // Nobody was found: the source's word remains.
  const Topology in_vain({source, other}, {}, guessed);
  CHECK(drawn(in_vain) == "a alone\n");
  CHECK(in_vain.unplaced().size() == 1);
  // What somebody lists who is not shown is not shown.
  const ServerPortrait stranger = listing(other, {.host = {"", 3310}, .server_id = 9, .uuid = "uuid-9"});
  const Topology left_out({source, stranger}, {}, guessed);
  REQUIRE(left_out.unplaced().size() == 1);
  CHECK(left_out.unplaced()[0].server_id == 2);
  CHECK(left_out.unplaced()[0].source == 0);
}

TEST_CASE("how many transactions a replica is behind", "[topology]") {
  const std::string uuid = "ac582829-e606-11f1-af64-02fc00000001";
  ServerPortrait source = portrait("a", 1);
  ServerPortrait behind = replica("b", 2, "a", 1);
  CHECK_FALSE(Topology({source, behind}, {}, {}).behind({1, 0, 0}).has_value());
  source.position = GtidSet::from_mysql(uuid + ":1-9");
  behind.position = GtidSet::from_mysql(uuid + ":1-5");
  CHECK(Topology({source, behind}, {}, {}).behind({1, 0, 0}) == 4);
}

}  // namespace
}  // namespace weir::test
