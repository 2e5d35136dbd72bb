// From the users of a snapshot to what the handshakes want.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/auth/account.hpp"
#include "protocol/wire/capabilities.hpp"
#include "router/config/snapshot.hpp"

namespace weir {

class LearnedPasswords;
class TlsFilter;
class Worker;

// Looks up one login's account, in the snapshot that is in force when it is asked. Lives as long as the
// handshake.
class LoginAccounts final : public Accounts {
 public:
  // `address` of the client without its port; empty for a Unix socket.
  LoginAccounts(Worker& worker, std::string address) : worker_(worker), address_(std::move(address)) {}
  const Account* find(std::string_view user) const override;
  void set_address(std::string address) { address_ = std::move(address); }
  // Of who was asked for last.
  const Account& decoy(std::string_view) const override { return *decoy_; }
  // At the end of a login, which may have taken its time: the account as the configuration in force has it,
  // if it still lets in who has come like this and has proven `proof`, of that secret of the account that was
  // found; and which password that proves, as mysql_users has it. No user: it does not.
  struct Confirmed {
    const User* user = nullptr;
    std::string_view stored{};
  };
  Confirmed confirm(const Credentials& proof, std::size_t secret) const;
  // Of a client that has come by TLS; it outlives this. Null: he has not.
  void set_tls(const TlsFilter* tls) { tls_ = tls; }
  // For the log: why the last name, which is known, may not log in like this, or not any more; empty: it may.
  std::string_view refusal() const { return refusal_; }

 private:
  bool may_come(const UserAttributes& attributes) const;
  const std::string& stored(std::size_t secret) const { return password_of(*configured_, secret); }
  static const std::string& password_of(const User& user, std::size_t secret) {
    return secret == 0 ? user.password : user.additional_password;
  }

  Worker& worker_;
  std::string address_;
  mutable std::shared_ptr<const UsersPart> users_;  // that the others are in
  mutable const User* configured_ = nullptr;        // who was asked for, and may log in
  mutable const Account* decoy_ = nullptr;
  mutable std::optional<Account> found_;  // with what logins have taught
  const TlsFilter* tls_ = nullptr;
  mutable std::string_view refusal_;
};

// With what `user` logs in to servers: the configured clear text, or what logins have proven of the hash.
// Nothing if only a hash is known.
std::optional<Credentials> backend_credentials(const User& user, const LearnedPasswords& learned);

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
