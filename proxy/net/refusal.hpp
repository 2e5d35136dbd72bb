// An error in place of a greeting, for who has just been accepted and is not let in.
#pragma once

#include <string_view>

#include "protocol/wire/error_codes.hpp"

namespace weir {

// Sends the error as servers do (without SQLSTATE: the protocol is not agreed on yet; page "Connection Phase"
// of the MySQL documentation), and closes the stream socket `fd`. At once, whatever the peer does.
void refuse_client(int fd, ProxyError error, std::string_view text);

}  // namespace weir
