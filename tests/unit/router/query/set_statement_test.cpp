#include "router/query/set_statement.hpp"

#include <catch2/catch.hpp>

#include <string>

#include "tests/support/exact_buffer.hpp"

namespace weir {
namespace {

constexpr LexMode kAnsi{.ansi_quotes = true};
constexpr LexMode kNoEscapes{.no_backslash_escapes = true};

std::string_view name_of(SetTarget target) {
  switch (target) {
    case SetTarget::variable:
      return "";
    case SetTarget::user_variable:
      return "user ";
    case SetTarget::names:
    case SetTarget::character_set:
      return "charset ";
    case SetTarget::isolation:
      return "isolation ";
    case SetTarget::access_mode:
      return "access ";
    case SetTarget::role:
      return "role ";
    case SetTarget::account:
      return "account ";
  }
  return "?";
}

std::string_view name_of(ValueKind kind) {
  switch (kind) {
    case ValueKind::string:
      return "string";
    case ValueKind::number:
      return "number";
    case ValueKind::keyword:
      return "word";
    case ValueKind::default_:
      return "default";
    case ValueKind::null:
      return "null";
    case ValueKind::expression:
      return "expression";
  }
  return "?";
}

// "global max_connections number 5; sql_mode string 'ANSI'"
std::string render(const SetStatement& set) {
  std::string text;
  for (const Assignment& assignment : set.assignments) {
    if (!text.empty()) text += "; ";
    text += name_of(assignment.target);
    if (assignment.scope == SetScope::global) text += "global ";
    if (assignment.scope == SetScope::unscoped) text += "unscoped ";
    text.append(assignment.name)
        .append(" ")
        .append(name_of(assignment.kind))
        .append(" ")
        .append(assignment.value);
    if (!assignment.collation.empty()) text.append(" collate ").append(assignment.collation);
  }
  if (!set.body.empty()) text.append(" for ").append(set.body);
  if (!set.understood()) text.append(" ? ").append(set.not_understood);
  return text;
}

struct Case {
  const char* sql;
  const char* parsed;
  LexMode mode = {};
};

const Case kCases[] = {
    {"SET sql_mode='ANSI'", "sql_mode string 'ANSI'"},
    {"set\tSQL_MODE\n:=\r\"ANSI\" ;", "SQL_MODE string \"ANSI\""},
    {"SET sql_mode = \"ANSI\"", "sql_mode word \"ANSI\"", kAnsi},
    {"SET `sql_mode`=``", "sql_mode word ``"},
    {"/* app */ SET -- c\n sql_mode = '' # end", "sql_mode string ''"},
    {"SET a='x\\'y', b=1", "a string 'x\\'y'; b number 1"},
    {"SET a='x\\', b=1", "a string 'x\\'; b number 1", kNoEscapes},
    {"SET SESSION a=1, b=2, GLOBAL c=3, d=4, LOCAL e=5",
     "a number 1; b number 2; global c number 3; global d number 4; e number 5"},
    {"SET PERSIST a=1", "global a number 1"},
    {"SET PERSIST_ONLY a=1", "global a number 1"},
    {"SET @@a=1, @@session.b=2, @@LOCAL.c=3, @@global.d=4, @@persist.e=5",
     "unscoped a number 1; b number 2; c number 3; global d number 4; global e number 5"},
    {"SET @@session.`a`=1", "a number 1"},
    {"SET @@`a`=1", "unscoped a number 1"},
    {"SET @@`session`.a=1", " ? @@`session`.a=1"},
    {"SET @@hot.key_buffer_size=1", " ? @@hot.key_buffer_size=1"},
    {"SET GLOBAL a=1, @@b=2", "global a number 1 ? @@b=2"},
    {"SET hot.key_buffer_size=1", " ? .key_buffer_size=1"},
    {"SET @a:=1, @`b c`=f(1,2)", "user @a number 1; user @`b c` expression f(1,2)"},
    {"SET a=-5, b=+1, c=.5, d=1e3, e=-1.5e-3",
     "a number -5; b number +1; c number .5; d number 1e3; e number -1.5e-3"},
    {"SET a=0x1F, b=x'41', c=b'1', d=0b1",
     "a expression 0x1F; b expression x'41'; c expression b'1'; d expression 0b1"},
    {"SET a=ON, b=off, c=DEFAULT, d=NULL, e=true",
     "a word ON; b word off; c default DEFAULT; d null NULL; e word true"},
    {"SET a=CURRENT_TIMESTAMP, b=now(), c=@x, d=@@y, e=?",
     "a expression CURRENT_TIMESTAMP; b expression now(); c expression @x; d expression @@y; e expression ?"},
    {"SET a='x' 'y', b=_utf8'x', c=N'x', d='x' COLLATE utf8_bin",
     "a expression 'x' 'y'; b expression _utf8'x'; c expression N'x'; d expression 'x' COLLATE utf8_bin"},
    {"SET a=(SELECT 1, (2)), b=1", "a expression (SELECT 1, (2)); b number 1"},
    {"SET a=READ-COMMITTED", "a expression READ-COMMITTED"},
    {"SET a=1+1, b=b|4, c=a.b", "a expression 1+1; b expression b|4; c expression a.b"},
    {"SET NAMES utf8mb4", "charset NAMES word utf8mb4"},
    {"SET NAMES 'utf8mb4' COLLATE 'utf8mb4_bin'", "charset NAMES word 'utf8mb4' collate 'utf8mb4_bin'"},
    {"SET NAMES utf8 COLLATE utf8_bin, a=1", "charset NAMES word utf8 collate utf8_bin; a number 1"},
    {"SET NAMES utf8 COLLATE DEFAULT", "charset NAMES word utf8"},
    {"SET NAMES DEFAULT", "charset NAMES default DEFAULT"},
    {"SET NAMES binary", "charset NAMES word binary"},
    {"SET NAMES = utf8", " ? = utf8"},
    {"SET NAMES utf8 utf8", "charset NAMES word utf8 ? utf8"},
    {"SET CHARACTER SET utf8", "charset CHARACTER SET word utf8"},
    {"SET CHARSET 'utf8'", "charset CHARACTER SET word 'utf8'"},
    {"SET CHAR SET DEFAULT", "charset CHARACTER SET default DEFAULT"},
    {"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "isolation TRANSACTION word READ-COMMITTED"},
    {"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
     "isolation TRANSACTION word REPEATABLE-READ; access TRANSACTION number 1"},
    {"SET TRANSACTION READ WRITE, ISOLATION LEVEL SERIALIZABLE",
     "access unscoped TRANSACTION number 0; isolation unscoped TRANSACTION word SERIALIZABLE"},
    {"SET LOCAL TRANSACTION ISOLATION LEVEL READ UNCOMMITTED", "isolation TRANSACTION word READ-UNCOMMITTED"},
    {"SET GLOBAL TRANSACTION READ ONLY", "access global TRANSACTION number 1"},
    {"SET TRANSACTION READ", " ? SET TRANSACTION READ"},
    {"SET TRANSACTION ISOLATION LEVEL READ SLOWLY", " ? SLOWLY"},
    {"SET a=1, TRANSACTION READ ONLY", "a number 1 ? READ ONLY"},
    {"SET PASSWORD = 'x'", "account PASSWORD expression = 'x'"},
    {"SET PASSWORD FOR a@b = PASSWORD('x')", "account PASSWORD expression FOR a@b = PASSWORD('x')"},
    {"SET PASSWORD = 'x', sql_mode=''", "account PASSWORD expression = 'x'; sql_mode string ''"},
    {"SET ROLE admin, 'reader'@'%'", "role ROLE expression admin, 'reader'@'%'"},
    {"SET ROLE NONE", "role ROLE word NONE"},
    {"SET DEFAULT ROLE r TO u", "account DEFAULT expression ROLE r TO u"},
    {"SET RESOURCE GROUP g", " ? GROUP g"},
    {"SET STATEMENT max_statement_time=5, sql_mode='' FOR SELECT 1",
     "max_statement_time number 5; sql_mode string '' for SELECT 1"},
    {"SET STATEMENT max_statement_time=5",
     "max_statement_time number 5 ? SET STATEMENT max_statement_time=5"},
    {"SET STATEMENT a=1 FOR", "a number 1 ? SET STATEMENT a=1 FOR"},
    {"/*!40101 SET NAMES utf8 */;", "charset NAMES word utf8"},
    {"/*! SET a=1 */", "a number 1"},
    {"/*!80000 SET SESSION a=0 */", " ? /*!80000 SET SESSION a=0 */"},
    {"/*M!100100 SET a=0 */", " ? /*M!100100 SET a=0 */"},
    {"SET a=1 /*!40101 , b=2 */", " ? SET a=1 /*!40101 , b=2 */"},
    {"/*!40101 SET a=1 */ /*!99999 , b=2 */", " ? /*!40101 SET a=1 */ /*!99999 , b=2 */"},
    {"/*!40101 SET a=1 */, b=2", " ? /*!40101 SET a=1 */, b=2"},
    {"SET a=1; SELECT 1", "a number 1 ? SELECT 1"},
    {"SET a=1;;", "a number 1"},
    {"SET", " ? SET"},
    {"", " ? SET"},
    {"SELECT 1", " ? SELECT 1"},
    {"SET a", " ? SET a"},
    {"SET a=", " ? SET a="},
    {"SET a=1,", "a number 1 ? SET a=1,"},
    {"SET a==1", "a expression =1"},
    {"SET a=(1", " ? SET a=(1"},
    {"SET a=1)", " ? )"},
    {"SET 'a'=1", " ? 'a'=1"},
    {"SET a='x", "a string 'x ? SET a='x"},
    {"SET @@=1", " ? =1"},
};

TEST_CASE("a SET is parsed, or where understanding ends is told", "[router][set]") {
  for (const Case& c : kCases) {
    CAPTURE(c.sql);
    CHECK(render(parse_set(c.sql, c.mode)) == c.parsed);
  }
}

TEST_CASE("every beginning of a SET is parsed within its bytes", "[router][set]") {
  for (const Case& c : kCases) {
    const std::string_view whole = c.sql;
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      const test::ExactBuffer prefix(as_bytes(whole.substr(0, size)));
      const SetStatement set = parse_set(as_text(prefix.bytes()), c.mode);
      CHECK((!set.understood() || size >= sizeof "SET a=1" - 1));
      hides_set(as_text(prefix.bytes()), c.mode);
    }
  }
}

TEST_CASE("plain text is what reads the same in every mode", "[router][set]") {
  struct Plain {
    const char* literal;
    bool plain;
    const char* text;
  };
  const Plain cases[] = {
      {"'abc'", true, "abc"},
      {"\"abc\"", true, "abc"},
      {"`abc`", true, "abc"},
      {"abc", true, "abc"},
      {"''", true, ""},
      {"'a''b'", true, "a'b"},
      {"\"a'b\"", true, "a'b"},
      {"'a\"b'", true, "a\"b"},
      {"'a\\b'", false, nullptr},
      {"'a\\'", false, nullptr},
      {"'\xc3\xa9'", false, nullptr},
      {"'a\nb'", false, nullptr},
      {"'", false, nullptr},
      {"'a'b'", false, nullptr},
      {"", false, nullptr},
      {"'a'''", true, "a'"},
  };
  for (const Plain& c : cases) {
    CAPTURE(c.literal);
    std::string text;
    CHECK(plain_text(c.literal, text) == c.plain);
    if (c.plain) CHECK(text == c.text);
  }
}

TEST_CASE("a SET behind the first statement is found", "[router][set]") {
  struct Hidden {
    const char* sql;
    bool hidden;
  };
  const Hidden cases[] = {
      {"SELECT 1; SET a=1", true},
      {"SELECT 1;/**/use x", true},
      {"BEGIN NOT ATOMIC SET @a=1; END", true},
      {"BEGIN NOT ATOMIC IF 1 THEN SET @a=1; END IF; END", true},
      {"INSERT INTO t VALUES (1); CALL p()", true},
      {"SELECT 1; EXECUTE s", true},
      {"UPDATE t SET a=1; UPDATE t SET b=2", false},
      {"SELECT 'x; SET a=1'; SELECT 2", false},
      {"SELECT 1; SELECT 2 FROM t USE INDEX (i)", false},
      {"INSERT INTO t SET a=1; SELECT 1", false},
      {"SELECT 1; SELECT 'open", true},
      {"", false},
  };
  for (const Hidden& c : cases) {
    CAPTURE(c.sql);
    CHECK(hides_set(c.sql, {}) == c.hidden);
  }
}

}  // namespace
}  // namespace weir
