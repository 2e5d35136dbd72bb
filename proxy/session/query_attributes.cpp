// Session: query attributes. They go to the server as they came; where the server takes none, the request
// goes without them.
#include <algorithm>

#include "protocol/message/prepared.hpp"
#include "protocol/message/query.hpp"
#include "proxy/session/session.hpp"

namespace weir {

namespace {

bool fills_frame(const std::vector<std::uint8_t>& request) {
  return decode_frame_header(request.data()).length == kMaxFramePayload;
}

// What is there is the beginning of something longer.
bool is_cut(DecodeError error) {
  return error == DecodeError::truncated || error == DecodeError::bad_length;
}

}  // namespace

// Behind the attributes. False: they make no sense, or are longer than a frame, and the client has been told.
bool Session::find_text() {
  const auto at = find_query_text(request_.payload());
  if (at) {
    request_.text_at = *at;
    return true;
  }
  const bool too_long = fills_frame(request_.bytes) && is_cut(at.error());
  reply(too_long ? ProxyError::packet_too_large : ProxyError::malformed_packet);
  finish_command();
  return false;
}

// Whether what stands before a text, or before the values of an execution, has not all arrived. Looks each
// time that twice as much is there as the time before: however small the pieces, they are not read often.
bool Session::lacks_head() {
  if (request_.bytes.size() < request_.look_again_at) return true;
  request_.look_again_at = std::min<std::size_t>(2 * request_.bytes.size(), kMaxFramePayload);
  const Bytes payload = request_.payload();
  const Command command = command_spec(request_.code()).command;
  if (command == Command::query && (caps_ & kQueryAttributes) != 0) {
    const auto at = find_query_text(payload);
    return !at && is_cut(at.error());
  }
  if (command != Command::stmt_execute) return false;
  const auto id = decode_statement_id(payload);
  const ClientStatement* statement = id ? statements_.find(*id) : nullptr;
  if (statement == nullptr) return false;
  const auto types = find_execute_types(payload, statement->parameters, caps_);
  return !types && is_cut(types.error());
}

bool Session::server_takes_attributes() const {
  return (lease_->caps() & kQueryAttributes) != 0;
}

// In place: views of the text stay good.
void Session::leave_out_attributes() {
  const MutableBytes payload = request_.mutable_payload();
  const Bytes attributes = payload.subspan(1, request_.text_at - 1);
  with_attributes_.assign(attributes.begin(), attributes.end());
  blank_attributes(payload, request_.text_at);
  request_.left_out_attributes = true;
}

// The same of a COM_STMT_EXECUTE that is a single frame and has been read before.
void Session::leave_out_attributes_of_execute(const ClientStatement& statement) {
  const auto place = find_execute_types(request_.payload(), statement.parameters, caps_);
  if (!place) return;
  plain_head_bytes_ = make_plain_execute(request_.bytes, *place, statement.parameters, with_attributes_);
  request_.left_out_attributes = true;
}

// The request is as the client sent it: another server may take them.
void Session::bring_back_attributes() {
  request_.left_out_attributes = false;
  if (request_.spec->command == Command::query) {
    std::ranges::copy(with_attributes_, request_.mutable_payload().begin() + 1);
  } else {
    restore_execute(request_.bytes, plain_head_bytes_, with_attributes_);
  }
}

}  // namespace weir
