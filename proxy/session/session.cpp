#include "proxy/session/session.hpp"

#include <memory>
#include <new>

#include "proxy/session/introduction.hpp"
#include "proxy/worker/fleet.hpp"

namespace weir {
namespace {

// What a client may send ahead while a command is under way; beyond it, its reading stops.
constexpr std::size_t kInboxBytes = 64 * 1024;

// How long a client may take for the last words, if there is nothing else that it has to read.
constexpr Millis kLingerMs = 2000;

// Each client costs this, however long it is silent, and some 600 bytes that its session has allocated. What
// few sessions have, or for a moment only, is behind a pointer, or with the connection to the server.
static_assert(sizeof(Session) <= 2112);

}  // namespace

void Request::clear() {
  if (bytes.capacity() > kKeptBytes) std::vector<std::uint8_t>().swap(bytes);
  std::vector<std::uint8_t> kept = std::move(bytes);
  kept.clear();
  const bool goes_on = discards && !tracker.done();
  const RequestTracker rest = tracker;
  std::destroy_at(this);  // cheaper than assigning a new one, and it is for every command
  ::new (static_cast<void*>(this)) Request{};
  bytes = std::move(kept);
  if (!goes_on) return;
  tracker = rest;
  discards = true;
}

bool replace_text(std::vector<std::uint8_t>& request, std::size_t text_at, std::string_view text) {
  if (text_at + text.size() >= kMaxFramePayload) return false;
  if (decode_frame_header(request.data()).length == kMaxFramePayload) return false;
  request.resize(kFrameHeaderBytes + text_at);
  encode_frame_header({static_cast<std::uint32_t>(text_at + text.size()), 0}, request.data());
  request.insert(request.end(), text.begin(), text.end());
  return true;
}

Session::Session(Worker& worker, std::uint32_t id, const AcceptedClient& client)
    : worker_(worker),
      id_(id),
      client_(worker.loop()),
      deadline_(worker.loop().deadlines(), *this),
      origin_(ClientOrigin::of(client.peer, client.local)) {
  since_us_ = worker.loop().now_us();
  client_.set_events(this);
  client_.adopt(client.fd);
}

Session::~Session() = default;

void Session::end(EndReason reason) {
  if (stage_ == Stage::closing) return;
  leave(reason);
  client_.close();
  worker_.reap(*this);
}

void Session::end_after_reply(EndReason reason) {
  if (stage_ == Stage::closing) return;
  leave(reason);
  lingering_ = true;
  client_.close_when_sent();
  // The end of the process is no reason to cut off an answer: it waits for who still reads one.
  if (reason == EndReason::proxy_shutdown && client_.queued_bytes() > 0) return follow_pace();
  deadline_.set(now() + kLingerMs);
}

// Gives up everything but the client's connection.
void Session::leave(EndReason reason) {
  const bool before_login = stage_ == Stage::handshake && !admitted_;
  const bool was_newcomer = is_newcomer();
  const bool client_left = reason == EndReason::client_gone || reason == EndReason::client_timeout ||
                           reason == EndReason::client_too_slow || reason == EndReason::killed;
  if (stage_ == Stage::executing && lease_ && client_left) {
    worker_.pool().kill_on_server(*lease_, credentials_, ServerKill::connection);
  }
  // A connection in the middle of a command, or with state that only a reset removes, serves nobody else.
  if (stage_ == Stage::syncing || stage_ == Stage::executing || stage_ == Stage::letting_go ||
      stage_ == Stage::resetting || pins_.needs_reset())
    lease_.suspect();
  retract_offer();
  stage_ = Stage::closing;
  if (logged_.wanted) log_unfinished(reason);
  if (before_login) stats().client_connections_aborted.add();
  const EndReasonSpec spec = describe(reason);
  worker_.log_of_client(
      caps_ != 0, spec.level, "session ended",
      {{"session", id_}, {"reason", spec.name}, {"user", wants_.user()}, {"client", origin_.address}});
  worker_.pool().cancel(*this);
  give_place();
  lease_.end();
  deadline_.clear();
  if (pace_) pace_->clear();
  settle_with_guard();
  if (was_newcomer) worker_.newcomers().go();
  if (entered_) worker_.fleet().leave_to(LoginGuard::network_of(origin_.address));
  if (admitted_) worker_.fleet().leave(logged_in());
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

bool Session::under_way() const {
  return stage_ == Stage::delayed || stage_ == Stage::waiting_backend || stage_ == Stage::syncing ||
         stage_ == Stage::executing;
}

NameContext Session::name_context() const {
  return {request_.prepared ? std::string_view(request_.prepared->context.schema) : wants_.schema(),
          request_mode()};
}

void Session::retire() {
  if (stage_ == Stage::idle) follow_time_limits();
}

void Session::drain() {
  draining_ = true;
  if (stage_ == Stage::idle && !in_transaction())
    return tell_end(ProxyError::shutting_down, EndReason::proxy_shutdown);
  if (stage_ == Stage::handshake && !admitted_) end(EndReason::proxy_shutdown);
}

void Session::on_new_snapshot() {
  if (const User* user = worker_.snapshot().find_user(wants_.user())) attributes_ = user->attributes;
  switch (stage_) {
    case Stage::idle:
      if (stays_with_old_writer()) leave_old_writer();
      return stage_ == Stage::idle ? follow_time_limits() : void();
    case Stage::waiting_backend:
      if (request_.purpose == Purpose::login) return;  // to the account's hostgroup, whatever the rules say
      if (worker_.snapshot().find_hostgroup(needs_.hostgroup) == nullptr) route_again();
      return;
    case Stage::handshake:
    case Stage::delayed:
    case Stage::syncing:
    case Stage::executing:
    case Stage::letting_go:
    case Stage::resetting:
    case Stage::closing:
      return;
  }
}

void Session::on_bytes(MutableBytes bytes) noexcept {
  const AtWork::Scope working = at_work();
  stats().bytes_from_clients.add(bytes.size());
  switch (stage_) {
    case Stage::handshake:
      return on_handshake_bytes(bytes);
    case Stage::idle:
      return serve(bytes);
    case Stage::executing:
      if (request_.streaming || request_.infile) return forward_upload(bytes);
      if (lease_->tracker().streaming()) return pass_stream(bytes);
      break;
    case Stage::delayed:
    case Stage::waiting_backend:
    case Stage::syncing:
    case Stage::letting_go:
    case Stage::resetting:
      break;
    case Stage::closing:
      return;
  }
  inbox_.append(bytes);
  throttle_client();
}

// The client has taken enough of what we queued: the server may go on, and so may he.
void Session::on_drained() noexcept {
  if (lease_) lease_->channel().resume_reading();
  if (stage_ == Stage::closing) return;
  throttle_client();
  if (stage_ == Stage::idle && !inbox_.empty() && !serving_) serve_inbox();
}

void Session::on_closed(NetError why) noexcept {
  tls_ = nullptr;
  if (why.detail) tell_broken_stream(why.text());
  // One small answer is under way: with it, the connection serves others.
  if (stage_ == Stage::letting_go && pins_ == Pins(Pin::last_insert_id)) {
    client_left_ = true;
    return;
  }
  if (!lingering_) return end(EndReason::client_gone);
  lingering_ = false;
  deadline_.clear();
  worker_.reap(*this);
}

// What stands between the client's bytes and ours has failed.
void Session::tell_broken_stream(std::string_view reason) {
  if (stage_ == Stage::handshake && compression_level_ == 0) {
    stats().client_tls_failures.add();
    return worker_.log_of_client(caps_ != 0, log::Level::info, "no TLS with a client",
                                 {{"session", id_}, {"client", origin_.address}, {"reason", reason}});
  }
  if (compression_level_ == 0) return;
  stats().unexpected_packets.add();
  worker_.log_of_client(caps_ != 0, log::Level::warn, "client broke the protocol",
                        {{"session", id_}, {"client", origin_.address}, {"error", reason}});
}

// Reads from the client only as long as what he causes has somewhere to go.
void Session::throttle_client() {
  const bool server_is_full = lease_ && lease_->channel().congested();
  if (client_.congested() || server_is_full || inbox_.size() > kInboxBytes || held_login_) {
    client_.pause_reading();
  } else {
    client_.resume_reading();
  }
  follow_pace();
}

// He has to take what is there for him, and to send the rest of what he has begun.
void Session::follow_pace() {
  const bool uploads = stage_ == Stage::executing && (request_.streaming || request_.infile);
  const bool has_to_take = client_.congested() || lingering_;
  if (!uploads && !has_to_take) return pace_ ? pace_->come() : void();
  ClientStallEvents& events = *this;
  if (!pace_) pace_ = std::make_unique<ClientPace>(worker_.loop(), client_, events);
  const PaceLimits limits{settings().client_stall_timeout, settings().client_min_drain_rate};
  if (has_to_take) {
    pace_->await_drain(limits);
  } else if (uploads && !client_.reading_paused()) {
    pace_->await_bytes({.stall_ms = limits.stall_ms});
  } else {
    pace_->come();
  }
}

void Session::on_client_stalled() noexcept {
  if (stage_ == Stage::closing && !lingering_) return;
  stats().client_connections_too_slow.add();
  lingering_ ? on_deadline() : end(EndReason::client_too_slow);
}

void Session::on_backend_bytes(MutableBytes bytes) noexcept {
  const AtWork::Scope working = at_work();
  switch (stage_) {
    case Stage::executing:
      return relay(bytes);
    case Stage::syncing:
      return on_sync_bytes(bytes);
    case Stage::letting_go:
      return on_read_back_bytes(bytes);
    case Stage::resetting:
      return on_reset_bytes(bytes);
    case Stage::handshake:
    case Stage::idle:
    case Stage::delayed:
    case Stage::waiting_backend:
      // Nobody asked: a last word before the server closes the connection that this session is pinned to.
      return lose_connection("it ended the connection");
    case Stage::closing:
      return;
  }
}

void Session::on_backend_drained() noexcept {
  throttle_client();
}

void Session::on_deadline() noexcept {
  const AtWork::Scope working = at_work();
  switch (stage_) {
    case Stage::handshake:
      if (held_login_) return tell_held_login();
      return end(EndReason::client_timeout);
    case Stage::idle:
      return end_idle();
    case Stage::letting_go:
      return lose_connection("no answer in time");
    case Stage::resetting:
      return give_up_reset();
    case Stage::delayed:
      if (request_.ticket) return no_place_in_time();
      return seek_connection();
    case Stage::waiting_backend:
      return writer_has_come() ? void() : no_connection_in_time();
    case Stage::syncing:
      return lose_connection("no answer in time");
    case Stage::executing:
      return end_overdue_statement();
    case Stage::closing:
      client_.close();
      lingering_ = false;
      return worker_.reap(*this);
  }
}

// The client is told, unless he has half of a packet.
void Session::end_overdue_statement() {
  worker_.pool().kill_on_server(*lease_, credentials_, ServerKill::connection);
  const ErrorSpec& spec = error_spec(ProxyError::query_timeout);
  const std::string text = error_text(spec.error, request_.timeout_ms);
  if (request_.routed) last_route_.error_code = spec.code;
  count_error(spec.code, text);
  const bool told = !request_.answered || end_reply_with_error(spec, text);
  lease_.suspect();
  lease_.end();
  if (!told) return end(EndReason::client_timeout);
  if (!request_.answered) reply(ProxyError::query_timeout, request_.timeout_ms);
  finish_without_connection();
}

void Session::no_connection_in_time() {
  if (only_checks_schema()) return go_on_unchecked();
  stats().pool_timeouts.add();
  const Millis waited = now() - waiting_since();
  const std::string why = worker_.pool().why_none(*this);
  worker_.pool().cancel(*this);
  worker_.log_of_client(
      caps_ != 0, log::Level::warn, "no connection in time",
      {{"session", id_}, {"hostgroup", needs_.hostgroup}, {"waited_ms", waited}, {"why", why}});
  const ErrorSpec& spec = error_spec(ProxyError::no_backend_in_time);
  stats().errors_generated.add();
  fail_request(spec.code, spec.sqlstate,
               error_text(ProxyError::no_backend_in_time, needs_.hostgroup, waited, why));
}

std::string_view to_text(Session::Stage stage) {
  switch (stage) {
    case Session::Stage::handshake:
      return "handshake";
    case Session::Stage::idle:
      return "idle";
    case Session::Stage::delayed:
      return "delayed";
    case Session::Stage::waiting_backend:
      return "waiting_backend";
    case Session::Stage::syncing:
      return "syncing";
    case Session::Stage::executing:
      return "executing";
    case Session::Stage::letting_go:
      return "letting_go";
    case Session::Stage::resetting:
      return "resetting";
    case Session::Stage::closing:
      return "closing";
  }
  return "?";
}

}  // namespace weir
