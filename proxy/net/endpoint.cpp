#include <algorithm>

#include "protocol/base/number_text.hpp"
#include "proxy/net/address.hpp"

namespace weir {
namespace {

constexpr std::string_view kAllowed = "allowed are HOST:PORT, IPV4:PORT, [IPV6]:PORT and /PATH/OF/SOCKET";

std::unexpected<std::string> complaint(std::string_view text, std::string_view wrong) {
  return std::unexpected("address \"" + std::string(text) + "\": " + std::string(wrong) + "; " +
                         std::string(kAllowed));
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool may_be_host(std::string_view host) {
  constexpr std::string_view kInNames = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  return host == "*" || host.find_first_not_of(kInNames) == std::string_view::npos;
}

}  // namespace

std::optional<Address> Endpoint::numeric() const {
  if (is_path()) return Address::from_path(path);
  if (host.empty() || host == "*") return Address::from_ip("0.0.0.0", port);
  return Address::from_ip(host, port);
}

std::string Endpoint::text() const {
  if (is_path()) return path;
  const bool bracketed = host.find(':') != std::string::npos;
  return (bracketed ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::expected<Endpoint, std::string> parse_endpoint(std::string_view written, std::uint16_t default_port) {
  const std::string_view text = without_blanks(written);
  if (text.empty()) return complaint(text, "is empty");
  if (text.front() == '/') {
    if (!Address::from_path(text)) return complaint(text, "the path of a socket has at most 107 bytes");
    return Endpoint{{}, 0, std::string(text)};
  }
  std::string_view host, rest;
  if (text.front() == '[') {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return complaint(text, "the bracket is not closed");
    host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
    if (host.find(':') == std::string_view::npos || !Address::from_ip(host, 0)) {
      return complaint(text, "what is in brackets is not an IPv6 address");
    }
    if (!rest.empty() && rest.front() != ':') return complaint(text, "only a port may follow the bracket");
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    host = text.substr(0, colon);
    rest = text.substr(colon);
    if (rest.rfind(':') != 0 && !rest.empty())
      return complaint(text, "an IPv6 address is written in brackets");
    if (!may_be_host(host)) return complaint(text, "the host has a character that no name has");
  }
  if (rest.empty()) {
    if (default_port == 0) return complaint(text, "the port is missing");
    return Endpoint{std::string(host), default_port, {}};
  }
  const auto port = to_integer<std::uint16_t>(rest.substr(1));
  if (!port) return complaint(text, "the port is not in 0..65535");
  return Endpoint{std::string(host), *port, {}};
}

std::expected<std::vector<Endpoint>, std::string> parse_endpoints(std::string_view text,
                                                                  std::uint16_t default_port) {
  std::vector<Endpoint> endpoints;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(";,"), text.size());
    const std::string_view entry = without_blanks(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (entry.empty()) continue;
    auto endpoint = parse_endpoint(entry, default_port);
    if (!endpoint) return std::unexpected(std::move(endpoint).error());
    endpoints.push_back(*std::move(endpoint));
  }
  return endpoints;
}

}  // namespace weir
