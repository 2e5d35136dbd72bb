#include "router/rules/pattern.hpp"

#ifndef PCRE2_CODE_UNIT_WIDTH
#define PCRE2_CODE_UNIT_WIDTH 8
#endif
#include <pcre2.h>

#include <time.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <tuple>

#include "protocol/base/check.hpp"
#include "router/rules/repeats.hpp"

namespace weir {
namespace {

// Bounds of what is tried from one place of a text: PCRE2 begins to count anew at the next. It counts where
// it goes back to, but not what a run of .* passes by. The limit grows with the text, so that sensible
// expressions pass on long texts, while exponential ones are given up within milliseconds.
constexpr std::size_t kMatchLimit = 100'000;
constexpr std::size_t kMatchLimitPerByte = 8;
// In a long text each step may take as long as the text is: so few at first, with a look at the clock before
// there may be more.
constexpr std::size_t kFirstMatchLimit = 64;
// In a short one a search does without the clock if no place takes more steps than its share of this.
constexpr std::size_t kMostStepsUntimed = std::size_t{256} * 1024;
// Within a stretch PCRE2 knows what it has passed by in vain, and of the next knows nothing: a stretch may
// cost as much as the whole search. So stretches grow as long as they take no time worth speaking of, or the
// same for more. A text that is made for it may be easy at first and then as hard as can be: hence
// kMostStretches, and a bound of places times the bytes that each may have to pass by.
constexpr std::chrono::milliseconds kQuick{5};
constexpr std::size_t kMostStretches = 16;
constexpr std::size_t kMostPassedBy = std::size_t{1} << 32;  // a second, about
// How many times that may be where steps multiply. In short texts half of the steps allowed, in long ones a
// few: what is meant well takes many that are cheap, and would be searched place by place if each counted.
constexpr std::size_t kDearStepsInLongText = 4;

std::size_t dear_steps(std::size_t limit, bool in_short_text) {
  return in_short_text ? limit / 2 : kDearStepsInLongText;
}

constexpr std::uint32_t kDepthLimit = 2'000;   // without JIT: nested backtracking points
constexpr std::uint32_t kHeapLimitKib = 1024;  // without JIT
constexpr std::size_t kJitStackStartBytes = std::size_t{32} * 1024;
constexpr std::size_t kJitStackLimitBytes = std::size_t{512} * 1024;

// Texts are bytes to us. An expression must not switch to UTF (by a leading (*UTF)): the fast path would then
// read past invalid sequences.
constexpr std::uint32_t kCompileOptions = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C;
// With this option PCRE2 itself looks out for invalid sequences.
constexpr std::uint32_t kLikeRe2Options =
    PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;

PatternError error_of(int code, std::size_t position) {
  std::array<unsigned char, 256> text{};
  pcre2_get_error_message(code, text.data(), text.size());
  return {reinterpret_cast<const char*>(text.data()), position};
}

std::size_t full_match_limit(std::string_view subject) {
  return std::min<std::size_t>(kMatchLimit + kMatchLimitPerByte * subject.size(), UINT32_MAX);
}

std::chrono::nanoseconds processor_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// How many bytes the UTF-8 character takes that begins at `at`; 0 if none does.
std::size_t character_size(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned lead = byte(0), second = byte(1);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  // Of what could be written shorter, of surrogates and of what lies behind U+10FFFF there are none.
  if ((lead & 0xF0) == 0xE0) {
    const bool exists = (lead != 0xE0 || second >= 0xA0) && (lead != 0xED || second < 0xA0);
    return exists && continues(1) && continues(2) ? 3 : 0;
  }
  if (lead < 0xF0 || lead > 0xF4) return 0;
  const bool exists = (lead != 0xF0 || second >= 0x90) && (lead != 0xF4 || second < 0x90);
  return exists && continues(1) && continues(2) && continues(3) ? 4 : 0;
}

bool character_begins(std::string_view text, std::size_t at) {
  return character_size(text, at) > 0;
}

bool character_ends(std::string_view text, std::size_t end) {
  for (std::size_t size = 1; size <= 4 && size <= end; ++size)
    if (character_size(text, end - size) == size) return true;
  return false;
}

// How many places where a match may begin are tried before the next look at the clock.
class Stretches {
 public:
  Stretches(std::size_t first, std::size_t subject_bytes)
      : least_(first), most_(std::max(first, subject_bytes / kMostStretches)), length_(first) {}

  // The length of the next one, from each place of which so many bytes may be passed by.
  std::size_t next(std::size_t bytes_of_place) {
    length_ = std::clamp<std::size_t>(kMostPassedBy / std::max<std::size_t>(bytes_of_place, 1), 1, length_);
    return length_;
  }

  // The stretch was searched in vain.
  void passed(std::chrono::nanoseconds taken) {
    const auto each = static_cast<double>(taken.count()) / static_cast<double>(length_);
    if (taken < kQuick || each < last_each_ * 3 / 4) length_ = std::min(length_ * 2, most_);
    last_each_ = each;
  }

  // The same places are tried again, and may take far longer: eight times the steps.
  void start_over(std::chrono::nanoseconds taken) {
    length_ = taken < kQuick ? std::max<std::size_t>(std::min(length_, least_) / 8, 1) : 1;
    last_each_ = std::numeric_limits<double>::max();
  }

 private:
  std::size_t least_, most_, length_;
  double last_each_ = std::numeric_limits<double>::max();
};

void set_bounds(pcre2_match_context* limits, pcre2_jit_stack* jit_stack) {
  pcre2_set_depth_limit(limits, kDepthLimit);
  pcre2_set_heap_limit(limits, kHeapLimitKib);
  pcre2_jit_stack_assign(limits, nullptr, jit_stack);
}

}  // namespace

void MatchContext::Free::operator()(pcre2_real_match_context_8* p) const {
  pcre2_match_context_free(p);
}
void MatchContext::Free::operator()(pcre2_real_match_data_8* p) const {
  pcre2_match_data_free(p);
}
void MatchContext::Free::operator()(pcre2_real_jit_stack_8* p) const {
  pcre2_jit_stack_free(p);
}
void Pattern::Free::operator()(pcre2_real_code_8* p) const {
  pcre2_code_free(p);
}

MatchContext::MatchContext(const SearchEffort& effort)
    : jit_stack_(pcre2_jit_stack_create(kJitStackStartBytes, kJitStackLimitBytes, nullptr)),
      limits_(pcre2_match_context_create(nullptr)),
      stretch_limits_(pcre2_match_context_create(nullptr)),
      result_(pcre2_match_data_create(std::tuple_size_v<MatchGroups>, nullptr)),
      effort_(effort) {
  WEIR_CHECK(jit_stack_ && limits_ && stretch_limits_ && result_,
             "a worker starts only with its memory at hand");
  set_bounds(limits_.get(), jit_stack_.get());
  set_bounds(stretch_limits_.get(), jit_stack_.get());
}

// What counts is processor time, so that no rule fails because the machine is busy with something else. But
// each look at it is a system call: behind the first there is none before half of the budget is over by the
// clock on the wall.
bool MatchContext::out_of_time() {
  looked_at_ = std::chrono::steady_clock::now();
  if (clock_ == Clock::not_started) {
    clock_ = Clock::of_wall;
    wall_until_ = looked_at_ + effort_.budget / 2;
    processor_until_ = processor_time() + effort_.budget;
  }
  if (clock_ == Clock::of_wall) {
    if (looked_at_ < wall_until_) return false;
    clock_ = Clock::of_processor;
  }
  if (clock_ == Clock::of_processor && processor_time() >= processor_until_) clock_ = Clock::run_out;
  return clock_ == Clock::run_out;
}

Pattern::Code Pattern::code_for(std::string_view expression, std::uint32_t options, int& error,
                                std::size_t& position) {
  Code code;
  code.compiled.reset(pcre2_compile(reinterpret_cast<const unsigned char*>(expression.data()),
                                    expression.size(), options, &error, &position, nullptr),
                      Free{});
  code.jit_compiled = code.compiled && pcre2_jit_compile(code.compiled.get(), PCRE2_JIT_COMPLETE) == 0;
  return code;
}

Result<Pattern, PatternError> Pattern::compile(std::string_view expression, PatternOptions options) {
  const std::uint32_t bits =
      (options.like_re2 ? kLikeRe2Options : kCompileOptions) | (options.caseless ? PCRE2_CASELESS : 0);
  int error = 0;
  std::size_t position = 0;
  Pattern pattern;
  pattern.expression_ = expression;
  pattern.options_ = options;
  pattern.code_ = code_for(expression, bits, error, position);
  if (!pattern.code_.compiled) return std::unexpected(error_of(error, position));
  const auto tell = [&](std::uint32_t what) {
    std::uint32_t answer = 0;
    pcre2_pattern_info(pattern.code_.compiled.get(), what, &answer);
    return answer;
  };
  pattern.group_count_ = static_cast<int>(tell(PCRE2_INFO_CAPTURECOUNT));

  const Repeats repeats = repeats_of(expression);
  const bool anchored = (tell(PCRE2_INFO_ALLOPTIONS) & PCRE2_ANCHORED) != 0;
  pattern.steps_multiply_ = repeats.number == Repeats::Number::several;
  pattern.needs_whole_search_ = anchored || repeats.needs_whole_search;
  pattern.has_one_place_ = anchored;
  pattern.begins_at_line_starts_ =
      tell(PCRE2_INFO_FIRSTCODETYPE) == 2 && tell(PCRE2_INFO_NEWLINE) == PCRE2_NEWLINE_LF;
  const bool always_short =
      repeats.number == Repeats::Number::none ||
      (repeats.number == Repeats::Number::one && anchored && !repeats.needs_whole_search);
  if (always_short) return pattern;
  pattern.stretch_code_ = code_for(expression, bits | PCRE2_USE_OFFSET_LIMIT, error, position);
  if (!pattern.stretch_code_.compiled) return std::unexpected(error_of(error, position));
  return pattern;
}

int Pattern::Code::match(std::string_view subject, std::size_t from, MatchContext& context,
                         pcre2_real_match_context_8* limits) const {
  const char* data = subject.data() == nullptr ? "" : subject.data();
  const auto* text = reinterpret_cast<const unsigned char*>(data);
  pcre2_match_data* const result = context.result_.get();
  return jit_compiled ? pcre2_jit_match(compiled.get(), text, subject.size(), from, 0, result, limits)
                      : pcre2_match(compiled.get(), text, subject.size(), from, 0, result, limits);
}

int Pattern::match(std::string_view subject, std::size_t from, MatchContext& context) const {
  if (stretch_code_.compiled && subject.size() > context.effort_.short_text_bytes)
    return match_in_stretches(subject, from, context);
  const std::size_t full_limit = full_match_limit(subject);
  std::size_t limit = full_limit;
  if (steps_multiply_ && !has_one_place_)
    limit = std::min(limit, kMostStepsUntimed / std::max<std::size_t>(subject.size(), 1));
  pcre2_set_match_limit(context.limits_.get(), static_cast<std::uint32_t>(limit));
  const int found = code_.match(subject, from, context, context.limits_.get());
  return found == PCRE2_ERROR_MATCHLIMIT && limit < full_limit ? match_in_stretches(subject, from, context)
                                                               : found;
}

// The subject is always the whole one, for what looks behind a stretch or before it.
int Pattern::match_in_stretches(std::string_view subject, std::size_t from, MatchContext& context) const {
  const std::size_t full_limit = full_match_limit(subject);
  pcre2_match_context* const limits = context.stretch_limits_.get();
  const bool is_short = subject.size() <= context.effort_.short_text_bytes;
  Stretches stretches(context.effort_.first_stretch_bytes, subject.size());
  std::size_t limit = steps_multiply_ ? kFirstMatchLimit : full_limit;
  if (context.out_of_time()) return PCRE2_ERROR_MATCHLIMIT;
  for (std::size_t at = from;;) {
    const std::size_t each = steps_multiply_ ? dear_steps(limit, is_short) : 1;
    const std::size_t end = end_of_stretch(subject, at + stretches.next((subject.size() - at) * each));
    pcre2_set_offset_limit(limits, end - 1);
    pcre2_set_match_limit(limits, static_cast<std::uint32_t>(limit));
    const int found = stretch_code_.match(subject, at, context, limits);
    const bool needs_more = found == PCRE2_ERROR_MATCHLIMIT && limit < full_limit;
    if (!needs_more && (found != PCRE2_ERROR_NOMATCH || end > subject.size())) return found;

    const auto began_at = context.looked_at_;
    if (context.out_of_time()) return PCRE2_ERROR_MATCHLIMIT;
    const auto taken = context.looked_at_ - began_at;
    if (needs_more) {
      limit = std::min(limit * (taken < kQuick ? 8 : 2), full_limit);  // with the square of it as time
      stretches.start_over(taken);
      continue;
    }
    stretches.passed(taken);
    at = next_beginning(subject, end);
    if (at > subject.size()) return PCRE2_ERROR_NOMATCH;
  }
}

// Where a stretch ends that would end at `end`: beyond the subject if it is the last, so that a match of
// nothing at its end belongs to it.
std::size_t Pattern::end_of_stretch(std::string_view subject, std::size_t end) const {
  if (needs_whole_search_) return subject.size() + 1;
  if (options_.like_re2) {  // characters of several bytes stay whole, and invalid ones with their neighbours
    while (end < subject.size() && !(character_begins(subject, end) && character_ends(subject, end))) ++end;
  }
  return end < subject.size() ? end : subject.size() + 1;
}

// What begins with .* is tried at the beginning of a line only: where the stretch begins would be one more.
std::size_t Pattern::next_beginning(std::string_view subject, std::size_t at) const {
  if (!begins_at_line_starts_) return at;
  const std::size_t line_end = subject.find('\n', at - 1);
  return line_end == std::string_view::npos ? subject.size() + 1 : line_end + 1;
}

MatchOutcome Pattern::search(std::string_view subject, MatchContext& context) const {
  const int found = match(subject, 0, context);
  if (found >= 0) return MatchOutcome::match;  // 0: there were more groups than we have room for
  return found == PCRE2_ERROR_NOMATCH ? MatchOutcome::no_match : MatchOutcome::limit_reached;
}

MatchOutcome Pattern::find(std::string_view subject, std::size_t from, MatchContext& context,
                           MatchGroups& groups) const {
  const int found = match(subject, from, context);
  if (found < 0) return found == PCRE2_ERROR_NOMATCH ? MatchOutcome::no_match : MatchOutcome::limit_reached;
  const auto set = found == 0 ? groups.size() : static_cast<std::size_t>(found);
  const PCRE2_SIZE* const offsets = pcre2_get_ovector_pointer(context.result_.get());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::size_t begin = offsets[2 * i], end = offsets[2 * i + 1];
    // \K within a look-around may put the beginning behind the end.
    groups[i] = i < set && begin != PCRE2_UNSET && begin <= end ? subject.substr(begin, end - begin)
                                                                : std::string_view();
  }
  return MatchOutcome::match;
}

}  // namespace weir
