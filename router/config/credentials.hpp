// Lists of accounts in one variable: "admin:secret;radmin:*HEX".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.hpp"

namespace weir {

struct Credential {
  std::string username;  // not empty
  std::string password;  // clear text, *HEX or $A$005$..., as in mysql_users; empty = none

  bool operator==(const Credential&) const = default;
};

// Accounts are separated by semicolons; the first colon ends a name, so passwords may hold colons but no
// semicolons. An empty text is an empty list. Errors say what is wrong and never show a password.
Result<std::vector<Credential>, std::string> parse_credentials(std::string_view text);

}  // namespace weir
