// Walks over the tokens of a statement and notes what single tokens reveal, whatever statement they stand in:
// variables, calls, locking clauses, INTO.
#pragma once

#include <string_view>

#include "router/query/lexer.hpp"
#include "router/query/routine_catalog.hpp"
#include "router/query/statement.hpp"

namespace weir {

class TokenScan {
 public:
  // What the verb tells about the tokens to come.
  struct Context {
    bool names_columns = false;        // name ( is a common table expression: between WITH and its body
    bool in_with = false;              // from WITH on
    bool assigns_with_equals = false;  // SET @a = 1
    bool sets_arguments = false;       // CALL p(@out), LOAD DATA ... (@v)
    bool has_accounts = false;         // 'user'@'host' may appear
    bool keywords_are_names = false;   // SHOW CREATE PROCEDURE
    bool in_routine = false;           // in the body of a stored function: INTO names its variables
  };

  // `routines` may be null, and outlives the scan.
  TokenScan(std::string_view sql, LexMode mode, const RoutineScope* routines)
      : TokenScan(sql, mode, routines, Context{}) {}
  // With the context in which the first token stands.
  TokenScan(std::string_view sql, LexMode mode, const RoutineScope* routines, Context first)
      : context(first), lexer_(sql, mode), family_(mode.family), routines_(routines) {
    lexer_.read(*next_);
    advance();
  }
  TokenScan(const TokenScan&) = delete;
  TokenScan& operator=(const TokenScan&) = delete;

  // Valid until advance().
  const Token& current() const { return *current_; }
  const Token& next() const { return *next_; }

  // Moves to the next token, after having looked at it.
  void advance();

  // Moves over the values of a list, if the next token is a comma in it. Only for who does not look at them.
  void skip_values() {
    if (next_->symbol == ',' && lexer_.skip_values()) after_into_ = false;
  }

  // Moves on if the current token is this word; says whether it was.
  bool take(Word word) {
    if (!current_->is(word)) return false;
    advance();
    return true;
  }

  bool at_end() const { return current_->kind == TokenKind::end; }
  bool malformed() const { return lexer_.malformed(); }
  // See Lexer; up to the next token.
  bool in_doubt() const { return lexer_.in_doubt(); }
  std::string_view first_comment() const { return lexer_.first_comment(); }

  void add(Trait trait) { traits_.add(trait); }
  Traits traits() const { return traits_; }

  Context context;

  // INSERT ... RETURNING of MariaDB, or a column of that name.
  bool names_returning() const { return names_returning_; }

  // The first call of a function that is not known; empty if there was none.
  std::string_view unknown_function() const { return unknown_function_; }

  // The first reason found why this is no read; none so far if none.
  Reason evidence() const { return evidence_; }
  void note(Reason reason) {
    if (evidence_ == Reason::none) evidence_ = reason;
  }

 private:
  void look();
  void look_at_word();
  void look_at_keyword();
  void look_at_call();
  void look_at_quoted_call();
  void look_at_stored_call();
  StoredCall find_stored() const;
  void look_at_dot();
  void look_at_into();
  void look_at_user_variable();
  void look_at_system_variable();
  bool is_account() const;
  bool continues_operand() const;
  void note_write(Word word);
  void note_sequence();

  Lexer lexer_;
  ServerFamily family_;
  const RoutineScope* routines_;
  Token tokens_[3];  // taken in turns
  Token* previous_ = &tokens_[0];
  Token* current_ = &tokens_[1];
  Token* next_ = &tokens_[2];
  Traits traits_;
  Reason evidence_ = Reason::none;
  std::string_view unknown_function_;
  bool names_returning_ = false;
  bool after_into_ = false;          // in SELECT ... INTO @a, @b
  std::string_view qualifier_;       // the name before the latest dot; empty if that has one before it, too
  const char* after_dot_ = nullptr;  // where the token after the latest dot begins
};

}  // namespace weir
