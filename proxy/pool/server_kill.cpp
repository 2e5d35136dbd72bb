#include "proxy/pool/server_kill.hpp"

#include <fmt/format.h>

#include "protocol/base/log.hpp"
#include "proxy/net/tls_contexts.hpp"
#include "proxy/net/tls_filter.hpp"
#include "proxy/pool/refused_passwords.hpp"

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
  request_.tls = order_.server->use_ssl;
  request_.proxy_header = order_.server->proxy_header;
  handshake_.start(request_);
  channel_.connect(order_.address);
}

// A login that has begun goes on to its end: servers shut out hosts that break off too many.
bool ServerKill::call_off() {
  called_off_ = !logged_in_;
  return called_off_;
}

void ServerKill::on_connected() noexcept {
  send(handshake_.output());
}
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
  after_login(handshake_.on_bytes(bytes));
}

void ServerKill::start_tls() {
  const Server& server = *order_.server;
  const TlsContexts::Way& way =
      loop_.tls().to_server(server.hostname, server.port, request_.credentials.user);
  if (!way.context) return finish(way.error);
  channel_.add_filter(
      TlsFilter::connect(way.context, server.port == 0 ? std::string() : server.hostname, server.port));
  after_login(handshake_.on_secured());
}

void ServerKill::after_login(ClientHandshake::Want want) {
  send(handshake_.output());
  if (want == ClientHandshake::Want::start_tls) return start_tls();
  if (want == ClientHandshake::Want::failed) {
    refused_password_ = handshake_.failure().of_password();
    return finish(handshake_.failure().message);
  }
  if (want == ClientHandshake::Want::read) return;
  if (called_off_) return finish("called off");
  logged_in_ = true;
  const std::string_view verb = order_.what == What::query ? "KILL QUERY" : "KILL";
  query_.start(fmt::format("{} {}", verb, order_.thread_id), handshake_.established().caps);
  send(query_.output());
}

std::unique_ptr<ServerKill> ServerKill::with_other_password() const {
  if (!refused_password_ || !request_.credentials.other || called_off_) return nullptr;
  ConnectRequest request = request_;
  request.credentials = other_of(request_.credentials);
  return std::make_unique<ServerKill>(loop_, owner_, order_, std::move(request));
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
