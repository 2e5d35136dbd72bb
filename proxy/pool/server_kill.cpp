#include "proxy/pool/server_kill.hpp"

#include <fmt/format.h>

#include "protocol/base/log.hpp"

namespace weir {

ServerKill::ServerKill(Loop& loop, ServerKillOwner& owner, std::shared_ptr<const Server> server,
                       std::uint32_t thread_id, What what)
    : loop_(loop),
      owner_(owner),
      server_(std::move(server)),
      thread_id_(thread_id),
      what_(what),
      channel_(loop),
      lookup_(loop, *this),
      deadline_(loop.deadlines(), *this) {
  channel_.set_events(this);
}

void ServerKill::start(ConnectRequest request, Millis timeout_ms) {
  deadline_.set(loop_.now() + timeout_ms);
  request.secure_transport = server_->port == 0;
  handshake_.start(std::move(request));
  const Endpoint endpoint = server_->port == 0 ? Endpoint{"", 0, server_->hostname}
                                               : Endpoint{server_->hostname, server_->port, ""};
  if (const auto address = endpoint.numeric()) {
    channel_.connect(*address);
  } else {
    lookup_.start(endpoint);
  }
}

void ServerKill::on_resolved(std::span<const Address> addresses) noexcept {
  channel_.connect(addresses.front());
}
void ServerKill::on_lookup_failed(NetError why) noexcept {
  finish(why.text());
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
  logged_in_ = true;
  const std::string_view verb = what_ == What::query ? "KILL QUERY" : "KILL";
  query_.start(fmt::format("{} {}", verb, thread_id_), handshake_.established().caps);
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
             {{"server", server_->name}, {"thread", thread_id_}, {"outcome", outcome}});
  deadline_.clear();
  channel_.close();
  owner_.on_kill_ended(*this);
}

}  // namespace weir
