#include "router/config/host_port.hpp"

#include <fmt/format.h>

#include <optional>

#include "protocol/base/number_text.hpp"

namespace weir {
namespace {

constexpr std::size_t kMaxSocketPath = 107;  // of sockaddr_un, without its final zero

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::unexpected<std::string> refuse(std::string_view text, std::string_view why) {
  return std::unexpected(
      fmt::format("'{}' {}; allowed are host:port, [IPv6 address]:port, and /path/of/socket", text, why));
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  const auto port = to_integer<std::uint16_t>(text);
  return port != 0 ? port : std::nullopt;
}

// Whether it is one is found out when it is used; "fe80::1%eth0" has a zone.
bool may_be_ipv6(std::string_view text) {
  const std::string_view address = text.substr(0, text.find('%'));
  return text.empty() || (address.contains(':') && !text.contains('/') &&
                          address.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos);
}

}  // namespace

Result<HostPort, std::string> parse_host_port(std::string_view original, std::uint16_t default_port) {
  const std::string_view text = trimmed(original);
  if (text.starts_with('/')) {
    if (text.size() > kMaxSocketPath) return refuse(text, "is longer than the 107 bytes of a socket's path");
    return HostPort{std::string(text), 0};
  }
  std::string_view host, rest;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return refuse(text, "has no closing bracket");
    host = text.substr(1, close - 1);
    if (!may_be_ipv6(host)) return refuse(text, "has no IPv6 address in its brackets");
    rest = text.substr(close + 1);
  } else {
    const auto colon = text.find(':');
    host = text.substr(0, colon);
    if (colon != std::string_view::npos) rest = text.substr(colon);
    if (rest.find(':', 1) != std::string_view::npos)
      return refuse(text, "looks like an IPv6 address without brackets");
  }
  if (host.empty()) return refuse(text, "has no host");
  if (host.find_first_of(" \t\r\n;,='\"[]") != std::string_view::npos) return refuse(text, "is no host name");
  if (rest.empty()) {
    if (default_port == 0) return refuse(text, "has no port");
    return HostPort{std::string(host), default_port};
  }
  const auto port = rest.starts_with(':') ? parse_port(rest.substr(1)) : std::nullopt;
  if (!port) return refuse(text, "has a port that is not in 1..65535");
  return HostPort{std::string(host), *port};
}

std::string to_text(const HostPort& address) {
  if (address.is_unix()) return address.host;
  const bool bare_v6 = address.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", bare_v6 ? "[" : "", address.host, bare_v6 ? "]" : "", address.port);
}

}  // namespace weir
