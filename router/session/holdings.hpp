// What a session holds on its connection until it gives it up: temporary tables, named locks, HANDLERs,
// prepared texts, locks on tables. Each kind pins while there is anything of it.
//
// What has a name that can be told is held by name, and given up by name. The rest (a temporary table created
// inside a text of several statements, GET_LOCK(column) FROM t) counts as "others", which nothing but a reset
// removes, or RELEASE_ALL_LOCKS() for locks. In doubt something is held too long, never too short.
//
// Not thread-safe. Allocates only for statements that take something.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "router/query/statement.hpp"
#include "router/session/held_names.hpp"
#include "router/session/pinning.hpp"

namespace weir {

// How the names in a statement are to be read.
struct NameContext {
  std::string_view schema;  // of names without one; empty if there is none
  LexMode mode;
};

// A statement that a session has prepared as text, and where.
struct PreparedByName {
  std::string sql;
  std::string schema;
  LexMode mode;
};

class Holdings {
 public:
  // The pins that are set while something of the kind is held.
  static constexpr Pins kKinds =
      Pins(Pin::temporary_tables) | Pin::named_lock | Pin::handler | Pin::text_prepared | Pin::locked_tables;

  // Whether `statement` may change what is held, so that follow() must see it. No allocation.
  bool concerned_by(const Statement& statement) const {
    constexpr auto bit = [](Trait trait) { return static_cast<std::uint32_t>(trait); };
    constexpr std::uint32_t kTraits =
        bit(Trait::named_lock_taken) | bit(Trait::named_lock_released) | bit(Trait::temporary_table_created) |
        bit(Trait::temporary_table_dropped) | bit(Trait::tables_locked) | bit(Trait::tables_unlocked) |
        bit(Trait::handler_opened) | bit(Trait::handler_closed) | bit(Trait::text_prepared) |
        bit(Trait::text_deallocated);
    if ((statement.traits.bits() & kTraits) != 0 || statement.kind == StatementKind::execute) return true;
    return (statement.kind == StatementKind::ddl || statement.has(Trait::starts_transaction)) && anything();
  }
  // `statement`, of `sql`, has ended, with OK or without: what a text of several statements did before it
  // failed is done. `has_rows`: of its result; without any a SELECT may have called no function. Of EXECUTE,
  // follow() the statement that it executed; see follow_statement().
  void follow(const Statement& statement, std::string_view sql, const NameContext& context, bool ok,
              bool has_rows = true);

  // The kinds of which something is held.
  Pins pins() const;
  // By name: "schema.table", a lock's name, a HANDLER's, a statement's; a lock once, however often it is
  // held.
  std::vector<std::string> names(Pin kind) const;
  // Something of the kind is held that is not among the names.
  bool has_others(Pin kind) const;
  // The session is known not to hold it: a lock that GET_LOCK() did not get.
  void forget(Pin kind, std::string_view name);

  // What EXECUTE would execute. `known` is false if it may be anything; without `statement` nothing is known
  // by that name, and the server refuses.
  struct Executed {
    bool known = false;
    std::optional<PreparedByName> statement{};
  };
  Executed find_executed(const Statement& statement, std::string_view sql, const NameContext& context) const;

  void clear() { *this = Holdings(); }

 private:
  struct Held {
    Pin kind;
    int count = 1;  // of a lock: how often it was taken
    std::string name;
    std::optional<PreparedByName> statement{};  // of a prepared text; nothing: not known
  };

  bool anything() const { return !held_.empty() || !others_.empty() || table_locks_ != 0; }
  bool holds(Pin kind) const;
  const Held* find(Pin kind, std::string_view name) const;
  Held* find(Pin kind, std::string_view name);
  void take(Held held);
  void give_up(Pin kind, std::string_view name);
  void drop(Pin kind);
  void follow_tables(const Statement& statement, std::string_view sql, const NameContext& context, bool ok);
  void follow_locks(const Statement& statement, std::string_view sql, const NameContext& context, bool ok,
                    bool has_rows);
  void follow_handlers(const Statement& statement, std::string_view sql, const NameContext& context, bool ok);
  void follow_texts(const Statement& statement, std::string_view sql, const NameContext& context, bool ok);
  void follow_table_locks(const Statement& statement, std::string_view sql, const NameContext& context,
                          bool ok);

  std::vector<Held> held_;  // of a kind, in the order in which they were taken
  Pins others_;
  std::uint8_t table_locks_ = 0;  // of TableLock
};

// The pins after a statement that `held` is concerned by: those of after_statement(), with what is held. An
// EXECUTE of a known text is taken for the statement that it executes.
Pins follow_statement(const Statement& statement, std::string_view sql, const NameContext& context,
                      Pins of_text, const Outcome& outcome, Pins before, Holdings& held);

}  // namespace weir
