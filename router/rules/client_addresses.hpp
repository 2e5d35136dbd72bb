// The condition client_addr of a rule: one address, all that begin alike (10.1.%), or a network (10.1.0.0/16,
// fd00::/8).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

class ClientAddresses {
 public:
  // Nothing if `written` is none of the three forms. A text without % and / is an address as it is, whatever
  // it looks like.
  static std::optional<ClientAddresses> parse(std::string_view written);

  // `address` without port; empty for a Unix socket, which belongs to no network.
  bool contains(std::string_view address) const;

  const std::string& written() const { return written_; }

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

}  // namespace weir
