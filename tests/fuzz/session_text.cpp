// What sessions look for in the texts of statements beyond their class: names of what they hold, values of
// their own, secrets. Any bytes; views stay within the text. Input: the mode and the servers' family, then
// statements with a form feed between them.
#include <algorithm>
#include <string>

#include "protocol/base/bytes.hpp"
#include "router/query/local_statement.hpp"
#include "router/query/own_values.hpp"
#include "router/query/repeatable.hpp"
#include "router/query/secret_text.hpp"
#include "router/query/statement.hpp"
#include "router/session/expected_pins.hpp"
#include "router/session/held_names.hpp"
#include "router/session/holdings.hpp"
#include "router/session/pinning.hpp"
#include "router/session/user_variables.hpp"
#include "tests/fuzz/lex_mode.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace weir;

constexpr std::size_t kMostStatements = 32;

// The same text in another schema names the same things there.
void find_names(std::string_view sql, LexMode mode) {
  const auto created = created_table(sql, mode, "s"), elsewhere = created_table(sql, mode, "other");
  fuzz::require(created.has_value() == elsewhere.has_value(), "a table has a name in any schema");
  fuzz::require(dropped_tables(sql, mode, "s").size() == dropped_tables(sql, mode, "other").size(),
                "as many tables are dropped");
  prepare_step(sql, mode);
  handler_step(sql, mode);
  renames_tables(sql, mode);
  table_locks_among(sql, mode);
}

// What one session does: what it says it holds is named or not, and what it gives back is gone.
class Session {
 public:
  void run(const Statement& statement, std::string_view sql, LexMode mode) {
    const NameContext context{.schema = "s", .mode = mode};
    Outcome outcome;
    outcome.has_rows = true;
    pins_ = follow_statement(statement, sql, context, pins_of_text(statement, sql, mode), outcome, pins_,
                             holdings_);
    holdings_.find_executed(statement, sql, context);
    for (const Pin kind : kNamed) {
      const bool held = !holdings_.names(kind).empty() || holdings_.has_others(kind);
      fuzz::require(!held || pins_.has(kind), "what is held pins");
    }
  }

  void end() {
    for (const Pin kind : kNamed) {
      for (const std::string& name : holdings_.names(kind)) holdings_.forget(kind, name);
      fuzz::require(holdings_.names(kind).empty(), "what is forgotten is not held");
    }
  }

 private:
  static constexpr Pin kNamed[] = {Pin::temporary_tables, Pin::named_lock, Pin::handler, Pin::text_prepared};

  Holdings holdings_;
  Pins pins_;
};

void leave_out_secrets(const Statement& statement, std::string_view sql, LexMode mode) {
  may_hold_secret(statement, sql);
  std::string shown;
  append_without_literals(sql, mode, shown);
  const std::string_view quotes = mode.ansi_quotes ? "'" : "'\"";
  fuzz::require(shown.find_first_of(quotes) == shown.npos, "no quoted text is shown");
}

void look_at(std::string_view sql, LexMode mode, Session& session) {
  const Statement statement = classify(sql, mode);
  find_names(sql, mode);
  session.run(statement, sql, mode);
  with_own_values(sql, mode, {.id = 7, .schema = "s", .family = mode.family, .row_count = -1});
  leave_out_secrets(statement, sql, mode);
  is_repeatable(sql, mode);
  const LocalStatement local = local_statement(statement, sql, mode);
  fuzz::require(fuzz::within(local.explained, sql) && fuzz::within(local.call, sql), "a part of the text");
  UserVariables variables;
  note_user_variables(sql, mode, variables);
  SessionState state;
  state.start("ann", "s", 45);
  expected_pins(statement, sql, state, pins_of_set(statement, sql, state), {});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  if (size == 0) return 0;
  const LexMode mode = fuzz::lex_mode(input[0]);
  std::string_view rest = as_text(Bytes(input + 1, size - 1));
  Session session;
  for (std::size_t i = 0; i < kMostStatements && !rest.empty(); ++i) {
    const std::string_view sql = rest.substr(0, rest.find('\f'));
    rest.remove_prefix(std::min(sql.size() + 1, rest.size()));
    look_at(sql, mode, session);
  }
  session.end();
  return 0;
}
