// Classifier: any bytes in any mode; a read has no reason against it, comments before it change nothing, and
// appending a locking clause to a read is noticed; and what an Analyzer remembers of all inputs before
// agrees. Input: the mode, then the text.
#include "router/query/statement.hpp"

#include <array>
#include <string>

#include "protocol/base/bytes.hpp"
#include "router/query/analyzer.hpp"
#include "tests/fuzz/lex_mode.hpp"
#include "tests/fuzz/require.hpp"

namespace {

// One that has met servers of this family and no others: it goes by those it has met, not by the mode.
weir::Analyzer& analyzer_of(weir::ServerFamily family) {
  static std::array<weir::Analyzer, 3> analyzers = [] {
    std::array<weir::Analyzer, 3> made;
    for (const auto met : {weir::ServerFamily::mysql, weir::ServerFamily::mariadb})
      made[static_cast<std::size_t>(met)].note_server(met);
    return made;
  }();
  return analyzers[static_cast<std::size_t>(family)];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  using namespace weir;
  if (size == 0) return 0;
  const LexMode mode = fuzz::lex_mode(input[0]);
  const std::string sql(as_text(Bytes(input + 1, size - 1)));
  const Statement statement = classify(sql, mode);
  fuzz::require((statement.access == Access::read) == (statement.reason == Reason::none),
                "a read has no reason");
  const Statement& known = analyzer_of(mode.family).begin(sql, mode, {});
  fuzz::require(known.kind == statement.kind && known.access == statement.access &&
                    known.reason == statement.reason && known.traits == statement.traits &&
                    known.schema == statement.schema && known.first_comment == statement.first_comment &&
                    known.in_doubt == statement.in_doubt &&
                    known.hides_insert_id == statement.hides_insert_id,
                "what is remembered of a statement is what it is");
  const Statement later = classify("\n\t/* c */ # c\n-- c\n" + sql, mode);
  fuzz::require(later.kind == statement.kind && later.access == statement.access &&
                    later.reason == statement.reason && later.traits == statement.traits,
                "blanks and comments before it change nothing");
  if (statement.kind != StatementKind::select || statement.access != Access::read) return 0;
  fuzz::require(!statement.has(Trait::multi_statement), "several statements are no read");
  fuzz::require(classify(sql + "\n FOR UPDATE", mode).access != Access::read, "a lock is seen");
  fuzz::require(classify(sql + "\n; DELETE FROM t", mode).access != Access::read,
                "a second statement is seen");
  fuzz::require(classify("EXPLAIN ANALYZE DELETE FROM t WHERE (" + sql + ")", mode).access != Access::read,
                "a write is explained where it belongs");
  return 0;
}
