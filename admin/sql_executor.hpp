// The Executor of the admin port: an admin command, a question that clients ask by themselves, or SQL for
// SQLite.
//
// Errors keep ProxySQL's "ProxySQL Admin Error: " in front, which scripts look for, and get MySQL's codes.
// Admin thread.
#pragma once

#include <memory>

#include "admin/commands.hpp"
#include "admin/executor.hpp"

namespace weir {

class SqlExecutor : public Executor {
 public:
  // What `tools` refers to must outlive the executor. Adds to the store what is not configuration:
  // information_schema and functions of SQL.
  explicit SqlExecutor(CommandTools tools);

  Reply run(AdminSession& session, std::string_view sql, std::span<const Cell> parameters) override;
  Result<PreparedShape, Refusal> prepare(AdminSession& session, std::string_view sql) override;

 private:
  CommandTools tools_;
};

}  // namespace weir
