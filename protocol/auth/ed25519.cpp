#include "protocol/auth/ed25519.hpp"

#include <sodium.h>

#include <algorithm>

#include "protocol/auth/plugin.hpp"
#include "protocol/base/check.hpp"

namespace weir {

namespace ed25519 {
namespace {

static_assert(sizeof(PublicKey) == crypto_core_ed25519_BYTES);
using Scalar = std::array<std::uint8_t, crypto_core_ed25519_SCALARBYTES>;
using Sha512 = std::array<std::uint8_t, crypto_hash_sha512_BYTES>;

// Both halves of SHA-512 of the password: the key, and what makes the nonce. Wiped in the end.
struct Secret {
  explicit Secret(std::string_view password) {
    crypto_hash_sha512(halves.data(), as_bytes(password).data(), password.size());
    halves[0] &= 0xf8;
    halves[31] = static_cast<std::uint8_t>((halves[31] & 0x7f) | 0x40);
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { sodium_memzero(halves.data(), halves.size()); }

  // The key modulo the order of the base point.
  Scalar scalar() const {
    Sha512 wide{};
    std::copy_n(halves.begin(), sizeof(Scalar), wide.begin());
    Scalar reduced;
    crypto_core_ed25519_scalar_reduce(reduced.data(), wide.data());
    sodium_memzero(wide.data(), wide.size());
    return reduced;
  }
  Bytes prefix() const { return Bytes(halves).subspan(sizeof(Scalar)); }

  Sha512 halves;
};

Scalar hash_to_scalar(std::initializer_list<Bytes> parts) {
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  for (const Bytes part : parts) crypto_hash_sha512_update(&state, part.data(), part.size());
  Sha512 wide;
  crypto_hash_sha512_final(&state, wide.data());
  Scalar reduced;
  crypto_core_ed25519_scalar_reduce(reduced.data(), wide.data());
  return reduced;
}

PublicKey times_base(const Scalar& scalar) {
  PublicKey point;
  const bool is_point = crypto_scalarmult_ed25519_base_noclamp(point.data(), scalar.data()) == 0;
  WEIR_CHECK(is_point, "a hash is not zero modulo the order of the base point");
  return point;
}

}  // namespace

PublicKey public_key(std::string_view password) {
  return times_base(Secret(password).scalar());
}

Signature sign(Bytes challenge, std::string_view password) {
  const Secret secret(password);
  Scalar key = secret.scalar();
  Scalar nonce = hash_to_scalar({secret.prefix(), challenge});
  const PublicKey point = times_base(nonce);
  const Scalar hash = hash_to_scalar({point, times_base(key), challenge});
  Scalar product, sum;
  crypto_core_ed25519_scalar_mul(product.data(), hash.data(), key.data());
  crypto_core_ed25519_scalar_add(sum.data(), product.data(), nonce.data());
  sodium_memzero(key.data(), key.size());
  sodium_memzero(nonce.data(), nonce.size());
  sodium_memzero(product.data(), product.size());
  Signature signature;
  std::ranges::copy(sum, std::ranges::copy(point, signature.begin()).out);
  return signature;
}

}  // namespace ed25519

namespace {

class ClientEd25519 final : public AuthPlugin {
 public:
  std::string_view name() const override { return "client_ed25519"; }
  std::size_t challenge_bytes() const override { return ed25519::kChallengeBytes; }

  ClientAuthStep answer(const ClientAuth& auth) const override {
    if (!auth.credentials.cleartext)
      return fail_step("client_ed25519 needs the password itself, which is not known");
    if (auth.challenge.size() != ed25519::kChallengeBytes)
      return broken_step("the server's challenge for client_ed25519 has not 32 bytes");
    return send_step(ed25519::sign(auth.challenge, *auth.credentials.cleartext));
  }
  ClientAuthStep answer_more(const ClientAuth&, Bytes) const override {
    return broken_step("the server asks for more than client_ed25519 has");
  }

  // What servers keep, a public key, is no secret that we could log in with: mysql_users has no such form.
  bool can_verify(std::span<const AccountSecret>) const override { return false; }
  ServerAuthStep verify(const ServerAuth&, Bytes) const override {
    return denied_step("clients are not asked for client_ed25519");
  }
  ServerAuthStep verify_more(const ServerAuth&, Bytes) const override {
    return denied_step("clients are not asked for client_ed25519");
  }
};

}  // namespace

const AuthPlugin& ed25519_plugin() {
  static const ClientEd25519 kPlugin;
  return kPlugin;
}

}  // namespace weir
