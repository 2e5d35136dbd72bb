#include "router/query/kill_statement.hpp"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Target = KillStatement::Target;

struct Case {
  const char* sql;
  KillStatement kill;
};

constexpr Case kCases[] = {
    {"KILL 5", {Target::session, 5, false}},
    {"kill connection 5;", {Target::session, 5, false}},
    {"KILL QUERY 5 /* x */", {Target::session, 5, true}},
    {"KILL HARD QUERY 5", {Target::session, 5, true}},
    {"KILL SOFT 18446744073709551615", {Target::session, 18446744073709551615u, false}},
    {"KILL ?", {Target::parameter, 0, false}},
    {"KILL QUERY ?", {Target::parameter, 0, true}},
    {"KILL", {}},
    {"KILL QUERY", {Target::not_supported, 0, true}},
    {"KILL 18446744073709551616", {}},
    {"KILL 0x10", {}},
    {"KILL 5.0", {}},
    {"KILL -1", {}},
    {"KILL 5 + 1", {}},
    {"KILL @a", {}},
    {"KILL @@pseudo_thread_id", {}},
    {"KILL CONNECTION_ID()", {Target::own_session, 0, false}},
    {"kill connection connection_id ( );", {Target::own_session, 0, false}},
    {"KILL QUERY /**/ Connection_Id()", {Target::own_session, 0, true}},
    {"KILL CONNECTION_ID() + 1", {}},
    {"KILL CONNECTION_ID(1)", {}},
    {"KILL CONNECTION_ID", {}},
    {"KILL USER app", {}},
    {"KILL USER 'app'@'%'", {}},
    {"KILL QUERY ID 5", {}},
    {"KILL QUERY USER app", {}},
    {"KILL /*!50000 5 */", {}},
    {"KILL 5; SELECT 1", {}},
};

TEST_CASE("KILL tells whom", "[router][kill]") {
  for (const Case& c : kCases) {
    CAPTURE(c.sql);
    const KillStatement kill = parse_kill(c.sql, {});
    CHECK(kill.target == c.kill.target);
    if (c.kill.target == Target::not_supported) continue;
    CHECK(kill == c.kill);
  }
}

TEST_CASE("a KILL behind another statement is found", "[router][kill]") {
  for (const char* sql : {"SELECT 1; KILL 5", "SELECT 1;/**/kill query 5", "BEGIN NOT ATOMIC KILL 5; END",
                          "IF 1 THEN KILL 5; END IF"}) {
    CAPTURE(sql);
    CHECK(hides_kill(sql, {}));
  }
  for (const char* sql : {"KILL 5", "SELECT `kill` FROM t; SELECT 1", "SELECT 1; SELECT 'kill 5'"}) {
    CAPTURE(sql);
    CHECK_FALSE(hides_kill(sql, {}));
  }
}

}  // namespace
}  // namespace weir
