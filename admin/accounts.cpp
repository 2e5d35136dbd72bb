#include "admin/accounts.hpp"

#include <algorithm>

#include "router/config/credentials.hpp"

namespace weir {

Result<AdminAccounts, std::string> AdminAccounts::parse(std::string_view administrators,
                                                        std::string_view readers) {
  AdminAccounts accounts;
  if (auto added = accounts.add(administrators, "admin-admin_credentials", false); !added)
    return std::unexpected(std::move(added).error());
  if (accounts.accounts_.empty())
    return std::unexpected("admin-admin_credentials: at least one account is needed");
  if (auto added = accounts.add(readers, "admin-stats_credentials", true); !added)
    return std::unexpected(std::move(added).error());
  std::vector<Account> all;
  for (const AdminAccount& account : accounts.accounts_) all.push_back(account.account);
  accounts.decoys_ = Decoys(all);
  return accounts;
}

Result<void, std::string> AdminAccounts::add(std::string_view list, std::string_view variable,
                                             bool stats_only) {
  auto credentials = parse_credentials(list);
  if (!credentials) return std::unexpected(std::string(variable) + ": " + credentials.error());
  for (Credential& credential : *credentials) {
    if (find_admin(credential.username) != nullptr) continue;
    AdminAccount account;
    account.account.secrets.push_back({parse_stored_secret(credential.password)});
    account.account.name = std::move(credential.username);
    account.stats_only = stats_only;
    const StoredSecret& secret = account.account.secrets.front().stored;
    account.local_only = secret.kind == StoredSecret::Kind::empty || matches(secret, account.account.name);
    accounts_.push_back(std::move(account));
  }
  return {};
}

const Account* AdminAccounts::find(std::string_view user) const {
  const AdminAccount* found = find_admin(user);
  return found == nullptr ? nullptr : &found->account;
}

const AdminAccount* AdminAccounts::find_admin(std::string_view user) const {
  const auto found =
      std::ranges::find_if(accounts_, [user](const AdminAccount& a) { return a.account.name == user; });
  return found == accounts_.end() ? nullptr : &*found;
}

bool is_local(const Address& peer) {
  if (peer.is_unix()) return true;
  const std::string ip = peer.ip();
  return ip.starts_with("127.") || ip == "::1";
}

}  // namespace weir
