// The stored and loadable functions of the servers behind a pair of hostgroups: which of them a replica may
// run.
//
// Whoever reads the servers builds it; from then on it is immutable and shared by all threads. What a
// statement calls is looked up by RoutineScope, which allocates nothing.
//
// MySQL: Reference Manual, "Function Name Parsing and Resolution". An unqualified name is a built-in
// function's if there is one, else a loadable function's, else a stored function's in the current schema; a
// qualified one can only be a stored function's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// As declared. The server does not hold a function to it.
enum class DataAccess : std::uint8_t { contains_sql, no_sql, reads_sql_data, modifies_sql_data };

// What follows for statements that call a function: all but the first keep them on the writer.
enum class RoutineVerdict : std::uint8_t {
  reads,           // declared so, and its body holds nothing that speaks against it
  not_declared,    // CONTAINS SQL, which is what a server writes down if nothing was declared
  declared_write,  // MODIFIES SQL DATA
  body_unseen,     // the account that reads the catalogue may not see its body, or it is no SQL
  body_inexact,    // what can be seen of its body may not be what was written
  body_in_doubt,   // see only_reads()
};
inline constexpr int kRoutineVerdicts = static_cast<int>(RoutineVerdict::body_in_doubt) + 1;

struct StoredFunction {
  std::string schema;
  std::string name;
  DataAccess data_access = DataAccess::contains_sql;
  bool deterministic = false;
  RoutineVerdict verdict = RoutineVerdict::not_declared;

  bool operator==(const StoredFunction&) const = default;
};

// Judges by the declaration and the body; none = the body cannot be seen. `sql_mode`: that the function was
// created with, as the server lists it. Bodies in the other grammars of MariaDB (ORACLE, MSSQL) are in doubt.
RoutineVerdict judge_function(DataAccess declared, std::optional<std::string_view> body,
                              std::string_view sql_mode);
// The same of what SHOW CREATE FUNCTION says: body_inexact if it says something else.
RoutineVerdict judge_shown(DataAccess declared, std::string_view create, std::string_view sql_mode);

// What a call may be, as far as is known.
enum class StoredCall : std::uint8_t {
  unknown,    // no function of which anything is known
  reads,      // a stored function with the verdict `reads`
  may_write,  // any other stored function, or a loadable one: nobody says what it does
};

class RoutineCatalog {
 public:
  // `loadable`: the names of the loadable functions; none = they could not be read, and any unqualified name
  // may be one.
  RoutineCatalog(std::vector<StoredFunction> functions, std::optional<std::vector<std::string>> loadable);

  // Names without quotes. Functions have names of no case; schemas are compared as they are written, which on
  // a server that ignores their case may find less, and never something else. Names beyond ASCII are not
  // found: their bytes depend on the client's character set.
  StoredCall find_qualified(std::string_view schema, std::string_view name) const noexcept;
  StoredCall find_unqualified(std::string_view current_schema, std::string_view name) const noexcept;

  // All, by name and schema.
  std::span<const StoredFunction> functions() const { return functions_; }
  const std::optional<std::vector<std::string>>& loadable() const { return loadable_; }

  bool operator==(const RoutineCatalog&) const = default;

 private:
  std::vector<StoredFunction> functions_;
  std::optional<std::vector<std::string>> loadable_;  // in lower case, sorted
};

// Of each pair, by its writer hostgroup.
struct PairRoutines {
  int writer_hostgroup = 0;
  std::shared_ptr<const RoutineCatalog> catalog{};  // null: nothing is known
  std::string server{};                             // whose it is
  std::string error{};   // why the latest attempt to read it failed; empty = it did not
  int failed_looks = 0;  // attempts in a row that found no server to read it from

  bool operator==(const PairRoutines&) const = default;
};
using RoutineCatalogs = std::vector<PairRoutines>;

// Where the functions that a statement calls are looked up.
struct RoutineScope {
  const RoutineCatalogs* catalogs = nullptr;  // null: nothing is known of any
  int writer_hostgroup = 0;
  std::string_view schema;  // current one; empty if none

  const RoutineCatalog* catalog() const noexcept;
};

std::string_view to_text(DataAccess access);  // as in information_schema: "READS SQL DATA"
std::string_view to_text(RoutineVerdict verdict);
std::optional<DataAccess> parse_data_access(std::string_view text);

}  // namespace weir
