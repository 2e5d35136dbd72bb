// Where a client comes from, and where he has come to: what rules, limits and logs know of it.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/message/proxy_header.hpp"
#include "proxy/net/address.hpp"

namespace weir {

struct ClientOrigin {
  std::string address;  // without port; empty: a Unix socket
  std::uint16_t port = 0;
  std::string proxy_address;  // of the listener, or a Unix socket's path
  std::uint16_t proxy_port = 0;
  bool is_local = false;        // by a Unix socket
  std::string load_balancer{};  // with port; empty: the client has come by himself, as far as is known

  static ClientOrigin of(const Address& peer, const Address& local);

  // The peer has connected for somebody else, whose address takes the place of his. The listener stays: that
  // is ours. Without effect if the header names nobody.
  void introduce(const ProxyHeader& header);

  // "10.0.0.9:51234", "[fd00::9]:51234", or "localhost" for one at a Unix socket.
  std::string name() const;
  // The same without port.
  std::string host() const { return is_local ? "localhost" : address; }
};

}  // namespace weir
