// Finds out from a statement's first words what it is. The rest of its tokens only pass by the TokenScan.
#pragma once

#include <string_view>

#include "router/query/statement.hpp"
#include "router/query/token_scan.hpp"

namespace weir {

class StatementParser {
 public:
  // What the verb says; `reason` none means a read, if no token objects.
  struct Verb {
    StatementKind kind = StatementKind::other;
    Reason reason = Reason::unparsable;
  };

  StatementParser(std::string_view sql, LexMode mode, const RoutineScope* routines)
      : scan_(sql, mode, routines) {}

  Statement parse();
  // After parse(): the first one that was called, or nothing.
  std::string_view unknown_function() const { return scan_.unknown_function(); }

  // Called with the verb as the current token, through kVerbs; each leaves the scan anywhere in its
  // statement.
  Verb parse_with();
  Verb parse_insert();
  Verb parse_replace();
  Verb parse_set();
  Verb parse_use();
  Verb parse_show();
  Verb parse_explain();
  Verb parse_analyze();
  Verb parse_begin();
  Verb parse_start();
  Verb parse_commit();
  Verb parse_rollback();
  Verb parse_savepoint();
  Verb parse_release();
  Verb parse_xa();
  Verb parse_lock();
  Verb parse_unlock();
  Verb parse_flush();
  Verb parse_backup();
  Verb parse_handler();
  Verb parse_prepare();
  Verb parse_deallocate();
  Verb parse_call();
  Verb parse_load();
  Verb parse_create();
  Verb parse_alter();
  Verb parse_drop();
  Verb parse_rename();
  Verb parse_grant();
  Verb parse_get();

 private:
  Verb parse_one();
  Verb parse_verb();
  static bool is_verb(Word word);
  Verb parse_explained(bool executed);
  Verb parse_transaction_end(StatementKind kind);
  Verb parse_definition(StatementKind kind);
  void skip_to_end_of_statement();
  void skip_parentheses();
  void skip_format();
  void skip_column_names();
  bool take_definer_of_event();
  Reason reason_of(const Verb& verb) const;

  TokenScan scan_;
  std::string_view schema_;
  bool executes_explained_ = false;  // EXPLAIN ANALYZE
  bool analyzes_insert_ = false;     // ANALYZE INSERT, ANALYZE REPLACE: they are carried out
  bool loads_data_ = false;
  bool conditional_verb_ = false;  // a verb stands in a conditional comment
};

}  // namespace weir
