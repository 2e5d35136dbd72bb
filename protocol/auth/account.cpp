#include "protocol/auth/account.hpp"

namespace weir {

const StoredSecret& Accounts::decoy() const {
  // What it says does not matter: a login without an account is denied even if it matched.
  static const StoredSecret kPlain{
      .kind = StoredSecret::Kind::plain, .text = "no account has this", .double_sha1 = {}};
  return kPlain;
}

}  // namespace weir
