// A regular expression of a rule: PCRE2, compiled to machine code where possible, with bounded effort per
// search.
//
// Pattern is immutable once compiled and may be searched by all workers at once, each with its own
// MatchContext.
#pragma once

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
  std::unique_ptr<pcre2_real_match_data_8, Free> result_;
};

enum class MatchOutcome : std::uint8_t { no_match, match, limit_reached };

struct PatternError {
  std::string text;          // PCRE2's own words
  std::size_t position = 0;  // byte offset in the pattern
};

struct PatternOptions {
  bool caseless = true;
};

class Pattern {
 public:
  static Result<Pattern, PatternError> compile(std::string_view expression, PatternOptions options);

  // Is there a match anywhere in `subject`? limit_reached: the search was given up (kMatchLimit, JIT stack).
  MatchOutcome search(std::string_view subject, MatchContext& context) const;

  bool jit_compiled() const { return jit_compiled_; }

 private:
  struct Free {
    void operator()(pcre2_real_code_8* p) const;
  };
  std::unique_ptr<pcre2_real_code_8, Free> code_;
  bool jit_compiled_ = false;
};

}  // namespace weir
