// The parts of a result set: the column count, column definitions and text rows. Encoders append one complete
// packet, framed with `sequence`, and advance it.
//
// MySQL: page_protocol_com_query_response_text_resultset and the pages below it.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "protocol/base/byte_queue.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"
#include "protocol/wire/charsets.hpp"
#include "protocol/wire/reader.hpp"

namespace weir {

// MySQL: enum_field_types; the ones that results of our own use, and those that tests name.
enum class ColumnType : std::uint8_t {
  decimal = 0x00,
  tiny = 0x01,
  short_int = 0x02,
  long_int = 0x03,
  float_real = 0x04,
  double_real = 0x05,
  null = 0x06,
  timestamp = 0x07,
  longlong = 0x08,
  int24 = 0x09,
  date = 0x0a,
  time = 0x0b,
  datetime = 0x0c,
  year = 0x0d,
  varchar = 0x0f,
  bit = 0x10,
  vector = 0xf2,
  json = 0xf5,
  new_decimal = 0xf6,
  enumeration = 0xf7,
  set = 0xf8,
  tiny_blob = 0xf9,
  medium_blob = 0xfa,
  long_blob = 0xfb,
  blob = 0xfc,
  var_string = 0xfd,
  string = 0xfe,
  geometry = 0xff,
};

// Column flags. MySQL: group__group__cs__column__definition__flags.
inline constexpr std::uint16_t kColumnNotNull = 0x0001;
inline constexpr std::uint16_t kColumnUnsigned = 0x0020;
inline constexpr std::uint16_t kColumnBinary = 0x0080;

// Protocol::ColumnDefinition41. Views into the payload.
struct ColumnDefinition {
  std::string_view catalog = "def";
  std::string_view schema, table, org_table, name, org_name;
  std::uint16_t collation = kCollationUtf8mb3General;
  std::uint32_t length = 0;  // the widest value, in bytes
  ColumnType type = ColumnType::var_string;
  std::uint16_t flags = 0;
  std::uint8_t decimals = 0;
};

Result<ColumnDefinition> decode_column(Bytes payload);
void encode_column(const ColumnDefinition& column, ByteQueue& out, std::uint8_t& sequence);

// The head of a result set. Zero is not a count (it is an OK): bad_value.
Result<std::uint64_t> decode_column_count(Bytes payload);
void encode_column_count(std::uint64_t count, ByteQueue& out, std::uint8_t& sequence);

// A field of a text row: nothing is NULL.
using TextField = std::optional<std::string_view>;

// Walks the fields of one text row, from the left.
class TextRowReader {
 public:
  explicit TextRowReader(Bytes payload) : in_(payload) {}

  // No field is left, or a fault was found.
  bool done() const { return in_.empty(); }
  // The next field; NULL if there is none.
  TextField next();
  // After the last expected field: what is wrong with the row, trailing bytes included.
  std::optional<DecodeError> finish() const { return in_.finish(); }

 private:
  Reader in_;
};

void encode_text_row(std::span<const TextField> fields, ByteQueue& out, std::uint8_t& sequence);

}  // namespace weir
