#include "protocol/message/query.hpp"

#include <algorithm>

#include "protocol/message/command.hpp"
#include "protocol/message/resultset.hpp"
#include "protocol/wire/reader.hpp"
#include "protocol/wire/writer.hpp"

namespace weir {
namespace {

// As MySQL 9 reads them.
void skip_value(Reader& in, ColumnType type) {
  switch (type) {
    case ColumnType::tiny:
      return in.skip(1);
    case ColumnType::short_int:
      return in.skip(2);
    case ColumnType::long_int:
    case ColumnType::float_real:
      return in.skip(4);
    case ColumnType::longlong:
    case ColumnType::double_real:
      return in.skip(8);
    case ColumnType::decimal:
    case ColumnType::null:  // of which the bitmap did not say so
    case ColumnType::int24:
    case ColumnType::year:
    case ColumnType::vector:
    case ColumnType::timestamp:
    case ColumnType::date:
    case ColumnType::time:
    case ColumnType::datetime:
    case ColumnType::varchar:
    case ColumnType::bit:
    case ColumnType::json:
    case ColumnType::new_decimal:
    case ColumnType::enumeration:
    case ColumnType::set:
    case ColumnType::tiny_blob:
    case ColumnType::medium_blob:
    case ColumnType::long_blob:
    case ColumnType::blob:
    case ColumnType::var_string:
    case ColumnType::string:
    case ColumnType::geometry:
      in.lenenc_text();
      return;
  }
  in.fail(DecodeError::unsupported);
}

// As many as the number says: their NULL bitmap, types and names, and values.
void skip_attributes(Reader& in, std::uint64_t count) {
  const Bytes nulls = in.bytes((count + 7) / 8);
  if (in.fixed(1) != 1) in.fail(DecodeError::bad_value);  // types always come with them
  const auto next_type = [](Reader& types) {
    const auto type = static_cast<ColumnType>(types.fixed(1));
    types.skip(1);  // unsigned or not
    types.lenenc_text();
    return type;
  };
  Reader types = in;
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) next_type(in);
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
    const ColumnType type = next_type(types);
    if ((nulls[i / 8] >> (i % 8) & 1) == 0) skip_value(in, type);
  }
}

}  // namespace

Result<std::size_t> find_query_text(Bytes payload) {
  Reader in{payload};
  in.skip(1);
  const std::uint64_t count = in.lenenc();
  if (in.lenenc() != 1) in.fail(DecodeError::bad_value);
  if (count > 0 && !in.failed()) skip_attributes(in, count);
  if (const auto error = in.error()) return std::unexpected(*error);
  return payload.size() - in.remaining();
}

void blank_attributes(MutableBytes payload, std::size_t text_at) {
  std::ranges::fill(payload.subspan(1, text_at - 1), std::uint8_t{' '});
}

void encode_query(std::string_view sql, Caps caps, ByteQueue& out, std::uint8_t& sequence) {
  PacketWriter packet{out, sequence};
  packet.fixed(static_cast<std::uint8_t>(Command::query), 1);
  packet.bytes(no_attributes(caps));
  packet.text(sql);
}

}  // namespace weir
