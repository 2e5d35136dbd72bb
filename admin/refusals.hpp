// The errors of the admin port: MySQL's codes, and a text that begins as ProxySQL's do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "admin/reply.hpp"

namespace weir {

enum class AdminError : std::uint8_t {
  syntax,
  empty_statement,
  unknown_table,
  unknown_column,
  unknown_function,
  unknown_database,
  unknown_variable,
  bad_value,
  duplicate_key,
  check_violated,
  null_refused,
  wrong_column_count,
  locked,
  read_only,
  not_allowed,  // for this account
  unknown_session,
  not_supported,
  out_of_memory,
  disk_full,
  interrupted,
  other,
};

// The message gets "ProxySQL Admin Error: " in front.
Refusal refuse(AdminError error, std::string_view message);

}  // namespace weir
