#include "tests/crowd/crowd_client.hpp"

#include <fmt/format.h>

#include <array>

#include "protocol/message/command.hpp"
#include "protocol/message/prepared.hpp"
#include "protocol/message/response.hpp"
#include "protocol/wire/writer.hpp"
#include "proxy/net/tls_filter.hpp"

namespace weir::crowd {
namespace {

constexpr std::uint64_t kRepreparedOneIn = 100;
constexpr std::size_t kColumns = 2;
constexpr std::uint8_t kStringType = 253, kLongLongType = 8;

// CRC-32 as servers compute it.
std::uint32_t crc32_of(std::string_view text) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t i = 0; i < made.size(); ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? value >> 1 ^ 0xedb88320 : value >> 1;
      made[i] = value;
    }
    return made;
  }();
  std::uint32_t sum = 0xffffffff;
  for (const char c : text) sum = table[(sum ^ static_cast<std::uint8_t>(c)) & 0xff] ^ sum >> 8;
  return ~sum;
}

}  // namespace

CrowdClient::CrowdClient(CrowdHost& host, Loop& loop, const Account& account, std::uint64_t number,
                         std::size_t statements)
    : host_(host),
      account_(account),
      channel_(loop),
      statements_(statements),
      state_(number * 0x9e3779b97f4a7c15 + 1) {
  channel_.set_events(this);
  ConnectRequest request;
  request.credentials.user = account.user;
  request.credentials.cleartext = account.password;
  request.schema = account.schema;
  request.want = kAskedOfServers | kMultiResults | kPsMultiResults | kDeprecateEof;
  request.tls = account.tls != nullptr;
  handshake_.start(std::move(request));
}

void CrowdClient::on_closed(NetError why) noexcept {
  fail(fmt::format("connection lost: {}", why.text()));
}

void CrowdClient::on_bytes(MutableBytes bytes) noexcept {
  if (stage_ == Stage::logging_in) return on_login_bytes(bytes);
  held_.append(bytes);
  while (stage_ != Stage::failed && held_.size() >= kFrameHeaderBytes) {
    const std::size_t length = decode_frame_header(held_.readable().data()).length;
    if (held_.size() < kFrameHeaderBytes + length) return;
    on_packet(held_.readable().subspan(kFrameHeaderBytes, length));
    held_.consume(kFrameHeaderBytes + length);
  }
  if (held_.empty()) held_.release();
}

void CrowdClient::on_login_bytes(Bytes bytes) {
  const auto want = handshake_.on_bytes(bytes);
  channel_.send(handshake_.output().readable());
  handshake_.output().clear();
  if (want == ClientHandshake::Want::start_tls) {
    channel_.add_filter(TlsFilter::connect(account_.tls, {}, 0));
    handshake_.on_secured();
    channel_.send(handshake_.output().readable());
    handshake_.output().clear();
    return;
  }
  if (want == ClientHandshake::Want::failed) return fail("login: " + handshake_.failure().message);
  if (want == ClientHandshake::Want::done) prepare(0);
}

void CrowdClient::on_packet(Bytes payload) {
  if (payload.empty()) return fail("an empty packet");
  if (payload[0] == 0xff) {
    const auto error = decode_err(payload);
    return fail(error ? fmt::format("{} {}", error->code, error->message) : "an ERR that cannot be read");
  }
  ++packets_;
  if (stage_ == Stage::preparing) return on_prepare_packet(payload);
  if (stage_ == Stage::executing) return on_execute_packet(payload);
  fail("a packet that nobody asked for");
}

void CrowdClient::prepare(std::size_t index) {
  stage_ = Stage::preparing;
  current_ = index;
  packets_ = 0;
  ByteQueue out;
  std::uint8_t sequence = 0;
  {
    PacketWriter packet(out, sequence);
    packet.fixed(static_cast<std::uint8_t>(Command::stmt_prepare), 1);
    packet.text(fmt::format(
        "SELECT CAST(? AS CHAR) AS text, CAST(CRC32(CONCAT(?, ?, '#{}')) AS CHAR) AS checksum", index));
  }
  channel_.send(out.readable());
}

void CrowdClient::on_prepare_packet(Bytes payload) {
  if (packets_ == 1) {
    const auto ok = decode_prepare_ok(payload);
    if (!ok || ok->parameters != 3 || ok->columns != kColumns) return fail("a strange answer to PREPARE");
    statements_[current_] = ok->statement_id;
    expected_ = std::size_t{1} + ok->parameters + ok->columns;
  }
  if (packets_ < expected_) return;
  if (all_prepared_) return execute(current_);
  if (current_ + 1 < statements_.size()) return prepare(current_ + 1);
  all_prepared_ = true;
  stage_ = Stage::idle;
  host_.on_prepared(*this);
}

void CrowdClient::go_on() {
  const std::size_t index = next_number() % statements_.size();
  if (next_number() % kRepreparedOneIn != 0) return execute(index);
  close_statement(index);
  prepare(index);
}

void CrowdClient::close_statement(std::size_t index) {
  ByteQueue out;
  std::uint8_t sequence = 0;
  {
    PacketWriter packet(out, sequence);
    packet.fixed(static_cast<std::uint8_t>(Command::stmt_close), 1);
    packet.fixed(statements_[index], 4);
  }
  channel_.send(out.readable());
}

// MySQL: page_protocol_com_stmt_execute.
void CrowdClient::execute(std::size_t index) {
  stage_ = Stage::executing;
  current_ = index;
  packets_ = 0;
  value_ = next_number();
  text_ = fmt::format("{:x}-{}", value_ * 31, std::string(value_ % 40, 'x'));
  ByteQueue out;
  std::uint8_t sequence = 0;
  {
    PacketWriter packet(out, sequence);
    packet.fixed(static_cast<std::uint8_t>(Command::stmt_execute), 1);
    packet.fixed(statements_[index], 4);
    packet.fixed(0, 1);  // no cursor
    packet.fixed(1, 4);
    packet.fixed(0, 1);  // nothing is NULL
    packet.fixed(1, 1);  // types follow
    for (const std::uint8_t type : {kStringType, kStringType, kLongLongType}) packet.fixed(type, 2);
    packet.lenenc_text(text_);
    packet.lenenc_text(text_);
    packet.fixed(value_, 8);
  }
  channel_.send(out.readable());
}

// The number of columns, their definitions, one row, and an OK in the place of EOF.
void CrowdClient::on_execute_packet(Bytes payload) {
  constexpr std::size_t kRow = 1 + kColumns + 1;
  if (packets_ < kRow) return;
  if (packets_ == kRow) {
    if (const std::string wrong = wrong_row(payload); !wrong.empty()) fail(wrong);
    return;
  }
  if (payload[0] != 0xfe) return fail("more than one row");
  stage_ = Stage::idle;
  if (host_.on_executed(*this)) go_on();
}

std::string CrowdClient::wrong_row(Bytes payload) const {
  Reader row(payload);
  row.skip(2);  // header, and the bits of NULL
  const std::string_view text = row.lenenc_text();
  const std::string_view checksum = row.lenenc_text();
  const std::string right = std::to_string(crc32_of(fmt::format("{}{}#{}", text_, value_, current_)));
  if (payload[0] == 0 && payload[1] == 0 && text == text_ && checksum == right && row.empty()) return {};
  return fmt::format("statement {} of '{}' and {} gives '{}' and {}, not {}", current_, text_, value_, text,
                     checksum, right);
}

// xorshift64; positive as a signed number, too.
std::uint64_t CrowdClient::next_number() {
  state_ ^= state_ << 13;
  state_ ^= state_ >> 7;
  state_ ^= state_ << 17;
  return state_ >> 20;
}

void CrowdClient::fail(const std::string& why) {
  if (stage_ == Stage::failed) return;
  stage_ = Stage::failed;
  host_.on_failed(*this, why);
}

}  // namespace weir::crowd
