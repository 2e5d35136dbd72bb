// caching_sha2_password. Fast: answer = SHA256(password) XOR SHA256(SHA256(SHA256(password)) + scramble).
// Full: the password itself, NUL-terminated, over a secure transport or XORed with the scramble and encrypted
// with RSA. MySQL: page_caching_sha2_authentication_exchanges.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/auth/digest.hpp"
#include "protocol/auth/rsa_key.hpp"
#include "protocol/auth/scramble.hpp"
#include "protocol/base/result.hpp"

namespace weir::caching_sha2 {

// The byte after 0x01 in the server's messages, and the client's request for the server's public key.
inline constexpr std::uint8_t kFastAuthOk = 3;
inline constexpr std::uint8_t kFullAuthNeeded = 4;
inline constexpr std::uint8_t kRequestPublicKey = 2;

// The client's fast answer.
Sha256 answer(const Scramble& scramble, std::string_view password);
// Whether `answer` is the fast answer for `password`.
bool verify(const Scramble& scramble, std::string_view password, Bytes answer);

// The password, XORed with the scramble and encrypted for the owner of `public_key_pem`.
// Fails with bad_value if the key is not an RSA public key or is too small for the password.
Result<std::vector<std::uint8_t>> encrypt_password(std::string_view password, const Scramble& scramble,
                                                   std::string_view public_key_pem);
// The inverse, for the owner of the key. auth_failed if it does not decrypt to a NUL-terminated password.
Result<std::string> decrypt_password(Bytes encrypted, const Scramble& scramble, const RsaKey& key);

}  // namespace weir::caching_sha2
