#include "router/rules/pattern.hpp"

#ifndef PCRE2_CODE_UNIT_WIDTH
#define PCRE2_CODE_UNIT_WIDTH 8
#endif
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <tuple>

#include "protocol/base/check.hpp"

namespace weir {
namespace {

// Bounds of one search. The match limit counts PCRE2's internal steps and grows with the text, so that
// sensible expressions pass on long texts, while the worst take a few milliseconds per 100 KB.
constexpr std::size_t kMatchLimit = 100'000;
constexpr std::size_t kMatchLimitPerByte = 8;
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

MatchContext::MatchContext()
    : jit_stack_(pcre2_jit_stack_create(kJitStackStartBytes, kJitStackLimitBytes, nullptr)),
      limits_(pcre2_match_context_create(nullptr)),
      result_(pcre2_match_data_create(std::tuple_size_v<MatchGroups>, nullptr)) {
  WEIR_CHECK(jit_stack_ && limits_ && result_, "a worker starts only with its memory at hand");
  pcre2_set_depth_limit(limits_.get(), kDepthLimit);
  pcre2_set_heap_limit(limits_.get(), kHeapLimitKib);
  pcre2_jit_stack_assign(limits_.get(), nullptr, jit_stack_.get());
}

Result<Pattern, PatternError> Pattern::compile(std::string_view expression, PatternOptions options) {
  int code = 0;
  std::size_t position = 0;
  Pattern pattern;
  pattern.expression_ = expression;
  pattern.options_ = options;
  pattern.code_.reset(
      pcre2_compile(
          reinterpret_cast<const unsigned char*>(expression.data()), expression.size(),
          (options.like_re2 ? kLikeRe2Options : kCompileOptions) | (options.caseless ? PCRE2_CASELESS : 0),
          &code, &position, nullptr),
      Free{});
  if (!pattern.code_) return std::unexpected(error_of(code, position));
  pattern.jit_compiled_ = pcre2_jit_compile(pattern.code_.get(), PCRE2_JIT_COMPLETE) == 0;
  std::uint32_t groups = 0;
  pcre2_pattern_info(pattern.code_.get(), PCRE2_INFO_CAPTURECOUNT, &groups);
  pattern.group_count_ = static_cast<int>(groups);
  return pattern;
}

int Pattern::match(std::string_view subject, std::size_t from, MatchContext& context) const {
  const char* data = subject.data() == nullptr ? "" : subject.data();
  const auto* text = reinterpret_cast<const unsigned char*>(data);
  const std::size_t limit = kMatchLimit + kMatchLimitPerByte * subject.size();
  pcre2_set_match_limit(context.limits_.get(),
                        static_cast<std::uint32_t>(std::min<std::size_t>(limit, UINT32_MAX)));
  return jit_compiled_ ? pcre2_jit_match(code_.get(), text, subject.size(), from, 0, context.result_.get(),
                                         context.limits_.get())
                       : pcre2_match(code_.get(), text, subject.size(), from, 0, context.result_.get(),
                                     context.limits_.get());
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
