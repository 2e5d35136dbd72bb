// The hash of tables' keys: texts that differ, in a byte or in where one ends and the next begins, do not
// meet.
#include "proxy/worker/key_hash.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <vector>

namespace weir {
namespace {

constexpr std::uint64_t kSeed = 0x0123456789abcdef;

std::uint64_t hash_of(std::string_view text) {
  return KeyHash(kSeed).add(text).value();
}

TEST_CASE("every byte of a text counts, whatever its length", "[key_hash]") {
  for (std::size_t length = 0; length <= 40; ++length) {
    const std::string text(length, 'a');
    std::set<std::uint64_t> hashes{hash_of(text)};
    for (std::size_t at = 0; at < length; ++at) {
      std::string other = text;
      other[at] = 'b';
      hashes.insert(hash_of(other));
    }
    CAPTURE(length);
    CHECK(hashes.size() == length + 1);
  }
}

TEST_CASE("a text is read within its bounds", "[key_hash]") {
  for (std::size_t length = 0; length <= 40; ++length) {
    const std::vector<char> exact(length, 'x');
    CHECK(hash_of({exact.data(), length}) == hash_of(std::string(length, 'x')));
  }
}

TEST_CASE("lengths, boundaries between texts, order and seed count", "[key_hash]") {
  std::set<std::uint64_t> hashes;
  for (std::size_t length = 0; length <= 40; ++length) hashes.insert(hash_of(std::string(length, 'a')));
  CHECK(hashes.size() == 41);
  // Each pair would meet if the length were XORed like the bytes.
  CHECK(hash_of("abab") != hash_of("cbabab"));
  CHECK(hash_of("abcd") != hash_of("mbcdabcd"));
  CHECK(hash_of("aaaaaaaa") != hash_of("baaaaaaaa"));
  CHECK(hash_of("") != hash_of("\x01"));
  const auto pair = [](std::string_view a, std::string_view b) {
    return KeyHash(kSeed).add(a).add(b).value();
  };
  CHECK(pair("ab", "c") != pair("a", "bc"));
  CHECK(pair("shop", "") != pair("", "shop"));
  CHECK(pair("shop", "ann") != pair("ann", "shop"));
  CHECK(KeyHash(1).add(std::string_view("shop")).value() != KeyHash(2).add(std::string_view("shop")).value());
}

}  // namespace
}  // namespace weir
