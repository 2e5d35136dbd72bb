// ProxySQL's configuration file format (libconfig), read into the rows of the configuration tables.
//
// Sections and names are those of the table specs and their aliases; nothing here knows a table's columns.
// Nothing is dropped silently: a value of the wrong kind or out of bounds is an error, a name that is not
// known a warning.
#pragma once

#include <map>
#include <string>
#include <type_traits>
#include <utility>

#include "router/config/complaint.hpp"
#include "router/config/settings.hpp"
#include "router/config/tables.hpp"

namespace weir {

// What a file says about the process itself, outside all sections; empty = nothing. It counts also when the
// configuration comes from the disk layer.
struct ProcessSettings {
  std::string datadir{};
  std::string errorlog{};
  std::string pidfile{};
};

struct ConfigFile {
  ProcessSettings process;
  Tables tables;
  Settings settings;  // defaults() where the file says nothing
  // The variables that the file sets, by full name, in the form of variable_text().
  std::map<std::string, std::string> variables;
  Complaints complaints;  // each with file and line; an error among them means that the file must not be used
  // Where each row came from: {table, row counted from 1} -> "weir.cnf:12".
  std::map<std::pair<std::string, std::size_t>, std::string> origins;

  bool has_errors() const;
  // Adds file and line to complaints about rows that came from this file.
  void locate(Complaints& found) const;
};

// The row that a file begins with: `active` of a query rule is 1, as in ProxySQL.
template <class Row>
Row fresh_file_row() {
  Row row{};
  if constexpr (std::is_same_v<Row, QueryRuleRow>) row.active = true;
  return row;
}

// Reads `path`; "@include" is relative to its directory. A file that cannot be read or parsed is a complaint,
// too. An empty array, as in `re_modifiers=[]`, stands for NULL.
ConfigFile read_config_file(const std::string& path);

}  // namespace weir
