// What a SET does to its session: the changes to carry along, and the reasons to pin.
//
//   SetStatement set = parse_set(sql, wants.lex_mode());
//   Effect effect = effect_of(set);        // before the statement is sent: costs nothing but the parse
//   ... the server answers OK ...
//   wants.apply(effect); has.apply(effect); pins.add(effect.pins);
//   for each variable the session tracker reported: apply_tracked(name, value, &effect) on both
//   pins.set(Pin::unknown_set, !wants.settled()) unless it is there already
//
// After an ERR nothing has changed: servers set all variables of a statement or none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "router/query/set_statement.hpp"
#include "router/session/next_transaction.hpp"
#include "router/session/other_variables.hpp"
#include "router/session/pinning.hpp"
#include "router/session/user_variables.hpp"
#include "router/session/variables.hpp"

namespace weir {

// In Change::value: the variable's own value before the change.
inline constexpr char kSelf = '\x01';

struct Change {
  enum class Form : std::uint8_t {
    value,     // `value` is the text to replay: 1, 'UTC', NULL
    default_,  // back to what a new connection has
    appended,  // `value` is an expression to replay, in which kSelf stands for the value so far
    learnt,    // an expression; the value is what the session tracker reports, if it does
  };
  VariableIndex variable;
  Form form;
  std::string value;
};

struct Effect {
  std::vector<Change> changes;  // in the order of the text: the last of one variable counts
  std::optional<bool> autocommit;
  std::optional<std::uint64_t> last_insert_id;
  NextTransaction next_transaction;
  std::vector<OtherVariable> others;  // variables that are in no row, set to literals
  bool runs_statement = false;        // SET STATEMENT ... FOR has run another
  std::string role;                   // what stands behind SET ROLE, to be replayed; empty: nothing is set
  std::vector<UserVariable> user_variables;  // those set to a literal, if no other is set
  Pins pins;                                 // why it pins, if it does
  std::string cause;  // what was not understood or pins: "gtid_next", "@a"; for the process list

  bool changes_variable(VariableIndex variable) const;
  bool changes_other(std::string_view name) const;  // in lower case
};

Effect effect_of(const SetStatement& set);

}  // namespace weir
