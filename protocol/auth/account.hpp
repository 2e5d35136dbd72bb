// Who may log in to us, and with what we log in elsewhere.
#pragma once

#include <optional>
#include <string>
#include <string_view>

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
};

// An account of ours, as far as verifying a login needs it.
struct Account {
  std::string name;
  StoredSecret secret;
  // The password behind a hashed secret, if an earlier full authentication taught it: it makes
  // caching_sha2_password's fast path possible. Whoever sets it has verified it against `secret`.
  std::optional<std::string> learned_cleartext;
  bool must_use_tls = false;
};

// The accounts by name.
class Accounts {
 public:
  virtual ~Accounts() = default;

  // Nothing if there is no such account. The pointer must live until the login is accepted or refused, or
  // failed: in practice, implementations own their accounts in an immutable snapshot that the caller keeps.
  virtual const Account* find(std::string_view user) const = 0;

  // An unknown user gets the conversation that this secret would lead to, and is then denied. Return one of
  // the kind that most accounts have, so that neither round trips nor messages tell which names exist.
  virtual const StoredSecret& decoy() const;
};

}  // namespace weir
