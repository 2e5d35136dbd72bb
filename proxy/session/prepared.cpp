#include "proxy/session/prepared.hpp"

#include "protocol/wire/frame.hpp"

namespace weir {

std::uint32_t PreparedStatements::add(PreparedTextPtr text, std::uint16_t parameters, std::uint16_t columns) {
  do {
    ++last_id_;
  } while (last_id_ == 0 || statements_.contains(last_id_));
  statements_[last_id_] = ClientStatement{std::move(text), parameters, columns, {}, 0, false, false};
  return last_id_;
}

ClientStatement* PreparedStatements::find(std::uint32_t id) {
  const auto found = statements_.find(id);
  return found == statements_.end() ? nullptr : &found->second;
}

void PreparedStatements::remove(std::uint32_t id) {
  ClientStatement* statement = find(id);
  if (statement == nullptr) return;
  set_cursor(*statement, false);
  set_long_data(*statement, false);
  statements_.erase(id);
}

void PreparedStatements::clear() {
  statements_.clear();
  cursors_ = long_data_ = 0;
}

void PreparedStatements::set_cursor(ClientStatement& statement, bool open) {
  cursors_ += static_cast<int>(open) - static_cast<int>(statement.has_cursor);
  statement.has_cursor = open;
}

void PreparedStatements::set_long_data(ClientStatement& statement, bool pending) {
  long_data_ += static_cast<int>(pending) - static_cast<int>(statement.has_long_data);
  statement.has_long_data = pending;
}

// MySQL: page_protocol_com_stmt_execute. code 1, id 4, flags 1, iterations 4, NULL bitmap, flag, types of 2
// bytes each. CLIENT_QUERY_ATTRIBUTES, which would add names, is not offered.
Result<ExecuteTypes> find_execute_types(Bytes payload, std::uint16_t parameters) {
  static constexpr std::size_t kFixedBytes = 10;
  if (parameters == 0) return ExecuteTypes{};
  ExecuteTypes types;
  types.flag_at = kFixedBytes + (parameters + 7u) / 8u;
  if (payload.size() <= types.flag_at) return std::unexpected(DecodeError::truncated);
  types.bound = payload[types.flag_at] != 0;
  if (!types.bound) return types;
  types.types_bytes = std::size_t{2} * parameters;
  if (payload.size() < types.flag_at + 1 + types.types_bytes) return std::unexpected(DecodeError::truncated);
  return types;
}

void insert_types(std::vector<std::uint8_t>& request, const ExecuteTypes& place, Bytes types) {
  const std::size_t flag_at = kFrameHeaderBytes + place.flag_at;
  request[flag_at] = 1;
  request.insert(request.begin() + static_cast<std::ptrdiff_t>(flag_at) + 1, types.begin(), types.end());
  const FrameHeader header = decode_frame_header(request.data());
  encode_frame_header({static_cast<std::uint32_t>(header.length + types.size()), header.sequence},
                      request.data());
}

PreparedTextPtr make_prepared_text(std::string_view sql, const SessionState& state) {
  auto text = std::make_shared<PreparedText>();
  text->sql = sql;
  text->hash = std::hash<std::string_view>{}(sql);
  text->mode = state.lex_mode();
  text->context = PrepareContext::of(state);
  return text;
}

}  // namespace weir
