#include "proxy/worker/client_port.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "protocol/message/response.hpp"
#include "protocol/wire/error_codes.hpp"
#include "proxy/net/fd_limit.hpp"
#include "proxy/worker/fleet.hpp"

namespace weir {

ClientPort::ClientPort(Fleet& fleet, Worker& keeper)
    : fleet_(fleet), keeper_(keeper), listeners_(keeper.loop(), *this, "client port") {
  listeners_.pause();
}

Result<void, std::string> ClientPort::listen_on(const std::vector<Address>& addresses) {
  listeners_.set_keepalive(keepalive_wanted());
  return listeners_.listen_on(addresses);
}

Keepalive ClientPort::keepalive_wanted() const {
  const Settings& settings = keeper_.settings();
  return {settings.use_tcp_keepalive, static_cast<int>(settings.tcp_keepalive_time)};
}

void ClientPort::on_accepted(int fd, const Address& peer, const Acceptor& at) noexcept {
  if (!fd_allowed(fd, FdUse::client)) return turn_away(fd);
  if (const Keepalive wanted = keepalive_wanted(); wanted != listeners_.keepalive()) {
    listeners_.set_keepalive(wanted);
    if (!peer.is_unix()) set_keepalive(fd, wanted);  // it came before
  }
  fleet_.add_client({fd, peer, at.local_of(fd)}, &keeper_);
}

// Instead of a greeting, as servers do it, and at once: the descriptor is needed.
void ClientPort::turn_away(int fd) {
  ByteQueue packet;
  encode_greeting_error(error_spec(ProxyError::too_many_connections).code,
                        error_text(ProxyError::too_many_connections), packet);
  const Bytes bytes = packet.readable();
  ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);  // a new socket has room for it
  ::close(fd);
  on_accept_failed(NetError{EMFILE}, 1);
}

void ClientPort::on_accept_failed(NetError why, int refused) noexcept {
  std::int64_t suppressed = 0;
  if (!failures_told_.allow(keeper_.loop().now(), &suppressed)) return;
  log::error("cannot accept clients", {{"error", why.text()}, {"refused", refused}, {"earlier", suppressed}});
}

}  // namespace weir
