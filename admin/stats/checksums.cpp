#include "admin/stats/stat_table.hpp"
#include "admin/stats/tables.hpp"

namespace weir {
namespace {

constexpr StatColumn<PartChecksum> kColumns[] = {
    {"name", "VARCHAR NOT NULL", [](const PartChecksum& p) { return to_cell(p.name); },
     "Part of the configuration."},
    {"version", "INT NOT NULL", [](const PartChecksum& p) { return to_cell(p.version); },
     "How often it was loaded since the start."},
    {"epoch", "INT NOT NULL", [](const PartChecksum& p) { return to_cell(p.epoch); },
     "When it was loaded last, unix time."},
    {"checksum", "VARCHAR NOT NULL", [](const PartChecksum& p) { return to_cell(p.checksum); },
     "0x and 16 hex digits; equal contents have equal ones."},
};

constexpr StatTable<PartChecksum> kTable{"runtime_checksums_values", "What is in force, for noticing drift.",
                                         kColumns, "PRIMARY KEY (name)", "main"};

}  // namespace

std::vector<LiveTable> checksum_tables(Store&, StatsSources& sources) {
  return {live_table(kTable, [&sources] { return sources.checksums(); })};
}

}  // namespace weir
