// From the users of a snapshot to what the handshakes want.
#pragma once

#include <optional>
#include <string_view>

#include "protocol/auth/account.hpp"
#include "protocol/wire/capabilities.hpp"
#include "router/config/snapshot.hpp"

namespace weir {

class Fleet;

// Looks up one login's account. Lives as long as the handshake.
class LoginAccounts final : public Accounts {
 public:
  LoginAccounts(const Snapshot& snapshot, Fleet& fleet) : snapshot_(snapshot), fleet_(fleet) {}
  const Account* find(std::string_view user) const override;

 private:
  const Snapshot& snapshot_;
  Fleet& fleet_;
  mutable std::optional<Account> found_;  // the one that was asked for
};

// With what `user` logs in to servers: the configured clear text, or what his own login proved (`learned`).
// Nothing if only a hash is known.
std::optional<Credentials> backend_credentials(const User& user, const std::optional<Credentials>& learned);

// The connection key of the connections that are opened before any client is there.
inline constexpr Caps kWarmKey = kDeprecateEof | kMultiStatements | kMultiResults | kPsMultiResults;

}  // namespace weir
