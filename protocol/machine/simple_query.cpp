#include "protocol/machine/simple_query.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/message/query.hpp"
#include "protocol/message/response.hpp"
#include "protocol/message/resultset.hpp"
#include "protocol/wire/status.hpp"

namespace weir {

namespace {

constexpr std::size_t kTerminatorLimit =
    9;  // of an EOF; with DEPRECATE_EOF a row's packet limit is below 16 MB

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

void SimpleQuery::start(std::string_view sql, Caps caps, std::size_t limit_bytes) {
  *this = SimpleQuery{};
  caps_ = caps;
  bytes_left_ = limit_bytes;
  std::uint8_t sequence = 0;
  encode_query(sql, caps, output_, sequence);
  reader_.expect_sequence(sequence);
  stage_ = Stage::head;
}

SimpleQuery::Want SimpleQuery::on_bytes(Bytes bytes) {
  if (stage_ == Stage::failed) return Want::failed;
  if (bytes.size() > bytes_left_) return fail("the result is larger than the limit");
  bytes_left_ -= bytes.size();
  while (stage_ != Stage::done && stage_ != Stage::failed) {
    const auto packet = reader_.next(bytes);
    if (!packet) return fail(fmt::format("result: {}", to_text(packet.error())));
    if (!*packet) return Want::read;
    on_packet(**packet);
  }
  if (!bytes.empty()) return fail("the server sent more than the end of the result");
  return stage_ == Stage::done ? Want::done : Want::failed;
}

SimpleQuery::Want SimpleQuery::on_packet(Bytes payload) {
  if (payload.empty()) return fail("result: an empty packet");
  if (is_err(payload)) return on_err(payload);
  switch (stage_) {
    case Stage::head:
      return on_head(payload);
    case Stage::columns:
      return on_column(payload);
    case Stage::columns_end:
      return on_columns_end(payload);
    case Stage::rows:
      return on_row(payload);
    case Stage::idle:
    case Stage::done:
    case Stage::failed:
      break;
  }
  return fail("result: bytes without a query");
}

SimpleQuery::Want SimpleQuery::on_head(Bytes payload) {
  if (payload[0] == kOkHeader) return on_ok(payload);
  if (payload[0] == kLocalInfileHeader) return fail("the server asks for a file, which is refused");
  const auto count = decode_column_count(payload);
  if (!count) return fail(fmt::format("column count: {}", to_text(count.error())));
  columns_.clear();
  kinds_.clear();
  rows_.clear();
  columns_left_ = *count;
  stage_ = Stage::columns;
  return Want::read;
}

SimpleQuery::Want SimpleQuery::on_column(Bytes payload) {
  const auto column = decode_column(payload);
  if (!column) return fail(fmt::format("column definition: {}", to_text(column.error())));
  columns_.emplace_back(column->name);
  kinds_.push_back({column->type, column->flags});
  if (--columns_left_ == 0) stage_ = (caps_ & kDeprecateEof) != 0 ? Stage::rows : Stage::columns_end;
  return Want::read;
}

SimpleQuery::Want SimpleQuery::on_columns_end(Bytes payload) {
  if (const auto eof = decode_eof(payload); !eof)
    return fail(fmt::format("EOF of columns: {}", to_text(eof.error())));
  stage_ = Stage::rows;
  return Want::read;
}

SimpleQuery::Want SimpleQuery::on_row(Bytes payload) {
  const bool short_enough = (caps_ & kDeprecateEof) != 0 || payload.size() < kTerminatorLimit;
  if (payload[0] == kEofHeader && short_enough) return on_terminator(payload);
  // A NULL is one byte as it comes, and forty as it is kept.
  const std::size_t kept = sizeof(Row) + columns_.size() * sizeof(Value);
  if (kept > bytes_left_) return fail("the result is larger than the limit");
  bytes_left_ -= kept;
  TextRowReader reader{payload};
  Row row;
  row.reserve(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const TextField field = reader.next();
    row.push_back(field ? Value(std::string(*field)) : std::nullopt);
  }
  if (const auto error = reader.finish()) return fail(fmt::format("row: {}", to_text(*error)));
  rows_.push_back(std::move(row));
  return Want::read;
}

SimpleQuery::Want SimpleQuery::on_terminator(Bytes payload) {
  constexpr std::size_t kEofPayload = 5;
  if (payload.size() > kEofPayload) return on_ok(payload);
  const auto eof = decode_eof(payload);
  if (!eof) return fail(fmt::format("EOF: {}", to_text(eof.error())));
  status_ = eof->status;
  warnings_ = eof->warnings;
  return end_of_result();
}

SimpleQuery::Want SimpleQuery::on_ok(Bytes payload) {
  const auto ok = decode_ok(payload, caps_);
  if (!ok) return fail(fmt::format("OK: {}", to_text(ok.error())));
  affected_rows_ = ok->affected_rows;
  last_insert_id_ = ok->last_insert_id;
  status_ = ok->status;
  warnings_ = ok->warnings;
  return end_of_result();
}

SimpleQuery::Want SimpleQuery::end_of_result() {
  if ((status_ & kStatusMoreResults) != 0) {
    stage_ = Stage::head;
    return Want::read;
  }
  stage_ = Stage::done;
  return Want::done;
}

SimpleQuery::Want SimpleQuery::on_err(Bytes payload) {
  const auto err = decode_err(payload);
  if (!err) return fail(fmt::format("the server's error: {}", to_text(err.error())));
  failure_ = {.from_server = true,
              .code = err->code,
              .sqlstate = std::string(err->sqlstate),
              .message = std::string(err->message)};
  stage_ = Stage::failed;
  return Want::failed;
}

SimpleQuery::Want SimpleQuery::fail(std::string message) {
  failure_ = {.from_server = false, .code = 0, .sqlstate = {}, .message = std::move(message)};
  rows_ = {};
  stage_ = Stage::failed;
  return Want::failed;
}

std::optional<std::string_view> SimpleQuery::find_value(std::size_t row, std::string_view column) const {
  const auto found =
      std::ranges::find_if(columns_, [&](const std::string& name) { return same_name(name, column); });
  if (row >= rows_.size() || found == columns_.end()) return std::nullopt;
  const Value& value = rows_[row][static_cast<std::size_t>(found - columns_.begin())];
  return value ? std::optional<std::string_view>(*value) : std::nullopt;
}

}  // namespace weir
