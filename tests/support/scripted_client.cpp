#include "tests/support/scripted_client.hpp"

#include <sys/socket.h>

#include <stdexcept>

#include "protocol/message/response.hpp"
#include "protocol/message/resultset.hpp"
#include "protocol/wire/frame.hpp"
#include "proxy/net/compression_filter.hpp"
#include "tests/support/frames.hpp"

namespace weir::test {
namespace {

std::string error_text_of(Bytes payload) {
  const auto err = decode_err(payload);
  return err ? std::to_string(err->code) + " " + std::string(err->message) : "broken error";
}

std::string row_text(Bytes payload, std::size_t columns) {
  std::string text;
  TextRowReader row(payload);
  for (std::size_t i = 0; i < columns; ++i) {
    const TextField field = row.next();
    text += (i > 0 ? "|" : "") + std::string(field.value_or("NULL"));
  }
  return text;
}

bool ends_rows(const Blob& payload, Caps caps) {
  return payload[0] == kEofHeader && (payload.size() < 9 || (caps & kDeprecateEof) != 0);
}

}  // namespace

std::vector<Blob> Reply::payloads() const {
  std::vector<Blob> payloads;
  Bytes rest = wire;
  std::size_t from = 0;  // of this run of consecutive sequence ids
  for (std::size_t at = 0; at + kFrameHeaderBytes < rest.size();) {
    const std::size_t length = decode_frame_header(rest.data() + at).length;
    const bool asks_file = rest[at + kFrameHeaderBytes] == kLocalInfileHeader && payloads.empty();
    at += kFrameHeaderBytes + length;
    if (!asks_file) continue;
    payloads = payloads_of(rest.first(at));  // the ids of the upload come between
    from = at;
    break;
  }
  for (Blob& payload : payloads_of(rest.subspan(from))) payloads.push_back(std::move(payload));
  return payloads;
}

std::string Reply::text() const {
  std::string text;
  const std::vector<Blob> all = payloads();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) text += ";";
    const Blob& head = all[i];
    if (head[0] == kErrHeader) return text + error_text_of(head);
    if (head[0] == kOkHeader || head[0] == kEofHeader) {
      text += "ok";
      continue;
    }
    if (head[0] == kLocalInfileHeader) {
      text += "file " + std::string(as_text(Bytes(head).subspan(1)));
      continue;
    }
    const std::size_t columns = head[0];
    const std::size_t last_of_head = i + columns + ((caps & kDeprecateEof) == 0 ? 1 : 0);
    while (i < last_of_head && i + 1 < all.size()) {
      if (all[++i][0] == kErrHeader) return text + "!" + error_text_of(all[i]);
    }
    bool first = true;
    for (++i; i < all.size() && !ends_rows(all[i], caps); ++i) {
      if (all[i][0] == kErrHeader) return text + "!" + error_text_of(all[i]);
      if (!std::exchange(first, false)) text += ",";
      text += row_text(all[i], columns);
    }
  }
  return text;
}

std::uint16_t Reply::status() const {
  const Blob last = payloads().back();
  if (last[0] == kEofHeader && last.size() == 5) return decode_eof(last)->status;
  return decode_ok(last, caps)->status;
}

ScriptedClient::ScriptedClient(Loop& loop) : channel_(loop) {
  channel_.set_events(this);
}

void ScriptedClient::connect(const Address& address, const ConnectRequest& request) {
  handshake_.start(request);
  channel_.connect(address);
}

void ScriptedClient::change_user(const ConnectRequest& request) {
  const Established before = handshake_.established();
  handshake_ = ClientHandshake{};
  handshake_.start_change_user(request, before);
  logged_in_ = false;
  login_error_.clear();
  changing_user_ = true;
  channel_.send(handshake_.output().readable());
  handshake_.output().clear();
}

void ScriptedClient::command(Command command, Bytes argument) {
  ByteQueue out;
  Blob payload{static_cast<std::uint8_t>(command)};
  payload.insert(payload.end(), argument.begin(), argument.end());
  std::uint8_t sequence = 0;
  write_packet(out, payload, sequence);
  send(out.readable(), {command_spec(command).shape});
}

void ScriptedClient::send(Bytes bytes, std::initializer_list<Shape> shapes) {
  for (const Shape shape : shapes) {
    if (shape != Shape::none) due_.push_back(shape == Shape::refuse ? Shape::ok : shape);
  }
  begin_next();
  channel_.send(bytes);
}

void ScriptedClient::send_below(Bytes bytes) {
  if (::send(channel_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("the socket takes no more");
}

void ScriptedClient::begin_next() {
  if (tracking_ || due_.empty()) return;
  tracking_ = true;
  tracker_.start(due_.front(), caps_);
  current_ = Reply{{}, caps_};
}

void ScriptedClient::upload(Bytes file) {
  if (!file.empty()) upload_part(file);
  upload_end();
}

void ScriptedClient::upload_part(Bytes part) {
  ByteQueue out;
  write_packet(out, part, upload_sequence_);
  channel_.send(out.readable());
}

void ScriptedClient::upload_end() {
  tracker_.upload_ended();
  upload_part({});
}

Reply ScriptedClient::take_reply() {
  Reply reply = std::move(replies_.front());
  replies_.erase(replies_.begin());
  return reply;
}

void ScriptedClient::reset() {
  const linger at_once{1, 0};
  if (channel_.fd() >= 0) setsockopt(channel_.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  channel_.close();
}

void ScriptedClient::on_bytes(MutableBytes bytes) noexcept {
  bytes_received_ += bytes.size();
  if (!logged_in_) return on_login_bytes(bytes);
  if (keeps_) on_reply_bytes(bytes);
}

void ScriptedClient::on_closed(NetError why) noexcept {
  if (why.detail) tls_error_ = why.text();
  ended_ = true;
}

void ScriptedClient::on_login_bytes(Bytes bytes) {
  const ClientHandshake::Want want = handshake_.on_bytes(bytes);
  channel_.send(std::exchange(with_login_, {}));
  channel_.send(handshake_.output().readable());
  channel_.send(std::exchange(behind_login_, {}));
  handshake_.output().clear();
  if (want == ClientHandshake::Want::start_tls) {
    channel_.add_filter(TlsFilter::connect(tls_, "db1.test", 6033));
    handshake_.on_secured();
    channel_.send(handshake_.output().readable());
    handshake_.output().clear();
  } else if (want == ClientHandshake::Want::failed) {
    login_error_ = std::to_string(handshake_.failure().code) + " " + handshake_.failure().message;
    logged_in_ = changing_user_;  // the other side may leave him who he was
  } else if (want == ClientHandshake::Want::done) {
    logged_in_ = true;
    caps_ = handshake_.established().caps;
    const Compression agreed = compression_of(caps_);
    if (agreed != Compression::none && !std::exchange(compresses_, true))
      channel_.add_filter(std::make_unique<CompressionFilter>(PacketNumbers::Side::client, agreed, 1));
  }
}

void ScriptedClient::on_reply_bytes(Bytes bytes) {
  Blob all = std::move(held_);
  held_.clear();
  all.insert(all.end(), bytes.begin(), bytes.end());
  std::size_t at = 0;
  while (tracking_) {
    const auto scan = tracker_.scan(Bytes(all).subspan(at));
    if (!scan) break;
    const std::size_t taken = scan->forward + scan->packet;
    current_.wire.insert(current_.wire.end(), all.begin() + static_cast<long>(at),
                         all.begin() + static_cast<long>(at + taken));
    if (scan->packet != 0 && scan->kind == PacketKind::local_infile)
      upload_sequence_ = static_cast<std::uint8_t>(all[at + scan->forward + 3] + 1);
    at += taken;
    if (tracker_.done()) {
      replies_.push_back(std::move(current_));
      due_.pop_front();
      tracking_ = false;
      begin_next();
    } else if (scan->packet == 0) {
      held_.assign(all.begin() + static_cast<long>(at), all.end());
      return;
    }
  }
  surplus_.insert(surplus_.end(), all.begin() + static_cast<long>(at), all.end());
}

}  // namespace weir::test
