#include "router/query/routine_catalog.hpp"

#include <algorithm>
#include <array>

#include "router/query/routine_body.hpp"

namespace weir {
namespace {

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

std::weak_ordering compare_caseless(std::string_view a, std::string_view b) {
  return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::weak_ordering{to_lower(x) <=> to_lower(y)};
  });
}

struct QualifiedName {
  std::string_view schema;
  std::string_view name;
};
QualifiedName name_of(const StoredFunction& function) {
  return {function.schema, function.name};
}
bool before(const QualifiedName& a, const QualifiedName& b) {
  const auto by_name = compare_caseless(a.name, b.name);
  return by_name == 0 ? a.schema < b.schema : by_name < 0;
}

// Whether a name has one spelling, whatever the client's character set: ASCII, and no quotes, which are
// doubled in a text.
bool is_plain(std::string_view name) {
  return !name.empty() && std::ranges::none_of(name, [](char c) {
    return static_cast<unsigned char>(c) >= 0x80 || c == '`' || c == '"' || c == '\'';
  });
}

constexpr std::array<std::string_view, 4> kAccessNames{"CONTAINS SQL", "NO SQL", "READS SQL DATA",
                                                       "MODIFIES SQL DATA"};
constexpr std::array<std::string_view, kRoutineVerdicts> kVerdictNames{
    "reads", "not_declared", "declared_write", "body_unseen", "body_inexact", "body_in_doubt"};

bool has_mode(std::string_view sql_mode, std::string_view mode) {
  return sql_mode.find(mode) != std::string_view::npos;
}

LexMode lex_mode_of(std::string_view sql_mode) {
  return {.ansi_quotes = has_mode(sql_mode, "ANSI_QUOTES"),
          .no_backslash_escapes = has_mode(sql_mode, "NO_BACKSLASH_ESCAPES")};
}

}  // namespace

RoutineVerdict judge_function(DataAccess declared, std::optional<std::string_view> body,
                              std::string_view sql_mode) {
  if (declared == DataAccess::modifies_sql_data) return RoutineVerdict::declared_write;
  if (declared == DataAccess::contains_sql) return RoutineVerdict::not_declared;
  if (!body) return RoutineVerdict::body_unseen;
  // Procedures are called by their bare names in the one, names stand in brackets in the other.
  if (has_mode(sql_mode, "ORACLE") || has_mode(sql_mode, "MSSQL")) return RoutineVerdict::body_in_doubt;
  return only_reads(*body, lex_mode_of(sql_mode)) ? RoutineVerdict::reads : RoutineVerdict::body_in_doubt;
}

RoutineVerdict judge_shown(DataAccess declared, std::string_view create, std::string_view sql_mode) {
  const std::string_view body = behind_function_name(create, lex_mode_of(sql_mode));
  return body.empty() ? RoutineVerdict::body_inexact : judge_function(declared, body, sql_mode);
}

RoutineCatalog::RoutineCatalog(std::vector<StoredFunction> functions,
                               std::optional<std::vector<std::string>> loadable)
    : functions_(std::move(functions)), loadable_(std::move(loadable)) {
  std::ranges::sort(functions_, before, name_of);
  if (!loadable_) return;
  for (std::string& name : *loadable_) std::ranges::transform(name, name.begin(), to_lower);
  std::ranges::sort(*loadable_);
}

StoredCall RoutineCatalog::find_qualified(std::string_view schema, std::string_view name) const noexcept {
  if (!is_plain(schema) || !is_plain(name)) return StoredCall::unknown;
  const auto found = std::ranges::lower_bound(functions_, QualifiedName{schema, name}, before, name_of);
  if (found == functions_.end() || before({schema, name}, name_of(*found))) return StoredCall::unknown;
  return found->verdict == RoutineVerdict::reads ? StoredCall::reads : StoredCall::may_write;
}

StoredCall RoutineCatalog::find_unqualified(std::string_view current_schema,
                                            std::string_view name) const noexcept {
  if (!loadable_) return StoredCall::unknown;
  const auto less = [](std::string_view a, std::string_view b) { return compare_caseless(a, b) < 0; };
  if (std::ranges::binary_search(*loadable_, name, less)) return StoredCall::may_write;
  return find_qualified(current_schema, name);
}

const RoutineCatalog* RoutineScope::catalog() const noexcept {
  if (catalogs == nullptr) return nullptr;
  const auto found = std::ranges::find(*catalogs, writer_hostgroup, &PairRoutines::writer_hostgroup);
  return found == catalogs->end() ? nullptr : found->catalog.get();
}

std::string_view to_text(DataAccess access) {
  return kAccessNames[static_cast<std::size_t>(access)];
}

std::string_view to_text(RoutineVerdict verdict) {
  return kVerdictNames[static_cast<std::size_t>(verdict)];
}

std::optional<DataAccess> parse_data_access(std::string_view text) {
  const auto found = std::ranges::find(kAccessNames, text);
  if (found == kAccessNames.end()) return std::nullopt;
  return static_cast<DataAccess>(found - kAccessNames.begin());
}

}  // namespace weir
