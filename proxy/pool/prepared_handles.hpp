// The statements that one backend connection holds prepared, bounded, least recently used first out.
//
// A statement is known by its text: sessions that prepare the same text share its PreparedText, and a
// connection has at most one handle for it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "router/query/statement.hpp"

namespace weir {

// A statement as clients prepare it. Immutable; shared by sessions and connections of all workers.
struct PreparedText {
  std::string sql;
  std::uint64_t hash = 0;  // of sql, to compare quickly
  Statement statement;     // its views are of sql

  bool same_as(const PreparedText& other) const {
    return this == &other || (hash == other.hash && sql == other.sql);
  }
};
using PreparedTextPtr = std::shared_ptr<const PreparedText>;

// One statement on one connection.
struct PreparedHandle {
  PreparedTextPtr text;
  std::uint32_t backend_id = 0;
  std::uint64_t types_of = 0;  // the session whose parameter types the server knows; 0 = none yet
  std::uint64_t last_used = 0;
};

class PreparedHandles {
 public:
  // The handle for this text, marked as just used; null if the connection has none. Valid until the next
  // add().
  PreparedHandle* find(const PreparedText& text);
  // Remembers a handle, and returns the backend id that must be closed now, if any: that of an older handle
  // for the same text, or the least recently used one when there are `limit` already.
  std::optional<std::uint32_t> add(PreparedTextPtr text, std::uint32_t backend_id, std::size_t limit);
  // The server forgot all of them (COM_RESET_CONNECTION, COM_CHANGE_USER).
  void clear() { handles_.clear(); }
  void remove(const PreparedText& text);
  std::size_t size() const { return handles_.size(); }

 private:
  std::vector<PreparedHandle> handles_;  // a few dozen at most: a walk is cheaper than a map
  std::uint64_t clock_ = 0;
};

}  // namespace weir
