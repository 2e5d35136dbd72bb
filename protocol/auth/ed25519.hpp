// client_ed25519 (MariaDB): the server sends 32 random bytes, the client signs them by Ed25519. The key is
// derived of the password, of any length, as RFC 8032 derives it of a seed of 32 bytes: SHA-512. We are the
// client only: to servers that ask for it.
// MariaDB: "Authentication plugin - ed25519".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/base/bytes.hpp"

namespace weir::ed25519 {

inline constexpr std::size_t kChallengeBytes = 32;

using Signature = std::array<std::uint8_t, 64>;
using PublicKey = std::array<std::uint8_t, 32>;

Signature sign(Bytes challenge, std::string_view password);
// What MariaDB stores of a password, in base 64.
PublicKey public_key(std::string_view password);

}  // namespace weir::ed25519
