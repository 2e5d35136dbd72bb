// One statement of an admin session to its reply: an admin command, a query that clients send by themselves,
// or SQL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin/reply.hpp"
#include "admin/result_bounds.hpp"
#include "protocol/base/result.hpp"
#include "router/config/complaint.hpp"

namespace weir {

// What statements of one admin connection see and leave behind.
struct AdminSession {
  std::uint32_t id = 0;
  std::string user{};
  std::string address{};    // of the client, without port; "localhost" for a socket
  bool stats_only = false;  // may read statistics, nothing else
  std::string database{};   // the last one that the client chose, whether it exists or not: DATABASE()
  Complaints warnings{};    // of the last statement: SHOW WARNINGS
  std::size_t most_result_bytes = kMaxResultBytes;  // of the next one
};

// What COM_STMT_PREPARE answers.
struct PreparedShape {
  std::uint16_t parameters = 0;
  std::vector<std::string> columns{};  // empty if they are known at execution only
};

class Executor {
 public:
  virtual ~Executor() = default;
  // `parameters` for the question marks of `sql`, in order. Never throws; the number of warnings is that of
  // session.warnings.
  virtual Reply run(AdminSession& session, std::string_view sql, std::span<const Cell> parameters) = 0;
  virtual Result<PreparedShape, Refusal> prepare(AdminSession& session, std::string_view sql) = 0;
};

}  // namespace weir
