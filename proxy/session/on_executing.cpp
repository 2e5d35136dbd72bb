// Session, stage executing: the request goes to the server, and what comes back goes to the client, unseen
// but for the packets that end something.
#include "protocol/message/response.hpp"
#include "proxy/session/session.hpp"
#include "router/query/own_values.hpp"
#include "router/session/refused_locks.hpp"

namespace weir {
namespace {

// What an account has no privilege for. Any other error in place of a stream of events is the last that a
// server says on its connection.
constexpr std::uint16_t kMayNot = 1227;

std::size_t lenenc_bytes(std::uint64_t value) {
  return value < 251 ? 1 : value <= 0xffff ? 3 : value <= 0xffffff ? 4 : 9;
}

// Nothing follows the warnings: the packet reads the same with and without CLIENT_SESSION_TRACK.
bool ends_after_warnings(const OkPacket& ok, std::size_t payload_bytes) {
  return payload_bytes == 1 + lenenc_bytes(ok.affected_rows) + lenenc_bytes(ok.last_insert_id) + 4;
}

// A statement that is answered by rows only, whatever they are: its server has no use for a file of the
// client's.
bool asks_for_no_file(const Statement& statement) {
  using enum StatementKind;
  const StatementKind kind = statement.kind;
  return (kind == select || kind == values || kind == table || kind == show) &&
         !statement.has(Trait::multi_statement);
}

// What tells whether locks were got; of a longer answer only so much that it is not taken for a whole one.
void append_small(std::vector<std::uint8_t>& answer, Bytes bytes) {
  if (answer.size() <= kLockAnswerBytes) answer.insert(answer.end(), bytes.begin(), bytes.end());
}

}  // namespace

void Session::execute() {
  if (request_.left_out_attributes) bring_back_attributes();
  if (request_.prepared && request_.spec->has(kCarriesStatementId) && !patch_execute()) return;
  if (request_.text_at > 1 && !server_takes_attributes()) leave_out_attributes();
  stage_ = Stage::executing;
  deadline_.set(now() + request_.timeout_ms);
  count_sent();
  const bool no_file = !request_.streaming && asks_for_no_file(request_.statement);
  const Caps caps = no_file ? lease_->caps() & ~kLocalFiles : lease_->caps();
  const bool is_whole = request_.tracker.done();
  lease_->begin(request_.spec->shape, caps,
                is_whole ? std::optional(request_.tracker.next_sequence()) : std::nullopt);
  may_have_own_values(request_.statement) ? send_with_own_values() : lease_->send(request_.bytes);
  if (!request_.streaming && request_.spec->shape != Shape::none) lease_->time_reply();
  if (!serving_) throttle_client();  // else serve() does it
  if (request_.streaming) forward_inbox();
  if (stage_ == Stage::executing && request_.spec->shape == Shape::none && request_.tracker.done())
    finish_command();
}

void Session::relay(MutableBytes bytes) {
  if (held_.empty()) {
    const std::size_t taken = relay_from(bytes);
    return held_.append(bytes.subspan(taken));
  }
  // The next command may begin, and hold bytes of its own, before relay_from() returns.
  ByteQueue held;
  std::swap(held, held_);
  held.append(bytes);
  const std::size_t taken = relay_from(held.readable());
  if (taken < held.size()) held_.append(held.readable().subspan(taken));
}

// Passes on what can be passed on; returns how many bytes that was.
std::size_t Session::relay_from(MutableBytes bytes) {
  std::size_t sent = 0;  // everything before has gone to the client
  std::size_t at = 0;
  for (;;) {
    const auto scan = lease_->tracker().scan(bytes.subspan(at));
    if (!scan) {
      at += lease_->tracker().sound_bytes();
      send_to_client(bytes.subspan(sent, at - sent));
      backend_broke_protocol(scan.error());
      return bytes.size();
    }
    at += scan->forward;
    if (scan->packet == 0) break;
    const MutableBytes packet = bytes.subspan(at, scan->packet);
    if (scan->kind == PacketKind::err && at == sent && ask_again_elsewhere(packet)) return bytes.size();
    if (scan->kind == PacketKind::local_infile && !inbox_.empty()) {
      // It was sent for another reason, before anybody asked: no file.
      send_to_client(bytes.subspan(sent, at - sent));
      request_.tracker.start_upload(packet[3]);
      protocol_error(DecodeError::out_of_order);
      return bytes.size();
    }
    if (relay_packet(packet, scan->kind)) {
      // The client's form of it is in the worker's queue: it goes in the place of what came.
      send_to_client(bytes.subspan(sent, at - sent));
      send_reply(lease_->tracker().done());
      sent = at + scan->packet;
    }
    at += scan->packet;
    if (lease_->tracker().done()) break;
  }
  const bool last = lease_->tracker().done();
  send_to_client(bytes.subspan(sent, at - sent), last);
  if (last) {
    if (at < bytes.size()) lease_.suspect();  // it speaks on, unasked
    const bool stream_failed =
        request_.spec->shape == Shape::stream && lease_->tracker().error_code() != kMayNot;
    stream_failed ? end_after_reply(EndReason::request_failed) : finish_command();
    return bytes.size();
  }
  if (lease_->tracker().streaming()) follow_stream();
  return at;
}

// `last`: it ends the reply.
void Session::send_to_client(Bytes bytes, bool last) {
  if (bytes.empty()) return;
  request_.answered = true;
  request_.file_sent = false;
  stats().bytes_to_clients.add(bytes.size());
  if (request_.cache_ttl_ms > 0) capture(bytes, last);
  if (request_.statement.has(Trait::named_lock_taken)) append_small(request_.captured, bytes);
  client_.send(bytes);
  if (!client_.congested()) return;
  lease_->channel().pause_reading();
  follow_pace();
}

// True: the client gets what is in the worker's scratch queue instead.
bool Session::relay_packet(MutableBytes packet, PacketKind kind) {
  switch (kind) {
    case PacketKind::ok:
      return relay_ok(packet);
    case PacketKind::eof:
      request_.status = lease_->tracker().status();
      request_.warned_before |= request_.warnings != 0;
      request_.warnings = lease_->tracker().warnings();
      request_.has_status = true;
      row_count_ = -1;
      if (counts_strange_warnings()) store_le(packet.data() + kFrameHeaderBytes + 1, 0, 2);
      return false;
    case PacketKind::err:
      request_.failed = true;
      row_count_ = -1;
      count_server_error(packet);
      return refuse_like_writer(packet);
    case PacketKind::prepare_ok:
      on_prepared(packet);
      return false;
    case PacketKind::local_infile:
      // The client speaks next, with the sequence id after the server's.
      request_.infile = true;
      request_.tracker.start_upload(static_cast<std::uint8_t>(packet[3] + 1));
      follow_pace();
      return false;
  }
  unreachable();
}

// True: the client wants another form of this OK; it is in the worker's scratch queue.
bool Session::relay_ok(Bytes packet) {
  const Bytes payload = packet.subspan(kFrameHeaderBytes);
  const Caps server_caps = lease_->caps();
  auto ok = decode_ok(payload, server_caps);
  if (!ok) return false;  // the tracker has read it already: what is odd about it is the client's to judge
  note_ok(*ok);
  if (payload[0] != kOkHeader) {
    row_count_ = -1;
  } else if (!request_.statement.has(Trait::shows_diagnostics)) {  // GET DIAGNOSTICS leaves it
    row_count_ = static_cast<std::int64_t>(ok->affected_rows);
  }
  const bool strange = ok->warnings != 0 && (request_.asks_for_status || counts_strange_warnings());
  if (strange) ok->warnings = 0;
  const bool same_form =
      ((server_caps ^ caps_) & kSessionTrack) == 0 || ends_after_warnings(*ok, payload.size());
  if (same_form && !strange) return false;
  std::uint8_t sequence = packet[3];
  encode_ok(*ok, caps_, worker_.scratch_queue(), sequence,
            payload[0] == kOkHeader ? OkForm::plain : OkForm::ends_results);
  return true;
}

// The rest of a long request, or the file of LOAD DATA LOCAL INFILE.
void Session::forward_upload(Bytes bytes) {
  while (stage_ == Stage::executing && !bytes.empty() && (request_.streaming || request_.infile) &&
         !request_.tracker.done()) {
    const auto consumed = request_.tracker.feed(bytes);
    if (!consumed) return protocol_error(consumed.error());
    const auto limit = static_cast<std::uint64_t>(settings().max_allowed_packet);
    if (request_.streaming && request_.tracker.payload_bytes() > limit) {
      reply(ProxyError::packet_too_large);
      return end_after_reply(EndReason::client_protocol);
    }
    lease_->send(bytes.first(*consumed));
    bytes = bytes.subspan(*consumed);
    if (!request_.tracker.done()) continue;
    if (request_.infile) lease_->tracker().upload_ended();
    request_.file_sent = request_.infile;
    request_.infile = false;
    request_.streaming = false;
  }
  if (stage_ != Stage::executing) return;
  inbox_.append(bytes);
  throttle_client();
  if (request_.spec->shape == Shape::none && request_.tracker.done()) finish_command();
}

void Session::forward_inbox() {
  ByteQueue waiting;
  std::swap(waiting, inbox_);
  forward_upload(waiting.readable());
}

// A server that has begun to send events does so for as long as it likes.
void Session::follow_stream() {
  deadline_.set(kNever);
  if (inbox_.empty()) return;
  ByteQueue waiting;
  std::swap(waiting, inbox_);
  pass_stream(waiting.readable());
}

// Behind COM_BINLOG_DUMP both sides speak as they like.
void Session::pass_stream(Bytes bytes) {
  lease_->send(bytes);
  throttle_client();
}

}  // namespace weir
