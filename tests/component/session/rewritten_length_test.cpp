// What rules make of a statement is sent as one frame, or not at all.
#include <catch2/catch.hpp>

#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

QueryRuleRow& add_rule(Scene& scene, std::string match_pattern) {
  QueryRuleRow row;
  row.rule_id = static_cast<std::int64_t>(scene.tables().query_rules.size()) + 1;
  row.active = row.apply = true;
  row.match_pattern = std::move(match_pattern);
  scene.tables().query_rules.push_back(std::move(row));
  return scene.tables().query_rules.back();
}

// Every x becomes so many y. What a statement may become goes by what it was: at most 16 times that and
// 64 KiB, so those that shall fill a frame are long before.
constexpr std::size_t kReplacementBytes = 65'536;
constexpr std::size_t kLongBytes = std::size_t{2} << 20;

QueryRuleRow& add_lengthening_rule(Scene& scene) {
  QueryRuleRow& row = add_rule(scene, "x");
  row.replace_pattern = std::string(kReplacementBytes, 'y');
  row.re_modifiers = "GLOBAL";
  return row;
}

TEST_CASE("what a rule makes of a statement fits into a frame that announces no other") {
  for (const bool fits : {true, false}) {
    CAPTURE(fits);
    Scene scene;
    scene.settings().query_processor_max_bytes = 2 * kLongBytes;
    add_lengthening_rule(scene);
    scene.start();
    ScriptedClient& client = scene.log_in();
    const std::size_t longest = kMaxFramePayload - 2;  // beside the command byte
    const std::size_t made = longest + (fits ? 0 : 1) - std::string_view("SELECT ''").size() - kLongBytes;
    const std::string sql = "SELECT '" + std::string(made / kReplacementBytes, 'x') +
                            std::string(kLongBytes + made % kReplacementBytes, 'z') + "'";
    const std::string answer = scene.ask(client, sql);
    CAPTURE(answer);
    CHECK((fits ? answer == "a" : answer.starts_with("1153 ")));
    CHECK(scene.server().count("SELECT 'y") == (fits ? 1 : 0));
    CHECK(scene.ask(client, "SELECT 1") == "a");
  }
}

TEST_CASE("a statement of several frames is not rewritten by its first") {
  Scene scene;
  scene.settings().query_processor_max_bytes = 64 << 20;
  add_rule(scene, "old").replace_pattern = "new";
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT 'old" + std::string(kMaxFramePayload, 'z') + "'").starts_with("1153 "));
  CHECK(scene.ask(client, "SELECT 1") == "a");
}

TEST_CASE("a copy for a mirror that rules make longer than a frame is not sent") {
  Scene scene;
  scene.add_server(9, "mirror");
  QueryRuleRow& copied = add_rule(scene, "^SELECT '");
  copied.mirror_hostgroup = 9;
  copied.mirror_flag_out = 5;
  add_lengthening_rule(scene).flag_in = 5;
  scene.settings().query_processor_max_bytes = 2 * kLongBytes;
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT '" + std::string(300, 'x') + std::string(kLongBytes, 'z') + "'") == "a");
  scene.settle();
  CHECK(scene.server(1).received().empty());
  CHECK(scene.count(&WorkerStats::mirror_failures) == 1);
  CHECK(scene.ask(client, "SELECT 'x'") == "a");
  scene.until([&] { return scene.server(1).count("SELECT 'yy") == 1; });
}

}  // namespace
}  // namespace weir::test
