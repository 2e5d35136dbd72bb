// The four layers of the configuration and what LOAD and SAVE do: rows of whole modules move between them.
//
// Knows no table by name: modules list their tables, and the table specs do the rest. Admin thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin/reply.hpp"
#include "router/config/complaint.hpp"

namespace weir {

enum class Layer { config_file, disk, memory, runtime };

std::string_view to_text(Layer layer);  // "config file", "disk", ...

// What LOAD and SAVE name: "MYSQL SERVERS" and the tables that move with it.
struct Module {
  std::string_view name;
  std::span<const std::string_view> tables;
  std::string_view variable_prefix = {};  // of global_variables, only these rows: "mysql-"
  bool revives_servers = false;           // loading it to runtime ends automatic shuns, changed or not
};

std::span<const Module> modules();
const Module* find_module(std::string_view name);  // in any case, or null
bool has_table(const Module& module, std::string_view table);

struct Moved {
  std::size_t rows = 0;
  Complaints complaints{};  // an error among them: nothing was changed
  bool failed() const;
};

// A row that two layers do not share, or have with different values.
struct Difference {
  std::string table;
  std::string key;     // "hostgroup_id=1, hostname=db1, port=3306"
  std::string column;  // empty = the row exists in one of them only: then `left` or `right` is "present"
  Cell left, right;
};

class Layers {
 public:
  virtual ~Layers() = default;
  // disk -> memory, memory -> disk, memory -> runtime, runtime -> memory, config_file -> memory; other
  // directions are an error. From a file, rows are merged; otherwise the target's are replaced, in one
  // transaction. Of the variables, memory keeps a row for every one: those that disk lacks get their
  // defaults, and after a load to runtime no row says anything else than what is in force.
  virtual Moved move(const Module& module, Layer from, Layer to) = 0;
  // memory -> runtime for the rows of one user; the others at runtime stay.
  virtual Moved load_user(std::string_view username) = 0;
  // In the order of modules, tables and keys. SqlError if one of the layers cannot be read.
  virtual std::vector<Difference> diff(Layer left, Layer right) = 0;
  // Names of the modules whose memory is not what runs. Cheap while nothing has changed.
  virtual std::vector<std::string_view> pending() = 0;
  // The memory layer in the syntax of the configuration file.
  virtual std::string as_config_file() = 0;
};

}  // namespace weir
