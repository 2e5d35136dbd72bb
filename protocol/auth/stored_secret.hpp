// What a configuration says about an account's password, parsed once.
//
// Forms: empty (no password), plain text, "*" + 40 hex digits (mysql_native_password: SHA1(SHA1(password))),
// "$A$" + 3 hex digits of rounds/1000 + "$" + 20 bytes of salt + 43 of hash (caching_sha2_password), and the
// hex spelling of that ("0x2441...", or without the 0x), as SHOW CREATE USER prints it with
// print_identified_with_as_hex.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/auth/digest.hpp"
#include "protocol/base/bytes.hpp"

namespace weir {

struct StoredSecret {
  enum class Kind { empty, plain, native_hash, sha2_hash };

  Kind kind = Kind::empty;
  std::string text;    // plain: the password. sha2_hash: the 70 bytes "$A$005$...", never hex
  Sha1 double_sha1{};  // native_hash: SHA1(SHA1(password))
};

// Never fails: what has none of the other forms is a plain password, as the format's tradition has it.
StoredSecret parse_stored_secret(std::string_view text);

// Of kind sha2_hash: how many thousand rounds a comparison takes; else 0.
unsigned sha2_kilorounds(const StoredSecret& secret);
// One of this kind (not `empty`), and of this cost, of a password that nobody knows.
StoredSecret unknown_secret(StoredSecret::Kind kind, unsigned sha2_kilorounds);

// The bytes that pairs of hex digits stand for; nothing if the text is none.
std::optional<std::string> from_hex(std::string_view digits);

// Whether `password` is the one behind `secret`. For sha2_hash this is deliberately slow (milliseconds).
bool matches(const StoredSecret& secret, std::string_view password);

// The hashed form of a password: "*" + 40 hex digits; empty for an empty one.
std::string native_hash_text(std::string_view password);
// "$A$005$..." with `salt` of kSha2SaltBytes, or with one of random letters. Takes about a millisecond.
// Nothing for a password longer than servers take (256 bytes), or another length of salt.
constexpr std::size_t kSha2SaltBytes = 20;
std::optional<std::string> sha2_hash_text(std::string_view password, std::string_view salt);
std::string random_salt();

}  // namespace weir
