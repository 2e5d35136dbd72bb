#include "proxy/process/part_checksums.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "admin/layers.hpp"
#include "admin/table_sql.hpp"
#include "router/config/variables.hpp"
#include "router/query/spooky_hash.hpp"

namespace weir {
namespace {

// With its length, so that no two different rows read the same.
void append(std::string& text, const Cell& cell) {
  text += cell ? fmt::format("{}:{}", cell->size(), *cell) : "-";
}

std::string content_of(const Module& module, const Tables& tables, const Settings& settings) {
  std::string text;
  for_each_table(tables, [&](const auto& spec, const auto& rows) {
    if (!has_table(module, spec.name)) return;
    std::vector<std::string> lines;  // sorted: in which order rows were inserted does not matter
    for (const auto& row : rows) {
      std::string& line = lines.emplace_back();
      for (const Cell& cell : cells_of(spec, row)) append(line, cell);
    }
    std::ranges::sort(lines);
    text += fmt::format("{}={};", spec.name, lines.size());
    for (const std::string& line : lines) text += line + ";";
  });
  if (module.variable_prefix.empty()) return text;
  for (const Variable& variable : all_variables()) {
    if (!variable.name.starts_with(module.variable_prefix)) continue;
    append(text, std::string(variable.name));
    append(text, variable_text(settings, variable));
  }
  return text;
}

std::string part_name(const Module& module) {
  std::string name;
  for (const char c : module.name) name += c == ' ' ? '_' : static_cast<char>(c | 0x20);
  return name;
}

}  // namespace

void PartChecksums::on_load(const Snapshot& snapshot, std::int64_t unix_time) {
  const Tables& tables = snapshot.tables();
  parts_.resize(modules().size());
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const Module& module = modules()[i];
    PartChecksum& part = parts_[i];
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
