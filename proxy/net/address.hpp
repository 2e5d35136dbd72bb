// Where to connect or listen: what people write (Endpoint), and what sockets use (Address).
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// An address as sockets know it: IPv4, IPv6 or a Unix socket's path. A value, comparable.
class Address {
 public:
  Address() = default;  // no address: family() is AF_UNSPEC

  // `ip` is numeric, without brackets; nothing if it is not.
  static std::optional<Address> from_ip(std::string_view ip, std::uint16_t port);
  // Nothing if the path is empty, has a zero byte, or is longer than the system allows (107 bytes).
  static std::optional<Address> from_path(std::string_view path);
  static Address from_raw(const sockaddr* address, socklen_t size);
  // Of a connected socket; no address if the system does not say.
  static Address peer_of(int fd);
  static Address local_of(int fd);

  int family() const { return storage_.ss_family; }
  bool is_unix() const { return family() == AF_UNIX; }
  bool is_tcp() const { return family() == AF_INET || family() == AF_INET6; }
  // Numeric, "10.0.0.1" or "::1"; an IPv4 address inside IPv6 reads as IPv4. Empty for Unix sockets.
  std::string ip() const;
  std::uint16_t port() const;  // 0 for Unix sockets
  std::string path() const;    // empty for TCP, and for unnamed Unix sockets
  // The same with this port; a Unix socket, or no address, as it is.
  Address with_port(std::uint16_t port) const;
  // "10.0.0.1:6033", "[::1]:6033", "/run/weir.sock", "unix" for an unnamed Unix socket.
  std::string text() const;

  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t raw_size() const { return size_; }

  friend bool operator==(const Address& a, const Address& b);

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

// A host (name or number) with a port, or a path. The host may be empty: every interface, when listening.
struct Endpoint {
  std::string host;  // without brackets
  std::uint16_t port = 0;
  std::string path;  // not empty: a Unix socket, and host and port mean nothing

  bool is_path() const { return !path.empty(); }
  // The address, if no name must be looked up: a path, a number, or an empty host or "*" (0.0.0.0).
  std::optional<Address> numeric() const;
  // As it would be written.
  std::string text() const;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// Reads "1.2.3.4:6033", "[::1]:6033", "host:port", ":6033", "*:6033", "/path/socket". Without a port,
// `default_port` is taken; if that is 0 too, the port is missing. "host:0" is allowed: the system chooses
// when listening. Failure: a sentence that says what is wrong and what is allowed.
std::expected<Endpoint, std::string> parse_endpoint(std::string_view text, std::uint16_t default_port = 0);

// The same, for a list separated by ';' (ProxySQL's interfaces) or ','; blanks around entries and empty
// entries are skipped. The first failure is the whole's.
std::expected<std::vector<Endpoint>, std::string> parse_endpoints(std::string_view text,
                                                                  std::uint16_t default_port = 0);

}  // namespace weir
