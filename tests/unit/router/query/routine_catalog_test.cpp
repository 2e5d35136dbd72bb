#include "router/query/routine_catalog.hpp"

#include <catch2/catch.hpp>

#include "router/query/routine_body.hpp"
#include "tests/support/allocation_count.hpp"
#include "tests/support/truncations.hpp"

namespace weir {
namespace {

StoredFunction reading(std::string schema, std::string name) {
  return {std::move(schema), std::move(name), DataAccess::no_sql, true, RoutineVerdict::reads};
}

struct Body {
  const char* sql;
  bool reads;
  bool ansi_quotes = false;
};

const Body kBodies[] = {
    {"RETURN 1", true},
    {"RETURN x + 1", true},
    {"RETURN(SELECT MAX(a) FROM t WHERE b = x)", true},
    {"begin return concat('update t', \"delete from t\"); end", true},
    {"RETURN 'it''s @x' -- insert into t\n", true},
    {"BEGIN DECLARE v INT(11) DEFAULT 0; SELECT a INTO v FROM t LIMIT 1; RETURN v; END", true},
    {"BEGIN DECLARE v VARCHAR(10); DECLARE CONTINUE HANDLER FOR NOT FOUND SET v = ''; RETURN v; END", true},
    {"BEGIN DECLARE c CURSOR FOR SELECT a FROM t; OPEN c; FETCH c INTO v; CLOSE c; RETURN v; END", true},
    {"BEGIN IF (x > 1) THEN RETURN 1; ELSEIF (x > 2) THEN RETURN 2; ELSE RETURN(3); END IF; END", true},
    {"BEGIN WHILE (x > 0) DO SET x = x - 1; END WHILE; RETURN CASE WHEN (x) THEN 1 ELSE 2 END; END", true},
    {"RETURN REPLACE(x, 'a', 'b')", true},
    {"RETURN INSERT(x, 1, 2, 'b')", true},
    {"RETURN TRUNCATE(x, 2)", true},
    {"BEGIN IF x THEN SIGNAL SQLSTATE '45000'; END IF; RETURN 1; END", true},

    {"BEGIN INSERT INTO t VALUES (1); RETURN 1; END", false},
    {"BEGIN insert t values (1); RETURN 1; END", false},
    {"BEGIN UPDATE t SET a = 1; RETURN 1; END", false},
    {"BEGIN DELETE FROM t; RETURN 1; END", false},
    {"BEGIN REPLACE t VALUES (1); RETURN 1; END", false},
    {"BEGIN IF x THEN INSERT/**/INTO t VALUES (1); END IF; RETURN 1; END", false},
    {"BEGIN /*!50000 INSERT INTO t VALUES (1); */ RETURN 1; END", false},
    {"BEGIN CALL p(); RETURN 1; END", false},
    {"BEGIN CREATE TEMPORARY TABLE x (a INT); RETURN 1; END", false},
    {"BEGIN DROP TEMPORARY TABLE x; RETURN 1; END", false},
    {"BEGIN SELECT a INTO @v FROM t; RETURN @v; END", false},
    {"BEGIN SELECT a INTO OUTFILE '/tmp/x' FROM t; RETURN 1; END", false},
    {"BEGIN SET @calls = @calls + 1; RETURN 1; END", false},
    {"BEGIN SET SESSION sql_mode = ''; RETURN 1; END", false},
    {"BEGIN SET GLOBAL x = 1; RETURN 1; END", false},
    {"BEGIN SET timestamp = 1; RETURN NOW(); END", false},
    {"BEGIN DECLARE v INT; SET v = 1, `Foreign_Key_Checks` := 0; RETURN v; END", false},
    {"BEGIN SET NAMES latin1; RETURN 1; END", false},
    {"BEGIN SET TRANSACTION READ ONLY; RETURN 1; END", false},
    {"BEGIN DECLARE v, w INT; SET v = 1, w := v + 1; RETURN v; END", true},
    {"BEGIN SELECT a INTO v FROM t FOR UPDATE; RETURN v; END", false},
    {"RETURN @x", false},
    {"RETURN @@server_id", false},
    {"RETURN LAST_INSERT_ID()", false},
    {"RETURN CONNECTION_ID()", false},
    {"RETURN GET_LOCK('a', 1)", false},
    {"RETURN IS_FREE_LOCK('a')", false},
    {"RETURN NEXTVAL(s)", false},
    {"RETURN NEXT VALUE FOR s", false},
    {"RETURN other(x)", false},
    {"RETURN db.other(x)", false},
    {"RETURN `while`(x)", false},
    {"RETURN 'not closed", false},
    {"RETURN \"a\"", true, true},
    {"RETURN \"f\"(x)", false, true},
};

TEST_CASE("a body only reads if nothing in it says otherwise", "[router][routine]") {
  for (const Body& body : kBodies) {
    CAPTURE(body.sql);
    CHECK(only_reads(body.sql, {.ansi_quotes = body.ansi_quotes}) == body.reads);
    test::for_every_shorter(as_bytes(body.sql), [](Bytes prefix) { only_reads(as_text(prefix), {}); });
  }
}

TEST_CASE("a function is a read only if it is declared so, and its body can be seen and agrees",
          "[router][routine]") {
  const char* reads = "RETURN 1";
  const char* writes = "BEGIN DELETE FROM t; RETURN 1; END";
  struct Judged {
    DataAccess declared;
    std::optional<std::string_view> body;
    RoutineVerdict verdict;
  };
  const Judged cases[] = {
      {DataAccess::reads_sql_data, reads, RoutineVerdict::reads},
      {DataAccess::no_sql, reads, RoutineVerdict::reads},
      {DataAccess::contains_sql, reads, RoutineVerdict::not_declared},
      {DataAccess::modifies_sql_data, reads, RoutineVerdict::declared_write},
      {DataAccess::reads_sql_data, writes, RoutineVerdict::body_in_doubt},
      {DataAccess::no_sql, writes, RoutineVerdict::body_in_doubt},
      {DataAccess::reads_sql_data, std::nullopt, RoutineVerdict::body_unseen},
  };
  for (const Judged& judged : cases) {
    CAPTURE(to_text(judged.declared), to_text(judged.verdict));
    CHECK(judge_function(judged.declared, judged.body, "") == judged.verdict);
  }
}

TEST_CASE("a body is read in its own sql_mode, and not at all in other grammars", "[router][routine]") {
  struct Judged {
    const char* body;
    const char* sql_mode;
    RoutineVerdict verdict;
  };
  const Judged cases[] = {
      {"RETURN \"g\"(1)", "REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI_QUOTES", RoutineVerdict::body_in_doubt},
      {"RETURN \"g(1)\"", "STRICT_TRANS_TABLES", RoutineVerdict::reads},
      {"RETURN '\\'", "NO_BACKSLASH_ESCAPES", RoutineVerdict::reads},
      {"RETURN '\\'", "", RoutineVerdict::body_in_doubt},
      {"BEGIN SET a = '\\'; INSERT INTO t VALUES ('\\'); RETURN 1; END", "NO_BACKSLASH_ESCAPES",
       RoutineVerdict::body_in_doubt},
      {"AS BEGIN p; RETURN 1; END", "PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,ORACLE",
       RoutineVerdict::body_in_doubt},
      {"RETURN 1", "PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,MSSQL", RoutineVerdict::body_in_doubt},
  };
  for (const Judged& judged : cases) {
    CAPTURE(judged.body, judged.sql_mode);
    CHECK(judge_function(DataAccess::no_sql, judged.body, judged.sql_mode) == judged.verdict);
  }
}

TEST_CASE("of a shown function all but its body is nothing", "[router][routine]") {
  const std::string head = "CREATE DEFINER=`func(`@`%` FUNCTION `f (`(";
  const char* types[] = {"int(11)",    "tinyint(1)",  "bigint unsigned", "decimal(10,2)", "numeric(5)",
                         "float(7,4)", "double(7,4)", "bit(3)",          "char(5)",       "varchar(10)",
                         "binary(5)",  "blob",        "varbinary(5)",    "longtext",      "date",
                         "time(6)",    "datetime(6)", "timestamp(6)",    "year(4)",       "enum('a','b')",
                         "json",       "geometry",    "mediumint(5)",    "smallint(5)"};
  for (const std::string type : types) {
    const std::string create = head + "x " + type + ", y int) RETURNS " + type +
                               " CHARSET utf8mb4 COLLATE utf8mb4_bin\n    NO SQL\n    DETERMINISTIC\n"
                               "    SQL SECURITY INVOKER\n    COMMENT 'INSERT (it''s)'\nRETURN 1";
    CAPTURE(create);
    CHECK(judge_shown(DataAccess::no_sql, create, "") == RoutineVerdict::reads);
    CHECK(judge_shown(DataAccess::no_sql, create + " + other(1)", "") == RoutineVerdict::body_in_doubt);
  }
  const char* ansi = "CREATE DEFINER=\"a'b\"@\"%\" FUNCTION \"f\"(x int) RETURNS int NO SQL RETURN ";
  CHECK(judge_shown(DataAccess::no_sql, std::string(ansi) + "1", "ANSI_QUOTES") == RoutineVerdict::reads);
  CHECK(judge_shown(DataAccess::no_sql, std::string(ansi) + "\"g\"(1)", "ANSI_QUOTES") ==
        RoutineVerdict::body_in_doubt);
  CHECK(judge_shown(DataAccess::no_sql, "", "") == RoutineVerdict::body_inexact);
  CHECK(judge_shown(DataAccess::no_sql, "CREATE FUNCTION f", "") == RoutineVerdict::body_inexact);
  CHECK(judge_shown(DataAccess::modifies_sql_data, head + ") RETURN 1", "") ==
        RoutineVerdict::declared_write);
}

TEST_CASE("functions are found by name without case and by schema with it", "[router][routine]") {
  const RoutineCatalog catalog({reading("b", "f"), reading("a", "F"), reading("a", "g"), reading("A", "h"),
                                reading("a", "with`tick"), reading("a", "\xc3\xa9")},
                               std::vector<std::string>{"Udf"});
  CHECK(catalog.find_qualified("a", "f") == StoredCall::reads);
  CHECK(catalog.find_qualified("b", "F") == StoredCall::reads);
  CHECK(catalog.find_qualified("c", "f") == StoredCall::unknown);
  CHECK(catalog.find_qualified("a", "h") == StoredCall::unknown);
  CHECK(catalog.find_qualified("", "f") == StoredCall::unknown);
  CHECK(catalog.find_qualified("a", "") == StoredCall::unknown);
  CHECK(catalog.find_qualified("a", "with`tick") == StoredCall::unknown);
  CHECK(catalog.find_qualified("a", "\xc3\xa9") == StoredCall::unknown);
  CHECK(catalog.find_unqualified("a", "G") == StoredCall::reads);
  CHECK(catalog.find_unqualified("b", "g") == StoredCall::unknown);
  CHECK(catalog.find_unqualified("", "g") == StoredCall::unknown);
  CHECK(catalog.find_unqualified("a", "UDF") == StoredCall::may_write);
}

TEST_CASE("without the names of loadable functions no unqualified one is known", "[router][routine]") {
  const RoutineCatalog catalog({reading("a", "f")}, std::nullopt);
  CHECK(catalog.find_unqualified("a", "f") == StoredCall::unknown);
  CHECK(catalog.find_qualified("a", "f") == StoredCall::reads);
}

TEST_CASE("every function of a large catalogue is found, without allocating", "[router][routine]") {
  std::vector<StoredFunction> functions;
  for (int i = 0; i < 2000; ++i)
    functions.push_back(reading("s" + std::to_string(i % 7), "f" + std::to_string(i)));
  const std::vector<StoredFunction> all = functions;
  const RoutineCatalog catalog(std::move(functions), std::vector<std::string>{});
  const test::AllocationCount count;
  for (const StoredFunction& function : all) {
    CHECK(catalog.find_qualified(function.schema, function.name) == StoredCall::reads);
  }
  CHECK(count.allocations() == 0);
}

TEST_CASE("each pair has its own catalogue", "[router][routine]") {
  const auto catalog = std::make_shared<const RoutineCatalog>(std::vector{reading("a", "f")}, std::nullopt);
  const RoutineCatalogs catalogs{{.writer_hostgroup = 5, .catalog = catalog}, {.writer_hostgroup = 7}};
  CHECK(RoutineScope{&catalogs, 5, "a"}.catalog() == catalog.get());
  CHECK(RoutineScope{&catalogs, 7, "a"}.catalog() == nullptr);
  CHECK(RoutineScope{&catalogs, 6, "a"}.catalog() == nullptr);
  CHECK(RoutineScope{}.catalog() == nullptr);
}

TEST_CASE("what servers write for data access is understood", "[router][routine]") {
  for (const auto access : {DataAccess::contains_sql, DataAccess::no_sql, DataAccess::reads_sql_data,
                            DataAccess::modifies_sql_data}) {
    CHECK(parse_data_access(to_text(access)) == access);
  }
  CHECK_FALSE(parse_data_access("reads sql data"));
  CHECK_FALSE(parse_data_access(""));
}

}  // namespace
}  // namespace weir
