#include "router/query/statement_memory.hpp"

namespace weir {

void StatementMemory::remember(const Key& key, const Statement& statement) {
  if (key.text.size() > kMaxTextBytes) return;
  if (statement.has(Trait::calls_unknown_function) || statement.has(Trait::calls_stored_function)) return;
  if (statement.schema.data() != nullptr || statement.first_comment.data() != nullptr) return;
  if (places_.empty()) places_.resize(kPlaces);
  Place& place = places_[key.hash % kPlaces];
  place.hash = key.hash;
  place.literals = key.shape.literals;
  place.mode = key.mode;
  place.statement = statement;
  place.text = key.text;
}

}  // namespace weir
