// mysql_native_password: answer = SHA1(password) XOR SHA1(scramble + SHA1(SHA1(password))); empty for no
// password. MySQL: page_protocol_connection_phase_authentication_methods_native_password_authentication.
#pragma once

#include <optional>
#include <string_view>

#include "protocol/auth/digest.hpp"
#include "protocol/auth/scramble.hpp"

namespace weir::native_password {

// SHA1(password), which is all a client needs ("stage 1").
Sha1 stage1(std::string_view password);
// SHA1(SHA1(password)), which is what servers store.
Sha1 stage2(const Sha1& stage1);

// The client's answer.
Sha1 answer(const Scramble& scramble, const Sha1& stage1);

// The stage 1 that the answer proves, or nothing if it does not match `double_sha1`.
std::optional<Sha1> verify(const Scramble& scramble, const Sha1& double_sha1, Bytes answer);

}  // namespace weir::native_password
