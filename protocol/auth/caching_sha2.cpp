#include "protocol/auth/caching_sha2.hpp"

#include <algorithm>

#include "protocol/auth/plugin.hpp"

namespace weir {

namespace caching_sha2 {

Sha256 answer(const Scramble& scramble, std::string_view password) {
  const Sha256 once = sha256({as_bytes(password)});
  const Sha256 twice = sha256({once});
  Sha256 out = sha256({twice, scramble});
  for (std::size_t i = 0; i < out.size(); ++i) out[i] ^= once[i];
  return out;
}

bool verify(const Scramble& scramble, std::string_view password, Bytes answer) {
  return same_secret(caching_sha2::answer(scramble, password), answer);
}

namespace {

void exclusive_or(MutableBytes text, const Scramble& scramble) {
  for (std::size_t i = 0; i < text.size(); ++i) text[i] ^= scramble[i % scramble.size()];
}

}  // namespace

Result<std::vector<std::uint8_t>> encrypt_password(std::string_view password, const Scramble& scramble,
                                                   std::string_view public_key_pem) {
  std::vector<std::uint8_t> text = nul_terminated(password);
  exclusive_or(text, scramble);
  return rsa_encrypt(text, public_key_pem);
}

Result<std::string> decrypt_password(Bytes encrypted, const Scramble& scramble, const RsaKey& key) {
  WEIR_TRY(std::vector<std::uint8_t> text, key.decrypt(encrypted));
  exclusive_or(text, scramble);
  if (text.empty() || text.back() != 0) return std::unexpected(DecodeError::auth_failed);
  return std::string(as_text(Bytes(text).first(text.size() - 1)));
}

}  // namespace caching_sha2

namespace {

constexpr std::uint8_t kNoPassword[] = {0};  // as MySQL's own client says it
constexpr std::uint8_t kFullAuth[] = {caching_sha2::kFullAuthNeeded};
constexpr std::uint8_t kKeyRequest[] = {caching_sha2::kRequestPublicKey};

bool is_byte(Bytes message, std::uint8_t value) {
  return message.size() == 1 && message[0] == value;
}

class CachingSha2Password final : public AuthPlugin {
 public:
  std::string_view name() const override { return "caching_sha2_password"; }

  ClientAuthStep answer(const ClientAuth& auth) const override {
    const auto& cleartext = auth.credentials.cleartext;
    if (!cleartext) return fail_step("caching_sha2_password needs the password itself, which is not known");
    if (cleartext->empty()) return send_step(kNoPassword);
    return send_step(caching_sha2::answer(auth.scramble, *cleartext));
  }

  ClientAuthStep answer_more(const ClientAuth& auth, Bytes message) const override {
    const auto& cleartext = auth.credentials.cleartext;
    if (is_byte(message, caching_sha2::kFastAuthOk)) return {};
    if (!cleartext) return fail_step("caching_sha2_password needs the password itself, which is not known");
    if (is_byte(message, caching_sha2::kFullAuthNeeded)) {
      return auth.secure_transport ? send_step(nul_terminated(*cleartext)) : send_step(kKeyRequest);
    }
    if (auth.secure_transport) return broken_step("unexpected message of caching_sha2_password");
    const auto encrypted = caching_sha2::encrypt_password(*cleartext, auth.scramble, as_text(message));
    if (!encrypted) return broken_step("the server's public key for caching_sha2_password cannot be used");
    return send_step(*encrypted);
  }

  // The password itself, which full authentication brings, can be compared with any hash. For those of
  // mysql_native_password alone that plugin does better: it needs no more than the hash.
  bool can_verify(std::span<const AccountSecret> secrets) const override {
    const auto has = [&](StoredSecret::Kind kind) {
      return std::ranges::any_of(secrets, [kind](const AccountSecret& s) { return s.stored.kind == kind; });
    };
    return has(StoredSecret::Kind::sha2_hash) || !has(StoredSecret::Kind::native_hash);
  }

  // A wrong answer for a hash leads to full authentication, whether or not the password behind it is known:
  // who guesses does not learn whether somebody has logged in before.
  ServerAuthStep verify(const ServerAuth& auth, Bytes answer) const override {
    if (answer.size() != sizeof(Sha256)) return denied_step("an answer of the wrong size");
    bool hashed = false;
    for (std::size_t i = 0; i < auth.secrets.size(); ++i) {
      const AccountSecret& secret = auth.secrets[i];
      const bool plain = secret.stored.kind == StoredSecret::Kind::plain;
      hashed |= !plain;
      if (!plain && !secret.learned_cleartext) continue;
      const std::string& known = plain ? secret.stored.text : *secret.learned_cleartext;
      if (!caching_sha2::verify(auth.scramble, known, answer)) continue;
      ServerAuthStep step = verified_by(known, i);
      step.message = {caching_sha2::kFastAuthOk};
      return step;
    }
    return hashed ? ask_step(kFullAuth) : denied_step("wrong password");
  }

  ServerAuthStep verify_more(const ServerAuth& auth, Bytes packet) const override {
    if (is_byte(packet, caching_sha2::kRequestPublicKey)) {
      if (!auth.rsa) return denied_step("no RSA key for caching_sha2_password without TLS");
      return ask_step(as_bytes(auth.rsa->public_pem()));
    }
    const auto password = auth.secure_transport ? read_cleartext(packet) : read_encrypted(auth, packet);
    if (!password) return denied_step("wrong password");
    for (std::size_t i = 0; i < auth.secrets.size(); ++i) {
      if (matches(auth.secrets[i].stored, *password)) return verified_by(*password, i);
    }
    return denied_step("wrong password");
  }

  // Decryption by RSA, and thousands of rounds of SHA-256.
  bool takes_long(Bytes packet) const override { return !is_byte(packet, caching_sha2::kRequestPublicKey); }

 private:
  static ServerAuthStep verified_by(const std::string& password, std::size_t matched) {
    Credentials proof;
    proof.cleartext = password;
    return verified_step(std::move(proof), matched);
  }
  static Result<std::string> read_cleartext(Bytes packet) {
    if (packet.empty() || packet.back() != 0) return std::unexpected(DecodeError::auth_failed);
    return std::string(as_text(packet.first(packet.size() - 1)));
  }
  static Result<std::string> read_encrypted(const ServerAuth& auth, Bytes packet) {
    if (!auth.rsa) return std::unexpected(DecodeError::auth_failed);
    return caching_sha2::decrypt_password(packet, auth.scramble, *auth.rsa);
  }
};

}  // namespace

const AuthPlugin& caching_sha2_plugin() {
  static const CachingSha2Password kPlugin;
  return kPlugin;
}

}  // namespace weir
