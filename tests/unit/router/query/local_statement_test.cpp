#include "router/query/local_statement.hpp"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Kind = LocalStatement::Kind;

struct Case {
  std::string_view sql;
  Kind kind;
  std::string_view explained = {};
};

constexpr Case kCases[] = {
    {"EXPLAIN ROUTE SELECT 1", Kind::explain_route, "SELECT 1"},
    {"explain route select 1", Kind::explain_route, "select 1"},
    {"  /* c */ Explain -- c\n\tRoute/* hostgroup=2 */SELECT 1 ;", Kind::explain_route,
     "/* hostgroup=2 */SELECT 1 ;"},
    {"EXPLAIN ROUTE", Kind::explain_route, ""},
    {"EXPLAIN ROUTE ;", Kind::explain_route, ";"},
    {"EXPLAIN ROUTE SELECT 1; DELETE FROM t", Kind::explain_route, "SELECT 1; DELETE FROM t"},
    {"EXPLAIN ROUTE BEGIN", Kind::explain_route, "BEGIN"},
    {"EXPLAIN ROUTE 'unclosed", Kind::explain_route, "'unclosed"},
    {"EXPLAIN ROUTE(SELECT 1)", Kind::explain_route, "(SELECT 1)"},
    {"EXPLAIN ROUTE EXPLAIN ROUTE SELECT 1", Kind::explain_route, "EXPLAIN ROUTE SELECT 1"},
    {"EXPLAIN ROUTE.stops", Kind::none},
    {"EXPLAIN `route`", Kind::none},
    {"EXPLAIN routes", Kind::none},
    {"EXPLAIN SELECT * FROM route", Kind::none},
    {"DESCRIBE route", Kind::none},
    {"DESC route", Kind::none},
    {"SELECT 1 /* EXPLAIN ROUTE SELECT 1 */", Kind::none},
    {"SHOW LAST ROUTE", Kind::show_last_route},
    {"show/**/last\troute;", Kind::show_last_route},
    {"SHOW LAST ROUTE; SELECT 1", Kind::none},
    {"SHOW LAST", Kind::none},
    {"SHOW LAST ROUTES", Kind::none},
    {"SHOW ROUTE", Kind::none},
    {"SHOW STATUS LIKE 'Ssl_cipher'", Kind::stream_status},
    {"show session status like \"ssl_VERSION\" ;", Kind::stream_status},
    {"SHOW LOCAL STATUS LIKE 'Ssl_cipher'", Kind::stream_status},
    {"SHOW STATUS LIKE 'Compression'", Kind::stream_status},
    {"SHOW SESSION STATUS LIKE 'compression_algorithm'", Kind::stream_status},
    {"SHOW STATUS LIKE 'Compression_level';", Kind::stream_status},
    {"SHOW STATUS LIKE 'Compression%'", Kind::none},
    {"SHOW GLOBAL STATUS LIKE 'Compression'", Kind::none},
    {"SHOW GLOBAL STATUS LIKE 'Ssl_cipher'", Kind::none},
    {"SHOW STATUS LIKE 'Ssl_cipher%'", Kind::none},
    {"SHOW STATUS LIKE 'Ssl%'", Kind::none},
    {"SHOW STATUS LIKE 'Ssl_cipher'; SELECT 1", Kind::none},
    {"SHOW VARIABLES LIKE 'Ssl_cipher'", Kind::none},
    {"SHOW STATUS WHERE Variable_name = 'Ssl_cipher'", Kind::none},
    {"SHOW STATUS", Kind::none},
    {"KILL 5", Kind::kill},
    {"kill query 5", Kind::kill},
    {"SELECT CONNECTION_ID()", Kind::connection_id},
    {"select connection_id() ;", Kind::connection_id},
    {"SELECT CONNECTION_ID() + 1", Kind::none},
    {"SELECT CONNECTION_ID(), 1", Kind::none},
    {"SELECT row_count( )", Kind::row_count},
    {"SELECT ROW_COUNT();", Kind::row_count},
    {"SELECT ROW_COUNT() + 1", Kind::none},
    {"SELECT ROW_COUNT() FROM t", Kind::none},
    {"UPDATE t SET a = ROW_COUNT()", Kind::none},
    {"PROXYSQL INTERNAL SESSION", Kind::internal_session},
    {"weir internal session;", Kind::internal_session},
    {"WEIR INTERNAL", Kind::none},
    {"SELECT 1", Kind::none},
    {"", Kind::none},
};

TEST_CASE("which statements are answered without a server", "[router][query]") {
  for (const Case& c : kCases) {
    INFO(c.sql);
    const LocalStatement local = local_statement(classify(c.sql, {}), c.sql, {});
    CHECK(to_text(local.kind) == to_text(c.kind));
    CHECK(local.explained == c.explained);
  }
}

TEST_CASE("quoting follows the session's sql_mode", "[router][query]") {
  constexpr std::string_view kSql = "EXPLAIN \"route\" SELECT 1";
  for (const bool ansi_quotes : {false, true}) {
    const LexMode mode{.ansi_quotes = ansi_quotes};
    CHECK(local_statement(classify(kSql, mode), kSql, mode).kind == Kind::none);
  }
}

}  // namespace
}  // namespace weir
