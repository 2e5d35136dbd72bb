#include "protocol/auth/ed25519.hpp"

#include <openssl/evp.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "protocol/auth/plugin.hpp"
#include "tests/support/hex.hpp"

namespace weir {

using namespace test;

namespace {

std::string base64(Bytes bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  text.erase(text.find_last_not_of('=') + 1);
  return text;
}

// OpenSSL's, which knows nothing of passwords.
bool verifies(const ed25519::PublicKey& key, Bytes message, const ed25519::Signature& signature) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> owned(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()), EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return owned && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, owned.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

const Blob kChallenge = "0123456789abcdefABCDEF9876543210"_bytes;

}  // namespace

// SELECT ed25519_password('...') of MariaDB 10.11.19.
TEST_CASE("ed25519: the public key of a password is MariaDB's", "[protocol][auth]") {
  const struct {
    std::string password;
    const char* stored;
  } cases[] = {
      {"secret", "ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJY"},
      {"a", "GvRmi9ungFjJD9sKjaq/T3CL1LmO2CLpz5I42gnB7Eg"},
      {"foo", "vubFBzIrapbfHct1/J72dnUryz5VS7lA6XHH8sIx4TI"},
      {"0123456789abcdef0123456789abcdef", "I7xUkSwebpLEqGglyGfif/3FVb/71CRPF6Jqv//ull0"},
      {std::string(200, 'x'), "e5HbLfRFhb6rEM7LQ9dsQkRCGYfoDJTApL9+CCscjD4"},
      {"p\xc3\xa4ss", "8xuz9zwhW3V8CXTQgW7K5mNAT6wc+GT2RJ0hOZWdZeY"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.password);
    const ed25519::PublicKey key = ed25519::public_key(c.password);
    CHECK(base64(key) == c.stored);
    CHECK(verifies(key, kChallenge, ed25519::sign(kChallenge, c.password)));
  }
}

// RFC 8032, 7.1: a seed of 32 bytes is a password like any other.
TEST_CASE("ed25519: signatures are those of RFC 8032", "[protocol][auth]") {
  const struct {
    Blob seed, message, signature;
  } cases[] = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"_hex, ""_hex,
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"_hex},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"_hex, "72"_hex,
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"_hex},
      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"_hex, "af82"_hex,
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"_hex},
  };
  for (const auto& c : cases) {
    const ed25519::Signature signature = ed25519::sign(c.message, as_text(c.seed));
    CHECK(to_blob(signature) == c.signature);
  }
}

TEST_CASE("ed25519: another password or another challenge, another signature", "[protocol][auth]") {
  const ed25519::PublicKey key = ed25519::public_key("secret");
  CHECK_FALSE(verifies(key, kChallenge, ed25519::sign(kChallenge, "Secret")));
  CHECK_FALSE(verifies(key, kChallenge, ed25519::sign("x"_bytes, "secret")));
}

TEST_CASE("ed25519: the plugin wants the password itself, and a challenge of its own size",
          "[protocol][auth]") {
  const AuthPlugin& plugin = ed25519_plugin();
  const Scramble scramble{};
  const Credentials known{.user = "u", .cleartext = "secret", .sha1_stage1 = {}};
  const Credentials digest{.user = "u", .cleartext = {}, .sha1_stage1 = Sha1{}};
  const auto answer = [&](const Credentials& credentials, Bytes challenge) {
    return plugin.answer({.credentials = credentials,
                          .scramble = scramble,
                          .challenge = challenge,
                          .secure_transport = false});
  };
  CHECK(answer(known, kChallenge).kind == ClientAuthStep::Kind::send);
  CHECK(answer(known, kChallenge).message == to_blob(ed25519::sign(kChallenge, "secret")));
  CHECK(answer(known, {}).kind == ClientAuthStep::Kind::broken);
  CHECK(answer(known, Bytes(kChallenge).first(20)).kind == ClientAuthStep::Kind::broken);
  CHECK(answer(digest, kChallenge).reason == "client_ed25519 needs the password itself, which is not known");
}

}  // namespace weir
