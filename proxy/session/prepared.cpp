#include "proxy/session/prepared.hpp"

#include <algorithm>

#include "protocol/base/number_text.hpp"
#include "protocol/message/prepared.hpp"
#include "protocol/message/resultset.hpp"
#include "protocol/wire/frame.hpp"
#include "protocol/wire/reader.hpp"

namespace weir {
namespace {

std::size_t integer_bytes(ColumnType type) {
  if (type == ColumnType::longlong) return 8;
  if (type == ColumnType::long_int || type == ColumnType::int24) return 4;
  if (type == ColumnType::short_int || type == ColumnType::year) return 2;
  return type == ColumnType::tiny ? 1 : 0;
}

// Of one parameter, as COM_STMT_EXECUTE tells it.
constexpr std::size_t kTypeBytes = 2;

// Command, statement id, flags, iterations.
constexpr std::size_t kFixedBytes = 10;
constexpr std::size_t kFlagsAt = 5;

// MySQL 9: if the statement has parameters, their number is always there, whatever the flag says.
Result<ExecuteTypes> find_named_types(Bytes payload, std::uint16_t parameters) {
  ExecuteTypes types;
  types.named = true;
  Reader in(payload);
  in.skip(kFlagsAt);
  const std::uint64_t flags = in.fixed(1);
  in.skip(kFixedBytes - kFlagsAt - 1);
  if (in.failed()) return std::unexpected(DecodeError::truncated);
  if (parameters == 0 && (flags & kParameterCountAvailable) == 0) return types;
  const std::uint64_t count = in.lenenc();
  if (count < parameters || count > 0xffff) in.fail(DecodeError::bad_value);
  if (const auto error = in.error()) return std::unexpected(*error);
  if (count == 0) return types;
  types.attributes = count - parameters;
  types.nulls_at = payload.size() - in.remaining();
  in.skip((count + 7) / 8);
  types.flag_at = payload.size() - in.remaining();
  types.bound = in.fixed(1) != 0;
  for (std::uint64_t i = 0; types.bound && i < count && !in.failed(); ++i) {
    in.skip(2);
    in.lenenc_text();
  }
  if (const auto error = in.error()) return std::unexpected(*error);
  types.types_bytes = payload.size() - in.remaining() - types.flag_at - 1;
  return types;
}

// The frame at the front of `request` has become so many bytes longer, or shorter.
void adjust_frame(std::vector<std::uint8_t>& request, std::ptrdiff_t bytes) {
  const FrameHeader header = decode_frame_header(request.data());
  const auto length = static_cast<std::uint32_t>(static_cast<std::ptrdiff_t>(header.length) + bytes);
  encode_frame_header({length, header.sequence}, request.data());
}

// The payload of the frame at the front of `request` begins with `head` instead of so many bytes.
void replace_head(std::vector<std::uint8_t>& request, std::size_t bytes, Bytes head) {
  const auto begin = request.begin() + kFrameHeaderBytes;
  if (head.size() <= bytes) {
    request.erase(begin, begin + static_cast<std::ptrdiff_t>(bytes - head.size()));
  } else {
    request.insert(begin, head.size() - bytes, std::uint8_t{0});
  }
  std::ranges::copy(head, request.begin() + kFrameHeaderBytes);
  adjust_frame(request, static_cast<std::ptrdiff_t>(head.size()) - static_cast<std::ptrdiff_t>(bytes));
}

bool is_text(ColumnType type) {
  return type == ColumnType::string || type == ColumnType::var_string || type == ColumnType::varchar ||
         type == ColumnType::decimal || type == ColumnType::new_decimal || type == ColumnType::blob;
}

}  // namespace

std::uint32_t PreparedStatements::add(PreparedTextPtr text, std::uint16_t parameters, std::uint16_t columns) {
  do {
    ++last_id_;
  } while (last_id_ == 0 || statements_.contains(last_id_));
  const ClientStatement& added = statements_[last_id_] =
      ClientStatement{.text = std::move(text), .parameters = parameters, .columns = columns};
  kept_bytes_ += bytes_of(added);
  return last_id_;
}

// The same for as long as it is there.
std::size_t PreparedStatements::bytes_of(const ClientStatement& statement) {
  return sizeof(ClientStatement) + statement.text->bytes() + kTypeBytes * statement.parameters;
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
  kept_bytes_ -= bytes_of(*statement);
  statements_.erase(id);
}

void PreparedStatements::clear() {
  statements_.clear();
  kept_bytes_ = 0;
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
// bytes each. With CLIENT_QUERY_ATTRIBUTES, names as well.
Result<ExecuteTypes> find_execute_types(Bytes payload, std::uint16_t parameters, Caps caps) {
  if ((caps & kQueryAttributes) != 0) return find_named_types(payload, parameters);
  if (parameters == 0) return ExecuteTypes{};
  ExecuteTypes types;
  types.nulls_at = kFixedBytes;
  types.flag_at = kFixedBytes + (parameters + 7u) / 8u;
  if (payload.size() <= types.flag_at) return std::unexpected(DecodeError::truncated);
  types.bound = payload[types.flag_at] != 0;
  if (!types.bound) return types;
  types.types_bytes = std::size_t{2} * parameters;
  if (payload.size() < types.flag_at + 1 + types.types_bytes) return std::unexpected(DecodeError::truncated);
  return types;
}

void take_types(Bytes payload, const ExecuteTypes& place, std::uint16_t parameters,
                std::vector<std::uint8_t>& types) {
  const Bytes block = payload.subspan(place.flag_at + 1, place.types_bytes);
  if (!place.named) return types.assign(block.begin(), block.end());
  types.clear();
  Reader in(block);
  for (std::uint16_t i = 0; i < parameters; ++i) {
    const Bytes type = in.bytes(2);
    types.insert(types.end(), type.begin(), type.end());
    in.lenenc_text();
  }
}

std::optional<std::uint64_t> whole_number_parameter(Bytes payload, const ExecuteTypes& place, Bytes bound) {
  if (place.flag_at == 0 || bound.size() < 2) return std::nullopt;
  const bool null = (payload[place.nulls_at] & 1) != 0;
  if (null) return std::nullopt;
  Reader in(payload.subspan(place.flag_at + 1 + place.types_bytes));
  const auto type = static_cast<ColumnType>(bound[0]);
  if (const std::size_t bytes = integer_bytes(type)) {
    const bool is_signed = (bound[1] & 0x80) == 0;
    const std::uint64_t value = in.fixed(bytes);
    const bool negative = is_signed && (value >> (8 * bytes - 1)) != 0;
    return !in.failed() && !negative ? std::optional(value) : std::nullopt;
  }
  if (!is_text(type)) return std::nullopt;
  const std::string_view text = in.lenenc_text();
  return in.failed() ? std::nullopt : to_integer<std::uint64_t>(text);
}

std::size_t inserted_bytes(const ExecuteTypes& place, Bytes types) {
  if (place.attributes > 0) return 0;
  return place.named ? types.size() / 2 * 3 : types.size();
}

void insert_types(std::vector<std::uint8_t>& request, const ExecuteTypes& place, Bytes types) {
  if (place.attributes > 0) return;
  std::vector<std::uint8_t> block;
  block.reserve(inserted_bytes(place, types));
  for (std::size_t i = 0; i + 1 < types.size(); i += 2) {
    block.insert(block.end(), {types[i], types[i + 1]});
    if (place.named) block.push_back(0);  // no name
  }
  const std::size_t flag_at = kFrameHeaderBytes + place.flag_at;
  request[flag_at] = 1;
  request.insert(request.begin() + static_cast<std::ptrdiff_t>(flag_at) + 1, block.begin(), block.end());
  adjust_frame(request, static_cast<std::ptrdiff_t>(block.size()));
}

std::size_t make_plain_execute(std::vector<std::uint8_t>& request, const ExecuteTypes& place,
                               std::uint16_t parameters, std::vector<std::uint8_t>& head) {
  const Bytes payload = Bytes(request).subspan(kFrameHeaderBytes);
  const std::size_t values_at = place.flag_at > 0 ? place.flag_at + 1 + place.types_bytes : payload.size();
  head.assign(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(values_at));
  std::vector<std::uint8_t> plain(head.begin(), head.begin() + kFixedBytes);
  plain[kFlagsAt] = static_cast<std::uint8_t>(plain[kFlagsAt] & ~kParameterCountAvailable);
  if (parameters > 0) {
    const Bytes nulls = payload.subspan(place.nulls_at, (parameters + 7u) / 8u);
    plain.insert(plain.end(), nulls.begin(), nulls.end());
    plain.push_back(place.bound ? 1 : 0);
    std::vector<std::uint8_t> types;
    if (place.bound) take_types(payload, place, parameters, types);
    plain.insert(plain.end(), types.begin(), types.end());
  }
  replace_head(request, values_at, plain);
  return plain.size();
}

void restore_execute(std::vector<std::uint8_t>& request, std::size_t plain_head_bytes, Bytes head) {
  replace_head(request, plain_head_bytes, head);
}

PreparedTextPtr PreparedTexts::text_for(std::string_view sql, const SessionState& state,
                                        std::string_view own_sql) {
  PreparedText wanted;
  wanted.hash = std::hash<std::string_view>{}(sql);
  wanted.mode = state.lex_mode();
  wanted.context = PrepareContext::of(state);
  const auto [first, last] = texts_.equal_range(wanted.hash);
  for (auto place = first; place != last; ++place) {
    PreparedTextPtr text = place->second.lock();
    if (text && text->sql == sql && text->own_sql == own_sql && text->mode == wanted.mode &&
        text->context == wanted.context)
      return text;
  }
  wanted.sql = sql;
  wanted.own_sql = own_sql;
  if (texts_.size() >= sweep_at_) forget_unused();
  PreparedTextPtr text = std::make_shared<const PreparedText>(std::move(wanted));
  texts_.emplace(text->hash, text);
  return text;
}

// Seldom enough to cost nothing, often enough that at most half of the entries are of nobody.
void PreparedTexts::forget_unused() {
  std::erase_if(texts_, [](const auto& entry) { return entry.second.expired(); });
  sweep_at_ = std::max(kFirstSweep, 2 * texts_.size());
}

}  // namespace weir
