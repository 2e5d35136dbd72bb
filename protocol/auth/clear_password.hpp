// mysql_clear_password: the password itself, NUL-terminated. Only ever over a secure transport.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "protocol/base/result.hpp"

namespace weir::clear_password {

// unsupported unless `secure_transport`: we do not hand a password to whoever listens.
Result<std::vector<std::uint8_t>> answer(std::string_view password, bool secure_transport);

}  // namespace weir::clear_password
