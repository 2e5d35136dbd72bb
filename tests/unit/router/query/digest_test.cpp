#include "router/query/digest.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "router/config/settings.hpp"
#include "router/query/spooky_hash.hpp"
#include "tests/support/allocation_count.hpp"
#include "tests/support/recorded_digests.hpp"
#include "tests/support/truncations.hpp"

namespace weir {
namespace {

std::string digest(std::string_view sql, const DigestOptions& options = {}) {
  const test::ExactBuffer buffer(as_bytes(sql));
  std::string text;
  digest_text(as_text(buffer), options, text);
  return text;
}

struct Case {
  const char* sql;
  const char* text;
  DigestOptions options{};
};

const Case kCases[] = {
    {"SELECT  *\n FROM t1 WHERE id = 42 ;", "SELECT * FROM t1 WHERE id = ?"},
    {"select 'a', \"b\"", "select ?,?"},
    {"SELECT/*x*/1", "SELECT ?"},
    {"SELECT 1 -- c\n", "SELECT ?"},
    {"SELECT a-5, -5 , +3", "SELECT a-?,?,?"},
    {"SELECT 1.5e-3, 0xFF", "SELECT ?,?"},
    {"INSERT INTO t VALUES (NULL, 1)", "INSERT INTO t VALUES (NULL,?)"},
    {"SELECT * FROM t WHERE id IN (1, 2)", "SELECT * FROM t WHERE id IN (?,?)"},
    {"SELECT * FROM t WHERE id IN (1,2,3,4)", "SELECT * FROM t WHERE id IN (?,?,?,?)"},
    {"SELECT * FROM t WHERE id IN (1,2,3,4,5)", "SELECT * FROM t WHERE id IN (?,?,?,...)"},
    {"SELECT a - b", "SELECT a  b"},
    {"SELECT 'it''s'", "SELECT ?"},
    {"/*!40101 SET NAMES utf8 */", "SET NAMES utf8"},
    {"SELECT ( 2 + 2 )", "SELECT (?+?)"},
    {"", ""},
    {";", ""},
    {"/* only */", ""},
    {"INSERT INTO t VALUES (1,2,3,4,5),(1,2,3,4,5),(1,2,3,4,5),(1,2,3,4,5)",
     "INSERT INTO t VALUES (?,?,?,...),(?,?,?,...),...",
     {.groups_grouping_limit = 2}},
    {"INSERT INTO t VALUES (1,2,3,4,5),(1,2,3,4,5)",
     "INSERT INTO t VALUES (?,?,?,...),(?,?,?,...)",
     {.groups_grouping_limit = 2}},
    {"SELECT * FROM t WHERE id IN (1,2,3,4,5)",
     "SELECT * FROM t WHERE id IN (?,?,?,?,?)",
     {.grouping_limit = 0}},
    {"SELECT * FROM t WHERE id IN (1,2,3)", "SELECT * FROM t WHERE id IN (?,...)", {.grouping_limit = 1}},
    {"SELECT A FROM T1 WHERE B = 'X'", "select a from t1 where b = ?", {.lowercase = true}},
    {"SELECT NULL, null, NULLS", "SELECT ?,?,NULLS", {.replace_null = true}},
    {"SELECT t12.c3 FROM db1.t12", "SELECT t?.c? FROM db?.t?", {.no_digits = true}},
    {"SELECT /* c */ 1", "SELECT /* c */ ?", {.keep_comment = true}},
    {"SELECT 123456789", "SELECT ?", {.max_query_length = 10}},
    {"SELECT 'abc'", "SELECT", {.max_query_length = 10}},
};

}  // namespace

TEST_CASE("digests equal the recorded ones, text and hash", "[router][digest]") {
  REQUIRE(test::recorded_digests().size() == 500);
  for (const test::RecordedDigest& v : test::recorded_digests()) {
    CAPTURE(v.sql);
    const std::string text = digest(v.sql);
    CHECK(text == v.text);
    CHECK(digest_to_text(digest_hash(text, {})) == v.hash);
  }
}

TEST_CASE("digests follow their options", "[router][digest]") {
  for (const Case& c : kCases) {
    CAPTURE(c.sql);
    CHECK(digest(c.sql, c.options) == c.text);
  }
}

TEST_CASE("the hash looks at the first bytes of the text only", "[router][digest]") {
  const std::string text(300, 'a');
  CHECK(digest_hash(text, {.max_digest_length = 200}) == spooky_hash64(text.substr(0, 200), 0));
  CHECK(digest_hash(text, {}) == spooky_hash64(text, 0));
}

// The recorded hashes cover both variants of the algorithm; these pin every remainder of each.
TEST_CASE("every length has its own hash, and reads no byte beyond", "[router][digest]") {
  std::vector<std::uint64_t> seen;
  for (std::size_t size = 0; size < 500; ++size) {
    const test::ExactBuffer buffer(as_bytes(std::string(size, '\0')));
    const std::uint64_t hash = spooky_hash64(as_text(buffer), 0);
    CHECK(std::find(seen.begin(), seen.end(), hash) == seen.end());
    seen.push_back(hash);
  }
}

TEST_CASE("every prefix has a digest that is not longer than it", "[router][digest]") {
  std::vector<std::string> texts;
  for (const Case& c : kCases) texts.emplace_back(c.sql);
  for (std::size_t i = 0; i < test::recorded_digests().size(); i += 10)
    texts.push_back(test::recorded_digests()[i].sql);
  for (const std::string& sql : texts) {
    test::for_every_shorter(as_bytes(sql), [&](Bytes prefix) {
      for (const bool keep : {false, true}) {
        std::string text;
        digest_text(as_text(prefix), {.no_digits = keep, .keep_comment = keep}, text);
        CHECK(text.size() <= prefix.size());
      }
    });
  }
}

TEST_CASE("a digest of a digest is the same", "[router][digest]") {
  for (const char* sql : {"SELECT c FROM sbtest1 WHERE id=?", "SELECT * FROM t WHERE id IN (?,?,?,...)"}) {
    CHECK(digest(sql) == sql);
  }
}

TEST_CASE("digests are written and read as tables show them", "[router][digest]") {
  CHECK(digest_to_text(0) == "0x0000000000000000");
  CHECK(digest_to_text(0x1c46ae529dd5a40e) == "0x1C46AE529DD5A40E");
  std::uint64_t hash = 0;
  CHECK((parse_digest("0x1C46AE529DD5A40E", &hash) && hash == 0x1c46ae529dd5a40e));
  CHECK((parse_digest("0x1c46ae529dd5a40e", &hash) && hash == 0x1c46ae529dd5a40e));
  CHECK((parse_digest("0XfF", &hash) && hash == 0xff));
  for (const char* bad : {"", "0x", "0x1G", "0x1C46AE529DD5A40E0", "1C46AE529DD5A40E", "select"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_digest(bad, &hash));
  }
}

TEST_CASE("the settings' digest options are the settings'", "[router][digest]") {
  Settings settings;
  settings.query_digests_grouping_limit = 5;
  settings.query_digests_groups_grouping_limit = 6;
  settings.query_digests_max_query_length = 700;
  settings.query_digests_max_digest_length = 800;
  settings.query_digests_no_digits = true;
  const DigestOptions expected{.max_query_length = 700,
                               .max_digest_length = 800,
                               .grouping_limit = 5,
                               .groups_grouping_limit = 6,
                               .no_digits = true};
  CHECK(digest_options(settings) == expected);
}

TEST_CASE("a query is plain if its digest tells its tokens", "[router][digest]") {
  struct Shape {
    const char* sql;
    bool plain;
    std::uint64_t literals = 1;
  };
  for (const Shape& c : {
           Shape{"SELECT c FROM sbtest1 WHERE id=42", true, 0b1'00},
           {"SELECT c, COUNT(*) FROM a.b WHERE id >= 4 AND n = 'x' AND k <> ?", true, 0b1'00'01'10},
           {"SELECT ''", true, 0b1'01},
           {"SELECT t1.a1 FROM t1", true},
           {"SELECT 1.5", false},
           {"SELECT t.5", false},
           {"SELECT .5", false},
           {"SELECT 1e5", false},
           {"SELECT 0xFF", false},
           {"SELECT 5b", false},
           {"SELECT -5", false},
           {"SELECT a+b", false},
           {"SELECT a/b", false},
           {"SELECT /* c */ 1", false},
           {"SELECT 1 -- c", false},
           {"SELECT 1 # c", false},
           {"SELECT 1;", false},
           {"SELECT @a", false},
           {"SELECT @@a", false},
           {"SELECT `a`", false},
           {"SELECT \"a\"", false},
           {"SELECT N'a'", false},
           {"SELECT 'a\\'b'", false},
           {"SELECT 'a''b'", false},
           {"SELECT 'a", false},
           {"'a'", false},
           {"SELECT\va", false},
           {"SELECT \x7f", false},
           {"SELECT \xc3\xa9", false},
           {"SELECT a:b", false},
           {"SELECT a IN (1,2,3,4)", true, 0b1'00'00'00'00},
           {"SELECT a IN (1,2,3,4,5)", false},
       }) {
    CAPTURE(c.sql);
    std::string text;
    const DigestShape shape = digest_text(c.sql, {}, text);
    CHECK(shape.plain == c.plain);
    if (c.plain) CHECK(shape.literals == c.literals);
  }
  const std::string_view sql = "SELECT c FROM t1 WHERE id=42";
  std::string text;
  for (const DigestOptions& options :
       {DigestOptions{.max_query_length = 10}, DigestOptions{.lowercase = true},
        DigestOptions{.replace_null = true}, DigestOptions{.no_digits = true},
        DigestOptions{.keep_comment = true}}) {
    CHECK_FALSE(digest_text(sql, options, text).plain);
  }
  std::string many = "SELECT 1";
  for (int i = 1; i < DigestShape::kMaxLiterals; ++i) many += " = 1";
  CHECK(digest_text(many, {}, text).plain);
  CHECK_FALSE(digest_text(many + " = 1", {}, text).plain);
}

TEST_CASE("a digest into a warm buffer allocates nothing", "[router][digest]") {
  std::string text;
  text.reserve(4096);
  const test::AllocationCount count;
  digest_text("SELECT c FROM sbtest1 WHERE id IN (1,2,3,4,5,6,7,8) ORDER BY c - 5", {}, text);
  digest_hash(text, {});
  CHECK(count.allocations() == 0);
}

}  // namespace weir
