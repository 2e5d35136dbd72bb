#include "proxy/pool/backend_connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "protocol/base/check.hpp"
#include "protocol/base/log.hpp"
#include "protocol/message/command.hpp"
#include "protocol/message/query.hpp"
#include "protocol/message/response.hpp"
#include "protocol/wire/error_codes.hpp"
#include "protocol/wire/frame.hpp"
#include "protocol/wire/status.hpp"
#include "proxy/net/compression_filter.hpp"
#include "proxy/net/tls_contexts.hpp"

namespace weir {

BackendConnection::BackendConnection(Loop& loop, BackendOwner& owner, ConnectionFacts facts)
    : loop_(loop),
      owner_(owner),
      facts_(std::move(facts)),
      channel_(loop),
      deadline_(loop.deadlines(), *this) {
  channel_.set_events(this);
  channel_.expect_bulk();
}

void BackendConnection::open(ConnectRequest request, Millis timeout_ms, Instant now) {
  request_ = std::move(request);
  request_.credentials = share_->refused.in_order(std::move(request_.credentials));
  deadline_.set(now + timeout_ms);
  Endpoint endpoint;
  if (server().port == 0) {
    endpoint.path = server().hostname;
    request_.secure_transport = true;
  } else {
    endpoint.host = server().hostname;
    endpoint.port = server().port;
  }
  stage_ = Stage::resolving;
  tries_.start({}, now + timeout_ms);
  if (const auto address = endpoint.numeric()) {
    tries_.start({&*address, 1}, now + timeout_ms);
    return try_next_address();
  }
  lookup_ = std::make_unique<Lookup>(loop_, static_cast<LookupEvents&>(*this));
  lookup_->start(endpoint);
}

void BackendConnection::try_next_address() {
  facts_.address = tries_.take();
  connect_to_address();
}

void BackendConnection::connect_to_address() {
  stage_ = Stage::connecting;
  deadline_.set(tries_.deadline(loop_.now()));
  channel_.connect(facts_.address, FdUse::server);
}

// The next one not at once: this may be an event of the channel, which must not connect again in there.
void BackendConnection::on_attempt_failed(std::string_view what, bool ours) {
  if (!tries_.any_left()) return network_failure(what, ours);
  channel_.close();
  loop_.at_turn_end(*this);
}

void BackendConnection::on_turn_end() noexcept {
  if (stage_ != Stage::connecting) return;
  std::exchange(same_address_again_, false) ? connect_to_address() : try_next_address();
}

void BackendConnection::adopt(int fd) {
  stage_ = Stage::idle;
  idle_since_ = checked_at_ = loop_.now();
  channel_.adopt(fd, std::move(facts_.filter));
}

void BackendConnection::lease_to(BackendUser& user) {
  WEIR_ASSERT(stage_ == Stage::idle, "only an idle connection can be leased");
  user_ = &user;
  stage_ = Stage::leased;
  if (server().balance != Balance::weighted) in_use_ = LoadMark(server().load());
}

void BackendConnection::return_from_lease(Instant now) {
  user_ = nullptr;
  stage_ = Stage::idle;
  asked_at_us_ = 0;
  in_use_.clear();
  idle_since_ = checked_at_ = now;
  if (channel_.reading_paused()) channel_.resume_reading();
}

void BackendConnection::change_user(ConnectRequest request) {
  stage_ = Stage::changing_user;
  request_ = std::move(request);
  request_.credentials = share_->refused.in_order(std::move(request_.credentials));
  request_.secure_transport = server().port == 0 || has_tls();
  handshake_ = std::make_unique<ClientHandshake>();
  if (handshake_->start_change_user(request_, facts_.established) == ClientHandshake::Want::failed) {
    return on_handshake_failed();
  }
  leaving_role_ = keeps_role();
  if (leaving_role_) send_query("SET ROLE NONE");
  channel_.send(handshake_->output().readable());
  handshake_->output().clear();
}

// MariaDB leaves the role of before in force, even for another user, unless the new one has a role by
// default.
bool BackendConnection::keeps_role() const {
  return facts_.family == ServerFamily::mariadb &&
         (!facts_.has.role().empty() || facts_.has.user() != request_.credentials.user);
}

// The reply to what went ahead of the change of user, perhaps in pieces. A server that does not know the
// statement has no roles; after any other error the role may still be in force, for whoever comes next.
void BackendConnection::on_role_reply(Bytes bytes) {
  constexpr std::uint16_t kSyntaxError = 1064;
  role_reply_.append(bytes);
  const auto scan = tracker_.scan(role_reply_.readable());
  if (scan && scan->packet == 0) return;
  leaving_role_ = false;
  ByteQueue rest;
  std::swap(rest, role_reply_);
  if (!scan) return fail_change_user({kServerMalformed, "HY000", "Malformed reply to SET ROLE NONE"});
  if (scan->kind == PacketKind::err) {
    const auto err = decode_err(rest.readable().first(scan->packet).subspan(kFrameHeaderBytes));
    const ErrPacket error = err ? *err : ErrPacket{};
    if (error.code != kSyntaxError) {
      const std::string said = fmt::format("its role cannot be left: {} {}", error.code, error.message);
      return fail_change_user({error.code, std::string(error.sqlstate), said});
    }
  }
  rest.consume(scan->packet);
  if (!rest.empty()) on_handshake_bytes(rest.readable());
}

// Who has it on lease must not use it any more.
void BackendConnection::fail_change_user(ConnectFailure failure) {
  failure.server = server_pointer();
  stage_ = Stage::leased;
  user_->on_change_user_failed(failure);
}

void BackendConnection::send_query(std::string_view sql) {
  begin(Shape::ok);
  ByteQueue request;
  std::uint8_t sequence = 0;
  encode_query(sql, caps(), request, sequence);
  channel_.send(request.readable());
}

void BackendConnection::ping(Millis timeout_ms, Instant counts_until, Instant now) {
  static constexpr std::uint8_t kPing[] = {1, 0, 0, 0, static_cast<std::uint8_t>(Command::ping)};
  stage_ = Stage::pinging;
  deadline_.set(now + timeout_ms);
  ping_counts_until_ = counts_until;
  asked_at_us_ = loop_.now_us();
  begin(Shape::ok);
  channel_.send(kPing);
}

void BackendConnection::roll_back(Millis timeout_ms, Instant now) {
  // Whatever completion_type is.
  static constexpr std::string_view kRollBack = "ROLLBACK AND NO CHAIN NO RELEASE";
  stage_ = Stage::rolling_back;
  deadline_.set(now + timeout_ms);
  send_query(kRollBack);
}

void BackendConnection::close() {
  stage_ = Stage::ended;
  user_ = nullptr;
  in_use_.clear();
  lookup_.reset();
  deadline_.clear();
  channel_.close();
  tls_ = nullptr;
}

void BackendConnection::break_off() {
  stage_ = Stage::ended;
  channel_.close();
  user_->on_backend_lost(NetError{ECONNABORTED});
}

void BackendConnection::on_resolved(std::span<const Address> addresses) noexcept {
  tries_.start(addresses, tries_.until());
  try_next_address();
}
void BackendConnection::on_lookup_failed(NetError why) noexcept {
  network_failure(why.text());
}

void BackendConnection::on_connected() noexcept {
  stage_ = Stage::logging_in;
  deadline_.set(tries_.until());
  lookup_.reset();
  request_.tls = server().use_ssl;
  request_.proxy_header = server().proxy_header;
  request_.compression = facts_.asked_compression = server().compression;
  request_.compression_level = server().compression_level;
  handshake_ = std::make_unique<ClientHandshake>();
  handshake_->start(request_);
  after_handshake(ClientHandshake::Want::read);
}

void BackendConnection::on_bytes(MutableBytes bytes) noexcept {
  switch (stage_) {
    case Stage::leased:
      share_->count_received(bytes.size());
      if (asked_at_us_ != 0) note_first_byte();
      return user_->on_backend_bytes(bytes);
    case Stage::logging_in:
    case Stage::changing_user:
      return leaving_role_ ? on_role_reply(bytes) : on_handshake_bytes(bytes);
    case Stage::pinging:
    case Stage::rolling_back:
      return on_own_reply(bytes);
    case Stage::idle:
      return owner_.on_idle_ended(*this);  // a last ERR before the server closes, or nonsense
    case Stage::resolving:
    case Stage::connecting:
    case Stage::ended:
      return;
  }
}

void BackendConnection::on_handshake_bytes(Bytes bytes) {
  after_handshake(handshake_->on_bytes(bytes));
}

void BackendConnection::after_handshake(ClientHandshake::Want want) {
  if (!handshake_->output().empty()) {
    channel_.send(handshake_->output().readable());
    handshake_->output().clear();
  }
  switch (want) {
    case ClientHandshake::Want::read:
      return;
    case ClientHandshake::Want::start_tls:
      return start_tls();
    case ClientHandshake::Want::done:
      return on_logged_in();
    case ClientHandshake::Want::failed:
      return on_handshake_failed();
  }
}

// The login waits in the filter until the server has shown who it is.
void BackendConnection::start_tls() {
  const TlsContexts::Way& way =
      loop_.tls().to_server(server().hostname, server().port, request_.credentials.user);
  if (!way.context) return tls_failure(way.error);
  auto filter =
      TlsFilter::connect(way.context, server().port == 0 ? std::string() : server().hostname, server().port);
  tls_ = filter.get();
  channel_.add_filter(std::move(filter));
  after_handshake(handshake_->on_secured());
}

// Behind the OK of the login.
void BackendConnection::start_compression() {
  const Compression agreed = compression();
  const Compression asked = facts_.asked_compression;
  if (agreed != asked && !server().state->told_of_compression.exchange(true)) {
    log::warn("server does not offer the compression that is configured",
              {{"server", server().name}, {"configured", to_text(asked)}, {"used", to_text(agreed)}});
  }
  if (agreed == Compression::none) return;
  channel_.add_filter(
      std::make_unique<CompressionFilter>(PacketNumbers::Side::client, agreed, server().compression_level));
}

void BackendConnection::tls_failure(std::string_view why) {
  fail_opening({kTransportUnsupported, "HY000",
                fmt::format("SSL connection error with MySQL server '{}': {}", server().name, why), false});
}

void BackendConnection::on_logged_in() {
  const bool changed_user = stage_ == Stage::changing_user;
  facts_.established = handshake_->established();
  tls_resumed_ = tls_ != nullptr && tls_->facts().resumed;
  tls_ = nullptr;
  facts_.has.set_login_status(facts_.established.status);
  facts_.has.start(request_.credentials.user, request_.schema, facts_.established.collation);
  facts_.prepared.clear();
  facts_.family = family_of(facts_.established.server_version);
  facts_.prepared.heed_types(facts_.family == ServerFamily::mysql);
  handshake_.reset();
  request_ = ConnectRequest{};
  if (changed_user) {
    stage_ = Stage::leased;
    return user_->on_user_changed();
  }
  if (((facts_.established.caps ^ facts_.key) & kDeprecateEof & facts_.key) != 0) {
    return fail_opening({kTransportUnsupported, "HY000",
                         "server " + server().name + " does not support CLIENT_DEPRECATE_EOF", false});
  }
  start_compression();
  deadline_.clear();
  stage_ = Stage::idle;
  idle_since_ = checked_at_ = loop_.now();
  facts_.opened_at = idle_since_;
  owner_.on_opened(*this);
}

// Of an account with two passwords the other one is tried over a connection of its own: servers close after a
// refusal. Who changes his user is told that there is one.
void BackendConnection::on_handshake_failed() {
  const ClientHandshake::Failure& failure = handshake_->failure();
  const bool has_another = request_.credentials.other && failure.of_password();
  if (has_another) share_->refused.note(request_.credentials);
  if (has_another && stage_ != Stage::changing_user) {
    request_.credentials = other_of(request_.credentials);
    same_address_again_ = true;
    stage_ = Stage::connecting;
    tls_ = nullptr;
    channel_.close();
    return loop_.at_turn_end(*this);
  }
  if (failure.no_tls) return tls_failure(failure.message);
  ConnectFailure told{failure.code, failure.sqlstate, failure.message, failure.from_server};
  told.has_another = has_another;
  if (told.sqlstate.empty()) told.sqlstate = "HY000";
  const ErrorSpec& denied = error_spec(ProxyError::access_denied);
  // Whoever reads this in a client takes it for the answer to the login that he knows of, that to us.
  if (told.from_server && told.code == denied.code) {
    told.message += fmt::format(" (said by server {}, hostgroup {})", server().name, server().hostgroup);
  }
  if (!told.from_server && failure.of_password()) {
    told.of_account = true;
    told.code = denied.code;
    told.sqlstate = denied.sqlstate;
    told.message = fmt::format("Access denied for user '{}' at server {}, hostgroup {}: {}",
                               request_.credentials.user, server().name, server().hostgroup, failure.message);
  } else if (!told.from_server) {
    told.code = kServerMalformed;
    told.message = fmt::format("Malformed packet from MySQL server '{}': {}", server().name, failure.message);
  }
  if (stage_ != Stage::changing_user) return fail_opening(std::move(told));
  fail_change_user(std::move(told));
}

void BackendConnection::on_own_reply(Bytes bytes) {
  const auto scan = tracker_.scan(bytes);
  if (!scan) return owner_.on_idle_ended(*this);
  if (scan->packet == 0 && scan->forward == 0) return;  // an OK in pieces: the deadline decides
  if (!tracker_.done() || scan->kind != PacketKind::ok) return owner_.on_idle_ended(*this);
  if (stage_ == Stage::rolling_back && (tracker_.status() & kStatusInTransaction) != 0)
    return owner_.on_idle_ended(*this);
  deadline_.clear();
  if (stage_ == Stage::pinging) note_ping();
  stage_ = Stage::idle;
  checked_at_ = loop_.now();
  owner_.on_idle_again(*this);
}

void BackendConnection::note_ping() {
  server().ping().note(loop_.now_us() - std::exchange(asked_at_us_, 0), ping_counts_until_);
}

void BackendConnection::note_first_byte() {
  in_use_.hear(loop_.now_us() - std::exchange(asked_at_us_, 0), loop_.now());
}

void BackendConnection::on_drained() noexcept {
  if (stage_ == Stage::leased) user_->on_backend_drained();
}

void BackendConnection::on_closed(NetError why) noexcept {
  const Stage at = stage_;
  if (at == Stage::connecting) return on_attempt_failed(why.text(), why.is_our_own());
  if (at == Stage::logging_in && why.detail) return tls_failure(why.text());
  if (at == Stage::resolving || at == Stage::logging_in) return network_failure(why.text());
  stage_ = Stage::ended;
  if (user_ != nullptr) return user_->on_backend_lost(why);
  if (at != Stage::ended) owner_.on_idle_ended(*this);
}

void BackendConnection::on_deadline() noexcept {
  if (stage_ == Stage::pinging) {
    note_ping();  // it would have taken even longer
    return owner_.on_idle_ended(*this);
  }
  if (stage_ == Stage::rolling_back) return owner_.on_idle_ended(*this);
  if (stage_ == Stage::connecting) return on_attempt_failed("timed out");
  network_failure("timed out");
}

void BackendConnection::network_failure(std::string_view what, bool ours) {
  fail_opening({.code = kCannotConnect,
                .sqlstate = "HY000",
                .message = fmt::format("Can't connect to MySQL server on '{}' ({})", server().name, what),
                .ours = ours});
}

void BackendConnection::fail_opening(ConnectFailure failure) {
  failure.server = server_pointer();
  close();
  owner_.on_open_failed(*this, failure);
}

std::string_view to_text(BackendConnection::Stage stage) {
  switch (stage) {
    case BackendConnection::Stage::resolving:
      return "resolving";
    case BackendConnection::Stage::connecting:
      return "connecting";
    case BackendConnection::Stage::logging_in:
      return "logging_in";
    case BackendConnection::Stage::idle:
      return "idle";
    case BackendConnection::Stage::pinging:
      return "pinging";
    case BackendConnection::Stage::rolling_back:
      return "rolling_back";
    case BackendConnection::Stage::leased:
      return "leased";
    case BackendConnection::Stage::changing_user:
      return "changing_user";
    case BackendConnection::Stage::ended:
      return "ended";
  }
  return "?";
}

}  // namespace weir
