// What logins have proven of accounts of which the configuration has a hash only: with that, servers can be
// logged in to that want more than a hash, and caching_sha2_password is answered without the long way.
//
// Kept by the account and by the hash that it was proven against: a password of before is never taken for the
// one in force. Any thread; touched by logins and by reloads, never by queries.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocol/auth/account.hpp"

namespace weir {

class LearnedPasswords {
 public:
  // `proof` is of the password behind `stored`, as mysql_users has it. True: this was not known before. What
  // is stored in clear text teaches nothing.
  bool learn(std::string_view stored, const Credentials& proof);
  std::optional<Credentials> find(const std::string& user, std::string_view stored) const;
  void take_over(const LearnedPasswords& before);
  // Forgets all others.
  using Wanted = std::function<bool(const std::string& user, const std::string& stored)>;
  void keep_only(const Wanted& wanted);

 private:
  struct Entry {
    std::string stored;
    Credentials proof;
  };
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::vector<Entry>> of_user_;
};

}  // namespace weir
