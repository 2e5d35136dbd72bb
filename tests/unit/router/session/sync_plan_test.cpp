#include "router/session/sync_plan.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <random>

#include "protocol/wire/frame.hpp"
#include "tests/support/allocation_count.hpp"

namespace weir {
namespace {

using Carry = CarryInsertId;

struct Start {
  const char* schema = "shop";
  std::uint16_t collation = 45;
  const char* set = nullptr;
  const char* user = "app";
};

SessionState state_of(const Start& start) {
  SessionState state;
  state.start(start.user, start.schema, start.collation);
  if (start.set != nullptr) state.apply(effect_of(parse_set(start.set, {})));
  return state;
}

std::string render(const SyncPlan& plan) {
  if (plan.change_user()) return "change user";
  std::string text;
  for (int i = 0; i < plan.count(); ++i) text += (i == 0 ? "" : "; ") + plan.describe(i);
  return text;
}

struct Case {
  const char* name;
  Start has;
  Start wants;
  const char* plan;
  SyncCost cost = SyncCost::statement;
  Carry carry = Carry::no;
};

const Case kCases[] = {
    {"equal", {}, {}, "", SyncCost::none},
    {"equal with variables", {.set = "SET sql_mode=''"}, {.set = "SET sql_mode=''"}, "", SyncCost::none},
    {"another user", {}, {.user = "else"}, "change user", SyncCost::change_user},
    {"no schema any more", {}, {.schema = ""}, "change user", SyncCost::change_user},
    {"a role", {}, {.set = "SET ROLE r"}, "SET ROLE r"},
    {"another role, then what it allows",
     {.set = "SET ROLE r"},
     {.schema = "b", .set = "SET ROLE ALL EXCEPT r, s"},
     "SET ROLE ALL EXCEPT r, s; USE b"},
    {"the same role", {.set = "SET ROLE r"}, {.set = "SET ROLE r"}, "", SyncCost::none},
    {"a collation that parameters would show",
     {.set = "SET NAMES utf8mb4 COLLATE utf8mb4_bin"},
     {.set = "SET NAMES utf8mb4"},
     "SET character_set_client='utf8mb4', character_set_results='utf8mb4', "
     "character_set_connection='utf8mb4'"},
    {"words about the next transaction",
     {},
     {.set = "SET TRANSACTION READ ONLY, ISOLATION LEVEL READ COMMITTED"},
     "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY"},
    {"the same words",
     {.set = "SET TRANSACTION READ ONLY"},
     {.set = "SET TRANSACTION READ ONLY"},
     "",
     SyncCost::none},
    {"the same words, which a transaction may be using",
     {.set = "SET TRANSACTION READ ONLY"},
     {.schema = "b", .set = "SET TRANSACTION READ ONLY"},
     "USE b"},
    {"another's words", {.set = "SET TRANSACTION READ ONLY"}, {}, "COMMIT"},
    {"other words than another's",
     {.set = "SET TRANSACTION READ ONLY"},
     {.set = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"},
     "COMMIT; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"},
    {"no role", {.set = "SET ROLE r"}, {.set = "SET ROLE NONE"}, "SET ROLE NONE"},
    {"the login's role again", {.set = "SET ROLE r"}, {}, "change user", SyncCost::change_user},
    {"a first schema", {.schema = ""}, {}, "USE shop"},
    {"another schema", {.schema = "a`b"}, {}, "USE shop"},
    {"a variable", {}, {.set = "SET time_zone='it''s'"}, "SET time_zone='it''s'"},
    {"a variable too much", {.set = "SET time_zone='UTC'"}, {}, "SET time_zone=DEFAULT"},
    {"another value",
     {.set = "SET time_zone='UTC'"},
     {.set = "SET time_zone='SYSTEM'"},
     "SET time_zone='SYSTEM'"},
    {"sql_mode first",
     {.set = "SET lc_time_names='de_DE'"},
     {.set = "SET wait_timeout=5, sql_mode='ANSI'"},
     "SET sql_mode='ANSI', lc_time_names=DEFAULT, wait_timeout=5"},
    {"NAMES",
     {},
     {.set = "SET NAMES latin1"},
     "SET character_set_client='latin1', character_set_results='latin1', character_set_connection='latin1'"},
    {"only the collation",
     {},
     {.set = "SET collation_connection = 'utf8mb4_bin'"},
     "SET collation_connection='utf8mb4_bin'"},
    {"NAMES with a collation, which results show",
     {},
     {.set = "SET NAMES utf8mb4 COLLATE utf8mb4_bin"},
     "SET NAMES 'utf8mb4' COLLATE 'utf8mb4_bin'"},
    {"and another client's character set behind it",
     {.set = "SET character_set_client=latin1"},
     {.set = "SET NAMES utf8mb4 COLLATE utf8mb4_bin, character_set_client=latin1, "
             "character_set_connection=latin1"},
     "SET NAMES 'utf8mb4' COLLATE 'utf8mb4_bin', character_set_client='latin1', "
     "character_set_connection='latin1'"},
    {"and the server's own client and connection",
     {},
     {.set = "SET NAMES utf8mb4 COLLATE utf8mb4_bin, character_set_client=DEFAULT, "
             "collation_connection=DEFAULT"},
     "SET NAMES 'utf8mb4' COLLATE 'utf8mb4_bin', character_set_client=DEFAULT, collation_connection=DEFAULT"},
    {"the default collation of a character set",
     {},
     {.set = "SET NAMES utf8mb4"},
     "SET character_set_client='utf8mb4', character_set_results='utf8mb4', "
     "character_set_connection='utf8mb4'"},
    {"no conversion of results",
     {},
     {.set = "SET character_set_client='utf8mb4', character_set_results=NULL"},
     "SET character_set_client='utf8mb4', character_set_results=NULL"},
    {"another login", {.collation = 8}, {}, "SET NAMES 'utf8mb4' COLLATE 'utf8mb4_general_ci'"},
    {"MySQL 8's login collation on a connection of another",
     {},
     {.collation = 255},
     "SET character_set_client='utf8mb4', character_set_results='utf8mb4', "
     "character_set_connection='utf8mb4'"},
    {"the server's own character set",
     {},
     {.set = "SET NAMES DEFAULT"},
     "SET character_set_client=DEFAULT, character_set_results=DEFAULT, collation_connection=DEFAULT"},
    {"isolation under both names",
     {},
     {.set = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY"},
     "SET /*M!tx_isolation*//*!50720 transaction_isolation*/='READ-COMMITTED', "
     "/*M!tx_read_only*//*!50720 transaction_read_only*/=1"},
    {"autocommit", {}, {.set = "SET autocommit=0, sql_mode=''"}, "SET sql_mode='', autocommit=0"},
    {"autocommit back", {.set = "SET autocommit=0"}, {}, "SET autocommit=1"},
    {"flags", {}, {.set = "SET optimizer_switch='mrr=on'"}, "SET optimizer_switch='mrr=on'"},
    {"other flags start from the default",
     {.set = "SET optimizer_switch='mrr=on'"},
     {.schema = "b", .set = "SET optimizer_switch='index_merge=off'"},
     "USE b; SET optimizer_switch=DEFAULT; SET optimizer_switch='index_merge=off'"},
    {"flags back", {.set = "SET optimizer_switch='mrr=on'"}, {}, "SET optimizer_switch=DEFAULT"},
    {"an insert id that nobody asks for", {}, {.set = "SET last_insert_id=7"}, "", SyncCost::none},
    {"an insert id",
     {},
     {.set = "SET last_insert_id=7"},
     "SET last_insert_id=7",
     SyncCost::statement,
     Carry::yes},
    {"no insert id yet", {}, {}, "", SyncCost::none, Carry::yes},
    {"another's insert id",
     {.set = "SET last_insert_id=7"},
     {},
     "SET last_insert_id=0",
     SyncCost::statement,
     Carry::yes},
    {"a switch that MySQL keeps inverted",
     {.set = "SET foreign_key_checks=0"},
     {},
     "SET foreign_key_checks=@@global.foreign_key_checks"},
    {"an expression that appends",
     {.set = "SET sql_mode='ANSI'"},
     {.set = "SET sql_mode=CONCAT(@@sql_mode,',ANSI')"},
     "SET sql_mode=CONCAT(@@global.sql_mode,',ANSI')"},
    {"an expression stays where it is", {}, {.set = "SET sql_mode=@a"}, ""},
    {"an expression of another session", {.set = "SET sql_mode=@a"}, {}, "SET sql_mode=DEFAULT"},
    {"a variable that changes another",
     {},
     {.set = "SET max_join_size=5"},
     "SET max_join_size=5, sql_big_selects=0"},
    {"both back", {.set = "SET max_join_size=5"}, {}, "SET max_join_size=DEFAULT, sql_big_selects=DEFAULT"},
    {"the other is set again, though it is there",
     {.set = "SET max_join_size=5, sql_big_selects=1"},
     {.set = "SET max_join_size=6, sql_big_selects=1"},
     "SET max_join_size=6, sql_big_selects=1"},
    {"the other is put back, though it is there",
     {.set = "SET max_join_size=5, sql_big_selects=DEFAULT"},
     {.set = "SET max_join_size=6, sql_big_selects=DEFAULT"},
     "SET max_join_size=6, sql_big_selects=DEFAULT"},
    {"a variable that is in no row",
     {},
     {.set = "SET tidb_x=5, time_zone='UTC'"},
     "SET time_zone='UTC', tidb_x=5"},
    {"another value of it", {.set = "SET tidb_x=5, b=1"}, {.set = "SET tidb_x=6, b=1"}, "SET tidb_x=6"},
    {"what it was before nobody knows", {.set = "SET tidb_x=5"}, {}, "change user", SyncCost::change_user},
    {"one more is no harm",
     {.set = "SET tidb_x=5"},
     {.set = "SET tidb_x=5, aurora_y='on'"},
     "SET aurora_y='on'"},
    {"its DEFAULT is what new connections have",
     {.set = "SET tidb_x=5, tidb_x=DEFAULT"},
     {.set = "SET tidb_x=DEFAULT"},
     "",
     SyncCost::none},
    {"schema and variables", {.schema = ""}, {.set = "SET sql_mode=''"}, "USE shop; SET sql_mode=''"},
};

TEST_CASE("what is set for all transactions does not override the words about the next",
          "[router][session]") {
  const auto said = [](const char* before) {
    SessionState state = state_of({.set = before});
    state.apply(effect_of(parse_set("SET TRANSACTION READ ONLY", {})));
    return state;
  };
  const char* isolation = "SET SESSION transaction_isolation='READ-COMMITTED'";
  SyncPlan plan;
  plan.make(said("SET autocommit=1"), said(isolation), Carry::no);
  REQUIRE(plan.count() == 2);
  CHECK(plan.describe(1) == "SET TRANSACTION READ ONLY");
  plan.make(said(isolation), said("SET autocommit=1"), Carry::no);
  REQUIRE(plan.count() == 2);
  CHECK(plan.describe(1) == "SET TRANSACTION READ ONLY");
  plan.make(said(isolation), said(isolation), Carry::no);
  CHECK(plan.empty());
}

TEST_CASE("a plan is the difference", "[router][sync]") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    SessionState has = state_of(c.has);
    const SessionState wants = state_of(c.wants);
    SyncPlan plan;
    plan.make(has, wants, c.carry);
    CHECK(render(plan) == c.plan);
    CHECK(plan.empty() == (std::string_view(c.plan).empty()));
    CHECK(sync_cost(has, wants, c.carry) == c.cost);
    if (plan.change_user()) has.start(wants.user(), wants.schema(), wants.login_collation());
    for (int i = 0; i < plan.count(); ++i) plan.applied(i, has, wants);
    plan.make(has, wants, Carry::no);
    CHECK(plan.empty());
  }
}

TEST_CASE("an insert id is believed to be on a connection only if it was set there", "[router][sync]") {
  for (const Carry carry : {Carry::no, Carry::yes}) {
    SessionState has = state_of({});
    const SessionState wants = state_of({.set = "SET last_insert_id=7, sql_mode=''"});
    SyncPlan plan;
    plan.make(has, wants, carry);
    REQUIRE(plan.count() == 1);
    plan.applied(0, has, wants);
    CHECK(has.last_insert_id() == (carry == Carry::yes ? 7 : 0));
    plan.make(has, wants, Carry::yes);
    CHECK(plan.empty() == (carry == Carry::yes));
  }
}

TEST_CASE("an unknown character set after a reset is set again", "[router][sync]") {
  SessionState has = state_of({});
  has.reset(SessionState::AfterReset::charset_unknown);
  SyncPlan plan;
  plan.make(has, state_of({}), Carry::no);
  CHECK(render(plan) == "SET NAMES 'utf8mb4' COLLATE 'utf8mb4_general_ci'");
}

TEST_CASE("steps are framed commands, each with sequence 0", "[router][sync]") {
  SyncPlan plan;
  plan.make(state_of({.schema = ""}), state_of({.set = "SET sql_mode=''"}), Carry::no);
  ByteQueue queue;
  plan.write_to(queue, 0);
  const std::string wire("\x05\0\0\0\x02shop\x10\0\0\0\x03SET sql_mode=''", 9 + 20);
  CHECK(as_text(std::as_const(queue).readable()) == wire);
  queue.clear();
  plan.write_to(queue, kQueryAttributes);
  const std::string none_with_it("\x05\0\0\0\x02shop\x12\0\0\0\x03\0\1SET sql_mode=''", 9 + 22);
  CHECK(as_text(std::as_const(queue).readable()) == none_with_it);
}

TEST_CASE("an empty plan does not allocate", "[router][sync]") {
  const SessionState has = state_of({.set = "SET sql_mode='STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'"});
  const SessionState wants = has;
  SyncPlan plan;
  const test::AllocationCount count;
  plan.make(has, wants, Carry::yes);
  CHECK(plan.empty());
  CHECK(sync_cost(has, wants, Carry::no) == SyncCost::none);
  CHECK(count.allocations() == 0);
}

// What a server does with SETs, as far as this file uses them. A variable that is absent has the server's
// default.
class Server {
 public:
  explicit Server(std::string_view of_schema) : schema(of_schema) {
    set("SET NAMES utf8mb4 COLLATE utf8mb4_general_ci");
  }

  std::string schema;
  std::map<std::string, std::string> values;

  void run(const SyncPlan& plan) {
    for (int i = 0; i < plan.count(); ++i) {
      if (plan.step(i) == SyncPlan::Step::init_db) {
        schema = plan.text(i);
      } else {
        set(plan.text(i));
      }
    }
  }

  void set(std::string_view sql) {
    const SetStatement parsed = parse_set(sql, {});
    REQUIRE(parsed.understood());
    for (const Assignment& assignment : parsed.assignments) {
      if (assignment.target == SetTarget::names) {
        set_names(assignment);
      } else {
        set_variable(std::string(assignment.name), assignment);
      }
    }
  }

 private:
  void set_names(const Assignment& names) {
    set_variable("character_set_client", names);
    set_variable("character_set_results", names);
    Assignment collation = names;
    if (!names.collation.empty()) collation.value = names.collation;
    set_variable("collation_connection", collation);
  }

  void set_variable(std::string name, const Assignment& assignment) {
    if (name == "character_set_connection") name = "collation_connection";
    std::string value;
    if (!plain_text(assignment.value, value)) value = assignment.value;
    if (value == "OFF") value = "0";
    if (name == "optimizer_switch" && assignment.kind != ValueKind::default_) return set_flags(value);
    std::erase_if(values,
                  [&](const auto& each) { return each.first == name || each.first.starts_with(name + ":"); });
    const bool is_default = assignment.kind == ValueKind::default_ || value.starts_with("@@global.") ||
                            (name == "autocommit" && value == "1");
    // DEFAULT of this one is the opposite of what a new connection has.
    if (name == "foreign_key_checks" && assignment.kind == ValueKind::default_)
      value = "0";
    else if (is_default)
      value.clear();
    if (name == "max_join_size") values.erase("sql_big_selects");
    if (name == "max_join_size" && !is_default) values["sql_big_selects"] = "0";
    if (!value.empty() || !is_default) values[name] = value;
  }

  void set_flags(std::string flags) {
    for (flags += ','; !flags.empty(); flags.erase(0, flags.find(',') + 1)) {
      const std::string flag = flags.substr(0, flags.find(','));
      values["optimizer_switch:" + flag.substr(0, flag.find('='))] = flag;
    }
  }
};

std::string random_set(std::mt19937& random) {
  constexpr const char* kAssignments[] = {"sql_mode='ANSI'",
                                          "sql_mode=''",
                                          "sql_mode=DEFAULT",
                                          "time_zone='UTC'",
                                          "time_zone=DEFAULT",
                                          "autocommit=0",
                                          "autocommit=1",
                                          "NAMES latin1",
                                          "NAMES utf8mb4 COLLATE utf8mb4_bin",
                                          "NAMES DEFAULT",
                                          "character_set_results=NULL",
                                          "collation_connection=latin1_bin",
                                          "character_set_connection=utf8mb4",
                                          "sql_select_limit=5",
                                          "sql_select_limit=DEFAULT",
                                          "optimizer_switch='mrr=on'",
                                          "optimizer_switch='mrr=off,x=on'",
                                          "optimizer_switch=DEFAULT",
                                          "wait_timeout=9",
                                          "foreign_key_checks=OFF",
                                          "foreign_key_checks=DEFAULT",
                                          "max_join_size=1000",
                                          "max_join_size=DEFAULT",
                                          "sql_big_selects=1",
                                          "sql_big_selects=DEFAULT"};
  std::string sql;
  for (std::size_t i = 0, count = 1 + random() % 3; i < count; ++i) {
    sql.append(i == 0 ? "SET " : ", ").append(kAssignments[random() % std::size(kAssignments)]);
  }
  return sql;
}

// Two sessions take turns on one pooled connection; what each would have on a connection of its own is the
// oracle.
TEST_CASE("after its plan, a connection has what the session set directly", "[router][sync]") {
  std::mt19937 random(20240601);
  for (int round = 0; round < 1000; ++round) {
    SessionState wants[2] = {state_of({.schema = "a"}), state_of({.schema = "b"})};
    Server direct[2] = {Server("a"), Server("b")};
    SessionState has = state_of({.schema = ""});
    Server pooled("");
    SyncPlan plan;
    for (int turn = 0; turn < 10; ++turn) {
      const std::size_t s = random() % 2;
      plan.make(has, wants[s], Carry::no);
      REQUIRE_FALSE(plan.change_user());
      pooled.run(plan);
      for (int i = 0; i < plan.count(); ++i) plan.applied(i, has, wants[s]);
      REQUIRE(has.same_as(wants[s]));
      REQUIRE(pooled.schema == direct[s].schema);
      REQUIRE(pooled.values == direct[s].values);

      const std::string sql = random_set(random);
      pooled.set(sql);
      direct[s].set(sql);
      const Effect effect = effect_of(parse_set(sql, {}));
      wants[s].apply(effect);
      has.apply(effect);
    }
  }
}

}  // namespace
}  // namespace weir
