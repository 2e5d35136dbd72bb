#include "router/query/statement.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cctype>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "router/query/analyzer.hpp"
#include "tests/support/allocation_count.hpp"
#include "tests/support/truncations.hpp"

namespace weir {
namespace {

struct Case {
  std::string kind, access, reason, traits, mode, written;
  std::string sql;  // `written` with its escapes replaced
};

std::string unescaped(const std::string& written) {
  std::string text;
  for (std::size_t i = 0; i < written.size(); ++i) {
    const char next = written[i] == '\\' && i + 1 < written.size() ? written[i + 1] : '\0';
    if (next == 'x') {
      text += static_cast<char>(std::stoi(written.substr(i + 2, 2), nullptr, 16));
      i += 3;
    } else if (next == 'n' || next == 't' || next == '\\') {
      text += next == 'n' ? '\n' : next == 't' ? '\t' : '\\';
      ++i;
    } else {
      text += written[i];
    }
  }
  return text;
}

const std::vector<Case>& all_cases() {
  static const std::vector<Case> cases = [] {
    std::ifstream file("tests/unit/router/query/statements.tsv");
    std::vector<Case> read;
    for (std::string line; std::getline(file, line);) {
      if (line.empty() || line[0] == '#') continue;
      Case c;
      std::istringstream fields(line);
      for (std::string* field : {&c.kind, &c.access, &c.reason, &c.traits, &c.mode}) {
        std::getline(fields, *field, '\t');
      }
      std::getline(fields, c.written);
      c.sql = unescaped(c.written);
      read.push_back(std::move(c));
    }
    return read;
  }();
  return cases;
}

LexMode mode_of(const std::string& name) {
  return {.ansi_quotes = name == "ansi",
          .no_backslash_escapes = name == "nobackslash",
          .multibyte = multibyte_of(name),
          .family = name == "mysql"     ? ServerFamily::mysql
                    : name == "mariadb" ? ServerFamily::mariadb
                                        : ServerFamily::any};
}

// Names in the order of the bits, comma-separated; "-" for none.
std::string written(Traits traits) {
  std::string names;
  for (std::uint32_t bit = 1; bit != 0; bit <<= 1) {
    const Trait trait = static_cast<Trait>(bit);
    if (traits.has(trait)) names += (names.empty() ? "" : ",") + std::string(to_text(trait));
  }
  return names.empty() ? "-" : names;
}

std::string in_order(const std::string& names) {
  std::vector<std::string> sorted;
  std::istringstream list(names);
  for (std::string name; std::getline(list, name, ',');) sorted.push_back(name);
  std::ranges::sort(sorted);
  std::string text;
  for (const std::string& name : sorted) text += name + ' ';
  return text;
}

// Of mode "stored": pure_f, db2.pure_f and sys.pure_f only read; write_f may write; loadable is a loadable
// function, and so is, against all custom, pure_l. The current schema is db.
const RoutineScope* routines_of(const std::string& mode) {
  static const RoutineCatalogs catalogs = [] {
    const auto function = [](const char* schema, const char* name, RoutineVerdict verdict) {
      return StoredFunction{schema, name, DataAccess::reads_sql_data, true, verdict};
    };
    return RoutineCatalogs{
        PairRoutines{.writer_hostgroup = 1,
                     .catalog = std::make_shared<const RoutineCatalog>(
                         std::vector{function("db", "Pure_F", RoutineVerdict::reads),
                                     function("db2", "pure_f", RoutineVerdict::reads),
                                     function("db", "write_f", RoutineVerdict::declared_write),
                                     function("db2", "write_f", RoutineVerdict::body_in_doubt),
                                     function("db2", "elsewhere", RoutineVerdict::reads),
                                     function("db", "pure_l", RoutineVerdict::reads),
                                     function("db", "abs", RoutineVerdict::reads),
                                     function("db", "get_lock", RoutineVerdict::reads),
                                     function("db", "count", RoutineVerdict::reads)},
                         std::vector<std::string>{"loadable", "PURE_L"})}};
  }();
  static const RoutineScope scope{&catalogs, 1, "db"};
  return mode == "stored" ? &scope : nullptr;
}

Statement classify_like(const std::string& sql, const Case& c) {
  return classify(sql, mode_of(c.mode), routines_of(c.mode));
}

Statement classify_exact(const Case& c) {
  const test::ExactBuffer buffer(as_bytes(c.sql));
  return classify(as_text(buffer), mode_of(c.mode), routines_of(c.mode));
}

bool same(const Statement& a, const Statement& b) {
  return a.kind == b.kind && a.access == b.access && a.reason == b.reason && a.traits == b.traits &&
         a.in_doubt == b.in_doubt && a.hides_insert_id == b.hides_insert_id;
}

}  // namespace

TEST_CASE("statements are what the table says", "[router][statement]") {
  REQUIRE(all_cases().size() >= 2000);
  for (const Case& c : all_cases()) {
    CAPTURE(c.written, c.mode);
    const Statement statement = classify_exact(c);
    CHECK(to_text(statement.kind) == c.kind);
    CHECK(to_text(statement.access) == c.access);
    CHECK(to_text(statement.reason) == c.reason);
    CHECK(in_order(written(statement.traits)) == in_order(c.traits));
    CHECK((statement.reason == Reason::none) == (statement.access == Access::read));
  }
}

TEST_CASE("every kind and reason occurs in the table", "[router][statement]") {
  for (int i = 0; i < kStatementKinds; ++i) {
    const auto name = to_text(static_cast<StatementKind>(i));
    CAPTURE(name);
    CHECK(std::ranges::any_of(all_cases(), [&](const Case& c) { return c.kind == name; }));
  }
  for (int i = 0; i < kReasons; ++i) {
    const auto name = to_text(static_cast<Reason>(i));
    CAPTURE(name);
    CHECK(std::ranges::any_of(all_cases(), [&](const Case& c) { return c.reason == name; }));
  }
}

TEST_CASE("case, blanks and comments do not change what a statement is", "[router][statement]") {
  for (const Case& c : all_cases()) {
    if (c.written.find('\\') != std::string::npos) continue;  // escapes have no other case
    const Statement expected = classify_like(c.sql, c);
    CAPTURE(c.written);
    std::string upper = c.sql, lower = c.sql;
    for (char& ch : upper) ch = ch >= 'a' && ch <= 'z' ? static_cast<char>(ch - 32) : ch;
    for (char& ch : lower) ch = ch >= 'A' && ch <= 'Z' ? static_cast<char>(ch + 32) : ch;
    const bool names_have_case = c.mode == "stored";
    if (!names_have_case && c.sql.find("/*M!") == std::string::npos &&
        c.sql.find("/*m!") == std::string::npos) {
      CHECK(same(classify_like(upper, c), expected));
      CHECK(same(classify_like(lower, c), expected));
    }
    for (const char* prefix : {" ", "\n\t", "/* c */", "-- c\n", "# c\n", "/*+ hint */ "}) {
      CHECK(same(classify_like(prefix + c.sql, c), expected));
    }
    if (expected.reason == Reason::unparsable && expected.kind == StatementKind::select)
      continue;  // still open
    CHECK(same(classify_like(c.sql + "\n/* c */ ", c), expected));
  }
}

TEST_CASE("blanks between tokens may be comments or line ends", "[router][statement]") {
  for (const Case& c : all_cases()) {
    if (c.sql.find_first_of("'\"`\\-#/@") != std::string::npos || c.sql.find("( )") != std::string::npos)
      continue;
    const Statement expected = classify(c.sql, {});
    for (const std::string blank : {"\n", "\t ", "/**/", "/* FOR UPDATE */", "-- ;\n"}) {
      std::string changed;
      for (const char ch : c.sql) changed += ch == ' ' ? blank : std::string(1, ch);
      CAPTURE(changed);
      CHECK(same(classify(changed, {}), expected));
    }
  }
}

TEST_CASE("every prefix can be classified, in a buffer of its size", "[router][statement]") {
  for (const Case& c : all_cases()) {
    test::for_every_shorter(as_bytes(c.sql), [&](Bytes prefix) {
      const Statement statement = classify(as_text(prefix), mode_of(c.mode), routines_of(c.mode));
      CHECK((statement.reason == Reason::none) == (statement.access == Access::read));
    });
  }
}

TEST_CASE("a locking clause is seen at the end of a long statement", "[router][statement]") {
  std::string sql = "SELECT * FROM t WHERE a IN (0";
  for (int i = 0; i < 100'000; ++i) sql += ",'it''s'";
  sql += ')';
  CHECK(classify(sql, {}).access == Access::read);
  CHECK(classify(sql + " FOR UPDATE", {}).reason == Reason::locking_read);
}

TEST_CASE("deep nesting costs no stack", "[router][statement]") {
  const std::string deep(1'000'000, '(');
  CHECK(classify(deep + "SELECT 1" + std::string(deep.size(), ')'), {}).access == Access::read);
  for (const char* unit : {"WITH a AS (", "WITH a AS (SELECT 1) ", "EXPLAIN ", "EXPLAIN (", "ANALYZE (",
                           "BEGIN ", "EXPLAIN ANALYZE (WITH a AS (SELECT 1) ("}) {
    CAPTURE(unit);
    std::string sql;
    for (int i = 0; i < 100'000; ++i) sql += unit;
    CHECK(classify(sql + "DELETE FROM t", {}).access != Access::read);
  }
}

TEST_CASE("USE names its schema as written", "[router][statement]") {
  struct Use {
    const char* sql;
    const char* schema;
  };
  for (const Use& use : {Use{"USE db", "db"}, Use{"use `my db` ;", "`my db`"}, Use{"USE /* c */ 1db", "1db"},
                         Use{"USE a b", ""}, Use{"USE", ""}, Use{"USE 'a'", ""}, Use{"/*!80000 USE a */", ""},
                         Use{"USE a /*!99999 */", ""}, Use{"/*!50000 USE a */", "a"}}) {
    CAPTURE(use.sql);
    CHECK(classify(use.sql, {}).schema == use.schema);
  }
}

TEST_CASE("code that some servers skip is in doubt", "[router][statement]") {
  for (const auto& [sql, in_doubt] : {std::pair{"COMMIT", false},
                                      {"/*! COMMIT */", false},
                                      {"/*!40000 COMMIT */", false},
                                      {"/*!50699 COMMIT */", false},
                                      {"/*!50700 COMMIT */", true},
                                      {"/*!99999 COMMIT */", true},
                                      {"/*!050000 COMMIT */", true},
                                      {"/*!5000 COMMIT */", true},
                                      {"/*M! COMMIT */", true},
                                      {"/*M!50000 COMMIT */", true},
                                      {"COMMIT /*!99999 AND CHAIN */", true},
                                      {"COMMIT /* !99999 */", false},
                                      {"SELECT '/*!99999 a */'", false}}) {
    CAPTURE(sql);
    CHECK(classify(sql, {}).in_doubt == in_doubt);
  }
}

// With other values: digits go up by one, letters in simple strings too.
std::string with_other_values(std::string sql) {
  bool in_string = false;
  char before = ' ';
  for (char& c : sql) {
    if (c == '\'') in_string = !in_string;
    const bool name = std::isalnum(static_cast<unsigned char>(before)) != 0 || before == '_';
    const bool digit = c >= '0' && c <= '9';
    before = c;
    if (digit && (in_string || !name)) c = c == '9' ? '1' : static_cast<char>(c + 1);
    if (in_string && c >= 'a' && c < 'z') ++c;
  }
  return sql;
}

TEST_CASE("what is remembered of a statement is what it is", "[router][statement]") {
  for (const char* scope : {"", "stored"}) {
    Analyzer analyzer;
    const RoutineScope* routines = routines_of(scope);
    if (routines != nullptr) {
      analyzer.set_routines(std::make_shared<const RoutineCatalogs>(*routines->catalogs));
    }
    for (int round = 0; round < 2; ++round) {
      for (const Case& c : all_cases()) {
        LexMode mode = mode_of(c.mode);
        mode.family = ServerFamily::any;
        for (const std::string& sql : {c.sql, with_other_values(c.sql), "SELECT 1, 'a' , (" + c.sql + ")"}) {
          CAPTURE(sql, c.mode, round);
          const Statement known = analyzer.begin(sql, mode, {}, {.writer_hostgroup = 1, .schema = "db"});
          const Statement fresh = classify(sql, mode, routines);
          CHECK(same(known, fresh));
          CHECK(known.schema == fresh.schema);
          CHECK(known.first_comment == fresh.first_comment);
        }
      }
    }
  }
}

TEST_CASE("a statement is remembered for what it is under its mode, and its servers' functions",
          "[router][statement]") {
  Analyzer analyzer;
  const auto access_of = [&](std::string_view sql, LexMode mode) {
    return analyzer.begin(sql, mode, {}).access;
  };
  CHECK(access_of("SELECT JSON_TABLE('$' COLUMNS (a))", {}) ==
        classify("SELECT JSON_TABLE('$' COLUMNS (a))", {}).access);
  CHECK(access_of("SELECT JSON_TABLE(5 COLUMNS (a))", {}) ==
        classify("SELECT JSON_TABLE(5 COLUMNS (a))", {}).access);
  const std::string_view mysql_only = "SELECT JSON_STORAGE_SIZE('1')";
  CHECK(access_of(mysql_only, {}) == classify(mysql_only, {.family = ServerFamily::any}).access);
  analyzer.note_server(ServerFamily::mysql);
  CHECK(access_of(mysql_only, {}) == classify(mysql_only, {.family = ServerFamily::mysql}).access);
  analyzer.note_server(ServerFamily::mariadb);
  CHECK(access_of(mysql_only, {}) == classify(mysql_only, {.family = ServerFamily::any}).access);
}

TEST_CASE("a stored function that comes is no longer unknown", "[router][statement]") {
  Analyzer analyzer;
  const NameScope names{.writer_hostgroup = 1, .schema = "db"};
  CHECK(analyzer.begin("SELECT pure_f(1)", {}, {}, names).access == Access::unknown);
  analyzer.set_routines(std::make_shared<const RoutineCatalogs>(*routines_of("stored")->catalogs));
  CHECK(analyzer.begin("SELECT pure_f(2)", {}, {}, names).access == Access::read);
  analyzer.set_routines(nullptr);
  CHECK(analyzer.begin("SELECT pure_f(3)", {}, {}, names).access == Access::unknown);
}

TEST_CASE("classifying allocates nothing", "[router][statement]") {
  const std::vector<Case>& cases = all_cases();
  const test::AllocationCount count;
  for (const Case& c : cases) classify(c.sql, {}, routines_of("stored"));
  CHECK(count.allocations() == 0);
}

TEST_CASE("analysing a warm statement allocates nothing", "[router][statement]") {
  Analyzer analyzer;
  const DigestOptions options;
  for (const Case& c : all_cases()) {
    analyzer.begin(c.sql, {}, options);
    analyzer.digest_text();
  }
  const test::AllocationCount count;
  for (const Case& c : all_cases()) {
    analyzer.begin(c.sql, {}, options);
    analyzer.digest_hash();
  }
  CHECK(count.allocations() == 0);
}

}  // namespace weir
