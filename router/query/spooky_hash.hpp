// SpookyHash V2 by Bob Jenkins (public domain), 64-bit variant: the hash of query digests.
//
// http://burtleburtle.net/bob/hash/spooky.html. Written from the description of the algorithm; the result
// depends on little-endian byte order, which all supported machines have.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

std::uint64_t spooky_hash64(std::string_view text, std::uint64_t seed);

}  // namespace weir
