#include "router/session/next_transaction.hpp"

#include <catch2/catch.hpp>

#include "router/session/session_state.hpp"

namespace weir {
namespace {

std::string to_text(const NextTransaction& next) {
  if (next.none()) return "";
  return to_sql(next).substr(std::string_view("SET TRANSACTION ").size()) + (next.doubtful ? "?" : "");
}

struct EndCase {
  const char* sql;
  Outcome outcome;
  bool was_in_transaction;
  Ended ended;
};

// As MariaDB 10.11 and MySQL 9 behave, or less than that.
const EndCase kEnds[] = {
    {"SELECT 1", {}, false, Ended::no},
    {"SELECT no_such_column", {.ok = false}, false, Ended::no},
    {"DO 1", {}, false, Ended::no},
    {"SET @a = 1, sql_mode = ''", {}, false, Ended::no},
    {"SET @a = (SELECT COUNT(*) FROM t)", {}, false, Ended::perhaps},
    {"SET @a = f()", {}, false, Ended::perhaps},
    {"USE shop", {}, false, Ended::no},
    {"SHOW WARNINGS", {}, false, Ended::no},
    {"SHOW TABLES", {}, false, Ended::perhaps},
    {"SAVEPOINT a", {}, false, Ended::no},
    {"PREPARE p FROM 'SELECT 1'", {}, false, Ended::perhaps},
    {"EXECUTE p", {}, false, Ended::perhaps},
    {"SELECT * FROM t", {}, false, Ended::perhaps},
    {"SELECT NEXTVAL(s)", {}, false, Ended::perhaps},
    {"SELECT 1; SELECT 2", {}, false, Ended::perhaps},
    {"INSERT INTO t VALUES (1)", {.ok = false}, false, Ended::perhaps},
    {"CALL p()", {}, false, Ended::perhaps},
    {"ALTER TABLE t COMMENT = 'x'", {}, false, Ended::perhaps},
    {"COMMIT", {}, false, Ended::yes},
    {"ROLLBACK", {}, false, Ended::yes},
    {"COMMIT", {.ok = false}, false, Ended::perhaps},
    {"COMMIT; BEGIN; ROLLBACK", {}, false, Ended::perhaps},
    {"/*!80000 COMMIT */", {}, false, Ended::perhaps},
    {"/*!40000 COMMIT */", {}, false, Ended::yes},
    {"ROLLBACK /*!99999 TO a */", {}, false, Ended::perhaps},
    {"BEGIN", {.in_transaction = true}, false, Ended::no},
    {"SELECT * FROM t", {.in_transaction = true}, true, Ended::no},
    {"COMMIT AND CHAIN", {.in_transaction = true}, true, Ended::no},
    {"COMMIT", {}, true, Ended::yes},
    {"ROLLBACK TO a", {.in_transaction = true}, true, Ended::no},
    {"SELECT 1", {}, true, Ended::perhaps},
};

TEST_CASE("what ends the words about the next transaction", "[router][session]") {
  for (const EndCase& c : kEnds) {
    INFO(c.sql);
    CHECK(ends_next_transaction(classify(c.sql, {}), c.outcome, c.was_in_transaction) == c.ended);
  }
}

struct StateCase {
  const char* first;
  Ended ended;
  const char* then;
  const char* next;
};

const StateCase kStates[] = {
    {"SET TRANSACTION READ ONLY", Ended::no, "SET @a = 1", "READ ONLY"},
    {"SET TRANSACTION READ ONLY", Ended::yes, "SET @a = 1", ""},
    {"SET TRANSACTION READ ONLY", Ended::perhaps, "SET @a = 1", "READ ONLY?"},
    {"SET TRANSACTION READ ONLY", Ended::no, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
     "ISOLATION LEVEL SERIALIZABLE, READ ONLY"},
    {"SET TRANSACTION READ ONLY", Ended::perhaps, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
     "ISOLATION LEVEL SERIALIZABLE, READ ONLY?"},
    {"SET TRANSACTION READ ONLY", Ended::perhaps, "SET TRANSACTION READ WRITE, ISOLATION LEVEL SERIALIZABLE",
     "ISOLATION LEVEL SERIALIZABLE, READ WRITE"},
    {"SET TRANSACTION READ ONLY", Ended::no, "SET SESSION TRANSACTION READ WRITE", ""},
    {"SET TRANSACTION READ ONLY", Ended::perhaps, "SET SESSION TRANSACTION READ WRITE", ""},
    {"SET TRANSACTION READ ONLY", Ended::no, "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE",
     "READ ONLY"},
    {"SET TRANSACTION READ ONLY", Ended::no, "SET STATEMENT max_statement_time = 1 FOR SELECT 1",
     "READ ONLY?"},
};

TEST_CASE("the next transaction is part of a session's state", "[router][session]") {
  for (const StateCase& c : kStates) {
    INFO(c.first << "; " << c.then);
    SessionState state;
    state.start("app", "shop", 45);
    state.apply(effect_of(parse_set(c.first, {})));
    state.end_next_transaction(c.ended);
    state.apply(effect_of(parse_set(c.then, {})));
    CHECK(to_text(state.next_transaction()) == c.next);
    state.reset(SessionState::AfterReset::charset_of_login);
    CHECK(state.next_transaction().none());
  }
}

}  // namespace
}  // namespace weir
