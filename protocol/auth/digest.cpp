#include "protocol/auth/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <memory>

#include "protocol/base/check.hpp"

namespace weir {

namespace {

template <class Digest>
Digest digest(const EVP_MD* algorithm, std::initializer_list<Bytes> parts) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  Digest out;
  bool good = context && EVP_DigestInit_ex(context.get(), algorithm, nullptr) == 1;
  for (const Bytes part : parts)
    good = good && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  good = good && EVP_DigestFinal_ex(context.get(), out.data(), nullptr) == 1;
  WEIR_CHECK(good, "hashing bytes in memory does not fail");
  return out;
}

// Looked up once, and kept: of EVP_sha1() OpenSSL 3 knows the name only, and looks it up for each digest,
// which costs more than hashing what passwords are made of.
const EVP_MD* fetched(const char* name) {
  const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, name, nullptr);
  WEIR_CHECK(algorithm != nullptr, "OpenSSL has SHA-1 and SHA-256");
  return algorithm;
}

}  // namespace

Sha1 sha1(std::initializer_list<Bytes> parts) {
  static const EVP_MD* const algorithm = fetched("SHA1");
  return digest<Sha1>(algorithm, parts);
}
Sha256 sha256(std::initializer_list<Bytes> parts) {
  static const EVP_MD* const algorithm = fetched("SHA256");
  return digest<Sha256>(algorithm, parts);
}

bool same_secret(Bytes a, Bytes b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace weir
