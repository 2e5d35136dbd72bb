#include "router/query/lexer.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "router/query/analyzer.hpp"
#include "router/query/function.hpp"
#include "tests/support/truncations.hpp"

namespace weir {
namespace {

// "w:SELECT n:1", one letter per kind.
std::string tokens(std::string_view sql, LexMode mode = {}) {
  Lexer lexer(sql, mode);
  std::string text;
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    CHECK(token.text.data() == sql.data() + token.position);
    if (!text.empty()) text += ' ';
    text += token.conditional ? "!" : "";
    text += ".wqsnu@?o"[static_cast<std::size_t>(token.kind)];
    text += ':';
    text += token.text;
  }
  if (lexer.malformed()) text += text.empty() ? "malformed" : " malformed";
  return text;
}

struct Case {
  const char* name;
  const char* sql;
  const char* tokens;
  LexMode mode{};
};

constexpr LexMode kAnsi{.ansi_quotes = true};
constexpr LexMode kNoBackslash{.no_backslash_escapes = true};

const Case kCases[] = {
    {"words, numbers, symbols", "SELECT a1, 2 FROM t", "w:SELECT w:a1 o:, n:2 w:FROM w:t"},
    {"nothing", "", ""},
    {"blanks only", " \t\r\n\v\f", ""},
    {"strings with doubled quotes and backslashes", R"('it''s' 'a\'b' "x""y")",
     R"(s:'it''s' s:'a\'b' s:"x""y")"},
    {"a backslash is no escape without escapes", R"('a\' b)", R"(s:'a\' w:b)", kNoBackslash},
    {"a double-quoted name under ANSI_QUOTES", R"("a\" b)", R"(q:"a\" w:b)", kAnsi},
    {"a backquoted name with a doubled quote", "`a``b` `c\\`", "q:`a``b` q:`c\\`"},
    {"numbers", "1 1.5 .5 1. 1e5 1e-5 1.5E+3 0xFF x'4D' b'01' 0b01",
     "n:1 n:1.5 n:.5 n:1. n:1e5 n:1e-5 n:1.5E+3 n:0xFF n:x'4D' n:b'01' w:0b01"},
    {"names that begin with digits", "2nd 1e 0xg 9t", "w:2nd w:1e w:0xg w:9t"},
    {"a national string", "N'a' n'b'", "s:N'a' s:n'b'"},
    {"user variables", "@a @`b c` @'d' @\"e\" @f.g @", "u:@a u:@`b c` u:@'d' u:@\"e\" u:@f.g u:@"},
    {"system variables", "@@a @@session.b @@`c`.d", "@:@@a @:@@session.b @:@@`c`.d"},
    {"parameters", "a=?", "w:a o:= ?:?"},
    {"minus minus needs a blank to be a comment", "1--1", "n:1 o:- o:- n:1"},
    {"comments of all sorts", "a -- x\nb # y\nc /* z */ d --", "w:a w:b w:c w:d"},
    {"a hint is a comment", "SELECT /*+ x */ 1", "w:SELECT n:1"},
    {"conditional comments are code", "/*!50000 a */ b /*! c*/ /*M!100000 d */", "!w:a w:b !w:c !w:d"},
    {"the end of a comment without its start is two operators", "a */ b", "w:a o:* o:/ w:b"},
    {"an open string", "'a", "s:'a malformed"},
    {"an open name", "`a", "q:`a malformed"},
    {"an open comment", "a /* b", "w:a malformed"},
    {"an open conditional comment", "/*!50000 a", "!w:a malformed"},
    {"a comment in a conditional comment", "/*!50000 a /* b */ c */", "!w:a !w:c malformed"},
    {"a string over the end of a conditional comment", "/*!50000 '*/' */", "!s:'*/' malformed"},
    {"gbk: the second byte is no backslash",
     "'\xbf\x5c' a",
     "s:'\xbf\x5c' w:a",
     {.multibyte = Multibyte::gbk}},
    {"utf8: the same bytes are an open string", "'\xbf\x5c' a", "s:'\xbf\x5c' a malformed"},
    {"sjis: half-width katakana are single bytes",
     "'\xb1\x5c' a",
     "s:'\xb1\x5c' a malformed",
     {.multibyte = Multibyte::sjis}},
    {"gbk: the second byte of a name is no quote",
     "\xbf\x60 a",
     "w:\xbf\x60 w:a",
     {.multibyte = Multibyte::gbk}},
    {"names beyond ASCII", "caf\xc3\xa9", "w:caf\xc3\xa9"},
};

}  // namespace

TEST_CASE("text becomes tokens", "[router][lexer]") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    const test::ExactBuffer buffer(as_bytes(std::string_view(c.sql)));
    CHECK(tokens(as_text(buffer), c.mode) == c.tokens);
  }
}

TEST_CASE("operators are taken whole", "[router][lexer]") {
  for (const std::string op :
       {":=", "<=", ">=", "<>", "!=", "<<", ">>", "&&", "||", "->", "->>", "<=>", "+", "=", "(", ")",
        ",",  ";",  ".",  "*",  "/",  "%",  "-",  "<",  ">",  "!",  "&",   "|",   ":", "~", "^"}) {
    CAPTURE(op);
    const std::string sql = "a" + op + "b";
    Lexer lexer(sql, {});
    lexer.next();
    const Token token = lexer.next();
    CHECK(token.kind == TokenKind::symbol);
    CHECK(token.text == op);
    CHECK(lexer.next().text == "b");
  }
}

TEST_CASE("every prefix can be lexed, in a buffer of its size", "[router][lexer]") {
  for (const Case& c : kCases) {
    test::for_every_shorter(as_bytes(std::string_view(c.sql)), [&](Bytes prefix) {
      for (const Multibyte multibyte : {Multibyte::none, Multibyte::gbk, Multibyte::sjis, Multibyte::big5}) {
        tokens(as_text(prefix), {.multibyte = multibyte});
      }
    });
  }
}

TEST_CASE("every byte can be lexed anywhere", "[router][lexer]") {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const char text[] = {static_cast<char>(first), static_cast<char>(second)};
      const test::ExactBuffer buffer(as_bytes(std::string_view(text, 2)));
      Lexer lexer(as_text(buffer), {});
      std::size_t count = 0;
      while (lexer.next().kind != TokenKind::end) ++count;
      CHECK(count <= 2);
    }
  }
}

TEST_CASE("words are found in any case, and nothing else is", "[router][lexer]") {
  CHECK(find_word("select") == Word::select);
  CHECK(find_word("SELECT") == Word::select);
  CHECK(find_word("SeLeCt") == Word::select);
  CHECK(find_word("sql_calc_FOUND_rows") == Word::sql_calc_found_rows);
  CHECK(find_word("delete") == Word::delete_);
  CHECK(find_word("xml") == Word::xml);
  CHECK(find_word("admin") == Word::admin);
  for (const char* other :
       {"", "selec", "selects", "sql_calc_found_rowz", "selec\xd4", "s\x05lect", "delete_"}) {
    CAPTURE(other);
    CHECK(find_word(other) == Word::none);
  }
}

TEST_CASE("functions are found in any case, and nothing else is", "[router][lexer]") {
  CHECK(find_function("now", ServerFamily::any) == FunctionKind::pure_if_adjacent);
  CHECK(find_function("Abs", ServerFamily::any) == FunctionKind::pure);
  CHECK(find_function("JSON_EXTRACT", ServerFamily::any) == FunctionKind::pure);
  CHECK(find_function("in", ServerFamily::any) == FunctionKind::syntax);
  CHECK(find_function("last_insert_id", ServerFamily::any) == FunctionKind::last_insert_id);
  CHECK(find_function("get_lock", ServerFamily::any) == FunctionKind::takes_lock);
  CHECK(find_function("release_all_locks", ServerFamily::any) == FunctionKind::releases_lock);
  CHECK(find_function("nextval", ServerFamily::any) == FunctionKind::sequence);
  CHECK(find_function("st_distance_spher", ServerFamily::any) == FunctionKind::unknown);
  CHECK(find_function("my_function", ServerFamily::any) == FunctionKind::unknown);
  CHECK(find_function("", ServerFamily::any) == FunctionKind::unknown);
}

TEST_CASE("each family of servers has functions of its own", "[router][lexer]") {
  struct Case {
    const char* name;
    FunctionKind any, mysql, mariadb;
  };
  using enum FunctionKind;
  for (const Case& c :
       {Case{"abs", pure, pure, pure}, Case{"nvl", unknown, unknown, pure},
        Case{"any_value", unknown, pure, unknown},
        Case{"now", pure_if_adjacent, pure_if_adjacent, pure_if_adjacent},
        Case{"rank", pure_if_adjacent, pure, pure_if_adjacent},
        Case{"median", unknown, unknown, pure_if_adjacent}, Case{"lateral", unknown, syntax, unknown}}) {
    CAPTURE(c.name);
    CHECK(find_function(c.name, ServerFamily::any) == c.any);
    CHECK(find_function(c.name, ServerFamily::mysql) == c.mysql);
    CHECK(find_function(c.name, ServerFamily::mariadb) == c.mariadb);
  }
  for (const char* version : {"5.5.5-10.11.6-MariaDB-log", "11.4.2-mariadb", "12.0.1-MariaDB"})
    CHECK(family_of(version) == ServerFamily::mariadb);
  for (const char* version : {"9.7.4", "8.0.36-28 Percona", "5.7.44-log", ""})
    CHECK(family_of(version) == ServerFamily::mysql);
}

TEST_CASE("an analyzer knows what all servers that it has met have in common", "[router][lexer]") {
  Analyzer analyzer;
  const auto access_of = [&](std::string_view sql) { return analyzer.begin(sql, {}, {}).access; };
  CHECK(access_of("SELECT NVL(1, 2)") == Access::unknown);
  analyzer.note_server(ServerFamily::mariadb);
  CHECK(access_of("SELECT NVL(1, 2)") == Access::read);
  analyzer.note_server(ServerFamily::mysql);
  CHECK(access_of("SELECT NVL(1, 2)") == Access::unknown);
  analyzer.note_server(ServerFamily::mysql);
  CHECK(access_of("SELECT ANY_VALUE(1)") == Access::unknown);
  CHECK(access_of("SELECT ABS(1)") == Access::read);
}

TEST_CASE("character sets are known by name and by collation", "[router][lexer]") {
  CHECK(multibyte_of("gbk") == Multibyte::gbk);
  CHECK(multibyte_of("GBK_chinese_ci") == Multibyte::gbk);
  CHECK(multibyte_of("big5_bin") == Multibyte::big5);
  CHECK(multibyte_of("cp932") == Multibyte::sjis);
  CHECK(multibyte_of("sjis_japanese_ci") == Multibyte::sjis);
  CHECK(multibyte_of("gb18030") == Multibyte::gb18030);
  CHECK(multibyte_of("utf8mb4_general_ci") == Multibyte::none);
  CHECK(multibyte_of("gb2312") == Multibyte::none);
  CHECK(multibyte_of("") == Multibyte::none);
}

TEST_CASE("quotes come off names", "[router][lexer]") {
  CHECK(without_quotes("`a`") == "a");
  CHECK(without_quotes("\"a\"") == "a");
  CHECK(without_quotes("'a'") == "a");
  CHECK(without_quotes("a") == "a");
  CHECK(without_quotes("`") == "`");
  CHECK(without_quotes("``") == "");
  CHECK(without_quotes("aba") == "aba");
}

}  // namespace weir
