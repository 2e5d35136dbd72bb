// Which clients are meant, by a rule's client_addr or a user's allowed_addresses: one address, all that begin
// alike (10.1.%), or a network (10.1.0.0/16, fd00::/8). Which peers are meant, by a list of networks.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

class ClientAddresses {
 public:
  // Nothing if `written` is none of the three forms. A text without % and / is an address as it is, whatever
  // it looks like.
  static std::optional<ClientAddresses> parse(std::string_view written);

  // `address` without port; empty for a Unix socket, which belongs to no network.
  bool contains(std::string_view address) const;

  const std::string& written() const { return written_; }
  // Whether a client may have such an address: it is one, or a network, or a beginning.
  bool is_sound() const;

 private:
  enum class Form : std::uint8_t { exact, prefix, network };
  using Bits = std::array<std::uint8_t, 16>;  // IPv4 addresses as ::ffff:a.b.c.d

  static std::optional<Bits> bits_of(std::string_view address);

  Form form_ = Form::exact;
  std::string written_;
  std::string text_;  // without the %
  Bits network_{};
  int length_ = 0;  // of the network's prefix, in bits of Bits
};

// Peers by their networks and addresses: "10.1.0.0/16, fd00::5". "*" is everybody who comes by TCP, and an
// empty list nobody.
class PeerNetworks {
 public:
  // Failure: the item that is neither, and what is allowed.
  static std::expected<PeerNetworks, std::string> parse(std::string_view written);

  // `address` without port; empty for a Unix socket, which is in no list.
  bool contains(std::string_view address) const;

 private:
  bool all_ = false;
  std::vector<ClientAddresses> networks_;
};

}  // namespace weir
