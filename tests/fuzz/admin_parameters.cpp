// The parameters of a COM_STMT_EXECUTE on the admin port: one cell each, of all bytes that there are; and the
// same by the types of the execution before.
// Input: the number of parameters, a byte of bits for those whose data were sent ahead, then the payload.
#include "admin/statement_parameters.hpp"

#include <cstddef>
#include <vector>

#include "proxy/session/prepared.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace weir;

constexpr std::string_view kSentAhead = "sent ahead";

AdminStatement prepared(const std::uint8_t* input) {
  AdminStatement statement{.sql = "?", .parameters = input[0]};
  for (std::uint16_t i = 0; i < 8; ++i) {
    if ((input[1] >> i & 1) != 0) statement.long_data[i] = kSentAhead;
  }
  return statement;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  if (size < 2) return 0;
  AdminStatement statement = prepared(input), fresh = prepared(input);
  const Bytes payload(input + 2, size - 2);
  const auto cells = decode_parameters(payload, statement);
  if (!cells || statement.parameters == 0) return 0;
  fuzz::require(cells->size() == statement.parameters, "a parameter is a cell");
  const ExecuteTypes place = *find_execute_types(payload, statement.parameters, 0);
  for (std::uint16_t i = 0; i < statement.parameters; ++i) {
    const bool null = (payload[place.nulls_at + i / 8u] >> (i % 8) & 1) != 0;
    if (statement.long_data.contains(i)) {
      fuzz::require((*cells)[i] == kSentAhead, "what was sent ahead counts");
    } else if (null) {
      fuzz::require(!(*cells)[i], "what is NULL is NULL");
    }
  }
  fuzz::require(!decode_parameters(payload.first(payload.size() - 1), fresh), "no byte is left over");

  std::vector<std::uint8_t> later(payload.begin(), payload.end());  // without its types
  const auto types = later.begin() + static_cast<std::ptrdiff_t>(place.flag_at) + 1;
  later.erase(types, types + static_cast<std::ptrdiff_t>(place.types_bytes));
  later[place.flag_at] = 0;
  fuzz::require(decode_parameters(later, statement) == cells, "types are remembered");
  return 0;
}
