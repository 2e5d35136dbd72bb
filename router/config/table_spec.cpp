#include "router/config/table_spec.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "protocol/base/number_text.hpp"
#include "router/config/json_text.hpp"

namespace weir::table_spec {
namespace {

constexpr std::int64_t kNoMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kNoMax = std::numeric_limits<std::int64_t>::max();

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// A rejected value as it appears in a message: whole if short.
std::string shown(std::string_view text) {
  constexpr std::size_t kShown = 60;
  return text.size() <= kShown ? std::string(text) : std::string(text.substr(0, kShown)) + "...";
}

// Words are compared without regard to case, by the case they are listed in.
std::string words_check(std::string_view column, std::span<const std::string_view> words) {
  std::vector<std::string> quoted;
  for (std::string_view word : words) quoted.push_back(quoted_sql(word));
  const bool upper =
      std::ranges::none_of(words.front(), [](unsigned char c) { return std::islower(c) != 0; });
  return fmt::format("CHECK ({}({}) IN ({}))", upper ? "UPPER" : "LOWER", column, fmt::join(quoted, ","));
}

}  // namespace

Result<std::int64_t, std::string> parse_int(std::string_view text) {
  std::string_view digits = trimmed(text);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  const auto value = to_integer<std::int64_t>(digits);
  if (!value) return std::unexpected(fmt::format("'{}' is not an integer", shown(text)));
  return *value;
}

Result<void, std::string> check_int(std::int64_t value, const Allowed& allowed) {
  if (value >= allowed.min && value <= allowed.max) return {};
  if (allowed.max == kNoMax) return std::unexpected(fmt::format("{} is below {}", value, allowed.min));
  if (allowed.min == 0 && allowed.max == 1) return std::unexpected(fmt::format("{} is not 0 or 1", value));
  return std::unexpected(fmt::format("{} is not in {}..{}", value, allowed.min, allowed.max));
}

Result<void, std::string> check_text(std::string_view text, const Allowed& allowed) {
  if (text.find('\0') != std::string_view::npos) return std::unexpected("holds a zero byte");
  if (allowed.json && !text.empty() && !is_valid_json(text)) {
    return std::unexpected(fmt::format("{} is not valid JSON (which, or an empty text, is allowed)",
                                       allowed.secret ? "the text" : fmt::format("'{}'", shown(text))));
  }
  if (allowed.json) return {};
  const bool one_of = std::ranges::any_of(allowed.words, [&](auto word) { return same_word(word, text); });
  if (!allowed.words.empty() && !one_of) {
    return std::unexpected(fmt::format("'{}' is not one of {}", shown(text), fmt::join(allowed.words, ", ")));
  }
  return {};
}

std::string quoted_sql(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

std::string name_sql(std::string_view name) {
  return same_word(name, "default") ? fmt::format("`{}`", name) : std::string(name);
}

std::string check_sql(std::string_view column, bool is_text, const Allowed& allowed) {
  if (allowed.check) return allowed.check->empty() ? "" : fmt::format("CHECK ({})", *allowed.check);
  if (is_text && allowed.json) return fmt::format("CHECK (JSON_VALID({0}) OR {0} = '')", column);
  if (is_text && !allowed.words.empty()) return words_check(column, allowed.words);
  // What a plain int holds is the limit of its type, not of the column.
  const bool has_min = allowed.min != kNoMin && allowed.min != std::numeric_limits<std::int32_t>::min();
  const bool has_max = allowed.max != kNoMax && allowed.max != std::numeric_limits<std::int32_t>::max();
  if (is_text || (!has_min && !has_max)) return {};
  if (!has_max) return fmt::format("CHECK ({} >= {})", column, allowed.min);
  if (!has_min) return fmt::format("CHECK ({} <= {})", column, allowed.max);
  if (allowed.max - allowed.min > 2) {
    return fmt::format("CHECK ({0} >= {1} AND {0} <= {2})", column, allowed.min, allowed.max);
  }
  std::vector<std::int64_t> values;
  for (std::int64_t value = allowed.min; value <= allowed.max; ++value) values.push_back(value);
  return fmt::format("CHECK ({} IN ({}))", column, fmt::join(values, ","));
}

std::string column_sql(std::string_view name, std::string_view type, bool nullable,
                       std::string_view default_sql, std::string_view check) {
  std::string sql = fmt::format("{} {}", name_sql(name), type);
  if (!check.empty()) sql += fmt::format(" {}", check);
  if (!nullable) sql += " NOT NULL";
  if (!default_sql.empty()) sql += fmt::format(" DEFAULT {}", default_sql);
  return sql;
}

std::string key_sql(const Key& key) {
  return fmt::format("{} ({})", key.kind, fmt::join(key.columns, ", "));
}

std::string table_sql(std::string_view name, std::span<const std::string> parts) {
  return fmt::format("CREATE TABLE {} (\n    {} )", name, fmt::join(parts, ",\n    "));
}

Complaint repeated_key(std::string_view table, std::size_t row, const Key& key, std::size_t earlier) {
  return {.table = std::string(table),
          .row = row,
          .column = fmt::format("{}", fmt::join(key.columns, ", ")),
          .text = fmt::format("repeats row {}; each may occur once", earlier)};
}

}  // namespace weir::table_spec
