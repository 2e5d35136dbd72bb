#include "router/query/digest.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "router/config/settings.hpp"
#include "router/query/digest_stages.hpp"
#include "router/query/spooky_hash.hpp"

namespace weir {

DigestOptions digest_options(const Settings& settings) {
  DigestOptions options;
  options.max_query_length = static_cast<std::size_t>(settings.query_digests_max_query_length);
  options.max_digest_length = static_cast<std::size_t>(settings.query_digests_max_digest_length);
  options.grouping_limit = static_cast<int>(settings.query_digests_grouping_limit);
  options.groups_grouping_limit = static_cast<int>(settings.query_digests_groups_grouping_limit);
  options.lowercase = settings.query_digests_lowercase;
  options.replace_null = settings.query_digests_replace_null;
  options.no_digits = settings.query_digests_no_digits;
  options.keep_comment = settings.query_digests_keep_comment;
  return options;
}

DigestShape digest_text(std::string_view sql, const DigestOptions& options, std::string& text) {
  DigestShape shape;
  const bool whole = sql.size() <= options.max_query_length;
  sql = sql.substr(0, options.max_query_length);
  text.resize_and_overwrite(sql.size(), [&](char* out, std::size_t) {
    const digest::Draft draft = digest::replace_literals(sql, options, out);
    std::size_t size = draft.size;
    shape = draft.shape;
    if (draft.needs_spacing_from < size) size = digest::tighten({out, size}, draft);
    if (options.no_digits) size = digest::replace_digits({out, size});
    if (draft.has_list && options.grouping_limit > 0) {
      size = digest::shorten_lists({out, size}, options.grouping_limit, shape);
      if (options.groups_grouping_limit > 0) {
        const std::size_t before = size;
        size = digest::shorten_groups({out, size}, options.grouping_limit, options.groups_grouping_limit);
        shape.plain &= size == before;
      }
    }
    while (size > 0 && (out[size - 1] == ' ' || out[size - 1] == ';')) --size;
    return size;
  });
  shape.plain &=
      whole && !options.lowercase && !options.replace_null && !options.no_digits && !options.keep_comment;
  return shape;
}

std::uint64_t digest_hash(std::string_view text, const DigestOptions& options) {
  return spooky_hash64(text.substr(0, options.max_digest_length), 0);
}

std::string digest_to_text(std::uint64_t hash) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text = "0x0000000000000000";
  for (std::size_t i = text.size(); hash != 0; hash >>= 4) text[--i] = kDigits[hash & 15];
  return text;
}

bool parse_digest(std::string_view text, std::uint64_t* hash) {
  if (!text.starts_with("0x") && !text.starts_with("0X")) return false;
  text.remove_prefix(2);
  if (text.empty() || text.size() > 16) return false;
  std::uint64_t value = 0;
  for (const char c : text) {
    const char lower = static_cast<char>(c | 0x20);
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (lower < 'a' || lower > 'f')) return false;
    value = value << 4 | static_cast<unsigned>(digit ? c - '0' : lower - 'a' + 10);
  }
  *hash = value;
  return true;
}

}  // namespace weir
