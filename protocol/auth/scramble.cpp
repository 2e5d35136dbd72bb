#include "protocol/auth/scramble.hpp"

#include <openssl/rand.h>

#include <algorithm>

#include "protocol/base/check.hpp"

namespace weir {

Scramble random_scramble() {
  Scramble scramble;
  WEIR_CHECK(RAND_bytes(scramble.data(), static_cast<int>(scramble.size())) == 1,
             "the generator of random numbers is seeded by the system");
  for (std::uint8_t& byte : scramble) {
    byte = static_cast<std::uint8_t>(1 + byte % 127);
    if (byte == '$') byte = '%';  // '$' separates the parts of a stored password
  }
  return scramble;
}

Result<Scramble> decode_scramble(Bytes bytes) {
  if (bytes.size() == kScrambleBytes + 1 && bytes.back() == 0) bytes = bytes.first(kScrambleBytes);
  if (bytes.size() != kScrambleBytes) return std::unexpected(DecodeError::bad_length);
  Scramble scramble;
  std::ranges::copy(bytes, scramble.begin());
  return scramble;
}

}  // namespace weir
