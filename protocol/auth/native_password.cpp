#include "protocol/auth/native_password.hpp"

#include <algorithm>

#include "protocol/auth/plugin.hpp"

namespace weir {

namespace native_password {

Sha1 stage1(std::string_view password) {
  return sha1({as_bytes(password)});
}
Sha1 stage2(const Sha1& stage1) {
  return sha1({stage1});
}

namespace {

Sha1 exclusive_or(Bytes a, const Sha1& b) {
  Sha1 out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = a[i] ^ b[i];
  return out;
}

}  // namespace

Sha1 answer(const Scramble& scramble, const Sha1& stage1) {
  return exclusive_or(stage1, sha1({scramble, stage2(stage1)}));
}

std::optional<Sha1> verify(const Scramble& scramble, const Sha1& double_sha1, Bytes answer) {
  if (answer.size() != double_sha1.size()) return std::nullopt;
  const Sha1 proven = exclusive_or(answer, sha1({scramble, double_sha1}));
  if (!same_secret(stage2(proven), double_sha1)) return std::nullopt;
  return proven;
}

}  // namespace native_password

namespace {

class NativePassword final : public AuthPlugin {
 public:
  std::string_view name() const override { return "mysql_native_password"; }

  ClientAuthStep answer(const ClientAuth& auth) const override {
    const auto& cleartext = auth.credentials.cleartext;
    const auto& sha1_stage1 = auth.credentials.sha1_stage1;
    if (cleartext && cleartext->empty()) return send_step({});
    if (!cleartext && !sha1_stage1) return fail_step("neither the password nor its SHA1 is known");
    const Sha1 stage1 = cleartext ? native_password::stage1(*cleartext) : *sha1_stage1;
    return send_step(native_password::answer(auth.scramble, stage1));
  }
  ClientAuthStep answer_more(const ClientAuth&, Bytes) const override {
    return broken_step("the server asks for more than mysql_native_password has");
  }

  bool can_verify(std::span<const AccountSecret> secrets) const override {
    return std::ranges::none_of(secrets, [](const AccountSecret& secret) {
      return secret.stored.kind == StoredSecret::Kind::sha2_hash;
    });
  }
  ServerAuthStep verify(const ServerAuth& auth, Bytes answer) const override {
    for (std::size_t i = 0; i < auth.secrets.size(); ++i) {
      const StoredSecret& secret = auth.secrets[i].stored;
      if (secret.kind == StoredSecret::Kind::sha2_hash)
        continue;  // asked anyway: a client that cannot switch
      const bool plain = secret.kind == StoredSecret::Kind::plain;
      const Sha1 stored =
          plain ? native_password::stage2(native_password::stage1(secret.text)) : secret.double_sha1;
      const auto stage1 = native_password::verify(auth.scramble, stored, answer);
      if (!stage1) continue;
      Credentials proof;
      proof.sha1_stage1 = *stage1;
      if (plain) proof.cleartext = secret.text;
      return verified_step(std::move(proof), i);
    }
    return denied_step("wrong password");
  }
  ServerAuthStep verify_more(const ServerAuth&, Bytes) const override {
    return denied_step("a second answer to mysql_native_password");
  }
};

}  // namespace

const AuthPlugin& native_password_plugin() {
  static const NativePassword kPlugin;
  return kPlugin;
}

}  // namespace weir
