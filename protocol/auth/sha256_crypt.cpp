#include "protocol/auth/sha256_crypt.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>

#include "protocol/auth/digest.hpp"
#include "protocol/base/check.hpp"

namespace weir {

namespace {

// One context and one algorithm for thousands of digests: OpenSSL's set-up costs more than the hashing.
class Hasher {
 public:
  Hasher()
      : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MD_free),
        context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    WEIR_CHECK(algorithm_ && context_, "OpenSSL has SHA-256");
  }
  void begin() { check(EVP_DigestInit_ex(context_.get(), algorithm_.get(), nullptr)); }
  void add(Bytes bytes) { check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size())); }
  Sha256 end() {
    Sha256 out;
    check(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr));
    return out;
  }

 private:
  static void check(int good) { WEIR_CHECK(good == 1, "hashing bytes in memory does not fail"); }

  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm_;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

// `digest`, repeated and cut to `size` bytes.
std::string repeated(const Sha256& digest, std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>(digest[i % digest.size()]);
  return out;
}

// Steps 1 to 12 of the algorithm's description: the digest that the rounds start from.
Sha256 first_digest(Hasher& hasher, Bytes password, Bytes salt) {
  hasher.begin();
  hasher.add(password);
  hasher.add(salt);
  hasher.add(password);
  const Sha256 alternate = hasher.end();

  hasher.begin();
  hasher.add(password);
  hasher.add(salt);
  hasher.add(as_bytes(repeated(alternate, password.size())));
  for (std::size_t bits = password.size(); bits > 0; bits >>= 1)
    hasher.add((bits & 1) != 0 ? Bytes(alternate) : password);
  return hasher.end();
}

// Steps 13 to 20: `source` hashed `times` in a row, as a sequence of the size of `source`.
std::string sequence_of(Hasher& hasher, Bytes source, std::size_t times) {
  hasher.begin();
  for (std::size_t i = 0; i < times; ++i) hasher.add(source);
  return repeated(hasher.end(), source.size());
}

// Step 22: four characters of six bits each for three bytes, least significant first.
void append_base64(std::string& out, unsigned high, unsigned middle, unsigned low, int characters) {
  static constexpr std::string_view kAlphabet =
      "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  unsigned value = high << 16 | middle << 8 | low;
  for (int i = 0; i < characters; ++i, value >>= 6) out += kAlphabet[value & 0x3f];
}

}  // namespace

std::string sha256_crypt(std::string_view password, std::string_view salt, unsigned rounds) {
  Hasher hasher;
  Sha256 digest = first_digest(hasher, as_bytes(password), as_bytes(salt));
  const std::string p = sequence_of(hasher, as_bytes(password), password.size());
  const std::string s = sequence_of(hasher, as_bytes(salt), 16u + digest[0]);
  for (unsigned round = 0; round < rounds; ++round) {  // step 21
    const bool odd = (round & 1) != 0;
    hasher.begin();
    hasher.add(odd ? as_bytes(p) : Bytes(digest));
    if (round % 3 != 0) hasher.add(as_bytes(s));
    if (round % 7 != 0) hasher.add(as_bytes(p));
    hasher.add(odd ? Bytes(digest) : as_bytes(p));
    digest = hasher.end();
  }
  std::string out;
  // The bytes' order is the algorithm's: (0,10,20), (21,1,11), (12,22,2), ... and 31, 30 last.
  for (std::size_t i = 0, a = 0, b = 10, c = 20; i < 10; ++i) {
    append_base64(out, digest[a], digest[b], digest[c], 4);
    const std::size_t next = c + 1;
    c = b + 1;
    b = a + 1;
    a = next;
  }
  append_base64(out, 0, digest[31], digest[30], 3);
  return out;
}

}  // namespace weir
