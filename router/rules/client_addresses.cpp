#include "router/rules/client_addresses.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace weir {
namespace {

constexpr int kIpv4Bits = 32;
constexpr int kIpv6Bits = 128;
constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

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
    const std::string_view length = written.substr(slash + 1);
    const char* const end = length.data() + length.size();
    if (!bits || std::from_chars(length.data(), end, addresses.length_).ptr != end || length.empty())
      return std::nullopt;
    const bool ipv4 = written.substr(0, slash).find(':') == std::string_view::npos;
    if (addresses.length_ < 0 || addresses.length_ > (ipv4 ? kIpv4Bits : kIpv6Bits)) return std::nullopt;
    if (ipv4) addresses.length_ += kIpv6Bits - kIpv4Bits;
    addresses.form_ = Form::network;
    addresses.network_ = *bits;
  }
  return addresses;
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

}  // namespace weir
