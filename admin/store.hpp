// SQLite with owners: the databases main, stats, monitor and information_schema in memory, and disk, in a
// file or in memory.
//
// With live_table.* the only code that knows SQLite. One thread. Failures are SqlError, which Executor turns
// into replies. Nothing here knows a table of the product.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "admin/reply.hpp"
#include "admin/result_bounds.hpp"
#include "protocol/base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace weir {

class SqlError : public std::runtime_error {
 public:
  SqlError(int code, const std::string& message) : std::runtime_error(message), code_(code) {}
  int code() const { return code_; }  // SQLite's extended result code

  // What may have to be told apart.
  bool is_busy() const;        // another process has the disk file locked
  bool is_constraint() const;  // CHECK, NOT NULL, PRIMARY KEY, UNIQUE
  bool is_corrupt() const;     // the disk file is damaged, or not a database
  bool is_full() const;        // no space for the disk file
  bool is_refused() const;     // its Caller may not

 private:
  int code_;
};

// On whose behalf a statement runs. internal: our own text, anything goes, no time limit. admin: what an
// administrator sends: no ATTACH, transactions, extensions, temporary tables, or pragmas that change
// something; protected tables are not dropped or altered; limited time. stats: reads stats, monitor and
// information_schema, and nothing else.
enum class Caller { internal, admin, stats };

// A function of SQL: its arguments, none of them NULL, to its value. (With a NULL among them the value is
// NULL.) A result longer than kMaxTextBytes is an error of SQLite.
using SqlFunction = std::function<Result<Cell, std::string>(std::span<const Cell> arguments)>;
// What a value is when it is compared: '0' > 0, as any text is.
enum class SqlValue : std::uint8_t { text, integer };

class LiveTables;  // live_table.cpp
class Store;

// A prepared statement. It runs from its first step() until step() returns false, reset(), or its end. Not to
// be kept beyond its Store.
class SqlStatement {
 public:
  int parameters() const;
  int columns() const;
  std::string column_name(int column) const;  // counted from 0
  bool reads_only() const;                    // EXPLAIN of anything does

  void bind(int parameter, const Cell& value);  // counted from 1
  void bind(int parameter, std::int64_t value);
  bool step();  // false = no further row
  Cell cell(int column) const;
  std::optional<std::string_view> text(int column) const;  // the same; until the next step
  void reset();                                            // ready for the next bind and step

 private:
  friend class Store;
  struct Finalize {
    Store* store;
    bool running = false;
    void operator()(sqlite3_stmt* statement) noexcept;
  };
  SqlStatement(Store& store, sqlite3_stmt* statement, Caller caller)
      : caller_(caller), statement_(statement, Finalize{&store}) {}

  Store& store() const { return *statement_.get_deleter().store; }
  void set_running(bool on) noexcept;

  Caller caller_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Store {
 public:
  static constexpr std::int64_t kStatementCpuMs = 5'000;
  static constexpr std::int64_t kStatsStatementCpuMs = 1'000;         // of Caller::stats
  static constexpr std::size_t kMaxTextBytes = std::size_t{4} << 20;  // of a value, of a row
  static constexpr int kMaxPatternBytes = 200;                        // of LIKE and GLOB

  Store();  // all in memory and empty
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store();

  // Makes the file the schema "disk", instead of what was there. Commits to it are durable when they return.
  // SqlError if it cannot be used; then "disk" is an empty schema in memory, as after detach_disk().
  void attach_disk(const std::string& path);
  void detach_disk();

  // The first statement of `sql`; `rest`, if given, receives what follows it. Null statements (blanks,
  // comments) are an SqlError.
  SqlStatement prepare(std::string_view sql, std::string_view* rest = nullptr,
                       Caller caller = Caller::internal);
  void run(std::string_view sql);   // all its statements, without results
  Rows rows(std::string_view sql);  // its one statement
  // The rest of a statement's rows. SqlError if they take more than `most_bytes`, as memory_of() has it.
  Rows rows(SqlStatement& statement, std::size_t most_bytes = kMaxResultBytes);
  std::uint64_t changes() const;        // rows changed by the last INSERT, UPDATE or DELETE
  std::uint64_t total_changes() const;  // by all of them; grows
  // Caller::admin does not drop or alter tables of that name.
  void protect(std::string table) { protected_.insert(std::move(table)); }
  // Instead of one of that name and number of parameters, SQLite's own included.
  void add_function(const std::string& name, int parameters, SqlFunction function,
                    SqlValue value = SqlValue::text);
  // SQLite's LIKE and GLOB; no `escape` is 0.
  static bool matches_like(const std::string& pattern, const std::string& text, unsigned escape);
  static bool matches_glob(const std::string& pattern, const std::string& text);
  // Of statements that are not internal; those of Caller::stats have the smaller one.
  void limit_cpu_ms(std::int64_t ms, std::int64_t stats_ms = kStatsStatementCpuMs) {
    cpu_limit_ms_ = ms;
    stats_cpu_limit_ms_ = std::min(ms, stats_ms);
  }

  // What SQLite has allocated, for all stores of the process.
  static std::uint64_t memory_bytes();

  // The same as long as one statement, with what it calls upon, runs. From 1.
  std::uint64_t statement_number() const { return statement_number_; }

  // How often rows of live tables have been made since the start.
  std::uint64_t live_reads() const { return live_reads_; }

  // For live_table.* only. `on_idle` is called when the last running statement has ended.
  sqlite3* handle() { return db_.get(); }
  LiveTables* live_tables() { return live_tables_; }
  void count_live_read() { ++live_reads_; }
  // What SQLite asks for inside of a statement, on our own behalf and not on its caller's.
  Caller exchange_caller(Caller caller) { return std::exchange(caller_, caller); }
  void set_live_tables(LiveTables* tables, std::function<void()> on_idle) {
    live_tables_ = tables;
    on_idle_ = std::move(on_idle);
  }

 private:
  friend class SqlStatement;
  struct Function {
    Store* store;
    SqlFunction call;
    SqlValue value;
  };
  struct Close {
    void operator()(sqlite3* db) const noexcept;
  };

  void attach(std::string_view schema, const std::string& path);
  SqlError error(int code);
  void statement_starts();
  void statement_ends() noexcept;
  int authorize(int action, const char* first, const char* second, const char* schema);
  bool may_be_read(const char* schema, std::string_view table);
  int refuse(std::string why);
  bool out_of_time();

  std::list<Function> functions_;  // SQLite points at them
  std::unique_ptr<sqlite3, Close> db_;
  std::set<std::string, std::less<>> protected_;
  LiveTables* live_tables_ = nullptr;  // belongs to the connection
  std::function<void()> on_idle_;
  std::string refusal_;  // why the last statement was not authorized
  Caller caller_ = Caller::internal;
  std::uint64_t statement_number_ = 0;
  std::uint64_t live_reads_ = 0;
  std::size_t running_ = 0;
  std::int64_t cpu_limit_ms_ = kStatementCpuMs;
  std::int64_t stats_cpu_limit_ms_ = kStatsStatementCpuMs;
  std::int64_t started_cpu_ms_ = 0;
  std::int64_t exceeded_ms_ = 0;  // the limit that stopped the statement; 0: none did
};

// All or nothing: rolls back unless committed. Not nested; no user's statement opens one.
class SqlTransaction {
 public:
  explicit SqlTransaction(Store& store);
  SqlTransaction(const SqlTransaction&) = delete;
  SqlTransaction& operator=(const SqlTransaction&) = delete;
  ~SqlTransaction();
  void commit();

 private:
  Store* store_;
};

}  // namespace weir
