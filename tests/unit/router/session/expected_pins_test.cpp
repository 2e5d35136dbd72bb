#include "router/session/expected_pins.hpp"

#include <catch2/catch.hpp>

namespace weir {
namespace {

struct Case {
  const char* sql;
  Pins before;
  bool autocommit;
  const char* after;
};

const Case kCases[] = {
    {"SELECT v FROM t", {}, true, ""},
    {"SELECT v FROM t", Pin::in_transaction, true, "in_transaction"},
    {"SELECT v FROM t", {}, false, "in_transaction"},
    {"SELECT 1", {}, false, ""},
    {"UPDATE t SET v = 1", {}, false, "in_transaction"},
    {"CREATE TEMPORARY TABLE x (a INT)", {}, false, "temporary_tables"},
    {"CREATE TABLE x (a INT)", Pin::in_transaction, false, ""},
    {"BEGIN", {}, true, "in_transaction"},
    {"COMMIT", Pins(Pin::in_transaction) | Pin::user_variables, true, "user_variables"},
    {"COMMIT AND CHAIN", Pin::in_transaction, true, "in_transaction"},
    {"ROLLBACK TO a", Pin::in_transaction, true, "in_transaction"},
    {"SAVEPOINT a", {}, true, ""},
    {"SAVEPOINT a", {}, false, "one_shot_transaction"},
    {"SET @a = 1", {}, true, ""},
    {"SET @a = @b", {}, true, "user_variables"},
    {"SET autocommit = 1", Pin::in_transaction, false, ""},
    {"SET autocommit = 0", Pin::in_transaction, true, "in_transaction"},
    {"SET TRANSACTION READ ONLY", {}, true, ""},
    {"SET sql_mode = 'ANSI'", {}, true, ""},
    {"SET sql_mode = @x", {}, true, "unread_variables"},
    {"SELECT SQL_CALC_FOUND_ROWS v FROM t", {}, true, "found_rows"},
    {"CALL p()", {}, true, "hidden_state"},
    {"SELECT GET_LOCK('l', 1)", {}, true, "named_lock"},
    {"LOCK TABLES t WRITE", {}, true, "locked_tables"},
    {"UNLOCK TABLES", Pin::locked_tables, true, ""},
};

TEST_CASE("what a statement will pin, by its text", "[router][session]") {
  for (const Case& c : kCases) {
    INFO(c.sql);
    SessionState wants;
    wants.start("u", "s", 45);
    wants.set_autocommit(c.autocommit);
    const Statement statement = classify(c.sql, {});
    CHECK(to_text(expected_pins(statement, c.sql, wants, c.before | pins_of_set(statement, c.sql, wants),
                                {})) == c.after);
  }
}

TEST_CASE("pins that only the last statement left are met by those who ask", "[router][session]") {
  const Pins both = Pins(Pin::found_rows) | Pin::warnings_pending | Pin::named_lock;
  for (const auto& [sql, met] :
       {std::pair{"SELECT 1", "named_lock"}, std::pair{"SELECT FOUND_ROWS()", "named_lock,found_rows"},
        std::pair{"SELECT `found_rows`()", "named_lock,found_rows"},
        std::pair{"SHOW WARNINGS", "named_lock,found_rows,warnings_pending"}}) {
    INFO(sql);
    CHECK(to_text(pins_met(classify(sql, {}), both)) == met);
  }
}

}  // namespace
}  // namespace weir
