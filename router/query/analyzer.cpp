#include "router/query/analyzer.hpp"

namespace weir {

void Analyzer::recall() {
  const std::uint64_t hash = digest_hash();
  if (!shape_.plain) {
    statement_ = classify(sql_, mode_, &scope_);
    return;
  }
  const StatementMemory::Key key{.hash = hash, .text = text_, .shape = shape_, .mode = mode_};
  if (const Statement* known = memory_.find(key)) {
    statement_ = *known;
    return;
  }
  statement_ = classify(sql_, mode_, &scope_);
  memory_.remember(key, statement_);
}

}  // namespace weir
