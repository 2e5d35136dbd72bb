#include "proxy/session/session.hpp"

#include "proxy/worker/fleet.hpp"

namespace weir {
namespace {

// What a client may send ahead while a command is under way; beyond it, its reading stops.
constexpr std::size_t kInboxBytes = 64 * 1024;

}  // namespace

void Request::clear() {
  if (bytes.capacity() > kKeptBytes) std::vector<std::uint8_t>().swap(bytes);
  std::vector<std::uint8_t> kept = std::move(bytes);
  kept.clear();
  *this = Request{};
  bytes = std::move(kept);
}

Session::Session(Worker& worker, std::uint32_t id, const AcceptedClient& client)
    : worker_(worker), id_(id), client_(worker.loop()), deadline_(worker.loop().deadlines(), *this) {
  client_is_local_ = client.peer.is_unix();
  client_addr_ = client_is_local_ ? std::string() : client.peer.ip();
  proxy_addr_ = client.local.is_unix() ? client.local.path() : client.local.ip();
  proxy_port_ = client.local.port();
  client_.set_events(this);
  client_.adopt(client.fd);
  if (settings().use_tcp_keepalive) client_.set_keepalive(static_cast<int>(settings().tcp_keepalive_time));
}

Session::~Session() = default;

void Session::end(EndReason reason) {
  if (stage_ == Stage::closing) return;
  const bool before_login = stage_ == Stage::handshake && !admitted_;
  // A connection in the middle of a command, or with state that only a reset removes, serves nobody else.
  if (stage_ == Stage::executing && lease_)
    worker_.pool().kill_on_server(*lease_, credentials_, ServerKill::connection);
  if (stage_ == Stage::syncing || stage_ == Stage::executing || has_state()) lease_.suspect();
  stage_ = Stage::closing;
  if (before_login) stats().client_connections_aborted.add();
  const EndReasonSpec spec = describe(reason);
  if (log::enabled(spec.level)) {
    log::write(spec.level, "session ended",
               {{"session", id_}, {"reason", spec.name}, {"user", wants_.user()}, {"client", client_addr_}});
  }
  worker_.pool().cancel(*this);
  lease_.end();
  deadline_.clear();
  client_.close();
  if (admitted_) worker_.fleet().leave(logged_in());
  worker_.reap(*this);
}

// What dies with the connection, and would be missed (or found by the next session).
bool Session::has_state() const {
  Pins state = pins_;
  state.remove(Pins(Pin::warnings_pending) | Pin::found_rows);
  return !state.empty();
}

LoggedIn Session::logged_in() const {
  return {id_, worker_.index(), wants_.user()};
}

void Session::drain() {
  draining_ = true;
  if (stage_ == Stage::idle && !pinned()) return end(EndReason::proxy_shutdown);
  if (stage_ == Stage::handshake && !admitted_) end(EndReason::proxy_shutdown);
}

void Session::on_bytes(MutableBytes bytes) noexcept {
  stats().bytes_from_clients.add(bytes.size());
  switch (stage_) {
    case Stage::handshake:
      return on_handshake_bytes(bytes);
    case Stage::idle:
      return serve(bytes);
    case Stage::executing:
      if (request_.streaming || request_.infile) return forward_upload(bytes);
      if (request_.spec->shape == Shape::stream) return pass_stream(bytes);
      break;
    case Stage::waiting_backend:
    case Stage::syncing:
      break;
    case Stage::closing:
      return;
  }
  inbox_.append(bytes);
  if (inbox_.size() > kInboxBytes) client_.pause_reading();
}

// The client has taken enough of what we queued: the server may go on.
void Session::on_drained() noexcept {
  if (lease_) lease_->channel().resume_reading();
}

void Session::on_closed(NetError) noexcept {
  end(EndReason::client_gone);
}

void Session::on_backend_bytes(MutableBytes bytes) noexcept {
  switch (stage_) {
    case Stage::executing:
      return relay(bytes);
    case Stage::syncing:
      return on_sync_bytes(bytes);
    case Stage::handshake:
    case Stage::idle:
    case Stage::waiting_backend:
      // Nobody asked: a last word before the server closes the connection that this session is pinned to.
      return lose_connection();
    case Stage::closing:
      return;
  }
}

void Session::on_backend_drained() noexcept {
  if (stage_ == Stage::executing) client_.resume_reading();
}

void Session::on_deadline() noexcept {
  switch (stage_) {
    case Stage::handshake:
    case Stage::idle:
      return end(EndReason::client_timeout);
    case Stage::waiting_backend: {
      worker_.pool().cancel(*this);
      const Millis waited = now() - waiting_since();
      if (request_.purpose == Purpose::login) {
        const ErrorSpec& spec = error_spec(ProxyError::no_backend_in_time);
        return refuse_login(spec.code, spec.sqlstate,
                            error_text(ProxyError::no_backend_in_time, needs_.hostgroup, waited));
      }
      reply(ProxyError::no_backend_in_time, needs_.hostgroup, waited);
      return finish_command();
    }
    case Stage::syncing:
      return lose_connection();
    case Stage::executing: {
      worker_.pool().kill_on_server(*lease_, credentials_, ServerKill::connection);
      lease_.suspect();
      lease_.end();
      if (request_.answered) return end(EndReason::client_timeout);
      reply(ProxyError::query_timeout, request_.timeout_ms);
      return finish_without_connection();
    }
    case Stage::closing:
      return;
  }
}

void Session::kill_query() {
  if (stage_ == Stage::executing && lease_)
    worker_.pool().kill_on_server(*lease_, credentials_, ServerKill::query);
}

std::string_view to_text(Session::Stage stage) {
  switch (stage) {
    case Session::Stage::handshake:
      return "handshake";
    case Session::Stage::idle:
      return "idle";
    case Session::Stage::waiting_backend:
      return "waiting_backend";
    case Session::Stage::syncing:
      return "syncing";
    case Session::Stage::executing:
      return "executing";
    case Session::Stage::closing:
      return "closing";
  }
  return "?";
}

}  // namespace weir
