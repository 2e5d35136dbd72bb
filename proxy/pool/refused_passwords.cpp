#include "proxy/pool/refused_passwords.hpp"

namespace weir {
namespace {

Sha256 digest_of(const Credentials& credentials) {
  if (credentials.cleartext) return sha256({as_bytes(*credentials.cleartext)});
  return sha256({credentials.sha1_stage1.value_or(Sha1{})});
}

}  // namespace

void RefusedPasswords::note(const Credentials& refused) {
  if (refused.other) of_user_[refused.user] = digest_of(refused);
}

Credentials RefusedPasswords::in_order(Credentials credentials) const {
  if (!credentials.other || of_user_.empty()) return credentials;
  const auto refused = of_user_.find(credentials.user);
  if (refused == of_user_.end() || refused->second != digest_of(credentials)) return credentials;
  Credentials first = other_of(credentials);
  credentials.other = nullptr;
  first.other = std::make_shared<const Credentials>(std::move(credentials));
  return first;
}

Credentials other_of(const Credentials& credentials) {
  Credentials other = *credentials.other;
  other.other = nullptr;
  return other;
}

}  // namespace weir
