// Why a session must keep its backend connection: a set of named bits, and how statements change it.
//
// While any bit is set, every statement of the session runs on the connection that it keeps; "why does this
// session hold a connection" is the column of the process list that to_text() fills. Pure; no allocation but
// in to_text().
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "router/query/function.hpp"
#include "router/query/statement.hpp"

namespace weir {

enum class Pin : std::uint32_t {
  in_transaction = 1u << 0,        // the server's status flag says so
  one_shot_transaction = 1u << 1,  // something waits for the next transaction, and nobody can say it again
                                   // elsewhere; until a transaction has ended
  user_variables = 1u << 2,        // with values that only the connection knows; until they are read back
  temporary_tables = 1u << 3,      // until they are dropped; see Holdings
  locked_tables = 1u << 4,         // until UNLOCK TABLES or a transaction's beginning; see Holdings
  named_lock = 1u << 5,            // GET_LOCK(); until it is released; see Holdings
  prepared_statements = 1u << 6,   // binary protocol; set and cleared by the session, which knows the handles
  text_prepared = 1u << 7,         // PREPARE x FROM; until DEALLOCATE; see Holdings
  prepared_cursor = 1u << 8,       // set and cleared by the session
  long_data = 1u << 9,             // set and cleared by the session
  handler = 1u << 10,              // HANDLER ... OPEN; until CLOSE; see Holdings
  xa = 1u << 11,                   // from XA START to XA COMMIT or XA ROLLBACK
  found_rows = 1u << 12,           // SQL_CALC_FOUND_ROWS; until the next statement with rows
  warnings_pending = 1u << 13,     // an error counts; until a statement other than SHOW WARNINGS and its like
  unknown_set = 1u << 14,          // a SET that was not understood; until reset
  role = 1u << 15,                 // a SET ROLE that cannot be said again; until a change of user
  hidden_state = 1u << 16,         // a routine or a multi-statement may have changed the session; until reset
  by_rule = 1u << 17,              // set and cleared by the session
  last_insert_id = 1u << 18,       // LAST_INSERT_ID() has a value that only the connection knows; until a
                                   // statement that reports one, or until it is read back
  unread_variables = 1u << 19,     // a SET to an expression: the value is to be read back
};
inline constexpr int kPins = 20;

class Pins {
 public:
  constexpr Pins() = default;
  constexpr Pins(Pin pin)
      : bits_(static_cast<std::uint32_t>(pin)) {}  // NOLINT(google-explicit-constructor): a set of one

  constexpr bool has(Pin pin) const { return (bits_ & static_cast<std::uint32_t>(pin)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr void add(Pins pins) { bits_ |= pins.bits_; }
  constexpr void remove(Pins pins) { bits_ &= ~pins.bits_; }
  constexpr void keep(Pins pins) { bits_ &= pins.bits_; }  // of those, and no others
  constexpr void set(Pin pin, bool on) { on ? add(pin) : remove(pin); }
  constexpr void clear() { bits_ = 0; }
  constexpr std::uint32_t bits() const { return bits_; }
  constexpr int count() const { return std::popcount(bits_); }
  constexpr Pins operator|(Pins other) const {
    Pins both = *this;
    both.add(other);
    return both;
  }
  constexpr bool operator==(const Pins&) const = default;

  // A connection whose session ends with one of these must be reset (or closed) before another session gets
  // it: what is behind the pin dies only with COM_RESET_CONNECTION, COM_CHANGE_USER or the connection.
  // Handles of prepared statements count, unless they are closed one by one and the pin cleared.
  bool needs_reset() const;

 private:
  std::uint32_t bits_ = 0;
};

// What the server said at the end of a statement's (last) result. For an ERR packet: ok false, and `status`
// the flags of the last OK, because an ERR carries none.
struct Outcome {
  bool ok = true;
  bool in_transaction = false;  // kStatusInTransaction or kStatusInReadOnlyTransaction
  bool was_read_only = false;   // the transaction before, if there was one
  bool changed_rows = false;    // affected rows were not 0
  bool insert_id = false;       // a last insert id was reported
  bool has_rows = false;        // at least one
  bool state_changed = false;   // the session tracker reported TrackType::state_change
  bool tracks_state = false;    // the connection is asked to report it (session_track_state_change is on)
  std::uint16_t warnings = 0;
};

// Pins that show in the text only, where its Statement does not tell: to be asked before the statement is
// sent, and handed to after_statement(). Looks at the text only if the statement's traits give reason to.
Pins pins_of_text(const Statement& statement, std::string_view sql, LexMode mode);

// The pins that `statement` meets: one of those that only the last statement left (its warnings, the rows it
// found) goes unless it asks about them.
Pins pins_met(const Statement& statement, Pins before);

// Whether the server may tell nothing of an id that `statement` gives LAST_INSERT_ID(): LOAD DATA, CREATE
// TABLE ... SELECT, MariaDB's INSERT ... RETURNING, whose rows have no place for it, and ANALYZE INSERT.
bool may_hide_insert_id(const Statement& statement, std::string_view sql);

// The pins after `statement`. The effect of a SET on variables is another matter: Effect::pins are added by
// the caller. For a prepared statement call it at execution, with the classification of its text. For a
// command that is no statement (PING, FIELD_LIST ...) use a default Statement of kind other. What a session
// holds by name is left as it is: that is Holdings' to tell.
Pins after_statement(const Statement& statement, Pins of_text, const Outcome& outcome, Pins before);

// Whether a statement that has succeeded without a warning leaves nothing to SHOW WARNINGS. MariaDB goes on
// showing what an earlier one has left, as long as statements use no table; true in doubt.
bool replaces_diagnostics(const Statement& statement, ServerFamily family);

// "in_transaction,user_variables"; empty for none.
std::string to_text(Pins pins);
std::string_view to_text(Pin pin);

}  // namespace weir
