#include "router/rules/cacheable.hpp"

#include "router/query/repeatable.hpp"

namespace weir {

std::string_view not_cacheable_because(const Decision& decision, const Statement& statement,
                                       std::string_view sql, Pins pins, const SessionState& wants) {
  if (decision.cache_ttl_ms <= 0) return "no cache_ttl";
  if (statement.access != Access::read) return "not a read";
  if (statement.has(Trait::calls_stored_function)) return "a stored function may give another answer";
  if (!pins.empty()) return "the session keeps its connection";
  if (!wants.autocommit()) return "autocommit is off";
  if (!wants.settled()) return "a session variable has a value that is not known";
  if (!wants.next_transaction().none()) return "SET TRANSACTION waits for a transaction";
  if (!is_repeatable(sql, wants.lex_mode())) return "the answer belongs to the moment or the session";
  return {};
}

}  // namespace weir
