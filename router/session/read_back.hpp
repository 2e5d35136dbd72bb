// What only the connection of a session knows, read from it, so that the session can let it go: computed user
// variables, the value of SET time_zone = @x, an insert id that no OK reported.
//
//   ReadBack read(pins, wants);
//   send read.sql(); ... its one row ...
//   if (read.take(columns, row)) read.apply_to(wants), read.apply_to(has);
//
// Pure; cold: it allocates.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/machine/simple_query.hpp"
#include "router/session/pinning.hpp"
#include "router/session/session_state.hpp"

namespace weir {

// The pins that come off by reading: of a session that has no others.
Pins readable_pins();

class ReadBack {
 public:
  // What `wants` does not know, and the insert id if `pins` says that the connection knows better.
  ReadBack(Pins pins, const SessionState& wants);

  // A SELECT of one number: how many bytes the values have. Empty if there is none that may be long.
  const std::string& size_sql() const { return size_sql_; }
  // The answer to it. False: they are too long to be carried.
  static bool takes_size(const SimpleQuery& answer);
  // One SELECT with one row; empty if there is nothing to read.
  const std::string& sql() const { return sql_; }
  // The answer to it. False: a value that no text brings back, and the connection must be kept.
  bool take(const SimpleQuery& answer);
  // What was read. Of the connection's state the same is true.
  void apply_to(SessionState& state) const;

 private:
  void ask(std::string_view expression);
  bool take_variable(VariableIndex variable, const SimpleQuery::Value& value);
  bool take_user_variable(const std::string& name, const SimpleQuery& answer, std::size_t column);

  std::string sql_;
  std::string size_sql_;
  bool asks_insert_id_ = false;
  std::vector<VariableIndex> asked_;
  std::vector<std::string> asked_user_;
  std::optional<std::uint64_t> insert_id_;
  std::vector<VariableValue> variables_;
  std::vector<UserVariable> user_variables_;  // an empty text: NULL
};

}  // namespace weir
