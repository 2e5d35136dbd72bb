// The statements that one backend connection holds prepared, bounded, least recently used first out.
//
// A statement is known by its text and by what of its session gives the text its meaning: sessions that agree
// share a handle. While a statement has a cursor or long data on the connection, its handle is its own.
//
// MySQL, from 8.0.22 on, gives parameters the types of the first execution and converts what later ones
// bring: there (heed_types()), statements share a handle only while they are executed with the same types.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/base/bytes.hpp"
#include "router/query/lexer.hpp"
#include "router/session/session_state.hpp"

namespace weir {

// What gives a text its meaning when a server prepares it: the schema in which names are looked up, and how
// the bytes are read.
struct PrepareContext {
  std::string schema;  // empty: none, so that every name in the text is qualified
  // sql_mode, character_set_client, character_set_connection, collation_connection; nothing: the server's
  // default.
  std::array<std::optional<std::string>, 4> values;

  static PrepareContext of(const SessionState& state);
  bool same_meaning(const PrepareContext& other) const {
    return values == other.values && (schema == other.schema || schema.empty() || other.schema.empty());
  }
  // `state`, changed so far that a text prepared there has this meaning.
  SessionState applied_to(SessionState state) const;
  bool operator==(const PrepareContext&) const = default;
};

// A statement as clients prepare it. Immutable; shared by sessions and connections of all workers.
struct PreparedText {
  std::string sql;
  std::uint64_t hash = 0;  // of sql, to compare quickly
  LexMode mode;            // how sql is read, whatever the modes where it is executed
  PrepareContext context;
  std::string own_sql;  // what servers are given instead, of one session only; empty: nothing else

  const std::string& sent() const { return own_sql.empty() ? sql : own_sql; }
  // Of memory, about; for who has it alone.
  std::size_t bytes() const;
  bool same_as(const PreparedText& other) const {
    return this == &other || (hash == other.hash && sql == other.sql && own_sql == other.own_sql &&
                              context.same_meaning(other.context));
  }
};
using PreparedTextPtr = std::shared_ptr<const PreparedText>;

// Which statement of which session: unique over all workers; 0 is nobody.
using StatementOwner = std::uint64_t;

// The parameter types that a server knows of a handle: whose, and since which of his executions.
struct KnownTypes {
  StatementOwner owner = 0;
  std::uint32_t version = 0;

  bool operator==(const KnownTypes&) const = default;
};

// One statement on one connection.
struct PreparedHandle {
  PreparedTextPtr text;
  std::uint32_t backend_id = 0;
  KnownTypes types;
  std::vector<std::uint8_t> executed_with;  // parameter types, where they matter; empty: not executed so far
  StatementOwner exclusive = 0;             // who has a cursor or long data behind it
  std::uint64_t last_used = 0;
};

class PreparedHandles {
 public:
  // Whether the server converts parameters to the types of a statement's first execution.
  void heed_types(bool heed) { heeds_types_ = heed; }
  bool heeds_types() const { return heeds_types_; }
  // The handle that `owner` may use for this text with these parameter types, marked as just used; null if
  // there is none. Valid until the next add().
  PreparedHandle* find(const PreparedText& text, StatementOwner owner, Bytes types);
  // The same for data sent ahead of an execution. Servers take them for what an earlier execution has given
  // the parameter (MariaDB reads an address as a number): it must have been one of the owner's, if any.
  PreparedHandle* find_for_data(const PreparedText& text, StatementOwner owner);
  // Remembers a handle, and returns the backend id that must be closed now, if any: that of an older handle
  // for the same text (for a client's COM_STMT_PREPARE), or the least recently used one when there are
  // `limit` already. Exclusive handles stay.
  enum class Instead { of_same_text, of_none };
  std::optional<std::uint32_t> add(PreparedTextPtr text, std::uint32_t backend_id, std::size_t limit,
                                   Instead instead = Instead::of_same_text);
  // The least recently used handle if all together have more than kMostBytes of texts, forgotten; its backend
  // id must be closed. To be asked until there is none after each add(), and where give() makes one free. The
  // latest and exclusive ones stay. What find() gave is not valid any more.
  static constexpr std::size_t kMostBytes = 4 << 20;
  std::optional<std::uint32_t> take_excess();
  // From now on only `owner` may use it; 0: everybody again.
  void give(PreparedHandle& handle, StatementOwner owner);
  bool any_exclusive() const { return exclusives_ > 0; }
  // The server forgot all of them (COM_RESET_CONNECTION, COM_CHANGE_USER).
  void clear();
  void remove(std::uint32_t backend_id);
  std::size_t size() const { return handles_.size(); }
  template <class Visit>
  void for_each(Visit visit) const {
    for (const PreparedHandle& handle : handles_) visit(handle);
  }

 private:
  PreparedHandle* find_exclusive(const PreparedText& text, StatementOwner owner);
  PreparedHandle* used(PreparedHandle& handle);
  PreparedHandle* place_for(const PreparedText& text, std::size_t limit, Instead instead);

  std::vector<PreparedHandle> handles_;  // a few dozen at most: a walk is cheaper than a map
  std::uint64_t clock_ = 0;
  int exclusives_ = 0;
  bool heeds_types_ = false;
};

}  // namespace weir
