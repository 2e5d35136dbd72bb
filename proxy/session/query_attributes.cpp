// Session: query attributes. They go to the server as they came; where the server takes none, the request
// goes without them.
#include <algorithm>

#include "protocol/message/query.hpp"
#include "proxy/session/session.hpp"

namespace weir {

// Behind the attributes. False: they make no sense, and the client has been told.
bool Session::find_text() {
  const auto at = find_query_text(request_.payload());
  if (at) {
    request_.text_at = *at;
    return true;
  }
  reply(ProxyError::malformed_packet);
  finish_command();
  return false;
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

// The same of a COM_STMT_EXECUTE. False: it is too long.
bool Session::leave_out_attributes_of_execute(const ClientStatement& statement) {
  const auto place = find_execute_types(request_.payload(), statement.parameters, caps_);
  if (!place || decode_frame_header(request_.bytes.data()).length == kMaxFramePayload) return false;
  with_attributes_ = request_.bytes;
  make_plain_execute(request_.bytes, *place, statement.parameters);
  request_.left_out_attributes = true;
  return true;
}

// The request is as the client sent it: another server may take them.
void Session::bring_back_attributes() {
  request_.left_out_attributes = false;
  if (request_.spec->command == Command::query) {
    std::ranges::copy(with_attributes_, request_.mutable_payload().begin() + 1);
  } else {
    request_.bytes.swap(with_attributes_);
  }
}

}  // namespace weir
