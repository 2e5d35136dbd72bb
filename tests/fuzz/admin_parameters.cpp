// The parameters of a COM_STMT_EXECUTE on the admin port: one cell each, of all bytes that there are.
// Input: the number of parameters, a byte of bits for those whose data were sent ahead, then the payload.
#include "admin/statement_parameters.hpp"
#include "tests/fuzz/require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  using namespace weir;
  if (size < 2) return 0;
  AdminStatement statement{.sql = "?", .parameters = input[0]};
  for (std::uint16_t i = 0; i < 8; ++i) {
    if ((input[1] >> i & 1) != 0) statement.long_data[i] = "sent ahead";
  }
  const Bytes payload(input + 2, size - 2);
  const auto cells = decode_parameters(payload, statement);
  if (!cells) return 0;
  fuzz::require(cells->size() == statement.parameters, "a parameter is a cell");
  if (statement.parameters == 0) return 0;
  fuzz::require(decode_parameters(payload, statement) == cells, "the same again is the same");
  AdminStatement fresh{.sql = "?", .parameters = input[0], .long_data = statement.long_data};
  fuzz::require(!decode_parameters(payload.first(payload.size() - 1), fresh), "no byte is left over");
  return 0;
}
