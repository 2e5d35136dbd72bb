// The random challenge of a login. 20 bytes; on the wire it is often followed by a zero that is not part of
// it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"
#include "protocol/message/handshake.hpp"

namespace weir {

using Scramble = std::array<std::uint8_t, kScrambleBytes>;

// A fresh one from OpenSSL's generator, by a block per thread: bytes 1..127 without '$', as servers send it.
// Any thread.
Scramble random_scramble();

// From what a peer sent: 20 bytes, or 21 of which the last is zero; anything else is bad_length.
Result<Scramble> decode_scramble(Bytes bytes);

}  // namespace weir
