// A regular expression of a rule: PCRE2, compiled to machine code where possible, with bounded effort per
// search.
//
// Pattern is immutable once compiled and may be searched by all workers at once, each with its own
// MatchContext.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/base/result.hpp"

struct pcre2_real_code_8;
struct pcre2_real_match_context_8;
struct pcre2_real_match_data_8;
struct pcre2_real_jit_stack_8;

namespace weir {

// What a search needs besides the pattern. One per worker; not thread-safe.
class MatchContext {
 public:
  MatchContext();

 private:
  friend class Pattern;
  struct Free {
    void operator()(pcre2_real_match_context_8* p) const;
    void operator()(pcre2_real_match_data_8* p) const;
    void operator()(pcre2_real_jit_stack_8* p) const;
  };
  std::unique_ptr<pcre2_real_jit_stack_8, Free> jit_stack_;
  std::unique_ptr<pcre2_real_match_context_8, Free> limits_;
  std::unique_ptr<pcre2_real_match_data_8, Free> result_;  // with room for the groups of a replacement
};

enum class MatchOutcome : std::uint8_t { no_match, match, limit_reached };

struct PatternError {
  std::string text;          // PCRE2's own words
  std::size_t position = 0;  // byte offset in the pattern
};

struct PatternOptions {
  bool caseless = true;
  // As RE2 reads expressions, where that differs: characters are those of UTF-8 and not bytes, and $ stands
  // at the very end only, not before a last line feed.
  bool like_re2 = false;

  auto operator<=>(const PatternOptions&) const = default;
};

// What a match found: the whole of it, and what its first nine groups took part in; the others are empty.
using MatchGroups = std::array<std::string_view, 10>;

class Pattern {  // copies share what was compiled
 public:
  static Result<Pattern, PatternError> compile(std::string_view expression, PatternOptions options);

  // Is there a match anywhere in `subject`? limit_reached: the search was given up (kMatchLimit, JIT stack).
  MatchOutcome search(std::string_view subject, MatchContext& context) const;

  // The same, for a match that begins at `from` or behind it; `groups` are views of `subject`.
  MatchOutcome find(std::string_view subject, std::size_t from, MatchContext& context,
                    MatchGroups& groups) const;

  // As it was written.
  const std::string& expression() const { return expression_; }
  PatternOptions options() const { return options_; }

  // How many groups the expression has.
  int group_count() const { return group_count_; }
  bool jit_compiled() const { return jit_compiled_; }

 private:
  struct Free {
    void operator()(pcre2_real_code_8* p) const;
  };
  int match(std::string_view subject, std::size_t from, MatchContext& context) const;

  std::shared_ptr<pcre2_real_code_8> code_;
  std::string expression_;
  PatternOptions options_;
  int group_count_ = 0;
  bool jit_compiled_ = false;
};

}  // namespace weir
