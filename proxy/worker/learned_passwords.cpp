#include "proxy/worker/learned_passwords.hpp"

#include <algorithm>

#include "protocol/auth/stored_secret.hpp"

namespace weir {

bool LearnedPasswords::learn(std::string_view stored, const Credentials& proof) {
  const StoredSecret::Kind kind = parse_stored_secret(stored).kind;
  if (kind == StoredSecret::Kind::empty || kind == StoredSecret::Kind::plain) return false;
  const std::lock_guard lock(mutex_);
  std::vector<Entry>& entries = of_user_[proof.user];
  const auto known = std::ranges::find(entries, stored, &Entry::stored);
  if (known == entries.end()) {
    entries.push_back({std::string(stored), proof});
    return true;
  }
  // Two proofs of one hash are of one password: the text says all that its SHA1 does.
  if (known->proof.cleartext || !proof.cleartext) return false;
  known->proof.cleartext = proof.cleartext;
  return true;
}

std::optional<Credentials> LearnedPasswords::find(const std::string& user, std::string_view stored) const {
  const std::lock_guard lock(mutex_);
  const auto of_user = of_user_.find(user);
  if (of_user == of_user_.end()) return std::nullopt;
  const auto known = std::ranges::find(of_user->second, stored, &Entry::stored);
  return known == of_user->second.end() ? std::nullopt : std::optional(known->proof);
}

void LearnedPasswords::take_over(const LearnedPasswords& before) {
  const std::scoped_lock lock(mutex_, before.mutex_);
  of_user_ = before.of_user_;
}

void LearnedPasswords::keep_only(const Wanted& wanted) {
  const std::lock_guard lock(mutex_);
  for (auto& [user, entries] : of_user_) {
    std::erase_if(entries, [&, &name = user](const Entry& entry) { return !wanted(name, entry.stored); });
  }
  std::erase_if(of_user_, [](const auto& of_user) { return of_user.second.empty(); });
}

}  // namespace weir
