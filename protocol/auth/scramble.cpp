#include "protocol/auth/scramble.hpp"

#include <openssl/rand.h>

#include <algorithm>

#include "protocol/auth/random_block.hpp"
#include "protocol/base/check.hpp"

namespace weir {
namespace {

bool ask_openssl(MutableBytes out) {
  return RAND_bytes(out.data(), static_cast<int>(out.size())) == 1;
}

}  // namespace

Scramble random_scramble() {
  thread_local RandomBlock block(ask_openssl);
  Scramble scramble;
  WEIR_CHECK(block.take(scramble), "the generator of random numbers is seeded by the system");
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
