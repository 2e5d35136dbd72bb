#include "router/query/routine_body.hpp"

#include "router/query/token_scan.hpp"
#include "router/session/variables.hpp"

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

// SET timestamp = 1 looks like the assignment of a local variable, and one of that name may be meant; but a
// SET of anything else has another form, and no local variable has to be called like the server's.
bool may_set_server_variable(const Token& name, const Token& next) {
  if (name.kind != TokenKind::word && name.kind != TokenKind::quoted_name) return false;
  return (next.is('=') || next.symbol == ':') && find_tracked_variable(without_quotes(name.text));
}

}  // namespace

bool only_reads(std::string_view body, LexMode mode) {
  TokenScan scan(body, mode, nullptr, {.in_routine = true});
  bool behind_set = false;
  for (; !scan.at_end(); scan.advance()) {
    if (may_set_server_variable(scan.current(), scan.next())) return false;
    if (behind_set && !scan.next().is('=') && scan.next().symbol != ':') return false;  // SET NAMES x
    behind_set = scan.current().is(Word::set);
    if (scan.evidence() != Reason::none || scan.current().conditional) return false;
    if (changes_something(scan.current())) return false;
  }
  return scan.evidence() == Reason::none && !scan.malformed();
}

std::string_view behind_function_name(std::string_view text, LexMode mode) {
  Lexer lexer(text, mode);
  bool named = false;
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    if (named && token.is('(')) return text.substr(token.position);
    named |= token.kind == TokenKind::word && equals_caseless(token.text, "function");
  }
  return {};
}

}  // namespace weir
