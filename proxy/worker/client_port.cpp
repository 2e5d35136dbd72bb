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

void ClientPort::on_accepted(int fd, const Address& peer) noexcept {
  if (!fd_allowed(fd, FdUse::client)) return turn_away(fd);
  fleet_.add_client({fd, peer, Address::local_of(fd)}, &keeper_);
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
