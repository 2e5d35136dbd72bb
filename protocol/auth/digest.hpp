// SHA-1 and SHA-256 of a few parts in a row, and the comparison that takes the same time whatever differs.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>

#include "protocol/base/bytes.hpp"

namespace weir {

using Sha1 = std::array<std::uint8_t, 20>;
using Sha256 = std::array<std::uint8_t, 32>;

Sha1 sha1(std::initializer_list<Bytes> parts);
Sha256 sha256(std::initializer_list<Bytes> parts);

// True if both hold the same bytes. Time depends on the sizes only.
bool same_secret(Bytes a, Bytes b);

}  // namespace weir
