#include "protocol/auth/stored_secret.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/auth/native_password.hpp"
#include "protocol/auth/scramble.hpp"
#include "protocol/auth/sha256_crypt.hpp"
#include "protocol/base/number_text.hpp"

namespace weir {

namespace {

constexpr std::string_view kSha2Prefix = "$A$";
constexpr std::size_t kSha2SaltAt = 7;  // "$A$005$"
constexpr std::size_t kSha2HashBytes = 43;
constexpr std::size_t kSha2Bytes = kSha2SaltAt + kSha2SaltBytes + kSha2HashBytes;
// Servers refuse longer ones with this plugin; the cost of the hash grows with the square of the length.
constexpr std::size_t kSha2MaxPassword = 256;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Thousands of rounds, or 0 if the text has not the form of a caching_sha2_password hash.
unsigned kilorounds_of(std::string_view text) {
  if (text.size() != kSha2Bytes || !text.starts_with(kSha2Prefix) || text[kSha2SaltAt - 1] != '$') return 0;
  const std::string_view digits = text.substr(kSha2Prefix.size(), kSha2SaltAt - 1 - kSha2Prefix.size());
  return to_integer<unsigned>(digits, 16).value_or(0);
}

std::optional<StoredSecret> parse_native(std::string_view text) {
  if (text.size() != 41 || text[0] != '*') return std::nullopt;
  const auto bytes = from_hex(text.substr(1));
  if (!bytes) return std::nullopt;
  StoredSecret secret{.kind = StoredSecret::Kind::native_hash, .text = {}, .double_sha1 = {}};
  std::ranges::copy(as_bytes(*bytes), secret.double_sha1.begin());
  return secret;
}

std::optional<StoredSecret> parse_sha2(std::string_view text) {
  if (kilorounds_of(text) == 0) return std::nullopt;
  return StoredSecret{.kind = StoredSecret::Kind::sha2_hash, .text = std::string(text), .double_sha1 = {}};
}

}  // namespace

StoredSecret parse_stored_secret(std::string_view text) {
  if (text.empty()) return {};
  if (auto secret = parse_native(text)) return *secret;
  if (auto secret = parse_sha2(text)) return *secret;
  const bool prefixed = text.starts_with("0x") || text.starts_with("0X");
  if (const auto bytes = from_hex(text.substr(prefixed ? 2 : 0))) {
    if (auto secret = parse_sha2(*bytes)) return *secret;
  }
  return {.kind = StoredSecret::Kind::plain, .text = std::string(text), .double_sha1 = {}};
}

std::optional<std::string> from_hex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = hex_digit(digits[i]), low = hex_digit(digits[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

unsigned sha2_kilorounds(const StoredSecret& secret) {
  return secret.kind == StoredSecret::Kind::sha2_hash ? kilorounds_of(secret.text) : 0;
}

StoredSecret unknown_secret(StoredSecret::Kind kind, unsigned sha2_kilorounds) {
  StoredSecret secret{.kind = kind, .text = {}, .double_sha1 = random_scramble()};
  if (kind == StoredSecret::Kind::plain) secret.text = random_salt();
  if (kind == StoredSecret::Kind::sha2_hash) {
    const std::string hash = random_salt() + random_salt() + random_salt();
    secret.text =
        fmt::format("$A${:03X}${}{}", sha2_kilorounds, random_salt(), hash.substr(0, kSha2HashBytes));
  }
  return secret;
}

bool matches(const StoredSecret& secret, std::string_view password) {
  switch (secret.kind) {
    case StoredSecret::Kind::empty:
      return password.empty();
    case StoredSecret::Kind::plain:
      return same_secret(as_bytes(secret.text), as_bytes(password));
    case StoredSecret::Kind::native_hash: {
      const Sha1 stage2 = native_password::stage2(native_password::stage1(password));
      return !password.empty() && same_secret(stage2, secret.double_sha1);
    }
    case StoredSecret::Kind::sha2_hash:
      break;
  }
  if (password.size() > kSha2MaxPassword) return false;
  const std::string_view text = secret.text;
  const std::string_view salt = text.substr(kSha2SaltAt, kSha2SaltBytes);
  const std::string hash = sha256_crypt(password, salt, kilorounds_of(text) * 1000);
  return same_secret(as_bytes(hash), as_bytes(text.substr(kSha2SaltAt + kSha2SaltBytes)));
}

std::string native_hash_text(std::string_view password) {
  if (password.empty()) return {};
  std::string text = "*";
  for (const std::uint8_t byte : native_password::stage2(native_password::stage1(password))) {
    text += fmt::format("{:02X}", byte);
  }
  return text;
}

std::optional<std::string> sha2_hash_text(std::string_view password, std::string_view salt) {
  if (password.size() > kSha2MaxPassword || salt.size() != kSha2SaltBytes) return std::nullopt;
  constexpr unsigned kKilorounds = 5;
  return fmt::format("$A${:03X}${}{}", kKilorounds, salt, sha256_crypt(password, salt, kKilorounds * 1000));
}

std::string random_salt() {
  constexpr std::string_view kLetters = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string salt;
  for (const std::uint8_t byte : random_scramble()) salt += kLetters[byte % kLetters.size()];
  return salt;
}

}  // namespace weir
