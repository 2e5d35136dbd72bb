#include "protocol/auth/rsa_key.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "protocol/auth/pass_phrase.hpp"

namespace weir {

namespace {

constexpr int kKeyBits = 2048;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

// OpenSSL keeps a queue of errors per thread; what we answer with a value of ours must not stay there.
std::unexpected<DecodeError> failed(DecodeError error) {
  ERR_clear_error();
  return std::unexpected(error);
}

std::string public_pem_of(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
  if (!bio || PEM_write_bio_PUBKEY(bio.get(), key) != 1) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

using Operation = int (*)(EVP_PKEY_CTX*, unsigned char*, std::size_t*, const unsigned char*, std::size_t);

// One RSA-OAEP operation, with OpenSSL's two calls: how large, then what.
Result<std::vector<std::uint8_t>> run(EVP_PKEY* key, int (*init)(EVP_PKEY_CTX*), Operation operation,
                                      Bytes in, DecodeError error) {
  const KeyContext context(EVP_PKEY_CTX_new(key, nullptr), EVP_PKEY_CTX_free);
  std::size_t size = 0;
  if (!context || init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) != 1 ||
      operation(context.get(), nullptr, &size, in.data(), in.size()) != 1) {
    return failed(error);
  }
  std::vector<std::uint8_t> out(size);
  if (operation(context.get(), out.data(), &size, in.data(), in.size()) != 1) return failed(error);
  out.resize(size);
  return out;
}

}  // namespace

struct RsaKey::Pair {
  Key key;
};

RsaKey::RsaKey(std::unique_ptr<Pair> pair, std::string public_pem)
    : pair_(std::move(pair)), public_pem_(std::move(public_pem)) {}
RsaKey::RsaKey(RsaKey&&) noexcept = default;
RsaKey& RsaKey::operator=(RsaKey&&) noexcept = default;
RsaKey::~RsaKey() = default;

Result<RsaKey> RsaKey::generate() {
  static const std::atomic<bool> kNever{false};
  return generate(kNever);
}

Result<RsaKey> RsaKey::generate(const std::atomic<bool>& give_up) {
  const KeyContext context(EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nullptr), EVP_PKEY_CTX_free);
  if (!context || EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), kKeyBits) != 1) {
    return failed(DecodeError::bad_value);
  }
  // OpenSSL asks after each candidate for a prime.
  EVP_PKEY_CTX_set_app_data(context.get(), const_cast<std::atomic<bool>*>(&give_up));
  EVP_PKEY_CTX_set_cb(context.get(), [](EVP_PKEY_CTX* asking) {
    return static_cast<const std::atomic<bool>*>(EVP_PKEY_CTX_get_app_data(asking))->load() ? 0 : 1;
  });
  EVP_PKEY* made = nullptr;
  const bool done = EVP_PKEY_generate(context.get(), &made) == 1;
  Key key(made, EVP_PKEY_free);
  if (!done || !key) return failed(DecodeError::bad_value);
  std::string pem = public_pem_of(key.get());
  if (pem.empty()) return failed(DecodeError::bad_value);
  return RsaKey(std::make_unique<Pair>(Pair{std::move(key)}), std::move(pem));
}

Result<std::vector<std::uint8_t>> RsaKey::decrypt(Bytes encrypted) const {
  EVP_PKEY* const key = pair_->key.get();
  if (encrypted.size() != static_cast<std::size_t>(EVP_PKEY_get_size(key)))
    return failed(DecodeError::auth_failed);
  return run(key, EVP_PKEY_decrypt_init, EVP_PKEY_decrypt, encrypted, DecodeError::auth_failed);
}

Result<std::vector<std::uint8_t>> rsa_encrypt(Bytes message, std::string_view public_pem) {
  const Bio bio(BIO_new_mem_buf(public_pem.data(), static_cast<int>(public_pem.size())), BIO_free);
  if (!bio) return failed(DecodeError::bad_value);
  const Key key(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_pass_phrase, nullptr), EVP_PKEY_free);
  if (!key || EVP_PKEY_is_a(key.get(), "RSA") != 1) return failed(DecodeError::bad_value);
  return run(key.get(), EVP_PKEY_encrypt_init, EVP_PKEY_encrypt, message, DecodeError::bad_value);
}

}  // namespace weir
