#include "protocol/auth/caching_sha2.hpp"

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
    if (auth.secure_transport) return fail_step("unexpected message of caching_sha2_password");
    const auto encrypted = caching_sha2::encrypt_password(*cleartext, auth.scramble, as_text(message));
    if (!encrypted) return fail_step("the server's public key for caching_sha2_password cannot be used");
    return send_step(*encrypted);
  }

  bool can_verify(const StoredSecret& secret) const override {
    return secret.kind == StoredSecret::Kind::plain || secret.kind == StoredSecret::Kind::sha2_hash;
  }

  ServerAuthStep verify(const ServerAuth& auth, Bytes answer) const override {
    if (answer.size() != sizeof(Sha256)) return denied_step("an answer of the wrong size");
    const bool plain = auth.secret.kind == StoredSecret::Kind::plain;
    const std::string* const known = plain ? &auth.secret.text : auth.learned_cleartext;
    if (!known) return ask_step(kFullAuth);
    if (!caching_sha2::verify(auth.scramble, *known, answer)) return denied_step("wrong password");
    ServerAuthStep step = verified_by(*known);
    step.message = {caching_sha2::kFastAuthOk};
    return step;
  }

  ServerAuthStep verify_more(const ServerAuth& auth, Bytes packet) const override {
    if (is_byte(packet, caching_sha2::kRequestPublicKey)) {
      if (!auth.rsa) return denied_step("no RSA key for caching_sha2_password without TLS");
      return ask_step(as_bytes(auth.rsa->public_pem()));
    }
    const auto password = auth.secure_transport ? read_cleartext(packet) : read_encrypted(auth, packet);
    if (!password || !matches(auth.secret, *password)) return denied_step("wrong password");
    return verified_by(*password);
  }

 private:
  static ServerAuthStep verified_by(const std::string& password) {
    Credentials proof;
    proof.cleartext = password;
    return verified_step(std::move(proof));
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
