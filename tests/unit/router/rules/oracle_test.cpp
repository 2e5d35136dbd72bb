// Replays what was recorded of ProxySQL's rules, as far as routing alone decides it: hostgroup, rewritten
// text, refusals, answers made by rules, hits. Differences on purpose are rows of
// tests/oracle/rules-differences.tsv; what needs a running proxy is counted, case by case and step by step,
// never passed over unseen.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "router/config/complaint.hpp"
#include "router/config/json_text.hpp"
#include "router/config/tables.hpp"
#include "router/query/statement.hpp"
#include "router/rules/route.hpp"
#include "router/rules/route_trace.hpp"

namespace weir {
namespace {

constexpr const char* kCases = "tests/oracle/rules-oracle.jsonl";
constexpr const char* kDifferences = "tests/oracle/rules-differences.tsv";
constexpr const char* kRecordedDefaultSchema = "information_schema";

std::string text_of(const JsonValue* value) {
  if (value == nullptr || value->kind == JsonValue::Kind::null) return "";
  if (value->kind == JsonValue::Kind::number) return std::to_string(static_cast<std::int64_t>(value->number));
  if (value->kind == JsonValue::Kind::boolean) return value->boolean ? "1" : "0";
  return value->string;
}
std::string text_of(const JsonValue& object, std::string_view name) {
  return text_of(object.find(name));
}
bool is_true(const JsonValue& object, std::string_view name) {
  return text_of(object, name) == "1";
}

std::string placeholders_replaced(std::string text) {
  if (text == "$PORT_A") return "6033";
  if (text == "$PORT_B") return "6034";
  if (text == "$ADDR_A") return "127.0.0.1";
  if (text == "$ADDR_B") return "127.0.0.2";
  return text;
}

const std::map<std::string, std::string>& differences() {
  static const std::map<std::string, std::string> rows = [] {
    std::map<std::string, std::string> read;
    std::ifstream file(kDifferences);
    for (std::string line; std::getline(file, line);) {
      if (line.empty() || line[0] == '#') continue;
      const std::size_t tab = line.find('\t');
      read[line.substr(0, tab)] = line.substr(tab + 1);
    }
    return read;
  }();
  return rows;
}

struct Client {
  std::string user, schema;
  std::string address, listener;
  int port = 0;
  std::int64_t flag_in = 0;
  bool in_transaction = false;  // as the recorded server said
  int transaction_hostgroup = 0;
};

// One case: its configuration, its sessions, and what it found to differ from the record.
class Replay {
 public:
  explicit Replay(const JsonValue& recorded) : case_(recorded) {}

  void run() {
    read_settings();
    if (!load()) return problems.push_back("the rules are refused: " + refusal_);
    for (const JsonValue& step : case_.find("steps")->elements) run_step(step);
    compare_hits();
  }

  std::vector<std::string> problems;
  int compared = 0;    // steps
  int uncompared = 0;  // steps whose outcome rules do not decide

 private:
  void read_settings() {
    for (const auto& [name, value] : case_.find("variables")->members) {
      const std::string text = text_of(&value);
      if (name == "mysql-query_processor_iterations") restarts_ = std::stoi(text);
      if (name == "mysql-query_processor_regex") options_.like_re2 = text == "2";
      if (name == "mysql-query_digests_keep_comment") digest_.keep_comment = text == "true";
      if (name == "mysql-query_digests_no_digits") digest_.no_digits = text == "true";
      if (name == "mysql-query_digests_replace_null") digest_.replace_null = text == "true";
      if (name == "mysql-query_digests_max_query_length") digest_.max_query_length = std::stoul(text);
      if (name == "mysql-default_schema") default_schema_ = text;
    }
    for (const JsonValue& user : case_.find("users")->elements) users_[text_of(user, "username")] = &user;
  }

  bool refused(const JsonValue& row) const {
    const JsonValue* refused = case_.find("refused_rules");
    return refused != nullptr && refused->find(text_of(row, "rule_id")) != nullptr;
  }

  bool load() {
    std::vector<QueryRuleRow> rows;
    for (const JsonValue& recorded : case_.find("rules")->elements) {
      if (refused(recorded)) continue;
      QueryRuleRow& row = rows.emplace_back();
      for (const auto& [name, value] : recorded.members) {
        const auto* column = find_column(kQueryRulesTable, name);
        REQUIRE(column != nullptr);
        const bool null = value.kind == JsonValue::Kind::null;
        const std::string text = placeholders_replaced(text_of(&value));
        const auto set =
            null ? set_column_null(row, *column) : set_column(row, *column, std::string_view(text));
        if (!set && !(is_nullable_column(*column) && text.starts_with("-")))
          refusal_ = name + ": " + set.error();
      }
    }
    FastRouting fast;
    for (const JsonValue& entry : case_.find("fast_routing")->elements) {
      fast.insert(text_of(entry, "username"), text_of(entry, "schemaname"),
                  std::stoll(text_of(entry, "flagIN")), std::stoi(text_of(entry, "destination_hostgroup")));
    }
    std::vector<Complaint> complaints;
    auto compiled = RuleSet::compile(rows, complaints, options_);
    for (const Complaint& complaint : complaints) {
      if (complaint.severity == Severity::error) refusal_ = complaint.text;
    }
    if (!compiled || !refusal_.empty()) return false;
    rules_ = std::move(*compiled);
    rules_.set_fast_routing(std::move(fast));
    scratch_.adopt(rules_);
    explained_.adopt(rules_);
    return true;
  }

  Client& client_of(const JsonValue& step) {
    std::string key;
    for (const char* name : {"user", "schema", "port", "from", "conn"}) key += text_of(step, name) + '|';
    const auto [place, is_new] = clients_.try_emplace(key);
    if (!is_new) return place->second;
    Client& client = place->second;
    client.user = text_of(step, "user");
    client.schema = schema_at_login(text_of(step, "schema"), client.user);
    const bool at_b = text_of(step, "port") == "b";
    client.listener = at_b ? "127.0.0.2" : "127.0.0.1";
    client.port = at_b ? 6034 : 6033;
    client.address = text_of(step, "from");
    if (client.address.empty()) client.address = client.listener;
    return client;
  }
  std::string schema_at_login(const std::string& asked, const std::string& user) const {
    if (!asked.empty()) return asked;
    const std::string of_user = text_of(*users_.at(user), "default_schema");
    return of_user.empty() ? default_schema_ : of_user;
  }

  RouteInput input_of(const Client& client) {
    RouteInput input{.analyzer = analyzer_};
    input.username = client.user;
    input.schema = client.schema;
    input.client_addr = client.address;
    input.proxy_addr = client.listener;
    input.proxy_port = client.port;
    input.default_hostgroup = std::stoi(text_of(*users_.at(client.user), "default_hostgroup"));
    input.flag_in = client.flag_in;
    input.restarts = restarts_;
    return input;
  }

  // An explained route decides, rewrites and counts as one that is not.
  Decision route_explained(RouteInput input, std::string_view sql) {
    RouteTrace trace;
    input.trace = &trace;
    analyzer_.begin(sql, {}, digest_);
    const Decision explained = route(input, rules_, explained_);
    input.trace = nullptr;
    analyzer_.begin(sql, {}, digest_);
    const Decision decision = route(input, rules_, scratch_);
    CHECK(explained == decision);
    if (decision.rewritten) CHECK(explained_.rewritten() == scratch_.rewritten());
    CHECK(std::ranges::equal(explained_.hits(), scratch_.hits()));
    CHECK(trace.steps().back().step == "destination");
    CHECK(trace.steps().back().outcome == std::to_string(decision.destination_hostgroup));
    return decision;
  }

  Decision route_text(Client& client, std::string_view sql, bool may_rewrite) {
    RouteInput input = input_of(client);
    input.may_rewrite = may_rewrite;
    Decision decision = route_explained(input, sql);
    if (decision.next_query_flag_in >= 0) client.flag_in = decision.next_query_flag_in;
    if (client.in_transaction && text_of(*users_.at(client.user), "transaction_persistent") != "0")
      decision.destination_hostgroup = client.transaction_hostgroup;
    return decision;
  }

  // The copy that a rule asks for: rules are tried for it only if it has a chain of its own.
  void compare_copy(const Client& client, const JsonValue& expected, const std::string& sent,
                    const Decision& decision) {
    const bool answered_here = decision.ok_msg || decision.error_msg || is_true(expected, "cached");
    std::string copy;
    if (decision.mirrored() && !answered_here) {
      Decision of_copy;
      of_copy.destination_hostgroup = decision.mirror_hostgroup;
      if (decision.mirror_flag_out >= 0) {
        RouteInput input = input_of(client);
        if (decision.mirror_hostgroup >= 0) input.default_hostgroup = decision.mirror_hostgroup;
        input.flag_in = decision.mirror_flag_out;
        input.may_rewrite = true;
        of_copy = route_explained(input, sent);
      }
      copy = std::to_string(of_copy.destination_hostgroup) + ' ';
      copy += of_copy.rewritten ? scratch_.rewritten() : sent;
    }
    const JsonValue* also = expected.find("also_received");
    if (also == nullptr) return;
    std::string recorded;
    for (const JsonValue& one : also->elements)
      recorded += text_of(one, "hostgroup") + ' ' + text_of(one, "received");
    expect_equal("copy", recorded, copy);
  }

  void run_step(const JsonValue& step) {
    if (step.find("user") == nullptr) return void(++uncompared);  // sleep
    Client& client = client_of(step);
    if (const JsonValue* change = step.find("change_user")) {
      client.user = text_of(*change, "user");
      client.schema = schema_at_login(text_of(*change, "schema"), client.user);
      client.flag_in = 0;
      client.in_transaction = false;
    } else if (const JsonValue* query = step.find("query")) {
      run_query(client, step, query_text(*query));
    } else if (const JsonValue* prepare = step.find("prepare")) {
      const Decision decision = route_text(client, prepare->string, true);
      prepared_[text_of(step, "stmt")] =
          decision.rewritten ? std::string(scratch_.rewritten()) : prepare->string;
    } else if (const JsonValue* execute = step.find("execute")) {
      const std::string sql = prepared_[execute->string];
      compare(client, step, sql, route_text(client, sql, false));
    } else {
      if (step.find("reset_connection") != nullptr) client.in_transaction = false;
      ++uncompared;
    }
  }

  static std::string query_text(const JsonValue& query) {
    if (query.kind == JsonValue::Kind::string) return query.string;
    std::string text = text_of(query, "head");
    for (int i = std::stoi(text_of(query, "count")); i > 0; --i) text += text_of(query, "unit");
    return text + text_of(query, "tail");
  }

  void run_query(Client& client, const JsonValue& step, const std::string& sql) {
    const Decision decision = route_text(client, sql, true);
    const Statement statement = analyzer_.statement();
    const std::string sent = decision.rewritten ? std::string(scratch_.rewritten()) : sql;
    compare(client, step, sent, decision);
    compare_copy(client, *step.find("expect"), sent, decision);
    if (statement.kind == StatementKind::use) client.schema = without_quotes(statement.schema);
  }

  void compare(Client& client, const JsonValue& step, const std::string& sent, const Decision& decision) {
    const JsonValue& expected = *step.find("expect");
    const std::string error = decision.ok_msg ? "" : std::string(decision.error_msg.value_or(""));
    if (expected.find("hostgroup") != nullptr) {
      expect_equal("hostgroup", text_of(expected, "hostgroup"),
                   std::to_string(decision.destination_hostgroup));
      expect_equal("received", text_of(expected, "received"), shortened(sent, text_of(expected, "received")));
      expect_equal("answered", "", decision.ok_msg || decision.error_msg ? "by a rule" : "");
      ++compared;
    } else if (text_of(expected, "errno") == "1148" || (decision.error_msg && !decision.ok_msg)) {
      expect_equal("error", text_of(expected, "errno") == "1148" ? text_of(expected, "message") : "none",
                   error);
      ++compared;
    } else if (decision.ok_msg) {
      expect_equal("OK", text_of(expected, "ok_info"), std::string(*decision.ok_msg));
      ++compared;
    } else {
      ++uncompared;
      answered_by_proxy_ = answered_by_proxy_ || decided_before_rules(expected, analyzer_.statement());
    }
    note_transaction(client, expected, decision);
  }

  // ProxySQL answers some statements, or ends their session, before it looks at rules: then it counts no hit.
  static bool decided_before_rules(const JsonValue& expected, const Statement& statement) {
    const std::string error = text_of(expected, "errno");
    return statement.kind == StatementKind::set || error == "1045" || error == "1054" || error == "1047" ||
           error == "1153";
  }

  void note_transaction(Client& client, const JsonValue& expected, const Decision& decision) {
    const bool open = is_true(expected, "in_transaction");
    if (open && !client.in_transaction) client.transaction_hostgroup = decision.destination_hostgroup;
    if (expected.find("errno") == nullptr) client.in_transaction = open;
  }

  static std::string shortened(const std::string& sent, const std::string& recorded) {
    if (!recorded.starts_with("len=")) return sent;
    const std::string length = "len=" + std::to_string(sent.size());
    return recorded.starts_with(length + ' ') ? recorded : length;
  }

  void expect_equal(const std::string& what, const std::string& recorded, const std::string& here) {
    if (recorded != here) problems.push_back(what + " '" + recorded + "' was recorded; here '" + here + "'");
  }

  void compare_hits() {
    const JsonValue* hits = case_.find("hits");
    if (hits == nullptr || answered_by_proxy_) return;
    for (std::size_t i = 0; i < rules_.rules().size(); ++i) {
      const std::string id = std::to_string(rules_.rules()[i].rule_id);
      expect_equal("hits of " + id, text_of(*hits, id), std::to_string(scratch_.hits()[i]));
    }
  }

  const JsonValue& case_;
  std::map<std::string, const JsonValue*> users_;
  std::map<std::string, Client> clients_;
  std::map<std::string, std::string> prepared_;
  std::string default_schema_ = kRecordedDefaultSchema;
  std::string refusal_;
  RuleOptions options_;
  DigestOptions digest_;
  int restarts_ = 0;
  bool answered_by_proxy_ = false;
  RuleSet rules_;
  MatchScratch scratch_, explained_;
  Analyzer analyzer_;
};

// Cases that change the configuration on the way, which is not ours to do here.
bool needs_running_proxy(const JsonValue& recorded) {
  for (const JsonValue& step : recorded.find("steps")->elements) {
    if (step.find("admin") != nullptr) return true;
  }
  const JsonValue* setup = recorded.find("setup");
  if (setup == nullptr) return false;
  for (const JsonValue& statement : setup->elements) {
    if (statement.string != "PROXYSQL FLUSH QUERY CACHE") return true;
  }
  return false;
}

}  // namespace

TEST_CASE("rules do what was recorded of ProxySQL, but for the listed differences",
          "[router][rules][oracle]") {
  std::ifstream file(kCases);
  int passed = 0, different = 0, left_out = 0, compared = 0, uncompared = 0;
  for (std::string line; std::getline(file, line);) {
    const auto recorded = parse_json(line);
    REQUIRE(recorded.has_value());
    const std::string id = text_of(*recorded, "id");
    CAPTURE(id, text_of(*recorded, "about"));
    if (needs_running_proxy(*recorded)) {
      ++left_out;
      continue;
    }
    Replay replay(*recorded);
    replay.run();
    compared += replay.compared;
    uncompared += replay.uncompared;
    std::string problems;
    for (const std::string& problem : replay.problems) problems += problem + "\n";
    CAPTURE(problems);
    const bool listed = differences().contains(id);
    CHECK(problems.empty() != listed);
    passed += problems.empty();
    different += !problems.empty();
  }
  CAPTURE(passed, different, left_out, compared, uncompared);
  CHECK(passed + different + left_out == 502);
  CHECK(left_out <= 6);
  CHECK(different == static_cast<int>(differences().size()));
  CHECK(compared >= 880);
  CHECK(uncompared <= 80);
}

}  // namespace weir
