#include "admin/store.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>
#include <vector>

#include "admin/live_table.hpp"
#include "admin/quoting.hpp"
#include "protocol/base/number_text.hpp"

namespace weir {
namespace {

using namespace std::string_view_literals;

// Of SQLite's virtual machine: some microseconds, or more if they are functions of long texts.
constexpr int kOpsBetweenChecks = 100;
constexpr int kBusyMs = 2'000;  // how long we wait for another process that reads the disk file

// Bounds for what one statement of an administrator can ask for.
struct Limit {
  int id, value;
};
constexpr std::array kLimits{
    Limit{SQLITE_LIMIT_LENGTH, static_cast<int>(Store::kMaxTextBytes)},
    Limit{SQLITE_LIMIT_SQL_LENGTH, 16 << 20},
    Limit{SQLITE_LIMIT_LIKE_PATTERN_LENGTH, Store::kMaxPatternBytes},
    Limit{SQLITE_LIMIT_EXPR_DEPTH, 500},
    Limit{SQLITE_LIMIT_TRIGGER_DEPTH, 10},
    Limit{SQLITE_LIMIT_WORKER_THREADS, 0},
};
// Of the whole process: SQLite answers "out of memory" beyond it, and everything else goes on.
constexpr sqlite3_int64 kMaxHeapBytes = sqlite3_int64{1} << 30;

// Pragmas that only look: with any value, or as long as they are given none.
constexpr std::array kReadingPragmas{
    "collation_list"sv,  "compile_options"sv, "database_list"sv, "foreign_key_list"sv,
    "function_list"sv,   "index_info"sv,      "index_list"sv,    "index_xinfo"sv,
    "integrity_check"sv, "module_list"sv,     "quick_check"sv,   "table_info"sv,
    "table_list"sv,      "table_xinfo"sv,     "pragma_list"sv,   "foreign_key_check"sv,
};
constexpr std::array kPragmasWithoutValue{
    "application_id"sv, "data_version"sv, "encoding"sv,   "foreign_keys"sv,   "freelist_count"sv,
    "journal_mode"sv,   "page_count"sv,   "page_size"sv,  "schema_version"sv, "synchronous"sv,
    "user_version"sv,   "query_only"sv,   "cache_size"sv,
};

std::int64_t cpu_ms() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<std::int64_t>(used.tv_sec) * 1'000 + used.tv_nsec / 1'000'000;
}

std::string_view view(const char* text) {
  return text == nullptr ? std::string_view{} : std::string_view(text);
}

int compare_bytes(void*, int left_size, const void* left, int right_size, const void* right) {
  const std::string_view a(static_cast<const char*>(left), static_cast<std::size_t>(left_size));
  const std::string_view b(static_cast<const char*>(right), static_cast<std::size_t>(right_size));
  return a.compare(b);
}

int compare_caseless(void*, int left_size, const void* left, int right_size, const void* right) {
  const int order = sqlite3_strnicmp(static_cast<const char*>(left), static_cast<const char*>(right),
                                     std::min(left_size, right_size));
  return order != 0 ? order : left_size - right_size;
}

// Statements made for MySQL name its collations: utf8_bin, utf8mb4_general_ci.
void add_collation(void*, sqlite3* db, int, const char* name) {
  const bool caseless = view(name).ends_with("_ci");
  if (!view(name).starts_with("utf8") || (!caseless && !view(name).ends_with("_bin"))) return;
  sqlite3_create_collation(db, name, SQLITE_UTF8, nullptr, caseless ? compare_caseless : compare_bytes);
}

// Why a part of a statement is refused, or an empty text.
std::string refusal_of_pragma(std::string_view name, bool has_value) {
  const std::string pragma = lower_case(name);
  if (std::ranges::find(kReadingPragmas, pragma) != kReadingPragmas.end()) return {};
  const bool known = std::ranges::find(kPragmasWithoutValue, pragma) != kPragmasWithoutValue.end();
  if (known && !has_value) return {};
  return fmt::format("PRAGMA {} is not allowed here", pragma);
}

std::string refusal_of_function(std::string_view name) {
  const std::string function = lower_case(name);
  if (function != "load_extension" && function != "fts3_tokenizer") return {};
  return fmt::format("function {} is not allowed here", function);
}

// Actions that an administrator has no use for, or that would leave something behind for the others.
std::string_view refusal_of_action(int action) {
  switch (action) {
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
      return "ATTACH, DETACH and VACUUM are not allowed here";
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
      return "transactions are not supported: every statement is one";
    case SQLITE_CREATE_TEMP_TABLE:
    case SQLITE_CREATE_TEMP_INDEX:
    case SQLITE_CREATE_TEMP_TRIGGER:
    case SQLITE_CREATE_TEMP_VIEW:
      return "nothing temporary can be created: all admin connections share one database";
    case SQLITE_CREATE_VTABLE:
    case SQLITE_DROP_VTABLE:
      return "virtual tables cannot be created or dropped";
    default:
      return {};
  }
}

bool only_reads(int action) {
  return action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_FUNCTION ||
         action == SQLITE_RECURSIVE;
}

}  // namespace

// ---- errors

bool SqlError::is_busy() const {
  return (code_ & 0xff) == SQLITE_BUSY || (code_ & 0xff) == SQLITE_LOCKED;
}
bool SqlError::is_constraint() const {
  return (code_ & 0xff) == SQLITE_CONSTRAINT;
}
bool SqlError::is_corrupt() const {
  return (code_ & 0xff) == SQLITE_CORRUPT || (code_ & 0xff) == SQLITE_NOTADB;
}
bool SqlError::is_full() const {
  return (code_ & 0xff) == SQLITE_FULL;
}
bool SqlError::is_refused() const {
  return (code_ & 0xff) == SQLITE_AUTH;
}

// ---- statements

void SqlStatement::Finalize::operator()(sqlite3_stmt* statement) noexcept {
  sqlite3_finalize(statement);
  if (running) store->statement_ends();
}

void SqlStatement::set_running(bool on) noexcept {
  bool& running = statement_.get_deleter().running;
  if (running == on) return;
  running = on;
  if (on) {
    store().statement_starts();
  } else {
    store().statement_ends();
  }
}

int SqlStatement::parameters() const {
  return sqlite3_bind_parameter_count(statement_.get());
}

int SqlStatement::columns() const {
  return sqlite3_column_count(statement_.get());
}

std::string SqlStatement::column_name(int column) const {
  return std::string(view(sqlite3_column_name(statement_.get(), column)));
}

bool SqlStatement::reads_only() const {
  return sqlite3_stmt_readonly(statement_.get()) != 0 || sqlite3_stmt_isexplain(statement_.get()) != 0;
}

void SqlStatement::bind(int parameter, const Cell& value) {
  const int code = value ? sqlite3_bind_text64(statement_.get(), parameter, value->data(), value->size(),
                                               SQLITE_TRANSIENT, SQLITE_UTF8)
                         : sqlite3_bind_null(statement_.get(), parameter);
  if (code != SQLITE_OK) throw store().error(code);
}

void SqlStatement::bind(int parameter, std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_.get(), parameter, value);
  if (code != SQLITE_OK) throw store().error(code);
}

bool SqlStatement::step() {
  Store& store = this->store();
  set_running(true);
  const Caller outer = std::exchange(store.caller_, caller_);
  const int code = sqlite3_step(statement_.get());
  store.caller_ = outer;
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement_.get());  // else it holds its locks
    set_running(false);
    return false;
  }
  const SqlError error = store.error(code);
  reset();
  throw error;
}

Cell SqlStatement::cell(int column) const {
  const auto found = text(column);
  return found ? Cell(*found) : std::nullopt;
}

std::optional<std::string_view> SqlStatement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (text == nullptr) return std::nullopt;
  return std::string_view(text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)));
}

void SqlStatement::reset() {
  sqlite3_reset(statement_.get());
  set_running(false);
}

// ---- the store

void Store::Close::operator()(sqlite3* db) const noexcept {
  sqlite3_close_v2(db);
}

Store::Store() {
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  db_.reset(db);
  if (code != SQLITE_OK) throw error(code);
  sqlite3_extended_result_codes(db, 1);
  sqlite3_hard_heap_limit64(kMaxHeapBytes);
  // Scripts put values into double quotes.
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);  // no SQL reaches the pages themselves
  for (const Limit& limit : kLimits) sqlite3_limit(db, limit.id, limit.value);
  sqlite3_busy_timeout(db, kBusyMs);
  sqlite3_set_authorizer(
      db,
      [](void* store, int action, const char* first, const char* second, const char* schema, const char*) {
        return static_cast<Store*>(store)->authorize(action, first, second, schema);
      },
      this);
  sqlite3_progress_handler(
      db, kOpsBetweenChecks, [](void* store) { return static_cast<Store*>(store)->out_of_time() ? 1 : 0; },
      this);
  sqlite3_collation_needed(db, nullptr, add_collation);
  run("PRAGMA temp_store = MEMORY");
  for (const char* schema : {"disk", "stats", "monitor", "information_schema"}) attach(schema, ":memory:");
}

Store::~Store() = default;

void Store::attach(std::string_view schema, const std::string& path) {
  SqlStatement statement = prepare(fmt::format("ATTACH DATABASE ? AS {}", schema));
  statement.bind(1, Cell(path));
  statement.step();
}

void Store::attach_disk(const std::string& path) {
  run("DETACH DATABASE disk");
  try {
    attach("disk", path);
    run("PRAGMA disk.journal_mode = DELETE; PRAGMA disk.synchronous = EXTRA;"
        "SELECT count(*) FROM disk.sqlite_master");
  } catch (const SqlError&) {
    detach_disk();
    throw;
  }
}

void Store::detach_disk() {
  const Rows attached = rows("SELECT 1 FROM pragma_database_list WHERE name = 'disk'");
  if (!attached.rows.empty()) run("DETACH DATABASE disk");
  attach("disk", ":memory:");
}

SqlStatement Store::prepare(std::string_view sql, std::string_view* rest, Caller caller) {
  refusal_.clear();
  const Caller outer = std::exchange(caller_, caller);
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  const int length = static_cast<int>(std::min<std::size_t>(sql.size(), 1u << 30));
  const int code = sqlite3_prepare_v2(db_.get(), sql.data(), length, &statement, &tail);
  caller_ = outer;
  if (code != SQLITE_OK) throw error(code);
  if (statement == nullptr) throw SqlError(SQLITE_MISUSE, "there is no statement in the text");
  if (rest != nullptr) *rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
  return {*this, statement, caller};
}

void Store::run(std::string_view sql) {
  while (sql.find_first_not_of(" \t\r\n;") != std::string_view::npos) {
    SqlStatement statement = prepare(sql, &sql);
    while (statement.step()) {
    }
  }
}

Rows Store::rows(std::string_view sql) {
  SqlStatement statement = prepare(sql);
  return rows(statement);
}

Rows Store::rows(SqlStatement& statement, std::size_t most_bytes) {
  Rows result;
  const int columns = statement.columns();
  for (int i = 0; i < columns; ++i) result.columns.push_back(statement.column_name(i));
  std::size_t bytes = 0;
  while (statement.step()) {
    Row& row = result.rows.emplace_back();
    row.reserve(static_cast<std::size_t>(columns));
    for (int i = 0; i < columns; ++i) row.push_back(statement.cell(i));
    bytes += memory_of(row);
    if (bytes <= most_bytes) continue;
    statement.reset();
    throw SqlError(SQLITE_TOOBIG, result_too_large(most_bytes));
  }
  return result;
}

std::uint64_t Store::memory_bytes() {
  return static_cast<std::uint64_t>(sqlite3_memory_used());
}

std::uint64_t Store::changes() const {
  return static_cast<std::uint64_t>(sqlite3_changes64(db_.get()));
}

std::uint64_t Store::total_changes() const {
  return static_cast<std::uint64_t>(sqlite3_total_changes64(db_.get()));
}

bool Store::matches_like(const std::string& pattern, const std::string& text, unsigned escape) {
  return sqlite3_strlike(pattern.c_str(), text.c_str(), escape) == 0;
}

bool Store::matches_glob(const std::string& pattern, const std::string& text) {
  return sqlite3_strglob(pattern.c_str(), text.c_str()) == 0;
}

void Store::add_function(const std::string& name, int parameters, SqlFunction function, SqlValue value) {
  Function& added = functions_.emplace_back(this, std::move(function), value);
  const auto call = [](sqlite3_context* context, int count, sqlite3_value** values) {
    auto& called = *static_cast<Function*>(sqlite3_user_data(context));
    if (called.store->out_of_time()) return sqlite3_result_error_code(context, SQLITE_INTERRUPT);
    std::vector<Cell> arguments;
    for (int i = 0; i < count; ++i) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(values[i]));
      if (text == nullptr) return sqlite3_result_null(context);
      arguments.emplace_back(std::in_place, text, static_cast<std::size_t>(sqlite3_value_bytes(values[i])));
    }
    const auto result = called.call(arguments);
    if (!result) return sqlite3_result_error(context, result.error().c_str(), -1);
    if (!*result) return sqlite3_result_null(context);
    if (called.value == SqlValue::integer)
      return sqlite3_result_int64(context, to_integer<sqlite3_int64>(**result).value_or(0));
    sqlite3_result_text64(context, (*result)->data(), (*result)->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  };
  const int code = sqlite3_create_function_v2(db_.get(), name.c_str(), parameters, SQLITE_UTF8, &added, call,
                                              nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw error(code);
}

SqlError Store::error(int code) {
  if ((code & 0xff) == SQLITE_AUTH && !refusal_.empty()) return {code, refusal_};
  if ((code & 0xff) == SQLITE_INTERRUPT && exceeded_ms_ > 0) {
    return {code, fmt::format("the statement needed more than {} ms of CPU and was stopped", exceeded_ms_)};
  }
  return {code, std::string(view(sqlite3_errmsg(db_.get())))};
}

void Store::statement_starts() {
  if (running_++ > 0) return;
  ++statement_number_;
  exceeded_ms_ = 0;
  started_cpu_ms_ = cpu_ms();
}

void Store::statement_ends() noexcept {
  if (--running_ == 0 && on_idle_) on_idle_();
}

bool Store::out_of_time() {
  const std::int64_t limit_ms = caller_ == Caller::stats ? stats_cpu_limit_ms_ : cpu_limit_ms_;
  if (caller_ == Caller::internal || cpu_ms() - started_cpu_ms_ <= limit_ms) return false;
  exceeded_ms_ = limit_ms;
  return true;
}

int Store::refuse(std::string why) {
  if (refusal_.empty()) refusal_ = std::move(why);
  return SQLITE_DENY;
}

// By stats accounts. SQLite does not tell the database of a table whose rows are only counted, unless the
// statement does.
bool Store::may_be_read(const char* schema, std::string_view table) {
  constexpr std::array kReadable{"stats"sv, "monitor"sv, "information_schema"sv};
  if (schema != nullptr) return std::ranges::find(kReadable, view(schema)) != kReadable.end();
  return std::ranges::any_of(kReadable, [&](auto s) { return find_live_table(*this, s, table) != nullptr; });
}

int Store::authorize(int action, const char* first, const char* second, const char* schema) {
  if (caller_ == Caller::internal) return SQLITE_OK;
  std::string why;
  if (action == SQLITE_PRAGMA) why = refusal_of_pragma(view(first), second != nullptr);
  if (action == SQLITE_FUNCTION) why = refusal_of_function(view(second));
  if (why.empty()) why = refusal_of_action(action);
  if (!why.empty()) return refuse(std::move(why));
  if (caller_ == Caller::stats) {
    if (!only_reads(action)) return refuse("accounts of admin-stats_credentials may only read");
    const bool readable = action != SQLITE_READ || may_be_read(schema, view(first));
    if (!readable) return refuse("accounts of admin-stats_credentials may read stats and monitor only");
    return SQLITE_OK;
  }
  const std::string_view table = action == SQLITE_DROP_TABLE    ? view(first)
                                 : action == SQLITE_ALTER_TABLE ? view(second)
                                                                : std::string_view{};
  if (protected_.contains(table)) return refuse(fmt::format("table {} is a part of Weir", table));
  return SQLITE_OK;
}

// ---- transactions

SqlTransaction::SqlTransaction(Store& store) : store_(&store) {
  store.run("BEGIN");
}

SqlTransaction::~SqlTransaction() {
  if (store_ == nullptr || sqlite3_get_autocommit(store_->handle()) != 0) return;
  sqlite3_exec(store_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void SqlTransaction::commit() {
  store_->run("COMMIT");
  store_ = nullptr;
}

}  // namespace weir
