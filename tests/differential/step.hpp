// One thing that one of several sessions does. A list of them is a script, which can be printed, read and
// replayed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::differential {

enum class Action : std::uint8_t {
  query,            // text: SQL
  use,              // COM_INIT_DB; text: the schema
  ping,             //
  reset,            // COM_RESET_CONNECTION
  change_user,      // text: the schema; value: 0 the login's user, 1 the other one
  reconnect,        //
  prepare,          // slot; text: SQL
  execute,          // slot; value: what its parameters are made of
  execute_again,    // the same, without types
  cursor,           // execute with a cursor
  fetch,            // slot; value: rows
  long_data,        // slot; text: a piece of the first parameter
  reset_statement,  // slot
  close_statement,  // slot
  set_option,       // value: 0 texts of several statements are taken, 1 not any more
  pipelined,        // text: several of SQL, separated by kNext; all are sent before the first is answered
  statistics,       //
  field_list,       // text: the table
  kill_query,       // value: another session
  kill_connection,  // value: another session
};

inline constexpr std::string_view kNext = " ||| ";

struct Step {
  int session = 0;
  Action action = Action::query;
  int slot = 0;  // which of the session's prepared statements
  std::uint64_t value = 0;
  std::string text{};
};
using Script = std::vector<Step>;

std::string_view to_text(Action action);
// "3 query SELECT 1", one line; blanks inside `text` stay.
std::string to_line(const Step& step);
// False if it is no step.
bool parse_line(std::string_view line, Step* step);

}  // namespace weir::differential
