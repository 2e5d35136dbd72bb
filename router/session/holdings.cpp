#include "router/session/holdings.hpp"

#include <algorithm>
#include <utility>

#include "protocol/base/check.hpp"

namespace weir {
namespace {

// Of one kind, by name; what comes beyond is among the others.
constexpr std::ptrdiff_t kMaxNames = 256;

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

bool Holdings::holds(Pin kind) const {
  return others_.has(kind) || std::ranges::find(held_, kind, &Held::kind) != held_.end();
}

const Holdings::Held* Holdings::find(Pin kind, std::string_view name) const {
  const auto found =
      std::ranges::find_if(held_, [&](const Held& held) { return held.kind == kind && held.name == name; });
  return found == held_.end() ? nullptr : &*found;
}

Holdings::Held* Holdings::find(Pin kind, std::string_view name) {
  return const_cast<Held*>(std::as_const(*this).find(kind, name));
}

// What is held by that name already stays as it is.
void Holdings::take(Held held) {
  if (find(held.kind, held.name) != nullptr) return;
  if (std::ranges::count(held_, held.kind, &Held::kind) >= kMaxNames) return others_.add(held.kind);
  held_.push_back(std::move(held));
}

void Holdings::give_up(Pin kind, std::string_view name) {
  Held* held = find(kind, name);
  if (held != nullptr && --held->count == 0) held_.erase(held_.begin() + (held - held_.data()));
}

// All of a kind.
void Holdings::drop(Pin kind) {
  std::erase_if(held_, [&](const Held& held) { return held.kind == kind; });
  others_.remove(kind);
}

void Holdings::follow(const Statement& statement, std::string_view sql, const NameContext& context, bool ok,
                      bool has_rows) {
  follow_tables(statement, sql, context, ok);
  follow_locks(statement, sql, context, ok, has_rows);
  follow_handlers(statement, sql, context, ok);
  follow_texts(statement, sql, context, ok);
  follow_table_locks(statement, sql, context, ok);
}

// DROP TABLE takes the temporary table of that name, if there is one. DROP DATABASE leaves them all.
void Holdings::follow_tables(const Statement& statement, std::string_view sql, const NameContext& context,
                             bool ok) {
  if (statement.has(Trait::multi_statement)) {
    if (statement.has(Trait::temporary_table_created)) others_.add(Pin::temporary_tables);
    return;
  }
  if (!ok) return;
  if (statement.has(Trait::temporary_table_created)) {
    std::optional<std::string> name = created_table(sql, context.mode, context.schema);
    if (!name) return others_.add(Pin::temporary_tables);
    return take({.kind = Pin::temporary_tables, .name = std::move(*name)});
  }
  const bool drops = statement.has(Trait::temporary_table_dropped) || statement.kind == StatementKind::ddl;
  if (!drops || !holds(Pin::temporary_tables)) return;
  for (const std::string& name : dropped_tables(sql, context.mode, context.schema))
    give_up(Pin::temporary_tables, name);
  // MySQL's RENAME TABLE renames the table below a temporary one, MariaDB's the temporary one.
  if (renames_tables(sql, context.mode)) others_.add(Pin::temporary_tables);
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
    if (takes) others_.add(Pin::named_lock);
    return;
  }
  for (const LockCall& call : *calls) {
    if (call.does == LockCall::Does::take) {
      if (Held* held = find(Pin::named_lock, call.name)) {
        ++held->count;
      } else {
        take({.kind = Pin::named_lock, .name = call.name});
      }
    } else if (called && call.does == LockCall::Does::release) {
      give_up(Pin::named_lock, call.name);
    } else if (called) {
      drop(Pin::named_lock);
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
    if (opens) others_.add(Pin::handler);
  } else if (step->opens) {
    take({.kind = Pin::handler, .name = step->name});
  } else {
    give_up(Pin::handler, step->name);
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
    if (prepares && (ok || several)) others_.add(Pin::text_prepared);
    // Whatever was prepared under a name may be something else now.
    if (prepares) std::ranges::for_each(held_, [](Held& held) { held.statement.reset(); });
    return;
  }
  if (!prepares && !ok) return;
  give_up(Pin::text_prepared, step->name);
  if (!prepares || !ok) return;
  std::optional<PreparedByName> prepared;
  if (step->text) prepared = {std::move(*step->text), std::string(context.schema), context.mode};
  take({.kind = Pin::text_prepared, .name = std::move(step->name), .statement = std::move(prepared)});
}

void Holdings::follow_table_locks(const Statement& statement, std::string_view sql,
                                  const NameContext& context, bool ok) {
  constexpr std::uint8_t kOfTables = bit(TableLock::tables) | bit(TableLock::global);
  const bool locks = statement.has(Trait::tables_locked);
  const bool unlocks = statement.has(Trait::tables_unlocked);
  if (statement.has(Trait::multi_statement) || statement.in_doubt) {
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

Pins Holdings::pins() const {
  Pins pins = others_;
  for (const Held& held : held_) pins.add(held.kind);
  pins.set(Pin::locked_tables, table_locks_ != 0);
  return pins;
}

std::vector<std::string> Holdings::names(Pin kind) const {
  std::vector<std::string> names;
  for (const Held& held : held_) {
    if (held.kind == kind) names.push_back(held.name);
  }
  return names;
}

bool Holdings::has_others(Pin kind) const {
  return others_.has(kind);
}

void Holdings::forget(Pin kind, std::string_view name) {
  std::erase_if(held_, [&](const Held& held) { return held.kind == kind && held.name == name; });
}

Holdings::Executed Holdings::find_executed(const Statement& statement, std::string_view sql,
                                           const NameContext& context) const {
  if (statement.kind != StatementKind::execute || statement.has(Trait::multi_statement)) return {};
  auto step = prepare_step(sql, context.mode);
  if (!step) return {};
  if (step->text)
    return {true, PreparedByName{std::move(*step->text), std::string(context.schema), context.mode}};
  if (step->name.empty()) return {};  // EXECUTE IMMEDIATE of an expression
  const Held* held = find(Pin::text_prepared, step->name);
  if (held != nullptr) return {held->statement.has_value(), held->statement};
  return {!others_.has(Pin::text_prepared), {}};
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
  // MariaDB: what follows USING may call functions, whatever it is that is executed.
  if (statement.has(Trait::named_lock_taken))
    held.follow(statement, sql, context, outcome.ok, outcome.has_rows);
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
