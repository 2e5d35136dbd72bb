#include "router/session/read_back.hpp"

#include <catch2/catch.hpp>

#include "protocol/machine/reply_writer.hpp"
#include "router/session/sync_plan.hpp"

namespace weir {
namespace {

struct Cell {
  ColumnType type = ColumnType::var_string;
  std::uint16_t flags = 0;
  TextField value;
};

// What a server answers, as the machine that reads it has it.
SimpleQuery answer(const std::vector<std::vector<Cell>>& rows) {
  ByteQueue out;
  ReplyWriter reply{out, 0, 1};
  std::vector<ReplyColumn> columns;
  for (const Cell& cell : rows.at(0))
    columns.push_back({.name = "c", .type = cell.type, .flags = cell.flags});
  reply.columns(columns);
  for (const auto& row : rows) {
    std::vector<TextField> values;
    for (const Cell& cell : row) values.push_back(cell.value);
    reply.row(values);
  }
  reply.end_rows(kStatusAutocommit);
  SimpleQuery query;
  query.start("SELECT", 0);
  CHECK(query.on_bytes(out.readable()) == SimpleQuery::Want::done);
  return query;
}

SessionState fresh() {
  SessionState state;
  state.start("ann", "shop", 45);
  return state;
}

// As a SET of the session's has it.
std::string plan_from(const SessionState& has, const SessionState& wants) {
  SyncPlan plan;
  plan.make(has, wants, CarryInsertId::yes);
  return plan.count() == 0 ? "" : std::string(plan.text(plan.count() - 1));
}

struct Value {
  const char* what;
  std::vector<Cell> cells;  // @a, HEX(@a), COLLATION(@a)
  const char* set;          // null: no text gives it back
};

const Value kValues[] = {
    {"integer",
     {{ColumnType::longlong, 0, "-5"}, {.value = "FFFFFFFFFFFFFFFB"}, {.value = "binary"}},
     "CAST(-5 AS SIGNED)"},
    {"unsigned",
     {{ColumnType::longlong, kColumnUnsigned, "18446744073709551615"}, {.value = "FF"}, {.value = "binary"}},
     "CAST(18446744073709551615 AS UNSIGNED)"},
    {"decimal", {{ColumnType::new_decimal, 0, "1.50"}, {.value = "2"}, {.value = "binary"}}, "1.50"},
    {"double", {{ColumnType::double_real, 0, "100"}, {.value = "64"}, {.value = "binary"}}, "100e0"},
    {"large double", {{ColumnType::double_real, 0, "1e300"}, {.value = ""}, {.value = "binary"}}, "1e300"},
    {"text",
     {{ColumnType::long_blob, 0, "\xc3\xbc'"}, {.value = "C3BC27"}, {.value = "utf8mb4_general_ci"}},
     "_utf8mb4 X'C3BC27' COLLATE utf8mb4_general_ci"},
    {"empty text",
     {{ColumnType::medium_blob, 0, ""}, {.value = ""}, {.value = "latin1_bin"}},
     "_latin1 X'' COLLATE latin1_bin"},
    {"bytes", {{ColumnType::var_string, 0, "A"}, {.value = "41"}, {.value = "binary"}}, "_binary X'41'"},
    {"a type that user variables do not have",
     {{ColumnType::geometry, 0, "x"}, {.value = "78"}, {.value = "binary"}},
     nullptr},
    {"a number that is none",
     {{ColumnType::longlong, 0, "5; DROP"}, {.value = ""}, {.value = "binary"}},
     nullptr},
    {"a decimal of no digits",
     {{ColumnType::new_decimal, 0, "--"}, {.value = ""}, {.value = "binary"}},
     nullptr},
    {"a double of no digits",
     {{ColumnType::double_real, 0, "e"}, {.value = ""}, {.value = "binary"}},
     nullptr},
    {"a decimal that is none",
     {{ColumnType::new_decimal, 0, "1,0"}, {.value = ""}, {.value = "binary"}},
     nullptr},
    {"no hexadecimal digits",
     {{ColumnType::blob, 0, "x"}, {.value = "x'"}, {.value = "latin1_bin"}},
     nullptr},
    {"a collation that is no word", {{ColumnType::blob, 0, "x"}, {.value = "78"}, {.value = "a b"}}, nullptr},
};

TEST_CASE("a computed user variable, read back, is set on another connection with its value and type",
          "[router][session]") {
  for (const Value& c : kValues) {
    INFO(c.what);
    SessionState wants = fresh();
    CHECK(wants.note_user_variables("SELECT @A := x", {}));
    CHECK(!wants.user_variables().settled());
    ReadBack read(Pin::user_variables, wants);
    CHECK(read.sql() == "SELECT @`a`, HEX(@`a`), COLLATION(@`a`)");
    REQUIRE(read.take(answer({c.cells})) == (c.set != nullptr));
    if (c.set == nullptr) continue;
    read.apply_to(wants);
    CHECK(wants.user_variables().settled());
    CHECK(plan_from(fresh(), wants) == "SET @`a`=" + std::string(c.set));
    CHECK(plan_from(wants, fresh()) == "SET @`a`=X'', @`a`=NULL");
    CHECK(plan_from(wants, wants).empty());
  }
}

TEST_CASE("a string that is too long keeps its connection", "[router][session]") {
  SessionState wants = fresh();
  wants.note_user_variables("SET @a = REPEAT('x', 1025)", {});
  for (const std::size_t bytes : {1024u, 1025u}) {
    const std::string hex(2 * bytes, '7');
    ReadBack read(Pin::user_variables, wants);
    CHECK(read.take(answer({{{ColumnType::blob, 0, "x"}, {.value = hex}, {.value = "latin1_bin"}}})) ==
          (bytes == 1024));
  }
}

TEST_CASE("how many bytes are to be read is asked first", "[router][session]") {
  SessionState wants = fresh();
  wants.note_user_variables("SELECT x INTO @a, @b FROM t", {});
  CHECK(ReadBack(Pin::user_variables, wants).size_sql() ==
        "SELECT COALESCE(LENGTH(@`a`), 0) + COALESCE(LENGTH(@`b`), 0)");
  CHECK(ReadBack(Pin::last_insert_id, fresh()).size_sql().empty());
  for (const auto& [bytes, fits] :
       {std::pair{"0", true}, {"16384", true}, {"16385", false}, {"5x", false}, {"", false}}) {
    CHECK(ReadBack::takes_size(answer({{{.value = bytes}}})) == fits);
  }
  CHECK(!ReadBack::takes_size(answer({{{}}})));
}

TEST_CASE("NULL is a user variable that is not there", "[router][session]") {
  SessionState wants = fresh();
  wants.note_user_variables("SELECT x INTO @a, @b FROM t", {});
  ReadBack read(Pin::user_variables, wants);
  REQUIRE(
      read.take(answer({{{}, {}, {}, {ColumnType::longlong, 0, "1"}, {.value = "1"}, {.value = "binary"}}})));
  read.apply_to(wants);
  REQUIRE(wants.user_variables().all().size() == 1);
  CHECK(wants.user_variables().all()[0].name == "b");
}

TEST_CASE("an insert id and a variable of an expression are read back, too", "[router][session]") {
  SessionState wants = fresh();
  wants.apply(effect_of(parse_set("SET time_zone = @x, sql_select_limit = @y", {})));
  CHECK(!wants.settled());
  ReadBack read(Pins(Pin::last_insert_id) | Pin::unread_variables, wants);
  CHECK(read.sql() == "SELECT LAST_INSERT_ID(), @@sql_select_limit, @@time_zone");
  REQUIRE(read.take(answer({{{.value = "17"}, {.value = "1"}, {.value = "+02:00"}}})));
  read.apply_to(wants);
  CHECK(wants.settled());
  CHECK(wants.last_insert_id() == 17);
  CHECK(plan_from(fresh(), wants) == "SET sql_select_limit=1, time_zone='+02:00', last_insert_id=17");
}

TEST_CASE("what cannot be read keeps the connection", "[router][session]") {
  SessionState wants = fresh();
  wants.apply(effect_of(parse_set("SET time_zone = @x", {})));
  const Pins pins = Pin::unread_variables;
  CHECK(!ReadBack(pins, wants).take(answer({{{.value = "Z\xc3\xbcrich"}}})));            // no text for it
  CHECK(!ReadBack(pins, wants).take(answer({{{.value = "UTC"}, {.value = "UTC"}}})));    // another answer
  CHECK(!ReadBack(pins, wants).take(answer({{{.value = "UTC"}}, {{.value = "UTC"}}})));  // two rows
  CHECK(!ReadBack(Pin::last_insert_id, fresh()).take(answer({{{.value = "seventeen"}}})));
}

TEST_CASE("user variables whose names are not plain, or too many, cannot be followed", "[router][session]") {
  SessionState wants = fresh();
  CHECK(wants.note_user_variables("SELECT @a := 1, @`b`, @'c', @\"d\", @$_.x", {}));
  CHECK(!wants.note_user_variables("SELECT @`a b` := 1", {}));
  CHECK(!wants.note_user_variables("SELECT @\xc3\xbc := 1", {}));
  std::string sql = "SELECT 1";
  for (std::size_t i = 0; i < UserVariables::kMost; ++i) sql += ", @v" + std::to_string(i) + " := 1";
  CHECK(!wants.note_user_variables(sql, {}));
}

}  // namespace
}  // namespace weir
