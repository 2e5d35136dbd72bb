// A statement's text without its values, and the 64-bit hash of that: what operators know as digest.
//
// Text and hash equal ProxySQL's bit for bit, odd results included, so that `digest` rules, match_digest
// patterns and saved dashboards keep working. tests/oracle/digests.tsv holds what was recorded there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

struct Settings;

// The mysql-query_digests_* settings, by the same names.
struct DigestOptions {
  std::size_t max_query_length = 65000;  // bytes of the query that are looked at
  std::size_t max_digest_length = 2048;  // bytes of the text that are hashed
  int grouping_limit = 3;                // values kept of a list; 0: lists stay as they are
  int groups_grouping_limit = 10;        // lists kept of a list of lists; 0: all
  bool lowercase = false;
  bool replace_null = false;
  bool no_digits = false;
  bool keep_comment = false;

  bool operator==(const DigestOptions&) const = default;
};
DigestOptions digest_options(const Settings& settings);

// What a digest text leaves out about its query's tokens, so far as that can be told in short.
//
// If two queries are both plain and have the same digest text and literals, then Lexer reads the same tokens
// from them, but for the values of literals and for blanks; and a blank between a word and a parenthesis
// stands in both or in none. Plain are the ordinary ones: ASCII; names without quotes; whole numbers; strings
// in single quotes without escapes; no comments, variables, signs, divisions or semicolons; at most
// kMaxLiterals, and no list that the digest shortens.
struct DigestShape {
  static constexpr int kMaxLiterals = 31;
  bool plain = true;
  std::uint64_t literals = 1;  // two bits for the kind of each, the last one lowest
};

// Writes the digest text of `sql` to `text`, whose memory is reused; no other allocation once it is large
// enough (the text is never longer than the query).
DigestShape digest_text(std::string_view sql, const DigestOptions& options, std::string& text);

// The hash of a digest text.
std::uint64_t digest_hash(std::string_view text, const DigestOptions& options);

// "0x1C46AE529DD5A40E", as tables show it. parse_digest reads it back, digits in any case.
std::string digest_to_text(std::uint64_t hash);
bool parse_digest(std::string_view text, std::uint64_t* hash);

}  // namespace weir
