#include "admin/result_encoding.hpp"

#include <algorithm>
#include <limits>

#include "protocol/wire/writer.hpp"

namespace weir {
namespace {

constexpr std::size_t kNarrowestColumn = 255;  // some clients show or keep only this many bytes of a value
constexpr std::uint8_t kBinaryRowHeader = 0x00;
constexpr std::size_t kNullBitsOffset = 2;  // of a binary row's first column in its map of NULLs

void write_text_row(const Row& row, std::size_t columns, PacketWriter& packet) {
  for (std::size_t i = 0; i < columns; ++i) {
    if (i < row.size() && row[i]) {
      packet.lenenc_text(*row[i]);
    } else {
      packet.field(std::nullopt);
    }
  }
}

void write_binary_row(const Row& row, std::size_t columns, PacketWriter& packet) {
  packet.fixed(kBinaryRowHeader, 1);
  std::vector<std::uint8_t> nulls((columns + kNullBitsOffset + 7) / 8);
  for (std::size_t i = 0; i < columns; ++i) {
    const std::size_t bit = i + kNullBitsOffset;
    if (i >= row.size() || !row[i]) nulls[bit / 8] |= static_cast<std::uint8_t>(1u << (bit % 8));
  }
  packet.bytes(nulls);
  for (std::size_t i = 0; i < std::min(columns, row.size()); ++i) {
    if (row[i]) packet.lenenc_text(*row[i]);
  }
}

}  // namespace

std::vector<ReplyColumn> text_columns(const std::vector<std::string>& names, const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(names.size(), kNarrowestColumn);
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < std::min(row.size(), widths.size()); ++i) {
      if (row[i]) widths[i] = std::max(widths[i], row[i]->size());
    }
  }
  constexpr std::size_t kWidest = std::numeric_limits<std::uint32_t>::max();
  std::vector<ReplyColumn> columns;
  for (std::size_t i = 0; i < names.size(); ++i) {
    columns.push_back({.name = names[i],
                       .type = ColumnType::var_string,
                       .max_bytes = static_cast<std::uint32_t>(std::min(widths[i], kWidest))});
  }
  return columns;
}

ResultEncoder::ResultEncoder(Rows rows, const Answer& answer) : rows_(std::move(rows)), answer_(answer) {}

bool ResultEncoder::write_some(ByteQueue& out, std::size_t bytes) {
  if (!head_written_) {
    ReplyWriter head{out, answer_.caps, answer_.sequence};
    head.columns(text_columns(rows_.columns, rows_.rows), answer_.status);
    answer_.sequence = head.next_sequence();
    head_written_ = true;
  }
  for (; next_row_ < rows_.rows.size(); ++next_row_) {
    if (out.size() >= bytes) return false;
    PacketWriter packet{out, answer_.sequence};
    Row& row = rows_.rows[next_row_];
    if (answer_.form == RowForm::text) {
      write_text_row(row, rows_.columns.size(), packet);
    } else {
      write_binary_row(row, rows_.columns.size(), packet);
    }
    row = Row{};  // sent rows are not kept
  }
  ReplyWriter end{out, answer_.caps, answer_.sequence};
  end.end_rows(answer_.status, answer_.warnings);
  answer_.sequence = end.next_sequence();
  return true;
}

}  // namespace weir
