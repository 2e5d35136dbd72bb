#include "router/session/holdings.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

namespace weir {
namespace {

// Of one kind, by name; what comes beyond is among the others.
constexpr std::size_t kMaxNames = 256;

constexpr std::uint8_t bit(TableLock lock) {
  return static_cast<std::uint8_t>(lock);
}

// Kinds whose effect on the session shows as much when they are executed by name as when they come by
// themselves.
bool is_followed(StatementKind kind) {
  switch (kind) {
    case StatementKind::select:
    case StatementKind::values:
    case StatementKind::table:
    case StatementKind::with:
    case StatementKind::insert:
    case StatementKind::update:
    case StatementKind::delete_:
    case StatementKind::replace:
    case StatementKind::do_:
    case StatementKind::handler:
    case StatementKind::begin:
    case StatementKind::start_transaction:
    case StatementKind::commit:
    case StatementKind::rollback:
    case StatementKind::savepoint:
    case StatementKind::lock_tables:
    case StatementKind::unlock_tables:
    case StatementKind::flush:
    case StatementKind::show:
    case StatementKind::explain:
    case StatementKind::describe:
    case StatementKind::create_temporary_table:
    case StatementKind::drop_temporary_table:
    case StatementKind::ddl:
    case StatementKind::maintenance:
      return true;
    case StatementKind::empty:
    case StatementKind::load_data:
    case StatementKind::call:
    case StatementKind::set:
    case StatementKind::use:
    case StatementKind::xa:
    case StatementKind::prepare:
    case StatementKind::execute:
    case StatementKind::deallocate:
    case StatementKind::admin:
    case StatementKind::kill:
    case StatementKind::other:
      return false;
  }
  unreachable();
}

}  // namespace

Holdings::Held* Holdings::Kind::find(std::string_view name) {
  const auto found = std::ranges::find(named, name, &Held::name);
  return found == named.end() ? nullptr : &*found;
}

void Holdings::Kind::take(std::string name) {
  if (find(name) != nullptr) return;
  if (named.size() >= kMaxNames) {
    others = true;
    return;
  }
  named.push_back({std::move(name)});
}

void Holdings::Kind::take_again(std::string name) {
  if (Held* held = find(name)) {
    ++held->count;
  } else {
    take(std::move(name));
  }
}

void Holdings::Kind::give_up(std::string_view name) {
  Held* held = find(name);
  if (held != nullptr && --held->count == 0) named.erase(named.begin() + (held - named.data()));
}

void Holdings::follow(const Statement& statement, std::string_view sql, const NameContext& context, bool ok,
                      bool has_rows) {
  follow_tables(statement, sql, context, ok);
  follow_locks(statement, sql, context, ok, has_rows);
  follow_handlers(statement, sql, context, ok);
  follow_texts(statement, sql, context, ok);
  follow_table_locks(statement, sql, context, ok);
  anything_ = !pins().empty();
}

// DROP TABLE takes the temporary table of that name, if there is one. DROP DATABASE leaves them all.
void Holdings::follow_tables(const Statement& statement, std::string_view sql, const NameContext& context,
                             bool ok) {
  if (statement.has(Trait::multi_statement)) {
    tables_.others |= statement.has(Trait::temporary_table_created);
    return;
  }
  if (!ok) return;
  if (statement.has(Trait::temporary_table_created)) {
    std::optional<std::string> name = created_table(sql, context.mode, context.schema);
    if (!name) {
      tables_.others = true;
    } else {
      tables_.take(std::move(*name));
    }
    return;
  }
  const bool drops = statement.has(Trait::temporary_table_dropped) || statement.kind == StatementKind::ddl;
  if (!drops || tables_.empty()) return;
  for (const std::string& name : dropped_tables(sql, context.mode, context.schema)) tables_.give_up(name);
  // MySQL's RENAME TABLE renames the table below a temporary one, MariaDB's the temporary one.
  tables_.others |= renames_tables(sql, context.mode);
}

// GET_LOCK() may have got no lock: it counts nevertheless. So it does in a statement that failed, later
// perhaps. RELEASE_LOCK() counts only if it was called.
void Holdings::follow_locks(const Statement& statement, std::string_view sql, const NameContext& context,
                            bool ok, bool has_rows) {
  const bool takes = statement.has(Trait::named_lock_taken);
  if (!takes && !statement.has(Trait::named_lock_released)) return;
  const bool asks = statement.kind == StatementKind::select || statement.kind == StatementKind::with ||
                    statement.kind == StatementKind::values;
  const bool called = ok && (has_rows || !asks);
  const auto calls = lock_calls(sql, context.mode);
  if (!calls) {
    locks_.others |= takes;
    return;
  }
  for (const LockCall& call : *calls) {
    if (call.does == LockCall::Does::take) {
      locks_.take_again(call.name);
    } else if (called && call.does == LockCall::Does::release) {
      locks_.give_up(call.name);
    } else if (called) {
      locks_ = {};
    }
  }
}

void Holdings::follow_handlers(const Statement& statement, std::string_view sql, const NameContext& context,
                               bool ok) {
  const bool opens = statement.has(Trait::handler_opened);
  if (!opens && !statement.has(Trait::handler_closed)) return;
  const bool several = statement.has(Trait::multi_statement);
  if (!ok && !several) return;
  const auto step = several ? std::nullopt : handler_step(sql, context.mode);
  if (!step) {
    handlers_.others |= opens;
  } else if (step->opens) {
    handlers_.take(step->name);
  } else {
    handlers_.give_up(step->name);
  }
}

// PREPARE of a name that is taken gives up the statement before, even if it fails.
void Holdings::follow_texts(const Statement& statement, std::string_view sql, const NameContext& context,
                            bool ok) {
  const bool prepares = statement.has(Trait::text_prepared);
  if (!prepares && !statement.has(Trait::text_deallocated)) return;
  const bool several = statement.has(Trait::multi_statement);
  auto step = several ? std::nullopt : prepare_step(sql, context.mode);
  if (!step) {
    other_texts_ |= prepares && (ok || several);
    // Whatever was prepared under a name may be something else now.
    if (prepares) std::ranges::for_each(texts_, [](Text& text) { text.statement.reset(); });
    return;
  }
  if (!prepares && !ok) return;
  std::erase_if(texts_, [&](const Text& text) { return text.name == step->name; });
  if (!prepares || !ok) return;
  if (texts_.size() >= kMaxNames) {
    other_texts_ = true;
    return;
  }
  std::optional<PreparedByName> prepared;
  if (step->text) prepared = {std::move(*step->text), std::string(context.schema), context.mode};
  texts_.push_back({std::move(step->name), std::move(prepared)});
}

void Holdings::follow_table_locks(const Statement& statement, std::string_view sql,
                                  const NameContext& context, bool ok) {
  constexpr std::uint8_t kOfTables = bit(TableLock::tables) | bit(TableLock::global);
  const bool locks = statement.has(Trait::tables_locked);
  const bool unlocks = statement.has(Trait::tables_unlocked);
  if (statement.has(Trait::multi_statement)) {
    if (locks) table_locks_ |= table_locks_among(sql, context.mode);
    return;
  }
  if (!ok) return;
  const bool begins =
      statement.kind == StatementKind::begin || statement.kind == StatementKind::start_transaction;
  if (begins) table_locks_ &= static_cast<std::uint8_t>(~bit(TableLock::tables));
  if (!locks && !unlocks) return;
  std::uint8_t named = table_locks_named(sql, context.mode);
  if (locks) {
    table_locks_ |= named == 0 ? kOfTables : named;
    return;
  }
  if ((named & kOfTables) != 0) named |= kOfTables;
  table_locks_ &= static_cast<std::uint8_t>(~named);
}

const Holdings::Kind* Holdings::kind_of(Pin pin) const {
  if (pin == Pin::temporary_tables) return &tables_;
  if (pin == Pin::named_lock) return &locks_;
  return pin == Pin::handler ? &handlers_ : nullptr;
}

Pins Holdings::pins() const {
  Pins pins;
  for (const Pin pin : {Pin::temporary_tables, Pin::named_lock, Pin::handler})
    pins.set(pin, !kind_of(pin)->empty());
  pins.set(Pin::text_prepared, !texts_.empty() || other_texts_);
  pins.set(Pin::locked_tables, table_locks_ != 0);
  return pins;
}

std::vector<std::string> Holdings::names(Pin kind) const {
  std::vector<std::string> names;
  if (const Kind* held = kind_of(kind)) {
    for (const Held& one : held->named) names.push_back(one.name);
  } else if (kind == Pin::text_prepared) {
    for (const Text& text : texts_) names.push_back(text.name);
  }
  return names;
}

bool Holdings::has_others(Pin kind) const {
  if (kind == Pin::text_prepared) return other_texts_;
  const Kind* held = kind_of(kind);
  return held != nullptr && held->others;
}

void Holdings::forget(Pin kind, std::string_view name) {
  Kind* held = const_cast<Kind*>(kind_of(kind));
  if (held != nullptr) std::erase_if(held->named, [&](const Held& one) { return one.name == name; });
  anything_ = !pins().empty();
}

Holdings::Executed Holdings::find_executed(const Statement& statement, std::string_view sql,
                                           const NameContext& context) const {
  if (statement.kind != StatementKind::execute || statement.has(Trait::multi_statement)) return {};
  auto step = prepare_step(sql, context.mode);
  if (!step) return {};
  if (step->text)
    return {true, PreparedByName{std::move(*step->text), std::string(context.schema), context.mode}};
  if (step->name.empty()) return {};  // EXECUTE IMMEDIATE of an expression
  const auto found = std::ranges::find(texts_, step->name, &Text::name);
  if (found != texts_.end()) return {found->statement.has_value(), found->statement};
  return {!other_texts_, {}};
}

Pins follow_statement(const Statement& statement, std::string_view sql, const NameContext& context,
                      Pins of_text, const Outcome& outcome, Pins before, Holdings& held) {
  const auto pins_with = [&held](Pins pins) {
    pins.remove(Holdings::kKinds);
    return pins | held.pins();
  };
  if (statement.kind != StatementKind::execute) {
    held.follow(statement, sql, context, outcome.ok, outcome.has_rows);
    return pins_with(after_statement(statement, of_text, outcome, before));
  }
  const Holdings::Executed executed = held.find_executed(statement, sql, context);
  // There is no statement of that name: nothing has been executed.
  if (executed.known && !executed.statement) return pins_with(after_statement({}, {}, outcome, before));
  if (executed.known) {
    const PreparedByName& prepared = *executed.statement;
    const Statement inner = classify(prepared.sql, prepared.mode);
    if (is_followed(inner.kind) && !inner.has(Trait::multi_statement)) {
      of_text.add(pins_of_text(inner, prepared.sql, prepared.mode));
      held.follow(inner, prepared.sql, {prepared.schema, prepared.mode}, outcome.ok, outcome.has_rows);
      return pins_with(after_statement(inner, of_text, outcome, before));
    }
  }
  return pins_with(after_statement(statement, of_text, outcome, before));
}

}  // namespace weir
