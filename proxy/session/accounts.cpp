#include "proxy/session/accounts.hpp"

#include "protocol/wire/charsets.hpp"
#include "proxy/worker/fleet.hpp"
#include "proxy/worker/worker.hpp"

namespace weir {

const Account* LoginAccounts::find(std::string_view user) const {
  const User* configured = worker_.snapshot().find_user(user);
  if (configured == nullptr || !configured->frontend) return nullptr;
  Account account;
  account.name = configured->username;
  account.secret = parse_stored_secret(configured->password);
  account.must_use_tls = configured->use_ssl;
  if (account.secret.kind == StoredSecret::Kind::sha2_hash ||
      account.secret.kind == StoredSecret::Kind::native_hash) {
    if (const auto learned = worker_.fleet().find_learned(account.name);
        learned && learned->cleartext && matches(account.secret, *learned->cleartext)) {
      account.learned_cleartext = learned->cleartext;
    }
  }
  found_ = std::move(account);
  return &*found_;
}

std::optional<Credentials> backend_credentials(const User& user, const std::optional<Credentials>& learned) {
  Credentials credentials;
  credentials.user = user.username;
  const StoredSecret secret = parse_stored_secret(user.backend ? user.backend_password : user.password);
  switch (secret.kind) {
    case StoredSecret::Kind::empty:
      credentials.cleartext = "";
      return credentials;
    case StoredSecret::Kind::plain:
      credentials.cleartext = secret.text;
      return credentials;
    case StoredSecret::Kind::native_hash:
    case StoredSecret::Kind::sha2_hash:
      break;
  }
  if (!learned) return std::nullopt;
  credentials.cleartext = learned->cleartext;
  credentials.sha1_stage1 = learned->sha1_stage1;
  return credentials;
}

std::string_view schema_after_login(const User& user, const Settings& settings) {
  return user.default_schema.empty() ? settings.default_schema : user.default_schema;
}

std::uint16_t default_collation(const Settings& settings) {
  const Collation* collation = find_collation(settings.default_collation_connection);
  return collation == nullptr ? kCollationUtf8mb4General : collation->id;
}

}  // namespace weir
