// One virtual table module for all live tables: CREATE VIRTUAL TABLE stats.x USING weir_live.
#include "admin/live_table.hpp"
#include "admin/quoting.hpp"
#include "protocol/base/number_text.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace weir {
namespace {

constexpr std::string_view kModule = "weir_live";

enum class ColumnKind { text, integer, real };

struct LiveColumn {
  std::string name;
  std::string type;
  ColumnKind kind = ColumnKind::text;
};

struct Entry {
  LiveTable table;
  std::vector<LiveColumn> columns;
  // Of the statement that read the table last.
  std::vector<Row> rows{};
  std::uint64_t statement_number = 0;  // 0 = none
};

// By SQLite's rules of column affinity, as far as we have such types.
ColumnKind kind_of(std::string_view type) {
  const std::string name = lower_case(type);
  if (name.find("int") != std::string::npos) return ColumnKind::integer;
  for (std::string_view real : {"real", "floa", "doub", "numeric", "decimal"}) {
    if (name.find(real) != std::string::npos) return ColumnKind::real;
  }
  return ColumnKind::text;
}

// SQLite itself tells what the columns of a CREATE TABLE are.
std::vector<LiveColumn> columns_of(const LiveTable& table) {
  Store scratch;
  scratch.run(table.ddl);
  std::vector<LiveColumn> columns;
  for (Row& row : scratch.rows(fmt::format("PRAGMA main.table_info({})", quoted_name(table.name))).rows) {
    std::string type = row[2].value_or("");
    const ColumnKind kind = kind_of(type);
    columns.push_back({row[1].value_or(""), std::move(type), kind});
  }
  if (columns.empty()) throw SqlError(SQLITE_ERROR, "the ddl of " + table.name + " creates another table");
  return columns;
}

}  // namespace

// All live tables of a store; owned by its SQLite connection.
class LiveTables {
 public:
  explicit LiveTables(Store& store) : store_(store) {}

  Store& store() { return store_; }
  Entry* find(std::string_view schema, std::string_view name) {
    for (auto& [key, entry] : entries_) {
      if (key.second == lower_case(name) && (schema.empty() || key.first == lower_case(schema)))
        return &entry;
    }
    return nullptr;
  }
  void add(LiveTable table, std::vector<LiveColumn> columns) {
    auto key = std::pair(lower_case(table.schema), lower_case(table.name));
    entries_.insert_or_assign(std::move(key), Entry{std::move(table), std::move(columns)});
  }
  void remove(const LiveTable& table) { entries_.erase({lower_case(table.schema), lower_case(table.name)}); }

  const std::vector<Row>& rows_of(Entry& entry) {
    if (entry.statement_number != store_.statement_number()) {
      store_.count_live_read();
      entry.rows = entry.table.rows();
      entry.statement_number = store_.statement_number();
    }
    return entry.rows;
  }
  void forget_rows() noexcept {
    for (auto& [key, entry] : entries_) {
      if (entry.statement_number == 0) continue;
      entry.statement_number = 0;
      std::vector<Row>().swap(entry.rows);
    }
  }

 private:
  Store& store_;
  std::map<std::pair<std::string, std::string>, Entry> entries_;
};

namespace {

// The structures that SQLite hands around begin with its own.
struct VirtualTable {
  sqlite3_vtab base{};
  LiveTables* tables = nullptr;
  Entry* entry = nullptr;
};
struct Cursor {
  sqlite3_vtab_cursor base{};
  const std::vector<Row>* rows = nullptr;
  std::size_t at = 0;
};

VirtualTable& table_of(sqlite3_vtab* base) {
  return *reinterpret_cast<VirtualTable*>(base);
}
Cursor& cursor_of(sqlite3_vtab_cursor* base) {
  return *reinterpret_cast<Cursor*>(base);
}

// `arguments`: module, schema, table.
int connect(sqlite3* db, void* tables, int, const char* const* arguments, sqlite3_vtab** result,
            char** error) {
  auto* live = static_cast<LiveTables*>(tables);
  Entry* entry = live->find(arguments[1], arguments[2]);
  if (entry == nullptr) {
    *error = sqlite3_mprintf("%s.%s is not a live table", arguments[1], arguments[2]);
    return SQLITE_ERROR;
  }
  std::string declaration = "CREATE TABLE x(";
  for (const LiveColumn& column : entry->columns) {
    declaration += fmt::format("{} {},", quoted_name(column.name), column.type);
  }
  declaration.back() = ')';
  // SQLite connects again to all tables after a database was attached or detached, in the next statement that
  // reads them: a caller who may only read need not be allowed to declare.
  const Caller caller = live->store().exchange_caller(Caller::internal);
  const int code = sqlite3_declare_vtab(db, declaration.c_str());
  live->store().exchange_caller(caller);
  if (code != SQLITE_OK) return code;
  *result = &(new VirtualTable{{}, live, entry})->base;
  return SQLITE_OK;
}

// Another function than connect(): otherwise the module would be a table by itself, without CREATE.
int create(sqlite3* db, void* tables, int count, const char* const* arguments, sqlite3_vtab** result,
           char** error) {
  return connect(db, tables, count, arguments, result, error);
}

int disconnect(sqlite3_vtab* base) {
  delete &table_of(base);
  return SQLITE_OK;
}

// Always all rows; SQLite filters and sorts.
int best_index(sqlite3_vtab*, sqlite3_index_info* plan) {
  plan->estimatedCost = 10'000;
  plan->estimatedRows = 1'000;
  return SQLITE_OK;
}

int open(sqlite3_vtab*, sqlite3_vtab_cursor** result) {
  *result = &(new Cursor{})->base;
  return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* base) {
  delete &cursor_of(base);
  return SQLITE_OK;
}

int filter(sqlite3_vtab_cursor* base, int, const char*, int, sqlite3_value**) {
  VirtualTable& table = table_of(base->pVtab);
  Cursor& cursor = cursor_of(base);
  try {
    cursor.rows = &table.tables->rows_of(*table.entry);
  } catch (const std::exception& error) {
    sqlite3_free(table.base.zErrMsg);
    table.base.zErrMsg = sqlite3_mprintf("%s", error.what());
    return SQLITE_ERROR;
  }
  cursor.at = 0;
  return SQLITE_OK;
}

int next(sqlite3_vtab_cursor* base) {
  ++cursor_of(base).at;
  return SQLITE_OK;
}

int at_end(sqlite3_vtab_cursor* base) {
  const Cursor& cursor = cursor_of(base);
  return cursor.rows == nullptr || cursor.at >= cursor.rows->size() ? 1 : 0;
}

// Numbers must be numbers for SUM(), MAX() and ORDER BY.
int column(sqlite3_vtab_cursor* base, sqlite3_context* result, int index) {
  const Cursor& cursor = cursor_of(base);
  const Row& row = (*cursor.rows)[cursor.at];
  const auto i = static_cast<std::size_t>(index);
  if (i >= row.size() || !row[i]) {
    sqlite3_result_null(result);
    return SQLITE_OK;
  }
  const std::string& text = *row[i];
  const ColumnKind kind = table_of(base->pVtab).entry->columns[i].kind;
  const auto integer = kind == ColumnKind::integer ? to_integer<sqlite3_int64>(text) : std::nullopt;
  const auto real = kind == ColumnKind::real ? to_double(text) : std::nullopt;
  if (integer) {
    sqlite3_result_int64(result, *integer);
  } else if (real) {
    sqlite3_result_double(result, *real);
  } else {
    // The rows stay until the statement ends.
    sqlite3_result_text64(result, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  return SQLITE_OK;
}

int row_id(sqlite3_vtab_cursor* base, sqlite3_int64* id) {
  *id = static_cast<sqlite3_int64>(cursor_of(base).at) + 1;
  return SQLITE_OK;
}

// Without xUpdate, SQLite refuses writes: "table x may not be modified".
sqlite3_module make_module() {
  sqlite3_module module{};
  module.iVersion = 1;
  module.xCreate = create;
  module.xConnect = connect;
  module.xBestIndex = best_index;
  module.xDisconnect = disconnect;
  module.xDestroy = disconnect;
  module.xOpen = open;
  module.xClose = close;
  module.xFilter = filter;
  module.xNext = next;
  module.xEof = at_end;
  module.xColumn = column;
  module.xRowid = row_id;
  return module;
}

const sqlite3_module kLiveModule = make_module();

// The tables of `store`, which SQLite deletes with the connection.
LiveTables& tables_of(Store& store) {
  if (store.live_tables() == nullptr) {
    auto* tables = new LiveTables(store);
    sqlite3_create_module_v2(store.handle(), kModule.data(), &kLiveModule, tables,
                             [](void* owned) { delete static_cast<LiveTables*>(owned); });
    store.set_live_tables(tables, [tables] { tables->forget_rows(); });
  }
  return *store.live_tables();
}

}  // namespace

void add_live_table(Store& store, LiveTable table) {
  LiveTables& tables = tables_of(store);
  auto columns = columns_of(table);
  const LiveTable named{table.schema, table.name, {}, {}, {}};
  if (tables.find(table.schema, table.name) != nullptr) {
    throw SqlError(SQLITE_ERROR, "there is already a live table " + table.name);
  }
  tables.add(std::move(table), std::move(columns));
  try {
    store.run(fmt::format("CREATE VIRTUAL TABLE {}.{} USING {}", quoted_name(named.schema),
                          quoted_name(named.name), kModule));
  } catch (const SqlError&) {
    tables.remove(named);
    throw;
  }
  store.protect(named.name);
}

const LiveTable* find_live_table(Store& store, std::string_view schema, std::string_view name) {
  if (store.live_tables() == nullptr) return nullptr;
  const Entry* entry = store.live_tables()->find(schema, name);
  return entry == nullptr ? nullptr : &entry->table;
}

}  // namespace weir
