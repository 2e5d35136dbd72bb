#include "proxy/net/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <iterator>

namespace weir {
namespace {

// The storage seen as the family's own structure: copied, for the language knows no such cast.
template <class Raw>
Raw raw_as(const Address& address) {
  Raw raw{};
  std::memcpy(&raw, address.raw(), sizeof raw);
  return raw;
}

template <class Raw>
Address from(const Raw& raw, std::size_t size = sizeof(Raw)) {
  return Address::from_raw(reinterpret_cast<const sockaddr*>(&raw), static_cast<socklen_t>(size));
}

// What inet_ntop() makes of it, which formats as printf() does, and is called for every client.
std::string text_of(const in_addr& v4) {
  std::uint8_t parts[4];
  std::memcpy(parts, &v4, sizeof parts);
  char text[INET_ADDRSTRLEN];
  char* end = text;
  for (const unsigned part : parts) {
    if (end != text) *end++ = '.';
    end = std::to_chars(end, std::end(text), part).ptr;
  }
  return {text, end};
}

}  // namespace

std::optional<Address> Address::from_ip(std::string_view ip, std::uint16_t port) {
  const std::string text(ip);  // inet_pton wants a zero at the end
  sockaddr_in v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1 && text.size() == std::strlen(text.c_str())) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return from(v4);
  }
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1 && text.size() == std::strlen(text.c_str())) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return from(v6);
  }
  return std::nullopt;
}

std::optional<Address> Address::from_path(std::string_view path) {
  sockaddr_un raw{};
  if (path.empty() || path.size() >= sizeof raw.sun_path) return std::nullopt;
  if (path.find('\0') != std::string_view::npos) return std::nullopt;
  raw.sun_family = AF_UNIX;
  std::memcpy(raw.sun_path, path.data(), path.size());
  return from(raw, offsetof(sockaddr_un, sun_path) + path.size() + 1);
}

Address Address::from_raw(const sockaddr* raw, socklen_t size) {
  Address address;
  address.size_ = std::min<socklen_t>(size, sizeof address.storage_);
  std::memcpy(&address.storage_, raw, address.size_);
  return address;
}

Address Address::peer_of(int fd) {
  Address address;
  address.size_ = sizeof address.storage_;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&address.storage_), &address.size_) != 0) return {};
  return address;
}

Address Address::local_of(int fd) {
  Address address;
  address.size_ = sizeof address.storage_;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage_), &address.size_) != 0) return {};
  return address;
}

std::string Address::ip() const {
  if (family() == AF_INET) return text_of(raw_as<sockaddr_in>(*this).sin_addr);
  char text[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET6) {
    const auto v6 = raw_as<sockaddr_in6>(*this);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text, sizeof text);
    } else {
      inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    }
  }
  return text;
}

std::uint16_t Address::port() const {
  if (family() == AF_INET) return ntohs(raw_as<sockaddr_in>(*this).sin_port);
  if (family() == AF_INET6) return ntohs(raw_as<sockaddr_in6>(*this).sin6_port);
  return 0;
}

Address Address::with_port(std::uint16_t port) const {
  if (family() == AF_INET) {
    auto v4 = raw_as<sockaddr_in>(*this);
    v4.sin_port = htons(port);
    return from(v4);
  }
  if (family() == AF_INET6) {
    auto v6 = raw_as<sockaddr_in6>(*this);
    v6.sin6_port = htons(port);
    return from(v6);
  }
  return *this;
}

std::string Address::path() const {
  if (!is_unix()) return {};
  const auto raw = raw_as<sockaddr_un>(*this);
  const std::size_t named = size_ - std::min<std::size_t>(size_, offsetof(sockaddr_un, sun_path));
  return {raw.sun_path, strnlen(raw.sun_path, std::min(named, sizeof raw.sun_path))};
}

std::string Address::text() const {
  if (is_unix()) return path().empty() ? "unix" : path();
  const std::string host = ip();
  if (host.empty()) return "none";
  const bool bracketed = host.find(':') != std::string::npos;
  return (bracketed ? "[" + host + "]" : host) + ":" + std::to_string(port());
}

bool operator==(const Address& a, const Address& b) {
  return a.size_ == b.size_ && std::memcmp(&a.storage_, &b.storage_, a.size_) == 0;
}

}  // namespace weir
