// Lexer: any bytes in any mode end, and the tokens stand in the text in their order.
// Input: the mode, then the text.
#include "router/query/lexer.hpp"

#include "protocol/base/bytes.hpp"
#include "tests/fuzz/lex_mode.hpp"
#include "tests/fuzz/require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  using namespace weir;
  if (size == 0) return 0;
  const LexMode mode = fuzz::lex_mode(input[0]);
  const std::string_view sql = as_text(Bytes(input + 1, size - 1));
  Lexer lexer(sql, mode);
  std::size_t end = 0;
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    fuzz::require(token.position >= end, "tokens do not overlap");
    fuzz::require(!token.text.empty(), "a token has text");
    fuzz::require(token.text.data() == sql.data() + token.position, "a token's text is where it says");
    end = token.position + token.text.size();
    fuzz::require(end <= sql.size(), "tokens are within the text");
  }
  fuzz::require(lexer.next().kind == TokenKind::end, "the end stays the end");
  return 0;
}
