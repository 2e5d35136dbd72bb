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

// What LOAD and SAVE name: "MYSQL SERVERS" and the tables that move with it.
struct Module {
  std::string_view name;
  std::span<const std::string_view> tables;
  std::string_view variable_prefix = {};  // of global_variables, only these rows: "mysql-"
};

std::span<const Module> modules();
const Module* find_module(std::string_view name);  // in any case, or null

struct Moved {
  std::size_t rows = 0;
  Complaints complaints{};  // an error among them: nothing was changed
  bool failed() const;
};

// A row that two layers do not share, or have with different values.
struct Difference {
  std::string table;
  std::string key;     // "hostgroup_id=1, hostname=db1, port=3306"
  std::string column;  // empty = the row exists in one of them only
  Cell left, right;
};

class Layers {
 public:
  virtual ~Layers() = default;
  // disk -> memory, memory -> disk, memory -> runtime, runtime -> memory, config_file -> memory. From a file,
  // rows are merged; otherwise the target's are replaced, in one transaction.
  virtual Moved move(const Module& module, Layer from, Layer to) = 0;
  virtual std::vector<Difference> diff(Layer left, Layer right) = 0;
  // The memory layer in the syntax of the configuration file.
  virtual std::string as_config_file() = 0;
};

}  // namespace weir
