#include "router/rules/annotation.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

#include "protocol/base/number_text.hpp"
#include "router/config/nearest.hpp"
#include "router/query/lexer.hpp"

namespace weir {
namespace {

constexpr std::size_t kMaxCommentBytes = 1024;  // what lies beyond is not looked at
constexpr std::int64_t kMaxLagMs = 600'000;
constexpr std::int64_t kMaxInt = std::numeric_limits<int>::max();

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const std::size_t from = text.find_first_not_of(kBlanks);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlanks) - from + 1);
}

// A number in 0..max, in digits only.
std::optional<std::int64_t> number(std::string_view text, std::int64_t max) {
  const auto value = to_integer<std::int64_t>(text);
  return value && *value >= 0 && *value <= max ? value : std::nullopt;
}

void set(std::optional<std::int64_t>& member, std::string_view value,
         std::int64_t max = std::numeric_limits<std::int64_t>::max()) {
  if (const auto given = number(value, max)) member = given;
}
void set(std::optional<int>& member, std::string_view value) {
  if (const auto given = number(value, kMaxInt)) member = static_cast<int>(*given);
}
void set(std::optional<bool>& member, std::string_view value) {
  if (const auto given = number(value, 1)) member = *given == 1;
}

struct Key {
  std::string_view name;
  void (*set)(Annotation&, std::string_view value);
};
constexpr Key kKeys[] = {
    {"hostgroup", [](Annotation& a, std::string_view v) { set(a.hostgroup, v); }},
    {"cache_ttl", [](Annotation& a, std::string_view v) { set(a.cache_ttl_ms, v); }},
    {"query_timeout", [](Annotation& a, std::string_view v) { set(a.timeout_ms, v); }},
    {"query_delay", [](Annotation& a, std::string_view v) { set(a.delay_ms, v); }},
    {"query_retries", [](Annotation& a, std::string_view v) { set(a.retries, v); }},
    {"mirror", [](Annotation& a, std::string_view v) { set(a.mirror_hostgroup, v); }},
    {"max_lag_ms", [](Annotation& a, std::string_view v) { set(a.max_lag_ms, v, kMaxLagMs); }},
    {"min_epoch_ms", [](Annotation& a, std::string_view v) { set(a.min_epoch_ms, v); }},
    {"min_gtid", [](Annotation& a, std::string_view v) { a.min_gtid = v; }},
    {"create_new_connection", [](Annotation& a, std::string_view v) { set(a.create_new_connection, v); }},
};

// Two slips at most, and one in a short word: other people's keys (traceparent, host) are left alone.
bool looks_like(std::string_view key, std::string_view name) {
  const std::size_t slips = name.size() < 8 ? 1 : 2;
  if (key.size() + slips < name.size() || key.size() > name.size() + slips) return false;
  return edit_distance(key, name) <= slips;
}

void note_unknown(Annotation& annotation, std::string_view key) {
  if (!annotation.mistyped_key.empty()) return;
  for (const Key& known : kKeys) {
    if (!looks_like(key, known.name)) continue;
    annotation.mistyped_key = key;
    annotation.meant_key = known.name;
    return;
  }
}

}  // namespace

Annotation parse_annotation(std::string_view comment) {
  Annotation annotation;
  comment = comment.substr(0, kMaxCommentBytes);
  while (!comment.empty()) {
    const std::string_view pair = comment.substr(0, comment.find(';'));
    comment.remove_prefix(pair.size() == comment.size() ? pair.size() : pair.size() + 1);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = trimmed(pair.substr(0, equals));
    std::string_view value = trimmed(pair.substr(equals + 1));
    while (value.starts_with('=')) value = trimmed(value.substr(1));
    const auto known =
        std::ranges::find_if(kKeys, [key](const Key& each) { return equals_caseless(key, each.name); });
    if (known != std::end(kKeys)) {
      known->set(annotation, value);
    } else {
      note_unknown(annotation, key);
    }
  }
  return annotation;
}

}  // namespace weir
