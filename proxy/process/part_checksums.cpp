#include "proxy/process/part_checksums.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "admin/layers.hpp"
#include "router/config/variables.hpp"
#include "router/query/spooky_hash.hpp"

namespace weir {
namespace {

// With its length, so that no two different rows read the same.
void append(std::string& text, const Cell& cell) {
  if (!cell) {
    text += '-';
    return;
  }
  text += std::to_string(cell->size());
  text += ':';
  text += *cell;
}

std::string content_of(const Module& module, const Tables& tables, const Settings& settings) {
  std::string text;
  for_each_table(tables, [&](const auto& spec, const auto& rows) {
    if (!has_table(module, spec.name)) return;
    std::uint64_t sum = 0;  // in which order rows were inserted does not matter
    std::string line;
    for (const auto& row : rows) {
      line.clear();
      for (const auto& column : spec.columns) append(line, read_column(row, column));
      sum += spooky_hash64(line, 0);
    }
    text += fmt::format("{}={}:{:016X};", spec.name, rows.size(), sum);
  });
  if (module.variable_prefix.empty()) return text;
  for (const Variable& variable : all_variables()) {
    if (!variable.name.starts_with(module.variable_prefix)) continue;
    append(text, std::string(variable.name));
    append(text, variable_text(settings, variable));
  }
  return text;
}

// Whether the module is another one in `now`.
bool concerns(const Module& module, const Snapshot& before, const Snapshot& now) {
  bool changed = !module.variable_prefix.empty() && before.settings() != now.settings();
  if (&before.tables() == &now.tables()) return changed;
  for_each_table_of_both(now.tables(), before.tables(),
                         [&](const auto& spec, const auto& rows, const auto& rows_before) {
                           changed = changed || (has_table(module, spec.name) && rows != rows_before);
                         });
  return changed;
}

std::string part_name(const Module& module) {
  std::string name;
  for (const char c : module.name) name += c == ' ' ? '_' : static_cast<char>(c | 0x20);
  return name;
}

}  // namespace

void PartChecksums::on_load(const Snapshot& snapshot, const Snapshot* before, std::int64_t unix_time) {
  const Tables& tables = snapshot.tables();
  parts_.resize(modules().size());
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const Module& module = modules()[i];
    PartChecksum& part = parts_[i];
    if (before != nullptr && !concerns(module, *before, snapshot)) continue;
    part.name = part_name(module);
    std::string checksum =
        fmt::format("0x{:016X}", spooky_hash64(content_of(module, tables, snapshot.settings()), 0));
    if (checksum == part.checksum) continue;
    part.checksum = std::move(checksum);
    ++part.version;
    part.epoch = unix_time;
  }
}

}  // namespace weir
