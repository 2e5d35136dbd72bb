// What stands in for accounts that there are not, so that neither the plugin that is asked for, nor the
// number of messages, nor the time that a wrong password takes tells which names exist.
//
// An unknown name is given the kinds of secrets that some account has, and each kind about as often as
// accounts have it: which it is depends on the name and on a key that nobody knows. A name changes its kinds
// as little as those of accounts change, or else it would tell by that what it is: only when kinds come or
// go, or accounts of some kinds double or halve, and then few names do (weighted rendezvous hashing).
// Immutable: part of a snapshot.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/auth/account.hpp"

namespace weir {

class Decoys {
 public:
  // As if all accounts had one password in clear text.
  Decoys();
  // Like these, accounts without a password left out: whoever brings one for them is denied like anybody.
  explicit Decoys(std::span<const Account> accounts);

  // The secrets are of passwords that nobody knows.
  const Account& find(std::string_view user) const;
  // Of the same kinds as an account that is there, and may not log in like this: who was asked for one plugin
  // in one way and for another in another would be known to be there. For one without a password `of_name`,
  // which find() has.
  const Account& like(const Account& account, const Account& of_name) const;

 private:
  struct Shape {
    Account account;
    std::string name;   // of the kinds
    double weight = 1;  // how many accounts have this shape, up to a power of two
  };
  std::vector<Shape> shapes_;  // at least one
};

}  // namespace weir
