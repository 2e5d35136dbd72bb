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

}  // namespace

Sha1 sha1(std::initializer_list<Bytes> parts) {
  return digest<Sha1>(EVP_sha1(), parts);
}
Sha256 sha256(std::initializer_list<Bytes> parts) {
  return digest<Sha256>(EVP_sha256(), parts);
}

bool same_secret(Bytes a, Bytes b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace weir
