#include "protocol/message/proxy_header.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "protocol/base/number_text.hpp"

namespace weir {
namespace {

constexpr std::string_view kLineBegins = "PROXY ";
constexpr std::size_t kMaxLineBytes = 107;  // with its CRLF
constexpr std::array<std::uint8_t, 12> kSignature{0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                                  0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};
constexpr std::size_t kFixedBytes = 16;
constexpr std::uint8_t kVersion2 = 0x20, kLocal = 0x20, kProxied = 0x21;
constexpr std::uint8_t kTcp4 = 0x11, kTcp6 = 0x21;

BeginsProxyHeader begins_with(Bytes bytes, Bytes beginning) {
  const std::size_t known = std::min(bytes.size(), beginning.size());
  if (!std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(known), beginning.begin()))
    return BeginsProxyHeader::no;
  return known == beginning.size() ? BeginsProxyHeader::yes : BeginsProxyHeader::perhaps;
}

// ---- version 1

// As IP libraries write it, and nothing behind it: inet_pton ends at a zero byte.
bool is_ip(int family, const std::string& text) {
  in6_addr room{};
  return text.find('\0') == std::string::npos && inet_pton(family, text.c_str(), &room) == 1;
}

std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

Result<ProxyHeader> parse_line(std::string_view line) {
  const std::string_view protocol = take_word(line);
  if (protocol == "UNKNOWN") return ProxyHeader{};
  if (protocol != "TCP4" && protocol != "TCP6") return std::unexpected(DecodeError::bad_value);
  const int family = protocol == "TCP4" ? AF_INET : AF_INET6;
  ProxyHeader header;
  header.has_addresses = true;
  header.source = take_word(line);
  header.destination = take_word(line);
  const auto source_port = to_integer<std::uint16_t>(take_word(line));
  const auto destination_port = to_integer<std::uint16_t>(take_word(line));
  if (!is_ip(family, header.source) || !is_ip(family, header.destination) || !source_port ||
      !destination_port)
    return std::unexpected(DecodeError::bad_value);
  if (!line.empty()) return std::unexpected(DecodeError::trailing_bytes);
  header.source_port = *source_port;
  header.destination_port = *destination_port;
  return header;
}

Result<std::optional<ProxyHeader>> take_line(Bytes& bytes) {
  const std::string_view text = as_text(bytes.first(std::min(bytes.size(), kMaxLineBytes)));
  const std::size_t end = text.find("\r\n");
  if (end == std::string_view::npos) {
    if (text.size() == kMaxLineBytes) return std::unexpected(DecodeError::too_large);
    return std::nullopt;
  }
  auto header = parse_line(text.substr(kLineBegins.size(), end - kLineBegins.size()));
  if (!header) return std::unexpected(header.error());
  bytes = bytes.subspan(end + 2);
  return std::move(*header);
}

// ---- version 2

std::uint16_t load_port(Bytes at) {
  return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}

std::string to_ip(int family, Bytes address) {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(family, address.data(), text, sizeof text);
}

Result<ProxyHeader> decode_addresses(std::uint8_t protocol, Bytes block) {
  if (protocol != kTcp4 && protocol != kTcp6)
    return ProxyHeader{};  // Unix sockets, UDP: nothing we could use
  const int family = protocol == kTcp4 ? AF_INET : AF_INET6;
  const std::size_t size = protocol == kTcp4 ? 4 : 16;
  if (block.size() < 2 * size + 4) return std::unexpected(DecodeError::truncated);
  ProxyHeader header;
  header.has_addresses = true;
  header.source = to_ip(family, block.first(size));
  header.destination = to_ip(family, block.subspan(size, size));
  header.source_port = load_port(block.subspan(2 * size));
  header.destination_port = load_port(block.subspan(2 * size + 2));
  return header;  // what else is in the block says nothing of where
}

Result<std::optional<ProxyHeader>> take_block(Bytes& bytes) {
  if (bytes.size() < kFixedBytes) return std::nullopt;
  const std::uint8_t command = bytes[12];
  if ((command & 0xf0) != kVersion2) return std::unexpected(DecodeError::unsupported);
  if (command != kLocal && command != kProxied) return std::unexpected(DecodeError::bad_value);
  const std::size_t size = kFixedBytes + load_port(bytes.subspan(14));
  if (size > kMaxProxyHeaderBytes) return std::unexpected(DecodeError::too_large);
  if (bytes.size() < size) return std::nullopt;
  ProxyHeader header;
  if (command == kProxied) {
    auto decoded = decode_addresses(bytes[13], bytes.subspan(kFixedBytes, size - kFixedBytes));
    if (!decoded) return std::unexpected(decoded.error());
    header = std::move(*decoded);
  }
  bytes = bytes.subspan(size);
  return header;
}

void append_text(ByteQueue& out, std::string_view text) {
  out.append(as_bytes(text));
}

// The family of both addresses; 0: there is none.
int family_of(const ProxyHeader& header) {
  if (!header.has_addresses) return 0;
  for (const int family : {AF_INET, AF_INET6}) {
    if (is_ip(family, header.source) && is_ip(family, header.destination)) return family;
  }
  return 0;
}

void encode_block(const ProxyHeader& header, int family, ByteQueue& out) {
  std::vector<std::uint8_t> block(kSignature.begin(), kSignature.end());
  const std::size_t size = family == AF_INET ? 4 : 16;
  const std::size_t addresses = family == 0 ? 0 : 2 * size + 4;
  block.insert(block.end(), {family == 0 ? kLocal : kProxied,
                             family == 0         ? std::uint8_t{0}
                             : family == AF_INET ? kTcp4
                                                 : kTcp6,
                             0, static_cast<std::uint8_t>(addresses)});
  if (family != 0) {
    block.resize(kFixedBytes + 2 * size);
    inet_pton(family, header.source.c_str(), block.data() + kFixedBytes);
    inet_pton(family, header.destination.c_str(), block.data() + kFixedBytes + size);
    for (const std::uint16_t port : {header.source_port, header.destination_port}) {
      block.push_back(static_cast<std::uint8_t>(port >> 8));
      block.push_back(static_cast<std::uint8_t>(port & 0xff));
    }
  }
  out.append(block);
}

}  // namespace

BeginsProxyHeader begins_proxy_header(Bytes bytes) {
  const auto line = begins_with(bytes, as_bytes(kLineBegins));
  return line != BeginsProxyHeader::no ? line : begins_with(bytes, kSignature);
}

Result<std::optional<ProxyHeader>> take_proxy_header(Bytes& bytes) {
  if (begins_with(bytes, as_bytes(kLineBegins)) != BeginsProxyHeader::no) return take_line(bytes);
  if (begins_with(bytes, kSignature) != BeginsProxyHeader::no) return take_block(bytes);
  return std::unexpected(DecodeError::bad_value);
}

void encode_proxy_header(const ProxyHeader& header, int version, ByteQueue& out) {
  const int family = family_of(header);
  if (version == 2) return encode_block(header, family, out);
  if (family == 0) return append_text(out, "PROXY UNKNOWN\r\n");
  append_text(out, fmt::format("PROXY {} {} {} {} {}\r\n", family == AF_INET ? "TCP4" : "TCP6", header.source,
                               header.destination, header.source_port, header.destination_port));
}

}  // namespace weir
