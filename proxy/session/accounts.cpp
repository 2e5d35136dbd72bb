#include "proxy/session/accounts.hpp"

#include "protocol/auth/native_password.hpp"
#include "protocol/wire/charsets.hpp"
#include "proxy/net/tls_filter.hpp"
#include "proxy/worker/fleet.hpp"
#include "proxy/worker/worker.hpp"

namespace weir {

// Takes as long for who is not there, or may not log in like this.
const Account* LoginAccounts::find(std::string_view user) const {
  users_ = worker_.snapshot().shared_users_part();
  configured_ = worker_.snapshot().find_user(user);
  refusal_ = {};
  if (configured_ != nullptr && !configured_->frontend) configured_ = nullptr;
  decoy_ = &users_->decoys.find(user);  // also where it is not wanted: it takes its time
  if (configured_ != nullptr) decoy_ = &users_->decoys.like(configured_->account, *decoy_);
  if (configured_ != nullptr && !may_come(configured_->attributes)) configured_ = nullptr;
  const Account& account = configured_ != nullptr ? configured_->account : *decoy_;
  found_.reset();
  for (std::size_t i = 0; i < account.secrets.size(); ++i) {
    const std::string_view hash = configured_ != nullptr ? std::string_view(stored(i)) : std::string_view();
    const auto learned = worker_.fleet().learned_passwords().find(std::string(user), hash);
    if (!learned || !learned->cleartext) continue;
    if (!found_) found_ = account;
    found_->secrets[i].learned_cleartext = learned->cleartext;
  }
  if (configured_ == nullptr) return nullptr;
  return found_ ? &*found_ : &account;
}

bool LoginAccounts::may_come(const UserAttributes& attributes) const {
  if (!attributes.allows(address_)) refusal_ = "not from this address";
  if (attributes.certificate_uri && !attributes.certificate_uri->fits(tls_ ? tls_->peer_uris() : ""))
    refusal_ = "not without a certificate with its URI (spiffe_id)";
  return refusal_.empty();
}

namespace {

// The password is the one behind `secret`, as far as the proof says what it is.
bool proves(const Credentials& proof, const StoredSecret& secret) {
  if (proof.cleartext) return matches(secret, *proof.cleartext);
  if (!proof.sha1_stage1) return false;
  if (secret.kind == StoredSecret::Kind::plain)
    return same_secret(native_password::stage1(secret.text), *proof.sha1_stage1);
  return secret.kind == StoredSecret::Kind::native_hash &&
         same_secret(native_password::stage2(*proof.sha1_stage1), secret.double_sha1);
}

}  // namespace

LoginAccounts::Confirmed LoginAccounts::confirm(const Credentials& proof, std::size_t secret) const {
  const std::string& proven = stored(secret);
  const User* user = worker_.snapshot().find_user(proof.user);
  refusal_ = {};
  if (user == configured_) return {user, proven};
  if (user == nullptr || !user->frontend) {
    refusal_ = "the account has gone while he logged in";
  } else if (user->use_ssl && tls_ == nullptr && !address_.empty()) {
    refusal_ = "not without TLS (use_ssl)";
  } else if (may_come(user->attributes)) {
    for (std::size_t i = 0; i < user->account.secrets.size(); ++i) {
      const std::string& now = password_of(*user, i);
      if (now == proven || proves(proof, user->account.secrets[i].stored)) return {user, now};
    }
    refusal_ = "the account has got another password while he logged in";
  }
  return {};
}

namespace {

std::optional<Credentials> known_of(const User& user, const std::string& stored,
                                    const LearnedPasswords& learned) {
  StoredSecret secret = parse_stored_secret(stored);
  switch (secret.kind) {
    case StoredSecret::Kind::empty:
    case StoredSecret::Kind::plain:  // of an empty one the text is empty
      return Credentials{
          .user = user.username, .cleartext = std::move(secret.text), .sha1_stage1 = std::nullopt};
    case StoredSecret::Kind::native_hash:
    case StoredSecret::Kind::sha2_hash:
      break;
  }
  return learned.find(user.username, stored);
}

}  // namespace

std::optional<Credentials> backend_credentials(const User& user, const LearnedPasswords& learned) {
  auto first = known_of(user, user.backend ? user.backend_password : user.password, learned);
  // Of a row for clients only: it may be the same.
  if (!first) first = learned.find(user.username, user.password);
  const std::string& additional = user.backend ? user.backend_additional_password : user.additional_password;
  if (additional.empty()) return first;
  auto other = known_of(user, additional, learned);
  if (!first) return other;
  if (other) first->other = std::make_shared<const Credentials>(*std::move(other));
  return first;
}

std::string_view schema_after_login(const User& user, const Settings& settings) {
  return user.default_schema.empty() ? settings.default_schema : user.default_schema;
}

std::uint16_t default_collation(const Settings& settings) {
  const Collation* collation = find_collation(settings.default_collation_connection);
  return collation == nullptr ? kCollationUtf8mb4General : collation->id;
}

}  // namespace weir
