#include "protocol/auth/account.hpp"

#include "protocol/auth/decoys.hpp"

namespace weir {

const Account& Accounts::decoy(std::string_view user) const {
  static const Decoys kOfPlainAccounts;
  return kOfPlainAccounts.find(user);
}

}  // namespace weir
