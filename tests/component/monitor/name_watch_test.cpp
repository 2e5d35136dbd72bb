// Names that are looked up again, by a source that does what the test says.
#include "monitor/name_watch.hpp"

#include <catch2/catch.hpp>

#include "tests/component/net/net_support.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

using Addresses = std::vector<std::string>;
constexpr int kNoAnswer = -3001;  // UV_EAI_AGAIN

class ScriptedNames final : public NameSource {
 public:
  void look_up(const std::string& name, Answer answer) override {
    asked.push_back(name);
    REQUIRE_FALSE(pending.contains(name));
    pending.emplace(name, std::move(answer));
    most_at_a_time = std::max(most_at_a_time, pending.size());
  }
  void answer(const std::string& name, const Addresses& ips) {
    std::vector<Address> addresses;
    for (const std::string& ip : ips) addresses.push_back(*Address::from_ip(ip, 0));
    take(name)(std::move(addresses));
  }
  void fail(const std::string& name, int code) { take(name)(std::unexpected(NetError{code})); }
  std::size_t count(const std::string& name) const {
    return static_cast<std::size_t>(std::ranges::count(asked, name));
  }

  std::vector<std::string> asked;
  std::map<std::string, Answer> pending;
  std::size_t most_at_a_time = 0;

 private:
  Answer take(const std::string& name) {
    REQUIRE(pending.contains(name));
    return std::move(pending.extract(name).mapped());
  }
};

// "db1" in hostgroup 1; refreshed every 20 ms, and kept for a minute, unless a test says otherwise.
struct NamesScene {
  NamesScene() {
    set_hosts({"db1"});
    scene.settings().monitor_names_refresh_ms = 20;
    scene.settings().monitor_names_kept_ms = 60'000;
  }
  void set_hosts(const std::vector<std::string>& hosts) {
    scene.tables().servers.resize(1);
    scene.server_row(0).hostname = hosts[0];
    for (std::size_t i = 1; i < hosts.size(); ++i) {
      scene.tables().servers.push_back(scene.server_row(0));
      scene.tables().servers.back().hostname = hosts[i];
    }
  }
  void load() { watch.adopt(*scene.build()); }
  void until(const std::function<bool()>& done) { REQUIRE(run_until(loop, done)); }
  void until_asked(const std::string& name) {
    until([&] { return names->pending.contains(name); });
  }
  // One whole look-up: it begins, and has this answer.
  void answer(const std::string& name, const Addresses& ips) {
    until_asked(name);
    names->answer(name, ips);
    run_turns(loop, 1);
  }
  Addresses known(const std::string& name) const {
    Addresses ips;
    for (const Address& address : loop.names().find(name)) ips.push_back(address.ip());
    return ips;
  }
  NameReport report(const std::string& name) const {
    for (NameReport& report : board.reports()) {
      if (report.name == name) return report;
    }
    return {};
  }

  Scene scene;
  Loop loop;
  NameBoard board;
  std::vector<std::shared_ptr<const NameTable>> found;
  std::vector<std::string> moved;
  std::unique_ptr<ScriptedNames> made = std::make_unique<ScriptedNames>();
  ScriptedNames* names = made.get();
  NameWatch watch{loop, board, std::move(made), [this](auto table) { found.push_back(std::move(table)); },
                  [this](const std::string& name) { moved.push_back(name); }};
};

TEST_CASE("a name is looked up at once, and again at intervals; only news is told", "[names]") {
  NamesScene s;
  s.load();
  s.answer("db1", {"10.0.0.1"});
  CHECK(s.known("db1") == Addresses{"10.0.0.1"});
  CHECK(s.found.size() == 1);
  CHECK(s.report("db1").addresses == "10.0.0.1");
  s.answer("db1", {"10.0.0.1"});
  CHECK(s.found.size() == 1);
  s.answer("db1", {"10.0.0.2", "fd00::2"});
  CHECK(s.known("db1") == Addresses{"10.0.0.2", "fd00::2"});
  CHECK(s.found.size() == 2);
  CHECK(*s.found.back() == s.loop.names());
  CHECK(s.moved == std::vector<std::string>{"db1"});
  CHECK(s.report("db1").changes == 1);
  CHECK(s.report("db1").addresses == "10.0.0.2, fd00::2");
  CHECK(s.board.news() == 2);
}

TEST_CASE("addresses that stay keep their place, in whatever order answers have them", "[names]") {
  NamesScene s;
  s.load();
  s.answer("db1", {"10.0.0.1", "10.0.0.2", "10.0.0.2"});
  s.answer("db1", {"10.0.0.2", "10.0.0.1"});
  CHECK(s.found.size() == 1);
  CHECK(s.known("db1") == Addresses{"10.0.0.1", "10.0.0.2"});
  s.answer("db1", {"10.0.0.3", "10.0.0.2"});
  CHECK(s.known("db1") == Addresses{"10.0.0.2", "10.0.0.3"});
}

TEST_CASE("a failed look-up keeps the addresses until they are too old, and is told once", "[names]") {
  NamesScene s;
  s.load();
  s.answer("db1", {"10.0.0.1"});
  const Instant answered = s.report("db1").answered;
  s.until_asked("db1");
  s.names->fail("db1", kNoAnswer);
  run_turns(s.loop, 1);
  CHECK(s.known("db1") == Addresses{"10.0.0.1"});
  s.scene.settings().monitor_names_kept_ms = 200;
  s.load();
  CHECK(s.report("db1").failures == 1);
  CHECK_FALSE(s.report("db1").error.empty());
  s.until_asked("db1");  // this one has no answer at all: that does not keep them any longer
  s.until([&] { return s.known("db1").empty(); });
  CHECK(s.loop.now() >= answered + 200);
  CHECK(s.found.size() == 2);
  CHECK(s.report("db1").addresses.empty());
  CHECK(s.moved.empty());
  // The same as before is news by then, and no move; another one is.
  const std::string later = GENERATE("10.0.0.1", "10.0.0.9");
  s.answer("db1", {later});
  CHECK(s.known("db1") == Addresses{later});
  CHECK(s.report("db1").error.empty());
  CHECK(s.report("db1").failures == 0);
  CHECK(s.moved.size() == (later == "10.0.0.9" ? 1 : 0));
}

TEST_CASE("a name in doubt is looked up now rather than when it is due, but not all the time", "[names]") {
  NamesScene s;
  s.scene.settings().monitor_names_refresh_ms = 3'600'000;
  s.scene.settings().monitor_names_kept_ms = 3'600'000;
  const Instant loaded = s.loop.now();
  s.load();
  s.answer("db1", {"10.0.0.1"});
  for (int i = 0; i < 5; ++i) s.watch.doubt("db1");
  s.watch.doubt("unknown");
  CHECK(s.names->pending.empty());
  CHECK(s.report("db1").next >= loaded + 1000);  // a second after it was looked up
  s.until_asked("db1");
  s.watch.doubt("db1");
  s.names->answer("db1", {"10.0.0.2"});
  run_turns(s.loop, 3);
  CHECK(s.known("db1") == Addresses{"10.0.0.2"});
  CHECK(s.names->count("db1") == 2);
}

TEST_CASE("so many names at a time are looked up and no more, each in its turn", "[names]") {
  NamesScene s;
  s.scene.settings().monitor_names_refresh_ms = 3'600'000;
  std::vector<std::string> hosts;
  for (int i = 0; i < 40; ++i) hosts.push_back("db" + std::to_string(i));
  s.set_hosts(hosts);
  s.load();
  for (std::size_t done = 0; done < hosts.size(); ++done) {
    s.until([&] { return !s.names->pending.empty(); });
    s.names->answer(s.names->pending.begin()->first, {"10.0.0.1"});
  }
  run_turns(s.loop, 2);
  CHECK(s.names->most_at_a_time == NameWatch::kMaxAtATime);
  CHECK(s.names->asked.size() == 40);
  CHECK(s.board.reports().size() == 40);
  for (const std::string& host : hosts) CHECK(s.known(host).size() == 1);
}

TEST_CASE("addresses and sockets are not looked up, and no names if one of the variables is 0", "[names]") {
  NamesScene s;
  s.set_hosts({"10.0.0.1", "::1", "db1"});
  s.scene.tables().servers.push_back(s.scene.server_row(0));
  s.scene.tables().servers.back().hostname = "/run/db.sock";
  s.scene.tables().servers.back().port = 0;
  s.load();
  s.answer("db1", {"10.0.0.9"});
  CHECK(s.names->asked == std::vector<std::string>{"db1"});
  (GENERATE(true, false) ? s.scene.settings().monitor_names_kept_ms
                         : s.scene.settings().monitor_names_refresh_ms) = 0;
  s.load();
  run_turns(s.loop, 2);
  CHECK(s.known("db1").empty());
  CHECK(s.board.reports().empty());
}

TEST_CASE("a name that goes and comes back while it is looked up has that answer", "[names]") {
  NamesScene s;
  s.load();
  s.until_asked("db1");
  s.set_hosts({"db2"});
  s.load();
  s.answer("db2", {"10.0.0.2"});
  s.set_hosts({"db1"});
  s.load();
  run_turns(s.loop, 3);
  CHECK(s.names->count("db1") == 1);
  s.names->answer("db1", {"10.0.0.1"});
  run_turns(s.loop, 1);
  CHECK(s.known("db1") == Addresses{"10.0.0.1"});
  CHECK(s.known("db2").empty());
}

TEST_CASE("an answer for a name that nobody watches any more is nothing", "[names]") {
  NamesScene s;
  s.load();
  s.until_asked("db1");
  s.set_hosts({"10.0.0.1"});
  s.load();
  s.names->answer("db1", {"10.0.0.1"});
  run_turns(s.loop, 2);
  CHECK(s.known("db1").empty());
  CHECK(s.board.reports().empty());
}

TEST_CASE("the system's names: localhost is known, nonsense is not, and what is known is not asked",
          "[names]") {
  Loop loop;
  loop.set_names(std::make_shared<const NameTable>(
      NameTable::Entries{{"localhost", {*Address::from_ip("10.9.9.9", 0)}}}));
  SystemNames names(loop);
  std::map<std::string, std::string> answers;
  for (const std::string& name : {std::string("localhost"), std::string(64, 'x') + ".invalid"}) {
    names.look_up(name, [&, name](auto answer) { answers[name] = answer ? answer->front().ip() : "none"; });
  }
  CHECK(answers.empty());
  REQUIRE(run_until(loop, [&] { return answers.size() == 2; }));
  CHECK((answers["localhost"] == "127.0.0.1" || answers["localhost"] == "::1"));
  CHECK(answers[std::string(64, 'x') + ".invalid"] == "none");
  SystemNames given_up(loop);
  given_up.look_up("localhost", [](auto) { FAIL("it is gone"); });
}

}  // namespace
}  // namespace weir::test
