// Who may log in to us, and with what we log in elsewhere.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/auth/digest.hpp"
#include "protocol/auth/stored_secret.hpp"

namespace weir {

// What is known of a user's password. A client's login teaches it (ServerHandshake), a login to a server uses
// it (ClientHandshake): the text serves every plugin, SHA1(password) only mysql_native_password. An empty
// `cleartext` (not an absent one) means no password.
struct Credentials {
  std::string user;
  std::optional<std::string> cleartext;
  std::optional<Sha1> sha1_stage1;
  // While the password changes: what to log in with where this is refused. Its own is null.
  std::shared_ptr<const Credentials> other{};
};

// One password of an account.
struct AccountSecret {
  StoredSecret stored;
  // The password behind a hash, if an earlier full authentication taught it: it makes
  // caching_sha2_password's fast path possible. Whoever sets it has verified it against `stored`.
  std::optional<std::string> learned_cleartext{};
};

// An account of ours, as far as verifying a login needs it.
struct Account {
  std::string name{};
  // At least one, and any of them lets in. Of kind `empty` only if it is the only one.
  std::vector<AccountSecret> secrets{};
  bool must_use_tls = false;

  bool has_password() const { return secrets.front().stored.kind != StoredSecret::Kind::empty; }
};

// The accounts by name.
class Accounts {
 public:
  virtual ~Accounts() = default;

  // Nothing if there is no such account. The pointer must live until the login is accepted or refused, or
  // failed: in practice, implementations own their accounts in an immutable snapshot that the caller keeps.
  virtual const Account* find(std::string_view user) const = 0;

  // An unknown user gets the conversation that this account's secrets would lead to, and is then denied;
  // asked for known users, too. See Decoys. Lives as long as what find() returns.
  virtual const Account& decoy(std::string_view user) const;
};

}  // namespace weir
