// A regular expression of a rule: PCRE2, compiled to machine code where possible, with bounded effort per
// statement.
//
// PCRE2 bounds the steps that it takes from one place of a text, not the places nor what a step costs: a
// search may take the square of the text's length, or its cube, and the other sessions of the worker wait.
// So searches that may are done in stretches, with a look at the clock between them.
//
// Pattern is immutable once compiled and may be searched by all workers at once, each with its own
// MatchContext.
#pragma once

#include <array>
#include <chrono>
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

// What searches may take. The defaults are meant for all but tests.
struct SearchEffort {
  // Of the processor, for the searches of one statement together: after that those which may be long are
  // given up. Far more than searches take that are meant well, as a rule that is not applied may send a write
  // to a reader.
  std::chrono::nanoseconds budget = std::chrono::milliseconds(500);
  // Texts up to this length are searched without a look at the clock, unless an expression in which steps
  // multiply takes more of them than sensible ones do.
  std::size_t short_text_bytes = 4096;
  // So many places of a longer text where a match may begin are tried before the clock is looked at, and more
  // of them later.
  std::size_t first_stretch_bytes = 1024;
};

// What a search needs besides the pattern. One per worker; not thread-safe.
class MatchContext {
 public:
  explicit MatchContext(const SearchEffort& effort = {});

  // The searches from here on are for another statement, and have the whole budget.
  void begin_statement() { clock_ = Clock::not_started; }
  // A search since then was given up for want of time: at another time it may end otherwise.
  bool ran_out_of_time() const { return clock_ == Clock::run_out; }

 private:
  friend class Pattern;
  enum class Clock : std::uint8_t { not_started, of_wall, of_processor, run_out };

  bool out_of_time();

  struct Free {
    void operator()(pcre2_real_match_context_8* p) const;
    void operator()(pcre2_real_match_data_8* p) const;
    void operator()(pcre2_real_jit_stack_8* p) const;
  };
  std::unique_ptr<pcre2_real_jit_stack_8, Free> jit_stack_;
  std::unique_ptr<pcre2_real_match_context_8, Free> limits_;
  std::unique_ptr<pcre2_real_match_context_8, Free> stretch_limits_;
  std::unique_ptr<pcre2_real_match_data_8, Free> result_;  // with room for the groups of a replacement

  SearchEffort effort_;
  Clock clock_ = Clock::not_started;
  std::chrono::steady_clock::time_point looked_at_{};   // when out_of_time() was last asked
  std::chrono::steady_clock::time_point wall_until_{};  // then the processor's time begins to count
  std::chrono::nanoseconds processor_until_{};
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

  // Is there a match anywhere in `subject`? limit_reached: the search was given up (kMatchLimit, JIT stack,
  // the statement's budget).
  MatchOutcome search(std::string_view subject, MatchContext& context) const;

  // The same, for a match that begins at `from` or behind it; `groups` are views of `subject`.
  MatchOutcome find(std::string_view subject, std::size_t from, MatchContext& context,
                    MatchGroups& groups) const;

  // As it was written.
  const std::string& expression() const { return expression_; }
  PatternOptions options() const { return options_; }

  // How many groups the expression has.
  int group_count() const { return group_count_; }
  bool jit_compiled() const { return code_.jit_compiled; }

 private:
  struct Free {
    void operator()(pcre2_real_code_8* p) const;
  };
  struct Code {
    int match(std::string_view subject, std::size_t from, MatchContext& context,
              pcre2_real_match_context_8* limits) const;

    std::shared_ptr<pcre2_real_code_8> compiled;
    bool jit_compiled = false;
  };

  static Code code_for(std::string_view expression, std::uint32_t options, int& error, std::size_t& position);
  int match(std::string_view subject, std::size_t from, MatchContext& context) const;
  int match_in_stretches(std::string_view subject, std::size_t from, MatchContext& context) const;
  std::size_t end_of_stretch(std::string_view subject, std::size_t end) const;
  std::size_t next_beginning(std::string_view subject, std::size_t at) const;

  Code code_;
  // The same for searches in stretches, which cost a little more; nothing if no search is long.
  Code stretch_code_;
  std::string expression_;
  PatternOptions options_;
  int group_count_ = 0;
  bool needs_whole_search_ = false;  // one stretch
  bool has_one_place_ = false;       // where a match may begin
  bool steps_multiply_ = false;      // a search from one place may be long by itself
  bool begins_at_line_starts_ = false;
};

}  // namespace weir
