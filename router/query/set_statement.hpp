// The grammar of SET: one statement's text to its assignments.
//
// What is not understood is reported, never guessed: the pool trusts the result with what a connection is in.
// Scopes, targets and kinds of value are separated here; what they mean to a session is session/effect.hpp.
//
// MySQL: Reference Manual, "SET Syntax for Variable Assignment", "SET NAMES", "SET TRANSACTION". MariaDB adds
// SET STATEMENT ... FOR. Views are of `sql` and live as long as it does. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "router/query/lexer.hpp"

namespace weir {

enum class SetTarget : std::uint8_t {
  variable,       // a system variable: `name`
  user_variable,  // @x
  names,          // SET NAMES value [COLLATE collation]
  character_set,  // SET CHARACTER SET value
  isolation,      // SET [scope] TRANSACTION ISOLATION LEVEL value ("READ-COMMITTED": the variable's spelling)
  access_mode,    // SET [scope] TRANSACTION READ ONLY ("1"), READ WRITE ("0")
  role,           // SET ROLE value: privileges of this session; of a list, all of it
  account,        // SET PASSWORD, SET DEFAULT ROLE: nothing of this session
};

enum class SetScope : std::uint8_t {
  session,   // SESSION, LOCAL, @@session., @@local., or no word at all before a plain name
  unscoped,  // @@name; SET TRANSACTION without a word: MySQL lets both mean "the next transaction" where that
             // exists
  global,    // GLOBAL, PERSIST, PERSIST_ONLY: nothing of this session
};

enum class ValueKind : std::uint8_t {
  string,      // `value` has its quotes
  number,      // with its sign, if any
  keyword,     // one bare or quoted word: ON, utf8mb4, `utf8mb4`
  default_,    // DEFAULT
  null,        // NULL
  expression,  // anything else: only the server knows the value
};

struct Assignment {
  SetTarget target = SetTarget::variable;
  SetScope scope = SetScope::session;
  ValueKind kind = ValueKind::expression;
  std::string_view name;       // variable, without @@, scope or quotes; as written, in any case
  std::string_view value;      // its source text
  std::string_view collation;  // names: the word after COLLATE, perhaps quoted; empty if there is none
};

struct SetStatement {
  std::vector<Assignment> assignments;
  // Where understanding ended: a view of the text from there on; empty if all was understood.
  std::string_view not_understood;
  // MariaDB's SET STATEMENT ... FOR: the assignments hold for this statement only. Empty otherwise.
  std::string_view body;

  bool understood() const { return not_understood.empty(); }
};

// Parses a statement whose first word is SET. Text that is something else, or goes on after a `;`, is not
// understood.
SetStatement parse_set(std::string_view sql, LexMode mode);

// The characters that a string literal or a (perhaps quoted) word stands for, if it reads the same in every
// sql_mode and character set: printable ASCII without backslashes. False otherwise. `text` is overwritten.
bool plain_text(std::string_view string_or_word, std::string& text);

// Whether a statement (of a list, or inside a compound one) may begin behind `token`.
bool begins_statement_after(const Token& token);

// Whether a text of several statements (or a compound one) has, after the first, a SET, a USE, a CALL or
// EXECUTE that may hide one, or something else that the session goes on to hold: such a change cannot be
// followed by looking at the first statement.
bool hides_set(std::string_view sql, LexMode mode);

}  // namespace weir
