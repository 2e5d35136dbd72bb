#include "router/rules/client_addresses.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "protocol/base/number_text.hpp"

namespace weir {
namespace {

constexpr int kIpv4Bits = 32;
constexpr int kIpv6Bits = 128;
constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

std::optional<ClientAddresses::Bits> ClientAddresses::bits_of(std::string_view address) {
  std::array<char, INET6_ADDRSTRLEN + 1> text{};
  if (address.empty() || address.size() >= text.size()) return std::nullopt;
  address.copy(text.data(), address.size());
  Bits bits{};
  if (inet_pton(AF_INET6, text.data(), bits.data()) == 1) return bits;
  std::ranges::copy(kMapped, bits.begin());
  if (inet_pton(AF_INET, text.data(), bits.data() + kMapped.size()) == 1) return bits;
  return std::nullopt;
}

std::optional<ClientAddresses> ClientAddresses::parse(std::string_view written) {
  ClientAddresses addresses;
  addresses.written_ = addresses.text_ = written;
  const std::size_t percent = written.find('%');
  const std::size_t slash = written.find('/');
  if (percent != std::string_view::npos) {
    if (percent + 1 != written.size()) return std::nullopt;
    addresses.form_ = Form::prefix;
    addresses.text_.pop_back();
  } else if (slash != std::string_view::npos) {
    const auto bits = bits_of(written.substr(0, slash));
    const auto length = to_integer<unsigned>(written.substr(slash + 1));
    const bool ipv4 = written.substr(0, slash).find(':') == std::string_view::npos;
    if (!bits || !length || *length > static_cast<unsigned>(ipv4 ? kIpv4Bits : kIpv6Bits))
      return std::nullopt;
    addresses.length_ = static_cast<int>(*length) + (ipv4 ? kIpv6Bits - kIpv4Bits : 0);
    addresses.form_ = Form::network;
    addresses.network_ = *bits;
  }
  return addresses;
}

bool ClientAddresses::is_sound() const {
  return form_ != Form::exact || (text_.find('\0') == std::string::npos && bits_of(text_));
}

bool ClientAddresses::contains(std::string_view address) const {
  if (form_ == Form::exact) return address == text_;
  if (form_ == Form::prefix) return address.starts_with(text_);
  const auto bits = bits_of(address);
  if (!bits) return false;
  const auto whole = static_cast<std::size_t>(length_) / 8;
  if (std::memcmp(bits->data(), network_.data(), whole) != 0) return false;
  const int rest = length_ % 8;
  if (rest == 0) return true;
  return ((*bits)[whole] ^ network_[whole]) >> (8 - rest) == 0;
}

std::expected<PeerNetworks, std::string> PeerNetworks::parse(std::string_view written) {
  PeerNetworks peers;
  if (trimmed(written) == "*") {
    peers.all_ = true;
    return peers;
  }
  while (!trimmed(written).empty()) {
    const std::size_t end = std::min(written.find(','), written.size());
    const std::string_view item = trimmed(written.substr(0, end));
    written.remove_prefix(std::min(end + 1, written.size()));
    const std::string_view only = item.contains(':') ? "/128" : "/32";
    const auto network =
        ClientAddresses::parse(item.contains('/') ? std::string(item) : std::string(item).append(only));
    if (!network || item.contains('%'))
      return std::unexpected(
          "'" + std::string(item) +
          "' is neither an address nor a network, such as 10.1.2.3, 10.1.0.0/16 or fd00::/8"
          " (* alone: everybody)");
    peers.networks_.push_back(*network);
  }
  return peers;
}

bool PeerNetworks::contains(std::string_view address) const {
  if (all_) return !address.empty();
  return std::ranges::any_of(networks_, [&](const auto& network) { return network.contains(address); });
}

}  // namespace weir
