// The small parts of rules: addresses, annotations, replacements, attributes.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "router/rules/annotation.hpp"
#include "router/rules/client_addresses.hpp"
#include "router/rules/replacement.hpp"
#include "router/rules/rule_attributes.hpp"

namespace weir {

TEST_CASE("client addresses are one, a beginning or a network", "[router][rules]") {
  struct Case {
    const char* written;
    const char* address;
    bool contained;
  };
  for (const Case& c : {Case{"10.0.0.1", "10.0.0.1", true},
                        Case{"10.0.0.1", "10.0.0.10", false},
                        Case{"10.0.%", "10.0.9.9", true},
                        Case{"10.0.%", "10.1.0.1", false},
                        Case{"%", "::1", true},
                        Case{"%", "", true},
                        Case{"10.1.0.0/16", "10.1.255.255", true},
                        Case{"10.1.0.0/16", "10.2.0.0", false},
                        Case{"10.1.2.3/16", "10.1.9.9", true},
                        Case{"10.1.0.0/20", "10.1.15.255", true},
                        Case{"10.1.0.0/20", "10.1.16.0", false},
                        Case{"10.0.0.1/32", "10.0.0.1", true},
                        Case{"10.0.0.1/32", "10.0.0.2", false},
                        Case{"0.0.0.0/0", "200.1.2.3", true},
                        Case{"0.0.0.0/0", "::1", false},
                        Case{"::/0", "10.0.0.1", true},
                        Case{"fd00::/8", "fd12::1", true},
                        Case{"fd00::/8", "fe80::1", false},
                        Case{"10.1.0.0/16", "::ffff:10.1.2.3", true},
                        Case{"10.1.0.0/16", "", false},
                        Case{"10.1.0.0/16", "localhost", false},
                        Case{"", "", true}}) {
    CAPTURE(c.written, c.address);
    const auto addresses = ClientAddresses::parse(c.written);
    REQUIRE(addresses.has_value());
    CHECK(addresses->contains(c.address) == c.contained);
    CHECK(addresses->written() == c.written);
  }
  for (const char* bad : {"10.%.1", "%%", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/-0",
                          "10.0.0.0/8x", "10.0.0.0/4294967304", "x/8", "::/129", "/8"}) {
    CAPTURE(bad);
    CHECK_FALSE(ClientAddresses::parse(bad).has_value());
  }
}

TEST_CASE("peers are believed by their networks and addresses", "[router][rules]") {
  struct Case {
    const char* written;
    const char* address;
    bool contained;
  };
  for (const Case& c :
       {Case{"", "10.0.0.1", false}, Case{" ", "10.0.0.1", false}, Case{"*", "10.0.0.1", true},
        Case{" * ", "::1", true}, Case{"*", "", false}, Case{"10.0.0.1", "10.0.0.1", true},
        Case{"10.0.0.1", "10.0.0.10", false}, Case{"10.0.0.0/8", "10.9.9.9", true},
        Case{"192.168.0.1,10.0.0.0/8", "10.9.9.9", true},
        Case{"192.168.0.1 , 10.0.0.0/8", "192.168.0.1", true},
        Case{"192.168.0.1, 10.0.0.0/8", "192.168.0.2", false}, Case{"10.0.0.1,", "10.0.0.1", true},
        Case{"fd00:0::5", "fd00::5", true}, Case{"fd00::5", "fd00::6", false},
        Case{"fd00::/8,::1", "fd12::6", true}, Case{"0.0.0.0/0", "", false}}) {
    CAPTURE(c.written, c.address);
    const auto networks = PeerNetworks::parse(c.written);
    REQUIRE(networks.has_value());
    CHECK(networks->contains(c.address) == c.contained);
  }
  for (const char* bad : {"x", "10.0.0.1,,10.0.0.2", ",", "*,10.0.0.1", "10.0.0.0/33", "fd00::/129", "10.1.%",
                          "%", "10.0.0.1;10.0.0.2", "localhost", "10.0.0.1/", "10.0.0.1 10.0.0.2", "/8"}) {
    CAPTURE(bad);
    CHECK_FALSE(PeerNetworks::parse(bad).has_value());
  }
  CHECK(PeerNetworks::parse("10.0.0.1, lb1").error() ==
        "'lb1' is neither an address nor a network, such as 10.1.2.3, 10.1.0.0/16 or fd00::/8 (* alone: "
        "everybody)");
}

TEST_CASE("annotations are pairs in a comment", "[router][rules]") {
  const auto with = [](auto change) {
    Annotation annotation;
    change(annotation);
    return annotation;
  };
  struct Case {
    const char* comment;
    Annotation meaning;
  };
  for (const Case& c :
       {Case{"", {}},
        Case{"hello", {}},
        Case{" hostgroup=2 ", with([](auto& a) { a.hostgroup = 2; })},
        Case{"HostGroup = 2", with([](auto& a) { a.hostgroup = 2; })},
        Case{"hostgroup=2x", {}},
        Case{"hostgroup=", {}},
        Case{"hostgroup=-1", {}},
        Case{"hostgroup=4294967296", {}},
        Case{"hostgroup", {}},
        Case{"=2", {}},
        Case{"hostgroup=1;hostgroup=2", with([](auto& a) { a.hostgroup = 2; })},
        Case{"hostgroup=1;hostgroup=x", with([](auto& a) { a.hostgroup = 1; })},
        Case{";;hostgroup=1;;", with([](auto& a) { a.hostgroup = 1; })},
        Case{"a=b; cache_ttl=5;query_timeout=6;query_delay=7;query_retries=8;mirror=9", with([](auto& a) {
               a.cache_ttl_ms = 5;
               a.timeout_ms = 6;
               a.delay_ms = 7;
               a.retries = 8;
               a.mirror_hostgroup = 9;
             })},
        Case{"max_lag_ms=600000", with([](auto& a) { a.max_lag_ms = 600'000; })},
        Case{"max_lag_ms=600001", {}},
        Case{"min_epoch_ms=1700000000000", with([](auto& a) { a.min_epoch_ms = 1'700'000'000'000; })},
        Case{"min_gtid=uuid:5", with([](auto& a) { a.min_gtid = "uuid:5"; })},
        Case{"create_new_connection=1", with([](auto& a) { a.create_new_connection = true; })},
        Case{"create_new_connection=2", {}},
        Case{"hostgrup=2;mirrro=1",
             with([](auto& a) { a.mistyped_key = "hostgrup", a.meant_key = "hostgroup"; })},
        Case{"Host_Group=2;cache_ttl=1", with([](auto& a) {
               a.mistyped_key = "Host_Group", a.meant_key = "hostgroup", a.cache_ttl_ms = 1;
             })},
        Case{"querytimeout=2",
             with([](auto& a) { a.mistyped_key = "querytimeout", a.meant_key = "query_timeout"; })},
        Case{"miror=2", with([](auto& a) { a.mistyped_key = "miror", a.meant_key = "mirror"; })},
        Case{"host=a;group=b;traceparent='00-1';error=2;app=web;timeout=5;x=hostgroup=1;url=/?hostgrup",
             {}}}) {
    CAPTURE(c.comment);
    CHECK(parse_annotation(c.comment) == c.meaning);
  }
  CHECK(parse_annotation(std::string(2000, ' ') + "hostgroup=1") ==
        Annotation{});  // beyond what is looked at
}

TEST_CASE("replacements put groups into texts", "[router][rules]") {
  struct Case {
    const char* expression;
    const char* replacement;
    Replacement::Extent extent;
    const char* subject;
    const char* text;  // null: no match
  };
  constexpr auto kFirst = Replacement::Extent::first_match;
  constexpr auto kEvery = Replacement::Extent::every_match;
  MatchContext context;
  for (const Case& c :
       {Case{"a", "b", kFirst, "xaxa", "xbxa"}, Case{"a", "b", kEvery, "xaxa", "xbxb"},
        Case{"a", "b", kEvery, "x", nullptr}, Case{"(a)(b)", "\\2\\1", kFirst, "xabx", "xbax"},
        Case{"a+", "<\\0>", kEvery, "aa a", "<aa> <a>"}, Case{"a", "\\\\", kFirst, "a", "\\"},
        Case{"a", "", kEvery, "banana", "bnn"}, Case{"^", "/* x */ ", kFirst, "a", "/* x */ a"},
        Case{"", "-", kEvery, "ab", "-a-b-"}, Case{"x*", "-", kEvery, "axb", "-a--b-"},
        Case{"$", ";", kFirst, "a", "a;"}, Case{"a(x)?b", "[\\1]", kFirst, "ab", "[]"},
        Case{"a\\K", "-", kFirst, "aa", "a-a"}}) {
    CAPTURE(c.expression, c.replacement, c.subject);
    const auto pattern = Pattern::compile(c.expression, {});
    REQUIRE(pattern.has_value());
    const auto replacement = Replacement::parse(c.replacement, *pattern, c.extent);
    REQUIRE(replacement.has_value());
    std::string text;
    const bool matched = replacement->rewrite(*pattern, c.subject, 100, context, text) == MatchOutcome::match;
    REQUIRE(matched == (c.text != nullptr));
    if (matched) CHECK(text == c.text);
  }
}

TEST_CASE("attributes of rules are JSON", "[router][rules]") {
  std::vector<AttributeProblem> problems;
  const RuleAttributes attributes = parse_rule_attributes(
      R"({"flagOUTs":[{"id":8,"weight":2},{"id":9,"weight":0},{"id":1}],"dry_run":true,"max_in_flight":5,)"
      R"("max_in_flight_per":"user"})",
      problems);
  REQUIRE(attributes.flag_outs.size() == 1);
  CHECK(attributes.flag_outs[0].chain == 8);
  CHECK(attributes.flag_outs[0].weight == 2);
  CHECK(attributes.dry_run);
  CHECK(attributes.max_in_flight == 5);
  CHECK(attributes.max_in_flight_per == InFlightPer::user);
  CHECK(problems ==
        std::vector<AttributeProblem>{
            {Severity::error, "an entry of flagOUTs needs id and weight, whole numbers in 0..2147483647"}});
  struct Case {
    const char* text;
    Severity severity;
  };
  for (const Case& bad : {Case{R"({"dry_run":1})", Severity::error},
                          {R"({"max_in_flight":-1})", Severity::error},
                          {R"({"max_in_flight":1.5})", Severity::error},
                          {R"({"max_in_flight":"5"})", Severity::error},
                          {R"({"max_in_flight":null})", Severity::error},
                          {R"({"max_in_flight_per":"host"})", Severity::error},
                          {R"({"flagOUTs":{}})", Severity::error},
                          {R"({"flagOUTs":7})", Severity::error},
                          {R"({"flagOUTs":[8]})", Severity::error},
                          {R"({"flagOUTs":[{"id":"8","weight":1}]})", Severity::error},
                          {R"({"of_another_program":1})", Severity::warning},
                          {R"([1])", Severity::warning}}) {
    CAPTURE(bad.text);
    problems.clear();
    parse_rule_attributes(bad.text, problems);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].severity == bad.severity);
  }
}

}  // namespace weir
