// SQLite with owners: the databases main, stats and monitor in memory, and disk in a file.
//
// With live_table.* the only code that knows SQLite. One thread. Failures are SqlError, which Executor turns
// into replies.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "admin/reply.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace weir {

class SqlError : public std::runtime_error {
 public:
  SqlError(int code, const std::string& message) : std::runtime_error(message), code_(code) {}
  int code() const { return code_; }  // SQLite's extended result code

 private:
  int code_;
};

class Statement {
 public:
  int parameters() const;
  int columns() const;
  std::string column_name(int column) const;  // counted from 0
  bool reads_only() const;

  void bind(int parameter, const Cell& value);  // counted from 1
  void bind(int parameter, std::int64_t value);
  bool step();  // false = no further row
  Cell cell(int column) const;
  void reset();  // ready for the next bind and step

 private:
  friend class Store;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Store {
 public:
  Store();  // main, stats and monitor, in memory and empty
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store();

  // Makes the file the schema "disk". SqlError if it cannot be used.
  void attach_disk(const std::string& path);
  void detach_disk();

  // The first statement of `sql`; `rest`, if given, receives what follows it. Null statements (blanks,
  // comments) are an SqlError.
  Statement prepare(std::string_view sql, std::string_view* rest = nullptr);
  void run(std::string_view sql);   // all its statements, without results
  Rows rows(std::string_view sql);  // its one statement
  std::uint64_t changes() const;    // rows changed by the last INSERT, UPDATE or DELETE
  // While on, statements that write fail.
  void set_query_only(bool on);

  sqlite3* handle() { return db_; }  // for live_table.*

 private:
  sqlite3* db_ = nullptr;
};

}  // namespace weir
