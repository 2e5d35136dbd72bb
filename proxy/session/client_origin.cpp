#include "proxy/session/client_origin.hpp"

#include <fmt/format.h>

namespace weir {

ClientOrigin ClientOrigin::of(const Address& peer, const Address& local) {
  return {.address = peer.is_unix() ? std::string() : peer.ip(),
          .port = peer.port(),
          .proxy_address = local.is_unix() ? local.path() : local.ip(),
          .proxy_port = local.port(),
          .is_local = peer.is_unix()};
}

// Written as those of clients who come by themselves, or rules and limits would not know them again.
void ClientOrigin::introduce(const ProxyHeader& header) {
  if (!header.has_addresses) return;
  const auto source = Address::from_ip(header.source, header.source_port);
  load_balancer = name();
  address = source ? source->ip() : header.source;
  port = header.source_port;
}

std::string ClientOrigin::name() const {
  if (is_local) return "localhost";
  const bool is_ipv6 = address.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", is_ipv6 ? "[" : "", address, is_ipv6 ? "]" : "", port);
}

}  // namespace weir
