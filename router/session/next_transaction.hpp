// What SET TRANSACTION, without SESSION, has said of the next transaction only, and when that is over.
//
// A server forgets it at the end of a transaction, and after a statement with autocommit that has met an
// engine with transactions, which no text tells for certain. Pure; no allocation but in to_sql().
#pragma once

#include <cstdint>
#include <string>

#include "router/query/statement.hpp"
#include "router/session/pinning.hpp"

namespace weir {

struct NextTransaction {
  enum class Isolation : std::uint8_t {
    of_session,
    read_uncommitted,
    read_committed,
    repeatable_read,
    serializable
  };
  enum class Access : std::uint8_t { of_session, read_only, read_write };

  Isolation isolation = Isolation::of_session;
  Access access = Access::of_session;
  bool doubtful = false;  // the server may have forgotten it, or may not

  bool none() const { return *this == NextTransaction{}; }
  bool nothing_said() const { return isolation == Isolation::of_session && access == Access::of_session; }
  bool complete() const { return isolation != Isolation::of_session && access != Access::of_session; }
  void overlay(const NextTransaction& later);
  bool operator==(const NextTransaction&) const = default;
};

// SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY. Not for none().
std::string to_sql(const NextTransaction& next);

enum class Ended : std::uint8_t { no, perhaps, yes };

// Whether what was said of the next transaction is over after `statement`. While one is under way it is not.
Ended ends_next_transaction(const Statement& statement, const Outcome& outcome, bool was_in_transaction);

}  // namespace weir
