#include "admin/refusals.hpp"

#include <array>

namespace weir {
namespace {

struct AdminErrorRow {
  AdminError error;
  std::uint16_t code;
  std::string_view sqlstate;
};

constexpr std::array kRows = {
    AdminErrorRow{AdminError::syntax, 1064, "42000"},
    AdminErrorRow{AdminError::empty_statement, 1065, "42000"},
    AdminErrorRow{AdminError::unknown_table, 1146, "42S02"},
    AdminErrorRow{AdminError::unknown_column, 1054, "42S22"},
    AdminErrorRow{AdminError::unknown_function, 1305, "42000"},
    AdminErrorRow{AdminError::unknown_database, 1049, "42000"},
    AdminErrorRow{AdminError::unknown_variable, 1193, "HY000"},
    AdminErrorRow{AdminError::bad_value, 1231, "42000"},
    AdminErrorRow{AdminError::duplicate_key, 1062, "23000"},
    AdminErrorRow{AdminError::check_violated, 3819, "HY000"},
    AdminErrorRow{AdminError::null_refused, 1048, "23000"},
    AdminErrorRow{AdminError::wrong_column_count, 1136, "21S01"},
    AdminErrorRow{AdminError::locked, 1205, "HY000"},
    AdminErrorRow{AdminError::read_only, 1290, "HY000"},
    AdminErrorRow{AdminError::not_allowed, 1045, "28000"},
    AdminErrorRow{AdminError::unknown_session, 1094, "HY000"},
    AdminErrorRow{AdminError::not_supported, 1235, "42000"},
    AdminErrorRow{AdminError::out_of_memory, 1041, "HY000"},
    AdminErrorRow{AdminError::disk_full, 1021, "HY000"},
    AdminErrorRow{AdminError::interrupted, 3024, "HY000"},
    AdminErrorRow{AdminError::other, 1105, "HY000"},
};

// The rows stand in the order of the enumerators, so that an error is its row's number.
constexpr bool in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].error != static_cast<AdminError>(i)) return false;
  }
  return kRows.size() == static_cast<std::size_t>(AdminError::other) + 1;
}
static_assert(in_order());

}  // namespace

Refusal refuse(AdminError error, std::string_view message) {
  const AdminErrorRow& row = kRows[static_cast<std::size_t>(error)];
  return {row.code, std::string(row.sqlstate), "ProxySQL Admin Error: " + std::string(message)};
}

}  // namespace weir
