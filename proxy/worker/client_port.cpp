#include "proxy/worker/client_port.hpp"

#include <cerrno>

#include "protocol/wire/error_codes.hpp"
#include "proxy/net/fd_limit.hpp"
#include "proxy/net/refusal.hpp"
#include "proxy/session/introduction.hpp"
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
  if (!fd_allowed(fd, FdUse::client)) {
    refuse_client(fd, ProxyError::too_many_connections, error_text(ProxyError::too_many_connections));
    return on_accept_failed(NetError{EMFILE}, 1);
  }
  if (is_refused_unheard(fd, peer)) return;
  if (const Keepalive wanted = keepalive_wanted(); wanted != listeners_.keepalive()) {
    listeners_.set_keepalive(wanted);
    if (!peer.is_unix()) set_keepalive(fd, wanted);  // it came before
  }
  fleet_.add_client({fd, peer, at.local_of(fd)}, &keeper_);
}

// A login costs us several times as much, by TLS a hundred times, and would hardly end otherwise: each of
// those who wait does so for a second at most, and who was let in here is judged again at his login. Of who
// may say for whom he has come it is not known yet.
bool ClientPort::is_refused_unheard(int fd, const Address& peer) {
  if (peer.is_unix()) return false;
  const Settings& settings = keeper_.settings();
  const LoginGuard& guard = fleet_.login_guard();
  const std::string address = peer.ip();
  if (!guard.refuses_everybody_of(address, settings.max_failed_logins, keeper_.loop().now())) return false;
  if (Introduction::is_possible(settings, address)) return false;
  constexpr ProxyError kError = ProxyError::too_many_failed_of_address;
  const std::string text = error_text(kError, address);
  keeper_.stats().client_connections_created.add();
  keeper_.stats().client_connections_aborted.add();
  keeper_.stats().access_denied_failed_logins.add();
  keeper_.log_of_client(false, log::Level::info, "client refused",
                        {{"client", address}, {"code", error_spec(kError).code}, {"reason", text}});
  refuse_client(fd, kError, text);
  return true;
}

void ClientPort::on_accept_failed(NetError why, int refused) noexcept {
  std::int64_t suppressed = 0;
  if (!failures_told_.allow(keeper_.loop().now(), &suppressed)) return;
  log::error("cannot accept clients", {{"error", why.text()}, {"refused", refused}, {"earlier", suppressed}});
}

}  // namespace weir
