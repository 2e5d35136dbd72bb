// From the users of a snapshot to what the handshakes want.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/auth/account.hpp"
#include "protocol/wire/capabilities.hpp"
#include "router/config/snapshot.hpp"

namespace weir {

class Worker;

// Looks up one login's account, in the snapshot that is in force when it is asked. Lives as long as the
// handshake.
class LoginAccounts final : public Accounts {
 public:
  explicit LoginAccounts(Worker& worker) : worker_(worker) {}
  const Account* find(std::string_view user) const override;

 private:
  Worker& worker_;
  mutable std::optional<Account> found_;  // the one that was asked for
};

// With what `user` logs in to servers: the configured clear text, or what his own login proved (`learned`).
// Nothing if only a hash is known.
std::optional<Credentials> backend_credentials(const User& user, const std::optional<Credentials>& learned);

// What a session begins with when the login names neither.
std::string_view schema_after_login(const User& user, const Settings& settings);
std::uint16_t default_collation(const Settings& settings);

// The connection key of the connections that are opened before any client is there.
inline constexpr Caps kWarmKey = kDeprecateEof | kMultiStatements | kMultiResults | kPsMultiResults;

// What a session goes back to if it cannot become another user's.
struct FormerLogin {
  Credentials credentials;
  std::string connection_attributes;
  int default_hostgroup = 0;
  bool fast_forward = false;
  std::string user, schema;
};

}  // namespace weir
