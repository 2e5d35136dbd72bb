#include "monitor/server_probe.hpp"

#include <fmt/format.h>

#include "protocol/base/check.hpp"
#include "protocol/message/command.hpp"
#include "protocol/message/response.hpp"
#include "protocol/wire/writer.hpp"
#include "proxy/net/tls_contexts.hpp"
#include "proxy/net/tls_filter.hpp"

namespace weir {
namespace {

// A server that asks for what we do not have, after a greeting as it should be, is there, and works.
ProbeFault fault_of(const ClientHandshake& handshake) {
  const ClientHandshake::Failure& failure = handshake.failure();
  if (failure.from_server) return fault_of_login(failure.code);
  const bool greeted = !handshake.established().server_version.empty();
  const bool asks_too_much =
      failure.error == DecodeError::unsupported || failure.error == DecodeError::auth_failed;
  return greeted && asks_too_much ? ProbeFault::access_denied : ProbeFault::protocol;
}

}  // namespace

ServerProbe::ServerProbe(Loop& loop, Endpoint endpoint, Credentials credentials)
    : loop_(loop),
      endpoint_(std::move(endpoint)),
      credentials_(std::move(credentials)),
      channel_(loop),
      lookup_(loop, *this),
      deadline_(loop.deadlines(), *this) {
  channel_.set_events(this);
}

void ServerProbe::connect(ProbeEvents& asker, ProbeLimits limits) {
  disconnect();
  ask(Question::connect, asker, limits);
}

void ServerProbe::ping(ProbeEvents& asker, ProbeLimits limits) {
  ask(Question::ping, asker, limits);
}

void ServerProbe::query(std::string sql, ProbeEvents& asker, ProbeLimits limits) {
  sql_ = std::move(sql);
  ask(Question::query, asker, limits);
}

void ServerProbe::ask(Question question, ProbeEvents& asker, ProbeLimits limits) {
  WEIR_ASSERT(!busy(), "one question at a time");
  question_ = question;
  asker_ = &asker;
  limits_ = limits;
  until_ = loop_.now() + limits.timeout_ms;
  deadline_.set(until_);
  kept_before_ = stage_ == Stage::kept;
  return kept_before_ ? send_command() : open_later();
}

void ServerProbe::close() {
  asker_ = nullptr;
  disconnect();
}

void ServerProbe::connect_anew() {
  disconnect();
  if (!busy()) return;
  kept_before_ = false;
  deadline_.set(until_);
  open_later();
}

// ---- opening

// Not at once: whoever asks may do so inside an event of the channel, which it must not open again in there.
void ServerProbe::open_later() {
  loop_.at_turn_end(*this);
}

void ServerProbe::on_turn_end() noexcept {
  if (!busy()) return;
  if (stage_ == Stage::connecting && !channel_.connecting()) return try_next_address();
  if (stage_ != Stage::closed) return;
  stage_ = Stage::resolving;
  if (const auto address = endpoint_.numeric()) return on_resolved({&*address, 1});
  lookup_.start(endpoint_);
}

void ServerProbe::on_resolved(std::span<const Address> addresses) noexcept {
  tries_.start(addresses, until_);
  try_next_address();
}

void ServerProbe::on_lookup_failed(NetError why) noexcept {
  broken({fault_of_lookup(why), 0, fmt::format("{}: {}", endpoint_.host, why.text())});
}

void ServerProbe::try_next_address() {
  stage_ = Stage::connecting;
  deadline_.set(tries_.deadline(loop_.now()));
  channel_.connect(tries_.take());
}

void ServerProbe::on_connected() noexcept {
  stage_ = Stage::logging_in;
  deadline_.set(until_);
  ConnectRequest request;
  request.credentials = credentials_;
  request.secure_transport = endpoint_.is_path();
  const std::string& host = endpoint_.is_path() ? endpoint_.path : endpoint_.host;
  request.tls = loop_.tls().wanted_by(host, endpoint_.port);
  request.proxy_header = loop_.tls().plan().proxy_header_to(host, endpoint_.port);
  request.attributes = {{"program_name", "weir_monitor"}};
  handshake_ = std::make_unique<ClientHandshake>();
  handshake_->start(std::move(request));
  send(handshake_->output());
}

void ServerProbe::on_login_bytes(Bytes bytes) {
  after_login(handshake_->on_bytes(bytes));
}

void ServerProbe::start_tls() {
  const TlsContexts::Way& way = loop_.tls().to_server(endpoint_.is_path() ? endpoint_.path : endpoint_.host,
                                                      endpoint_.port, credentials_.user);
  if (!way.context) return broken({ProbeFault::access_denied, 0, way.error});
  channel_.add_filter(TlsFilter::connect(way.context, endpoint_.host, endpoint_.port));
  after_login(handshake_->on_secured());
}

void ServerProbe::after_login(ClientHandshake::Want want) {
  send(handshake_->output());
  if (want == ClientHandshake::Want::start_tls) return start_tls();
  if (want == ClientHandshake::Want::read) return;
  if (want == ClientHandshake::Want::failed) {
    return broken({fault_of(*handshake_), handshake_->failure().code, handshake_->failure().message});
  }
  established_ = handshake_->established();
  handshake_.reset();
  stage_ = Stage::kept;
  return question_ == Question::connect ? answered() : send_command();
}

// ---- asking

void ServerProbe::send_command() {
  stage_ = Stage::asking;
  if (question_ == Question::query) {
    query_.start(sql_, established_.caps, limits_.result_bytes);
    return send(query_.output());
  }
  ByteQueue command;
  std::uint8_t sequence = 0;
  {
    PacketWriter packet{command, sequence};
    packet.fixed(static_cast<std::uint8_t>(Command::ping), 1);
  }
  pong_ = PacketReader{SimpleQuery::kMaxPacketBytes};
  pong_.expect_sequence(sequence);
  send(command);
}

void ServerProbe::send(ByteQueue& output) {
  channel_.send(output.readable());
  output.clear();
}

void ServerProbe::on_bytes(MutableBytes bytes) noexcept {
  switch (stage_) {
    case Stage::logging_in:
      return on_login_bytes(bytes);
    case Stage::asking:
      return question_ == Question::ping ? on_pong_bytes(bytes) : on_result_bytes(bytes);
    case Stage::kept:
      return disconnect();  // a last ERR before the server closes, or nonsense
    case Stage::closed:
    case Stage::resolving:
    case Stage::connecting:
      return;
  }
}

void ServerProbe::on_pong_bytes(Bytes bytes) {
  const auto packet = pong_.next(bytes);
  if (!packet) return broken({ProbeFault::protocol, 0, fmt::format("ping: {}", to_text(packet.error()))});
  if (!*packet) return;
  const Bytes payload = **packet;
  if (is_err(payload)) {
    const auto error = decode_err(payload);
    if (!error) return broken({ProbeFault::protocol, 0, "ping: a malformed error"});
    return broken({ProbeFault::server_error, error->code, std::string(error->message)});
  }
  if (payload.empty() || payload[0] != kOkHeader || !bytes.empty()) {
    return broken({ProbeFault::protocol, 0, "ping: the answer is no OK"});
  }
  answered();
}

void ServerProbe::on_result_bytes(Bytes bytes) {
  const SimpleQuery::Want want = query_.on_bytes(bytes);
  if (want == SimpleQuery::Want::read) return;
  if (want == SimpleQuery::Want::done) return answered();
  const SimpleQuery::Failure& failure = query_.failure();
  if (!failure.from_server) return broken({ProbeFault::protocol, 0, failure.message});
  stage_ = Stage::kept;
  failed({ProbeFault::server_error, failure.code, failure.message});
}

// ---- ends

void ServerProbe::on_closed(NetError why) noexcept {
  if (stage_ == Stage::kept) return disconnect();
  if (stage_ == Stage::connecting && tries_.any_left()) return open_later();
  const bool not_by_what_we_have = stage_ == Stage::logging_in && why.detail;
  const ProbeFault fault = stage_ == Stage::connecting ? fault_of_connect(why)
                           : not_by_what_we_have       ? ProbeFault::access_denied
                                                       : ProbeFault::lost;
  broken({fault, 0, std::string(why.text())});
}

void ServerProbe::on_deadline() noexcept {
  if (stage_ == Stage::connecting && tries_.any_left()) {
    channel_.close();
    return open_later();
  }
  const std::string_view at = stage_ == Stage::asking       ? "waiting for the answer"
                              : stage_ == Stage::logging_in ? "logging in"
                              : stage_ == Stage::resolving  ? "looking up its name"
                                                            : "connecting";
  const ProbeFault fault = stage_ == Stage::resolving ? ProbeFault::not_asked : ProbeFault::timed_out;
  disconnect();
  failed({fault, 0, fmt::format("timeout after {} ms while {}", limits_.timeout_ms, at)});
}

void ServerProbe::disconnect() {
  stage_ = Stage::closed;
  lookup_.cancel();
  channel_.close();
  handshake_.reset();
  if (!busy()) deadline_.clear();
}

void ServerProbe::broken(ProbeFailure failure) {
  disconnect();
  if (!std::exchange(kept_before_, false)) return failed(failure);
  open_later();
}

void ServerProbe::answered() {
  stage_ = Stage::kept;
  deadline_.clear();
  std::exchange(asker_, nullptr)->on_probe_answer(*this);
}

void ServerProbe::failed(const ProbeFailure& failure) {
  deadline_.clear();
  std::exchange(asker_, nullptr)->on_probe_failed(*this, failure);
}

}  // namespace weir
