#include "admin/statement_parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <iterator>

#include "protocol/message/resultset.hpp"
#include "protocol/wire/reader.hpp"
#include "proxy/session/prepared.hpp"

namespace weir {
namespace {

constexpr std::uint8_t kUnsignedFlag = 0x80;               // of the second byte of a parameter's type
constexpr auto kTypeBool = static_cast<ColumnType>(0xf4);  // MySQL 8's MYSQL_TYPE_BOOL
constexpr std::size_t kFixedBytes = 10;                    // command, statement id, flags, iterations

template <std::size_t kWidth>
Cell read_integer(Reader& in, bool is_unsigned) {
  const std::uint64_t value = in.fixed(kWidth);
  if (is_unsigned) return fmt::format("{}", value);
  constexpr std::size_t kUnusedBits = 64 - 8 * kWidth;
  return fmt::format("{}", static_cast<std::int64_t>(value << kUnusedBits) >> kUnusedBits);
}

Cell read_float(Reader& in, bool) {
  return fmt::format("{}", std::bit_cast<float>(static_cast<std::uint32_t>(in.fixed(4))));
}

Cell read_double(Reader& in, bool) {
  return fmt::format("{}", std::bit_cast<double>(in.fixed(8)));
}

std::string fraction(std::uint64_t microseconds) {
  return microseconds == 0 ? std::string{} : fmt::format(".{:06}", microseconds);
}

// A length of 0, 4 (date), 7 (and time) or 11 (and microseconds).
std::string datetime_text(Reader& in, bool date_only) {
  const std::uint64_t length = in.fixed(1);
  if (length != 0 && length != 4 && length != 7 && length != 11) in.fail(DecodeError::bad_length);
  std::uint64_t part[7] = {};  // year, month, day, hour, minute, second, microsecond
  if (length >= 4) {
    part[0] = in.fixed(2);
    part[1] = in.fixed(1);
    part[2] = in.fixed(1);
  }
  if (length >= 7) {
    for (int i = 3; i < 6; ++i) part[i] = in.fixed(1);
  }
  if (length == 11) part[6] = in.fixed(4);
  const std::string date = fmt::format("{:04}-{:02}-{:02}", part[0], part[1], part[2]);
  if (date_only) return date;
  return fmt::format("{} {:02}:{:02}:{:02}{}", date, part[3], part[4], part[5], fraction(part[6]));
}

// A length of 0, 8, or 12 (with microseconds).
std::string time_text(Reader& in) {
  const std::uint64_t length = in.fixed(1);
  if (length == 0) return "00:00:00";
  if (length != 8 && length != 12) in.fail(DecodeError::bad_length);
  const bool negative = in.fixed(1) != 0;
  const std::uint64_t days = in.fixed(4);
  const std::uint64_t hours = in.fixed(1);
  const std::uint64_t minutes = in.fixed(1);
  const std::uint64_t seconds = in.fixed(1);
  const std::uint64_t microseconds = length == 12 ? in.fixed(4) : 0;
  return fmt::format("{}{:02}:{:02}:{:02}{}", negative ? "-" : "", days * 24 + hours, minutes, seconds,
                     fraction(microseconds));
}

Cell read_date(Reader& in, bool) {
  return datetime_text(in, true);
}
Cell read_datetime(Reader& in, bool) {
  return datetime_text(in, false);
}
Cell read_time(Reader& in, bool) {
  return time_text(in);
}
Cell read_text(Reader& in, bool) {
  return std::string(in.lenenc_text());
}
Cell read_null(Reader&, bool) {
  return std::nullopt;
}

struct ParameterType {
  ColumnType type;
  Cell (*read)(Reader& in, bool is_unsigned);
};

constexpr ParameterType kTypes[] = {
    {ColumnType::null, read_null},          {ColumnType::tiny, read_integer<1>},
    {kTypeBool, read_integer<1>},           {ColumnType::short_int, read_integer<2>},
    {ColumnType::year, read_integer<2>},    {ColumnType::long_int, read_integer<4>},
    {ColumnType::int24, read_integer<4>},   {ColumnType::longlong, read_integer<8>},
    {ColumnType::float_real, read_float},   {ColumnType::double_real, read_double},
    {ColumnType::date, read_date},          {ColumnType::datetime, read_datetime},
    {ColumnType::timestamp, read_datetime}, {ColumnType::time, read_time},
    {ColumnType::decimal, read_text},       {ColumnType::new_decimal, read_text},
    {ColumnType::varchar, read_text},       {ColumnType::var_string, read_text},
    {ColumnType::string, read_text},        {ColumnType::bit, read_text},
    {ColumnType::json, read_text},          {ColumnType::enumeration, read_text},
    {ColumnType::set, read_text},           {ColumnType::tiny_blob, read_text},
    {ColumnType::medium_blob, read_text},   {ColumnType::long_blob, read_text},
    {ColumnType::blob, read_text},          {ColumnType::vector, read_text},
    {ColumnType::geometry, read_text},
};

Cell read_parameter(Reader& in, std::uint8_t type, bool is_unsigned) {
  const auto row = std::ranges::find(kTypes, static_cast<ColumnType>(type), &ParameterType::type);
  if (row != std::end(kTypes)) return row->read(in, is_unsigned);
  in.fail(DecodeError::bad_value);
  return std::nullopt;
}

bool is_null(Bytes nulls, std::uint16_t parameter) {
  return (nulls[parameter / 8] >> (parameter % 8) & 1) != 0;
}

}  // namespace

Result<std::vector<Cell>> decode_parameters(Bytes payload, AdminStatement& statement) {
  if (statement.parameters == 0) return std::vector<Cell>{};
  WEIR_TRY(const ExecuteTypes place, find_execute_types(payload, statement.parameters, 0));
  const std::size_t values_at = place.flag_at + 1 + place.types_bytes;
  if (values_at > payload.size()) return std::unexpected(DecodeError::truncated);
  if (place.bound) {
    const Bytes types = payload.subspan(place.flag_at + 1, place.types_bytes);
    statement.types.assign(types.begin(), types.end());
  }
  if (statement.types.size() != statement.parameters * 2u) return std::unexpected(DecodeError::bad_value);
  const Bytes nulls = payload.subspan(kFixedBytes, place.flag_at - kFixedBytes);
  Reader in{payload.subspan(values_at)};
  std::vector<Cell> cells;
  for (std::uint16_t i = 0; i < statement.parameters; ++i) {
    if (const auto sent = statement.long_data.find(i); sent != statement.long_data.end()) {
      cells.emplace_back(sent->second);
    } else if (is_null(nulls, i)) {
      cells.emplace_back(std::nullopt);
    } else {
      const bool is_unsigned = (statement.types[2 * i + 1u] & kUnsignedFlag) != 0;
      cells.push_back(read_parameter(in, statement.types[2 * i], is_unsigned));
    }
  }
  if (const auto error = in.finish()) return std::unexpected(*error);
  return cells;
}

}  // namespace weir
