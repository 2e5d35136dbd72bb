// OK, EOF, ERR and the session changes in an OK: what decodes is encoded and decoded again without change.
// Input: odd if session tracking is on, then the payload.
#include "protocol/message/response.hpp"

#include "protocol/message/session_track.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace weir;

void ok(Bytes payload, Caps caps) {
  const auto first = decode_ok(payload, caps);
  if (!first) return;
  ByteQueue out;
  std::uint8_t sequence = 0;
  encode_ok(*first, caps, out, sequence, OkForm::ends_results);
  const auto second = decode_ok(out.readable().subspan(4), caps);
  fuzz::require(second.has_value(), "an encoded OK decodes");
  fuzz::require(second->affected_rows == first->affected_rows, "affected rows");
  fuzz::require(second->last_insert_id == first->last_insert_id, "last insert id");
  fuzz::require(second->warnings == first->warnings, "warnings");
  fuzz::require(second->info == first->info, "info");
  fuzz::require(second->session_state == first->session_state, "session state");

  SessionTrackReader items(first->session_state);
  ByteQueue state;
  Writer writer{state};
  std::size_t count = 0;
  for (; const auto item = items.next(); ++count) encode_track_item(*item, writer);
  SessionTrackReader again(as_text(state.readable()));
  while (again.next()) --count;
  fuzz::require(count == 0 && !again.error(), "encoded session changes are read again");
}

void err(Bytes payload) {
  const auto first = decode_err(payload);
  if (!first) return;
  ByteQueue out;
  std::uint8_t sequence = 0;
  encode_err(*first, out, sequence);
  const auto second = decode_err(out.readable().subspan(4));
  fuzz::require(second.has_value(), "an encoded ERR decodes");
  fuzz::require(second->code == first->code, "code");
  fuzz::require(second->sqlstate == first->sqlstate, "SQLSTATE");
  fuzz::require(second->message == first->message, "message");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  if (size < 1) return 0;
  const Bytes payload(input + 1, size - 1);
  ok(payload, input[0] & 1 ? kSessionTrack : 0);
  err(payload);
  decode_eof(payload);
  return 0;
}
