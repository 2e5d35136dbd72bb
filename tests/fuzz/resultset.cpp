// Columns, text rows and the heads of prepared statements: what decodes is encoded and decoded again without
// change. Input: the payload.
#include "protocol/message/resultset.hpp"

#include <vector>

#include "protocol/message/prepared.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace weir;

void column(Bytes payload) {
  const auto first = decode_column(payload);
  if (!first) return;
  ByteQueue out;
  std::uint8_t sequence = 0;
  encode_column(*first, out, sequence);
  const auto second = decode_column(out.readable().subspan(4));
  fuzz::require(second.has_value(), "an encoded column decodes");
  fuzz::require(second->name == first->name && second->org_name == first->org_name, "names");
  fuzz::require(second->table == first->table && second->org_table == first->org_table, "tables");
  fuzz::require(second->type == first->type && second->length == first->length, "type and length");
}

void row(Bytes payload) {
  std::vector<TextField> fields;
  TextRowReader in(payload);
  while (!in.done()) fields.push_back(in.next());
  if (in.finish()) return;
  ByteQueue out;
  std::uint8_t sequence = 0;
  encode_text_row(fields, out, sequence);
  TextRowReader again(out.readable().subspan(4));
  for (const TextField& field : fields) fuzz::require(again.next() == field, "fields");
  fuzz::require(!again.finish(), "an encoded row decodes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  const Bytes payload(input, size);
  column(payload);
  row(payload);
  decode_column_count(payload);
  decode_prepare_ok(payload);
  decode_execute_header(payload);
  decode_statement_id(payload);
  return 0;
}
