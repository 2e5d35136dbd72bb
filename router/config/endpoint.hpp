// "10.0.0.1:3306", "db1", "[::1]:3306", "/run/mysqld/mysqld.sock": an address as an operator writes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.hpp"

namespace weir {

struct Endpoint {
  std::string host;        // name, address without brackets, or the path of a Unix socket
  std::uint16_t port = 0;  // 0 = `host` is the path of a Unix socket

  bool is_unix() const { return port == 0; }
  bool operator==(const Endpoint&) const = default;
};

// `default_port` stands where the text has none; 0 = the text must have one. Errors say what is allowed.
Result<Endpoint, std::string> parse_endpoint(std::string_view text, std::uint16_t default_port);
// A list such as mysql-interfaces ('; ' between its items); empty items are skipped.
Result<std::vector<Endpoint>, std::string> parse_endpoints(std::string_view text, char separator,
                                                           std::uint16_t default_port);
// The form that parse_endpoint() reads.
std::string to_text(const Endpoint& endpoint);

}  // namespace weir
