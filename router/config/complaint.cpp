#include "router/config/complaint.hpp"

#include <fmt/format.h>

namespace weir {

std::string to_text(const Complaint& complaint) {
  std::string text;
  if (!complaint.where.empty()) text += complaint.where + ": ";
  if (complaint.severity == Severity::warning) text += "warning: ";
  text += complaint.table;
  if (!complaint.key.empty()) {
    text += fmt::format(" ({})", complaint.key);
  } else if (complaint.row != 0) {
    text += fmt::format(" row {}", complaint.row);
  }
  if (!complaint.column.empty()) text += (complaint.table.empty() ? "" : ", ") + complaint.column;
  if (!complaint.table.empty() || !complaint.column.empty()) text += ": ";
  return text + complaint.text;
}

}  // namespace weir
