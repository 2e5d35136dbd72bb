// Who may log in to the admin port, and as what. The names are the port's own: mysql_users do not matter
// here.
//
// An account whose password is empty, or its own name (as the shipped admin:admin and stats:stats have it),
// logs in from this machine only, whatever the port listens on. Any other password lets in from anywhere.
// (ProxySQL goes by the names: admin, stats and the monitor's user are local forever.)
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/auth/account.hpp"
#include "protocol/auth/decoys.hpp"
#include "protocol/base/result.hpp"
#include "proxy/net/address.hpp"

namespace weir {

struct AdminAccount {
  Account account;
  bool stats_only = false;
  bool local_only = false;
};

// Immutable: logins under way hold the list that they began with.
class AdminAccounts final : public Accounts {
 public:
  // Both lists as parse_credentials() reads them. Errors name the list, never a password. A name in both is
  // an administrator.
  static Result<AdminAccounts, std::string> parse(std::string_view administrators, std::string_view readers);

  const Account* find(std::string_view user) const override;
  const Account& decoy(std::string_view user) const override { return decoys_.find(user); }
  const AdminAccount* find_admin(std::string_view user) const;
  const std::vector<AdminAccount>& all() const { return accounts_; }

 private:
  Result<void, std::string> add(std::string_view list, std::string_view variable, bool stats_only);

  std::vector<AdminAccount> accounts_;
  Decoys decoys_;
};

// The peer is this machine: a Unix socket, 127.0.0.0/8 or ::1.
bool is_local(const Address& peer);

}  // namespace weir
