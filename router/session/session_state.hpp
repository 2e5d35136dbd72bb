// What a client expects of its connection, and what a connection has: the same class, so that they can be
// compared.
//
// A session owns one ("wants"), each backend connection one ("has"). Comparing and planning nothing cost no
// allocation; changes may allocate. Values are kept as the text that replays them. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/wire/status.hpp"
#include "router/query/lexer.hpp"
#include "router/session/effect.hpp"
#include "router/session/user_variables.hpp"
#include "router/session/variables.hpp"

namespace weir {

// One variable that is not at the server's default. An empty text: the value is not known, and equals
// nothing.
struct VariableValue {
  VariableIndex variable;
  std::string text;

  bool operator==(const VariableValue&) const = default;
};

// Of a connection: LAST_INSERT_ID() gives a number that nobody has told us. No session wants it.
inline constexpr std::uint64_t kUnknownInsertId = ~std::uint64_t{0};

class SessionState {
 public:
  // As after a handshake (or COM_CHANGE_USER) with these: everything else is the server's default.
  // `collation` is the id in the login packet; its character set becomes the triple client, connection,
  // results. An id we do not know leaves the triple unknown. To a server, an id must be sent that it knows:
  // it silently puts its own default for any other. An empty schema is none.
  void start(std::string_view user, std::string_view schema, std::uint16_t collation);

  // COM_RESET_CONNECTION was answered OK: variables are the defaults, user and schema stay. MariaDB restores
  // the character set of the login, MySQL takes the server's: for a connection's state say `charset_unknown`,
  // and the next plan sets it; for a client's say `charset_of_login`.
  enum class AfterReset { charset_of_login, charset_of_server, charset_unknown };
  void reset(AfterReset charset);

  // The server answered OK to a SET with this effect.
  void apply(const Effect& effect);
  // A system variable that the server's session tracker reported for the statement just ended. `of_statement`
  // is its effect if it was a SET, else null: what the statement set to a literal stays as written. Returns
  // false if the value cannot be carried to another connection: pin hidden_state.
  bool apply_tracked(std::string_view name, std::string_view value, const Effect* of_statement);
  // What was read back from the connection.
  void learn(const VariableValue& value);
  void learn(const UserVariable& variable);  // an empty text: NULL
  // The user variables that `sql` names may have any value now. False if one of them cannot be followed.
  bool note_user_variables(std::string_view sql, LexMode mode);
  // Those whose value only another connection knew: they are NULL from now on.
  void forget_unknown_user_variables();
  // A current schema, from USE, COM_INIT_DB or the session tracker. Empty: none (its schema was dropped).
  void set_schema(std::string_view schema);
  void set_autocommit(bool on);
  // The status flags of any OK: autocommit, and whether backslashes escape. They know better than we do.
  void learn_status(std::uint16_t status);
  // Of the OK of a login: what servers begin with, autocommit and how they read the texts of who has set no
  // sql_mode. start() and reset() go back to it.
  void set_login_status(std::uint16_t status);
  std::uint16_t login_status() const { return login_status_; }
  // From an OK packet, if it is not 0: what LAST_INSERT_ID() gives from now on. Not part of equality.
  void set_last_insert_id(std::uint64_t id) { last_insert_id_ = id; }

  const std::string& user() const { return user_; }
  // What SET ROLE was given; empty: what the login has by default. A reset leaves it, as servers do.
  const std::string& role() const { return role_; }
  // A reset has ended what nobody has followed, but for the role: it equals none that a session wants.
  void doubt_role();
  bool has_schema() const { return !schema_.empty(); }
  const std::string& schema() const { return schema_; }
  std::uint16_t login_collation() const { return login_collation_; }
  bool autocommit() const { return autocommit_; }
  std::uint64_t last_insert_id() const { return last_insert_id_; }
  std::span<const VariableValue> variables() const { return variables_; }  // sorted by variable
  const std::string* find(VariableIndex variable) const;                   // null: the default
  const OtherVariables& others() const { return others_; }
  const NextTransaction& next_transaction() const { return next_; }
  void end_next_transaction(Ended ended);
  // Every value is known: there is no expression whose result the server did not report.
  bool settled() const { return settled_; }
  const UserVariables& user_variables() const { return user_variables_; }
  // Of a connection: how many names it keeps whose value was taken away again.
  std::size_t emptied_user_variables() const { return emptied_user_variables_; }

  // How statements of this session are read; kept ready.
  LexMode lex_mode() const { return lex_mode_; }

  // Same user, schema, role, autocommit, variables and next transaction (not the last insert id). No
  // allocation.
  bool same_as(const SessionState& other) const {
    return (twins_ != 0 && twins_ == other.twins_) || compares_equal(other);
  }
  bool same_variables(const SessionState& other) const;  // role, autocommit, variables, user variables
  // Equal for states of same_variables(); different for others but by rare chance. No allocation.
  std::uint64_t fingerprint() const { return hash_ * 2 + (autocommit_ ? 1 : 0); }

 private:
  friend class SyncPlan;

  void take_role(const SessionState& other);
  void take_variables(const SessionState& other);
  void forget_flags();
  bool learn_connection_charset(std::string_view charset);
  void apply_to_next_transaction(const Effect& effect);
  void set_next_transaction(const NextTransaction& next);
  void set_value(const Change& change);
  void append(const Change& change);
  void assign(VariableIndex variable, std::string_view text);
  void erase(VariableIndex variable);
  void set_charset_of_login();
  void read_login_status();
  bool compares_equal(const SessionState& other) const;
  void changed();

  std::string user_;
  std::string role_;
  std::string schema_;
  std::vector<VariableValue> variables_;
  OtherVariables others_;
  UserVariables user_variables_;
  std::size_t emptied_user_variables_ = 0;
  std::uint64_t hash_ = 0;  // of variables_, others_ and role_
  std::uint64_t last_insert_id_ = 0;
  NextTransaction next_;
  std::uint16_t login_collation_ = 0;
  bool autocommit_ = true;
  bool settled_ = true;
  LexMode lex_mode_;
  std::uint16_t login_status_ = kStatusAutocommit;
  // States of the same number, other than 0, are equal. Equal ones get one when they are compared, so that
  // each query of a session that finds what it left does not compare texts; whatever changes takes it away.
  mutable std::uint64_t twins_ = 0;
};

}  // namespace weir
