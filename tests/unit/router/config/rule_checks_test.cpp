// What is said about query rules when they are loaded.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/router/config/said.hpp"

using namespace weir;

TEST_CASE("chains of rules must begin and lead somewhere", "[router][config][checks]") {
  Tables tables;
  tables.query_rules = {rule(1), rule(2), rule(3), rule(4)};
  tables.query_rules[0].flag_out = 5;
  tables.query_rules[1].flag_in = 5;
  tables.query_rules[1].flag_out = 6;
  tables.query_rules[2].flag_in = 7;
  tables.query_rules[3].flag_out = 8;
  tables.query_rules[3].apply = true;  // the last rule tried: where flagOUT leads does not matter
  CHECK(said(tables) == std::vector<std::string>{
                            "warning: mysql_query_rules (rule_id=2), flagOUT: no active rule has flagIN 6",
                            "warning: mysql_query_rules (rule_id=3), flagIN: no active rule leads to 7 by "
                            "flagOUT, mirror_flagOUT or next_query_flagIN"});
}

TEST_CASE("chains of mirrors and weighted chains lead somewhere", "[router][config][checks]") {
  Tables tables;
  tables.query_rules = {rule(1), rule(2), rule(3)};
  tables.query_rules[0].mirror_flag_out = 5;
  tables.query_rules[0].attributes = R"({"flagOUTs":[{"id":6,"weight":1}]})";
  tables.query_rules[1].flag_in = 5;
  tables.query_rules[2].flag_in = 6;
  for (const std::string& text : said(tables)) CHECK(text.find("flagIN") == std::string::npos);
}

namespace {

struct Shadow {
  const char* name;
  void (*earlier)(QueryRuleRow&);
  void (*later)(QueryRuleRow&);
  bool shadowed;
};

const Shadow kShadows[] = {
    {"a rule without conditions takes all", [](auto&) {}, [](auto& r) { r.match_digest = "x"; }, true},
    {"an expression that takes all", [](auto& r) { r.match_digest = "."; },
     [](auto& r) { r.match_pattern = "x"; }, true},
    {"a dry run", [](auto& r) { r.attributes = R"({"dry_run":true})"; }, [](auto&) {}, false},
    {"the same conditions", [](auto& r) { r.username = "a"; }, [](auto& r) { r.username = "a"; }, true},
    {"another value", [](auto& r) { r.username = "a"; }, [](auto& r) { r.username = "b"; }, false},
    {"one condition more in the later", [](auto& r) { r.username = "a"; },
     [](auto& r) {
       r.username = "a";
       r.schemaname = "s";
     },
     true},
    {"one condition more in the earlier",
     [](auto& r) {
       r.username = "a";
       r.schemaname = "s";
     },
     [](auto& r) { r.username = "a"; }, false},
    {"any client", [](auto& r) { r.client_addr = "%"; }, [](auto& r) { r.client_addr = "10.1.2.3"; }, true},
    {"no apply", [](auto& r) { r.apply = false; }, [](auto&) {}, false},
    {"another chain", [](auto& r) { r.flag_in = 1; }, [](auto&) {}, false},
    {"the plain beginning of an expression", [](auto& r) { r.match_digest = "^SELECT"; },
     [](auto& r) { r.match_digest = "^SELECT .* FOR UPDATE$"; }, true},
    {"the plain beginning, in another case", [](auto& r) { r.match_digest = "^select"; },
     [](auto& r) { r.match_digest = "^SELECT.*FOR UPDATE"; }, true},
    {"another case where it counts",
     [](auto& r) {
       r.match_digest = "^select";
       r.re_modifiers = "";
     },
     [](auto& r) {
       r.match_digest = "^SELECT.*FOR UPDATE";
       r.re_modifiers = "";
     },
     false},
    {"the plain beginning of an expression, and anything", [](auto& r) { r.match_digest = "^SELECT.*"; },
     [](auto& r) { r.match_digest = "^SELECT .* FOR UPDATE"; }, true},
    {"a beginning with an end", [](auto& r) { r.match_digest = "^SELECT.*$"; },
     [](auto& r) { r.match_digest = "^SELECT .* FOR UPDATE"; }, false},
    {"the longer expression first", [](auto& r) { r.match_digest = "^SELECT .* FOR UPDATE$"; },
     [](auto& r) { r.match_digest = "^SELECT"; }, false},
    {"a beginning that is repeated or left out", [](auto& r) { r.match_digest = "^SELECT"; },
     [](auto& r) { r.match_digest = "^SELECT?"; }, false},
    {"a beginning of one of two branches", [](auto& r) { r.match_digest = "^SELECT"; },
     [](auto& r) { r.match_digest = "^SELECT 1|^UPDATE"; }, false},
    {"a beginning that is no plain text", [](auto& r) { r.match_digest = "^S.L"; },
     [](auto& r) { r.match_digest = "^S.LECT"; }, false},
    {"an expression on the other text", [](auto& r) { r.match_digest = "^SELECT"; },
     [](auto& r) { r.match_pattern = "^SELECT"; }, false},
    {"other modifiers", [](auto& r) { r.match_digest = "^SELECT"; },
     [](auto& r) {
       r.match_digest = "^SELECT";
       r.re_modifiers = "";
     },
     false},
    {"one of them negated", [](auto& r) { r.match_digest = "^SELECT"; },
     [](auto& r) {
       r.match_digest = "^SELECT 1";
       r.negate_match_pattern = true;
     },
     false},
    {"both of them negated, and equal",
     [](auto& r) {
       r.match_digest = "^SELECT";
       r.negate_match_pattern = true;
     },
     [](auto& r) {
       r.match_digest = "^SELECT";
       r.negate_match_pattern = true;
     },
     true},
};

}  // namespace

TEST_CASE("a rule that an earlier one hides is told", "[router][config][checks]") {
  for (const Shadow& c : kShadows) {
    CAPTURE(c.name);
    QueryRuleRow earlier = rule(10);
    earlier.apply = true;
    QueryRuleRow later = rule(20);
    c.earlier(earlier);
    c.later(later);
    Tables tables;
    tables.query_rules = {later, earlier};  // what counts is rule_id
    const auto texts = said(tables);
    const auto hits =
        std::ranges::count(texts,
                           "warning: mysql_query_rules (rule_id=20), rule_id: is never reached: "
                           "rule_id 10 has apply=1 and takes all that it would match");
    CHECK(hits == (c.shadowed ? 1 : 0));
    tables.query_rules[0].active = false;
    CHECK(said(tables).size() <= 1);  // rows that are not active are nobody's business
  }
}

namespace {

struct RuleLint {
  const char* name;
  void (*change)(Tables&);
  const char* said;  // how the warning begins; empty: nothing of it is said
};
const RuleLint kRuleLints[] = {
    {"a read rule for all users", [](Tables& t) { t.query_rules[0].match_digest = "^SELECT"; },
     "warning: mysql_query_rules (rule_id=1), destination_hostgroup: sends locking reads to hostgroup 1, "
     "with plain "
     "reads, while writes go to 0: FOR UPDATE, FOR UPDATE NOWAIT"},
    {"a read rule behind one for FOR UPDATE",
     [](Tables& t) {
       t.query_rules[0].match_digest = "^SELECT";
       t.query_rules.push_back(rule(0));
       t.query_rules[1].match_digest = "^SELECT.*FOR UPDATE";
       t.query_rules[1].destination_hostgroup = 0;
       t.query_rules[1].apply = true;
     },
     "warning: mysql_query_rules (rule_id=1), destination_hostgroup: sends locking reads to hostgroup 1, "
     "with "
     "plain reads, while writes go to 0: FOR SHARE, LOCK IN SHARE MODE. Their locks hold nobody off who "
     "writes "
     "there; the rule for FOR UPDATE could take them along"},
    {"a read rule behind one for all locking reads",
     [](Tables& t) {
       t.query_rules[0].match_digest = "^SELECT";
       t.query_rules.push_back(rule(0));
       t.query_rules[1].match_digest = "^SELECT.*(FOR (UPDATE|SHARE)|LOCK IN SHARE MODE)";
       t.query_rules[1].destination_hostgroup = 0;
       t.query_rules[1].apply = true;
     },
     ""},
    {"a read rule for one user, listener and network",
     [](Tables& t) {
       t.query_rules[0].match_digest = "^SELECT";
       t.query_rules[0].username = "app";
       t.query_rules[0].client_addr = "10.1.%";
       t.query_rules[0].proxy_port = 6034;
     },
     "warning: mysql_query_rules (rule_id=1), destination_hostgroup: sends locking reads"},
    {"all goes to one hostgroup",
     [](Tables& t) {
       t.query_rules[0].match_digest = "^SELECT";
       t.query_rules[0].destination_hostgroup = 0;
     },
     ""},
    {"a dry run",
     [](Tables& t) {
       t.query_rules[0].match_digest = "^SELECT";
       t.query_rules[0].attributes = R"({"dry_run":true})";
     },
     ""},
    {"an expensive expression", [](Tables& t) { t.query_rules[0].match_pattern = "(a+)+x"; },
     "warning: mysql_query_rules (rule_id=1), match_pattern: the group at position 0 of '(a+)+x' repeats"},
    {"an end behind FOR UPDATE", [](Tables& t) { t.query_rules[0].match_digest = "^SELECT x FOR UPDATE$"; },
     "warning: mysql_query_rules (rule_id=1), match_digest: the $ at position 20"},
    {"everything, negated",
     [](Tables& t) {
       t.query_rules[0].match_digest = ".*";
       t.query_rules[0].negate_match_pattern = true;
     },
     "warning: mysql_query_rules (rule_id=1), match_digest: '.*' matches every statement"},
    {"a value in a digest", [](Tables& t) { t.query_rules[0].match_digest = "^UPDATE .* id = 7"; },
     "warning: mysql_query_rules (rule_id=1), match_digest: '^UPDATE .* id = 7' fits no digest: digests have "
     "a ? in the place of a number"},
    {"a mirror without servers", [](Tables& t) { t.query_rules[0].mirror_hostgroup = 5; },
     "warning: mysql_query_rules (rule_id=1), mirror_hostgroup: hostgroup 5 has no server"},
    {"a mirror's chain that no rule takes", [](Tables& t) { t.query_rules[0].mirror_flag_out = 5; },
     "warning: mysql_query_rules (rule_id=1), mirror_flagOUT: no active rule has flagIN 5"},
    {"a user that is none",
     [](Tables& t) {
       t.query_rules[0].username = "ap";
       t.users = {{.username = "app", .default_hostgroup = 0}};
     },
     "warning: mysql_query_rules (rule_id=1), username: mysql_users has no user 'ap'"},
    {"a user",
     [](Tables& t) {
       t.query_rules[0].username = "app";
       t.users = {{.username = "app", .default_hostgroup = 0}};
     },
     ""},
    {"fast routing of a user that is none",
     [](Tables& t) {
       t.users = {{.username = "app", .default_hostgroup = 0}};
       t.fast_routing = {{.username = "ap", .schemaname = "a"}, {.username = "ap", .schemaname = "b"}};
     },
     "warning: mysql_query_rules_fast_routing (username=ap, schemaname=a, flagIN=0), username: mysql_users "
     "has no user 'ap'"},
    {"writes to the readers of a pair",
     [](Tables& t) {
       t.query_rules[0].match_digest = "^INSERT|^UPDATE";
       t.replication_hostgroups = {{.writer_hostgroup = 0, .reader_hostgroup = 1}};
     },
     "warning: mysql_query_rules (rule_id=1), destination_hostgroup: sends INSERT, UPDATE to hostgroup 1, "
     "the readers of a pair; its writers are hostgroup 0"},
    {"locking reads to the readers of a pair",
     [](Tables& t) {
       t.query_rules[0].match_digest = "^select.*for update";
       t.replication_hostgroups = {{.writer_hostgroup = 0, .reader_hostgroup = 1}};
     },
     "warning: mysql_query_rules (rule_id=1), destination_hostgroup: sends SELECT ... FOR UPDATE to"},
    {"writes to the writers of a pair",
     [](Tables& t) {
       t.query_rules[0].match_digest = "^INSERT|^UPDATE";
       t.query_rules[0].destination_hostgroup = 0;
       t.replication_hostgroups = {{.writer_hostgroup = 0, .reader_hostgroup = 1}};
     },
     ""},
    {"an inactive rule",
     [](Tables& t) {
       t.query_rules[0].match_digest = "(a+)+x";
       t.query_rules[0].active = false;
     },
     ""},
};

}  // namespace

TEST_CASE("expressions and locking reads are looked at when rules are loaded", "[router][config][checks]") {
  for (const RuleLint& c : kRuleLints) {
    CAPTURE(c.name);
    Tables tables;
    tables.servers = {{.hostgroup_id = 0, .hostname = "w"}, {.hostgroup_id = 1, .hostname = "r"}};
    tables.query_rules = {rule(1)};
    tables.query_rules[0].destination_hostgroup = 1;
    c.change(tables);
    const auto texts = said(tables);
    CAPTURE(texts);
    REQUIRE(texts.size() == (*c.said == '\0' ? 0 : 1));
    if (!texts.empty()) CHECK(texts[0].starts_with(c.said));
  }
}
