// KILL in any text: what is understood is what the plain form of it says, and nothing else is.
// Input: the mode, then the text.
#include "router/query/kill_statement.hpp"

#include <string>

#include "protocol/base/bytes.hpp"
#include "router/query/statement.hpp"
#include "tests/fuzz/lex_mode.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace weir;

std::string plain_form(const KillStatement& kill) {
  const std::string text = kill.query_only ? "KILL QUERY " : "KILL ";
  if (kill.target == KillStatement::Target::own_session) return text + "CONNECTION_ID()";
  if (kill.target == KillStatement::Target::parameter) return text + "?";
  return text + std::to_string(kill.session_id);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  if (size == 0) return 0;
  const LexMode mode = fuzz::lex_mode(input[0]);
  const std::string_view sql = as_text(Bytes(input + 1, size - 1));
  hides_kill(sql, mode);
  const KillStatement kill = parse_kill(sql, mode);
  fuzz::require(hides_kill("SELECT 1; " + plain_form(kill), mode), "a KILL behind another statement is seen");
  if (kill.target == KillStatement::Target::not_supported) return 0;
  if (kill.target != KillStatement::Target::session)
    fuzz::require(kill.session_id == 0, "there is an id where one is written, and nowhere else");
  if (classify(sql, mode).kind != StatementKind::kill) return 0;  // its first word is not looked at
  fuzz::require(parse_kill(plain_form(kill), mode) == kill, "the plain form says the same");
  fuzz::require(!classify(sql, mode).has(Trait::multi_statement), "it is one statement");
  return 0;
}
