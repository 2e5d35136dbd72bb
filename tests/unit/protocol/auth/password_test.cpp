#include <catch2/catch.hpp>
#include <set>

#include "protocol/auth/caching_sha2.hpp"
#include "protocol/auth/clear_password.hpp"
#include "protocol/auth/native_password.hpp"
#include "protocol/auth/plugin.hpp"
#include "tests/support/hex.hpp"

namespace weir {

using namespace test;

namespace {

Scramble scramble_of(std::string_view text) {
  return *decode_scramble(as_bytes(text));
}
const Scramble kScramble = scramble_of("abcdefghij0123456789");

const RsaKey& rsa_key() {
  static const RsaKey kKey = *RsaKey::generate();
  return kKey;
}

}  // namespace

TEST_CASE("a scramble has 20 bytes, with or without a zero after them", "[protocol][auth]") {
  CHECK(decode_scramble("abcdefghij0123456789\0"_bytes) == kScramble);
  CHECK(decode_scramble("abcdefghij0123456789"_bytes) == kScramble);
  for (const Blob& bad :
       {""_bytes, "abcdefgh"_bytes, "abcdefghij012345678"_bytes, "abcdefghij0123456789x"_bytes}) {
    CHECK(decode_scramble(bad).error() == DecodeError::bad_length);
  }
}

TEST_CASE("random scrambles hold no zero byte and no dollar, and differ", "[protocol][auth]") {
  std::set<Scramble> seen;
  for (int i = 0; i < 200; ++i) {
    const Scramble scramble = random_scramble();
    for (const std::uint8_t byte : scramble) CHECK((byte > 0 && byte < 128 && byte != '$'));
    CHECK(seen.insert(scramble).second);
  }
}

TEST_CASE("a key pair is given up when nobody waits for it any more", "[protocol][auth]") {
  const std::atomic<bool> give_up{true};
  CHECK(RsaKey::generate(give_up).error() == DecodeError::bad_value);
}

TEST_CASE("native password: answer, verification and what is learned", "[protocol][auth]") {
  const Sha1 stage1 = native_password::stage1("secret");
  const Sha1 stage2 = native_password::stage2(stage1);
  const Sha1 answer = native_password::answer(kScramble, stage1);
  CHECK(to_blob(answer) == "99db25ccb2a625f0e7cf4ce2e895ef9609dfe5e4"_hex);
  CHECK(native_password::verify(kScramble, stage2, answer) == stage1);
  CHECK_FALSE(native_password::verify(scramble_of("abcdefghij012345678X"), stage2, answer));
  for (std::size_t i = 0; i < answer.size(); ++i) {
    Sha1 wrong = answer;
    wrong[i] ^= 1;
    CHECK_FALSE(native_password::verify(kScramble, stage2, wrong));
  }
  CHECK_FALSE(native_password::verify(kScramble, stage2, Bytes(answer).first(19)));
  CHECK_FALSE(native_password::verify(kScramble, stage2, {}));
}

TEST_CASE("caching_sha2: fast answer and its verification", "[protocol][auth]") {
  const Sha256 answer = caching_sha2::answer(kScramble, "secret");
  CHECK(to_blob(answer) == "bd7d89fc1c297010da753d08822e9e48d3eafbb6e68e1f9b403be12dc5687a40"_hex);
  CHECK(caching_sha2::verify(kScramble, "secret", answer));
  CHECK_FALSE(caching_sha2::verify(kScramble, "Secret", answer));
  CHECK_FALSE(caching_sha2::verify(kScramble, "secret", Bytes(answer).first(31)));
}

TEST_CASE("caching_sha2: a password encrypted for a key is read with it alone", "[protocol][auth]") {
  const std::string long_password(200, 'x');  // 2048 bits of OAEP hold 214 bytes
  for (const std::string& password : {std::string("p"), std::string("secret"), long_password}) {
    const auto encrypted = caching_sha2::encrypt_password(password, kScramble, rsa_key().public_pem());
    REQUIRE(encrypted);
    CHECK(caching_sha2::decrypt_password(*encrypted, kScramble, rsa_key()) == password);
    for (std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{255}}) {
      CHECK(caching_sha2::decrypt_password(Bytes(*encrypted).first(size), kScramble, rsa_key()).error() ==
            DecodeError::auth_failed);
    }
    Blob damaged = *encrypted;
    damaged[100] ^= 1;
    CHECK(caching_sha2::decrypt_password(damaged, kScramble, rsa_key()).error() == DecodeError::auth_failed);
  }
  CHECK_FALSE(caching_sha2::encrypt_password(std::string(300, 'x'), kScramble, rsa_key().public_pem()));
  for (const char* pem : {"", "no key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"}) {
    CHECK(caching_sha2::encrypt_password("secret", kScramble, pem).error() == DecodeError::bad_value);
  }
  // Nobody is asked for its pass phrase: that would be at the terminal.
  std::string locked = rsa_key().public_pem();
  locked.insert(locked.find('\n') + 1,
                "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n");
  CHECK(caching_sha2::encrypt_password("secret", kScramble, locked).error() == DecodeError::bad_value);
}

TEST_CASE("a text without its final zero is no password", "[protocol][auth]") {
  Blob text = "secret"_bytes;
  for (std::size_t i = 0; i < text.size(); ++i) text[i] ^= kScramble[i];
  const auto encrypted = rsa_encrypt(text, rsa_key().public_pem());
  REQUIRE(encrypted);
  CHECK(caching_sha2::decrypt_password(*encrypted, kScramble, rsa_key()).error() == DecodeError::auth_failed);
}

TEST_CASE("a password in clear text is handed out on a secure transport only", "[protocol][auth]") {
  CHECK(clear_password::answer("secret", true) == "secret\0"_bytes);
  CHECK(clear_password::answer("secret", false).error() == DecodeError::unsupported);
}

TEST_CASE("every plugin is found by its name, and fails politely without credentials", "[protocol][auth]") {
  const Credentials nothing{.user = "u", .cleartext = {}, .sha1_stage1 = {}};
  for (const AuthPlugin* plugin : auth_plugins()) {
    CAPTURE(plugin->name());
    CHECK(find_auth_plugin(plugin->name()) == plugin);
    const ClientAuth auth{
        .credentials = nothing, .scramble = kScramble, .challenge = {}, .secure_transport = true};
    const ClientAuthStep first = plugin->answer(auth), more = plugin->answer_more(auth, "x"_bytes);
    CHECK(first.kind == ClientAuthStep::Kind::fail);
    CHECK((more.kind == ClientAuthStep::Kind::fail || more.kind == ClientAuthStep::Kind::broken));
    CHECK_FALSE(first.reason.empty());
    CHECK_FALSE(more.reason.empty());
  }
  CHECK(find_auth_plugin("") == nullptr);
  CHECK(find_auth_plugin("mysql_native") == nullptr);
}

TEST_CASE("any two kinds of stored secrets have a plugin that verifies both", "[protocol][auth]") {
  constexpr StoredSecret::Kind kKinds[] = {StoredSecret::Kind::plain, StoredSecret::Kind::native_hash,
                                           StoredSecret::Kind::sha2_hash};
  for (const StoredSecret::Kind one : kKinds) {
    for (const StoredSecret::Kind other : kKinds) {
      const std::vector<AccountSecret> secrets{{unknown_secret(one, 5)}, {unknown_secret(other, 5)}};
      bool verifiable = false;
      for (const AuthPlugin* plugin : auth_plugins()) verifiable = verifiable || plugin->can_verify(secrets);
      CHECK(verifiable);
    }
  }
}

TEST_CASE("a password that never leaves in clear text on an open connection", "[protocol][auth]") {
  const Credentials known{.user = "u", .cleartext = "secret", .sha1_stage1 = {}};
  const ClientAuth open{
      .credentials = known, .scramble = kScramble, .challenge = {}, .secure_transport = false};
  CHECK(clear_password_plugin().answer(open).kind == ClientAuthStep::Kind::fail);
  const ClientAuthStep step = caching_sha2_plugin().answer_more(open, "04"_hex);
  CHECK(step.kind == ClientAuthStep::Kind::send);
  CHECK(step.message == "02"_hex);  // asks for the key instead
  const ClientAuth secure{
      .credentials = known, .scramble = kScramble, .challenge = {}, .secure_transport = true};
  CHECK(caching_sha2_plugin().answer_more(secure, "04"_hex).message == "secret\0"_bytes);
}

}  // namespace weir
