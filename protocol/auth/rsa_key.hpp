// The RSA key pair with which caching_sha2_password clients protect their password on a connection without
// TLS. Immutable after construction: any thread may decrypt.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"

namespace weir {

class RsaKey {
 public:
  // A fresh pair of 2048 bits; tens to hundreds of milliseconds, seconds on a busy machine. Fails only if
  // OpenSSL does (bad_value).
  static Result<RsaKey> generate();
  // The same, given up (bad_value) soon after another thread has set `give_up`.
  static Result<RsaKey> generate(const std::atomic<bool>& give_up);

  // "-----BEGIN PUBLIC KEY-----...", as servers send it.
  const std::string& public_pem() const { return public_pem_; }

  // RSA-OAEP (SHA-1), whole block. auth_failed if `encrypted` was not made with our public key.
  Result<std::vector<std::uint8_t>> decrypt(Bytes encrypted) const;

  RsaKey(RsaKey&&) noexcept;
  RsaKey& operator=(RsaKey&&) noexcept;
  ~RsaKey();

 private:
  struct Pair;
  explicit RsaKey(std::unique_ptr<Pair> pair, std::string public_pem);

  std::unique_ptr<Pair> pair_;
  std::string public_pem_;
};

// RSA-OAEP (SHA-1) for the owner of a PEM public key. bad_value if the PEM is not one, or the message is too
// long.
Result<std::vector<std::uint8_t>> rsa_encrypt(Bytes message, std::string_view public_pem);

}  // namespace weir
