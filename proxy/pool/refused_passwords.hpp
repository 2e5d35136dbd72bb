// Which of two passwords of an account a server has refused last, while they are being changed: the other one
// is tried first from then on, and the server hears a wrong one as seldom as can be.
//
// Of one server; its shard's thread. Nothing is kept of accounts with one password, and of a password a
// digest.
#pragma once

#include <string>
#include <unordered_map>

#include "protocol/auth/account.hpp"
#include "protocol/auth/digest.hpp"

namespace weir {

class RefusedPasswords {
 public:
  void note(const Credentials& refused);
  // The two of them in the order in which they are to be tried here.
  Credentials in_order(Credentials credentials) const;

 private:
  std::unordered_map<std::string, Sha256> of_user_;
};

// The other password of the two, with nothing to be tried after it.
Credentials other_of(const Credentials& credentials);

}  // namespace weir
