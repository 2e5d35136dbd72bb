#include "proxy/pool/server_kill.hpp"

#include <fmt/format.h>

#include "protocol/base/log.hpp"

namespace weir {

ServerKill::ServerKill(Loop& loop, ServerKillOwner& owner, Order order, ConnectRequest request)
    : loop_(loop),
      owner_(owner),
      order_(std::move(order)),
      request_(std::move(request)),
      channel_(loop),
      deadline_(loop.deadlines(), *this) {
  channel_.set_events(this);
}

void ServerKill::start(Millis timeout_ms) {
  deadline_.set(loop_.now() + timeout_ms);
  request_.secure_transport = order_.server->port == 0;
  handshake_.start(std::move(request_));
  channel_.connect(order_.address);
}

// A login that has begun goes on to its end: servers shut out hosts that break off too many.
bool ServerKill::call_off() {
  called_off_ = !logged_in_;
  return called_off_;
}

void ServerKill::on_connected() noexcept {}
void ServerKill::on_closed(NetError why) noexcept {
  finish(why.text());
}
void ServerKill::on_deadline() noexcept {
  finish("timed out");
}

void ServerKill::on_bytes(MutableBytes bytes) noexcept {
  if (!logged_in_) return on_login_bytes(bytes);
  const SimpleQuery::Want want = query_.on_bytes(bytes);
  if (want == SimpleQuery::Want::done) finish("killed");
  if (want == SimpleQuery::Want::failed) finish(query_.failure().message);
}

void ServerKill::on_login_bytes(Bytes bytes) {
  const ClientHandshake::Want want = handshake_.on_bytes(bytes);
  send(handshake_.output());
  if (want == ClientHandshake::Want::failed) return finish(handshake_.failure().message);
  if (want == ClientHandshake::Want::read) return;
  if (called_off_) return finish("called off");
  logged_in_ = true;
  const std::string_view verb = order_.what == What::query ? "KILL QUERY" : "KILL";
  query_.start(fmt::format("{} {}", verb, order_.thread_id), handshake_.established().caps);
  send(query_.output());
}

void ServerKill::send(ByteQueue& output) {
  channel_.send(output.readable());
  output.clear();
}

void ServerKill::finish(std::string_view outcome) {
  if (ended_) return;
  ended_ = true;
  log::debug("statement killed on its server",
             {{"server", order_.server->name}, {"thread", order_.thread_id}, {"outcome", outcome}});
  deadline_.clear();
  channel_.close();
  owner_.on_kill_ended(*this);
}

}  // namespace weir
