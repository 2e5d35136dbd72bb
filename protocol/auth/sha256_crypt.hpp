// SHA-crypt with SHA-256, as caching_sha2_password stores passwords: the published algorithm ("Unix crypt
// using SHA-256 and SHA-512", U. Drepper), with MySQL's two differences: salts of 20 bytes, and its own "$A$"
// framing.
#pragma once

#include <string>
#include <string_view>

#include "protocol/base/bytes.hpp"

namespace weir {

// The 43 characters of hash. Cost grows with `rounds` (5000 takes about a millisecond).
std::string sha256_crypt(std::string_view password, std::string_view salt, unsigned rounds);

}  // namespace weir
