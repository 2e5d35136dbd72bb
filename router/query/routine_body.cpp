#include "router/query/routine_body.hpp"

#include "router/query/token_scan.hpp"

namespace weir {
namespace {

// Verbs that functions may use and TokenScan does not look for, and scopes of SET.
bool changes_something(const Token& token) {
  return token.is_any({Word::call,     Word::create,    Word::drop,  Word::alter,   Word::load,
                       Word::execute,  Word::prepare,   Word::lock,  Word::unlock,  Word::flush,
                       Word::kill,     Word::purge,     Word::reset, Word::xa,      Word::commit,
                       Word::rollback, Word::savepoint, Word::grant, Word::revoke,  Word::rename,
                       Word::session,  Word::global,    Word::local, Word::persist, Word::persist_only});
}

}  // namespace

bool only_reads(std::string_view body, LexMode mode) {
  TokenScan scan(body, mode, nullptr, {.in_routine = true});
  for (; !scan.at_end(); scan.advance()) {
    if (scan.evidence() != Reason::none || scan.current().conditional) return false;
    if (changes_something(scan.current())) return false;
  }
  return scan.evidence() == Reason::none && !scan.malformed();
}

}  // namespace weir
