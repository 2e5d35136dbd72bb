// "10.0.0.1:3306", "db1", "[::1]:3306", "/run/mysqld/mysqld.sock": an address as an operator writes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/base/result.hpp"

namespace weir {

struct HostPort {
  std::string host;        // name, address without brackets, or the path of a Unix socket
  std::uint16_t port = 0;  // 0 = `host` is the path of a Unix socket

  bool is_unix() const { return port == 0; }
  bool operator==(const HostPort&) const = default;
};

// `default_port` stands where the text has none; 0 = the text must have one. Errors say what is allowed.
Result<HostPort, std::string> parse_host_port(std::string_view text, std::uint16_t default_port);
// The form that parse_host_port() reads.
std::string to_text(const HostPort& address);

}  // namespace weir
