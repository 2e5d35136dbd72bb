// What sessions look for in the text of a statement beyond its class: names of what it holds, values of its
// own, secrets. Any bytes; views stay within the text.
// Input: the mode and the servers' family, then the text.
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
#include "router/session/user_variables.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace weir;

bool within(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void find_names(std::string_view sql, LexMode mode) {
  if (const auto created = created_table(sql, mode, "s"))
    fuzz::require(created->contains('.'), "a table has a schema");
  for (const std::string& dropped : dropped_tables(sql, mode, "s"))
    fuzz::require(dropped.contains('.'), "a table has a schema");
  if (const auto calls = lock_calls(sql, mode)) {
    for (const LockCall& call : *calls)
      fuzz::require(call.does != LockCall::Does::release_all || call.name.empty(), "all have no name");
  }
  if (const auto step = handler_step(sql, mode)) fuzz::require(!step->name.empty(), "a handler has a name");
  prepare_step(sql, mode);
  renames_tables(sql, mode);
  table_locks_named(sql, mode);
  table_locks_among(sql, mode);
}

void hold(const Statement& statement, std::string_view sql, LexMode mode) {
  const NameContext context{.schema = "s", .mode = mode};
  Holdings holdings;
  const Pins none = holdings.pins();
  if (!holdings.concerned_by(statement)) return;
  holdings.follow(statement, sql, context, true);
  for (const Pin kind : {Pin::temporary_tables, Pin::named_lock, Pin::handler, Pin::text_prepared}) {
    const bool held = !holdings.names(kind).empty() || holdings.has_others(kind);
    fuzz::require(held == holdings.pins().has(kind), "what is held pins, and nothing else does");
    for (const std::string& name : holdings.names(kind)) holdings.forget(kind, name);
  }
  holdings.find_executed(statement, sql, context);
  holdings.clear();
  fuzz::require(holdings.pins() == none, "what is given back is not held");
}

void replace_values(std::string_view sql, LexMode mode) {
  const OwnValues own{.id = 7, .schema = "s", .family = mode.family, .row_count = -1};
  const std::string replaced = with_own_values(sql, mode, own);
  fuzz::require(replaced != sql || sql.empty(), "what is replaced differs");
}

void leave_out_secrets(const Statement& statement, std::string_view sql, LexMode mode) {
  may_hold_secret(statement, sql);
  std::string shown = "before ";
  append_without_literals(sql, mode, shown);
  fuzz::require(shown.starts_with("before "), "it is appended");
  fuzz::require(shown.find_first_of("'", 7) == shown.npos, "no quoted text is shown");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  if (size == 0) return 0;
  const LexMode mode{.ansi_quotes = (input[0] & 1) != 0,
                     .no_backslash_escapes = (input[0] & 2) != 0,
                     .multibyte = static_cast<Multibyte>((input[0] >> 2) % 5),
                     .family = static_cast<ServerFamily>((input[0] >> 5) % 3)};
  const std::string_view sql = as_text(Bytes(input + 1, size - 1));
  const Statement statement = classify(sql, mode);
  find_names(sql, mode);
  hold(statement, sql, mode);
  replace_values(sql, mode);
  leave_out_secrets(statement, sql, mode);
  is_repeatable(sql, mode);
  const LocalStatement local = local_statement(statement, sql, mode);
  fuzz::require(within(local.explained, sql) && within(local.call, sql), "a part of the text");
  UserVariables variables;
  if (note_user_variables(sql, mode, variables))
    fuzz::require(variables.all().size() <= count_user_variables(sql, mode), "a variable is named");
  SessionState state;
  state.start("ann", "s", 45);
  expected_pins(statement, sql, state, pins_of_set(statement, sql, state), {});
  return 0;
}
