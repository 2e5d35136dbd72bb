// Whether an account exists shows in nothing that a client without its password is sent.
#include <algorithm>
#include <catch2/catch.hpp>

#include "protocol/auth/caching_sha2.hpp"
#include "protocol/auth/decoys.hpp"
#include "protocol/auth/native_password.hpp"
#include "protocol/message/handshake.hpp"
#include "tests/support/frames.hpp"
#include "tests/support/logins.hpp"

namespace weir {

using namespace test;

namespace {

const std::string kNative = "*14E65567ABDB5135D0CFD9A70B3032C179A49EE7";
const std::string kSha2 =
    "$A$005$twenty bytes of salt" + sha256_crypt("secret", "twenty bytes of salt", 5000);

// One account, "known"; nobody else is there.
class OneAccount : public Accounts {
 public:
  explicit OneAccount(Account account) : account_(std::move(account)), decoys_({&account_, 1}) {
    account_.name = "known";
  }
  const Account* find(std::string_view user) const override { return user == "known" ? &account_ : nullptr; }
  const Account& decoy(std::string_view user) const override { return decoys_.find(user); }

 private:
  Account account_;
  Decoys decoys_;
};

struct Shape {
  const char* name;
  std::vector<std::string> stored;
  bool learned = false;
  bool must_use_tls = false;
};
const std::vector<Shape> kShapes = {
    {"clear text", {"secret"}},
    {"native hash", {kNative}},
    {"sha2 hash", {kSha2}},
    {"sha2 hash, learned", {kSha2}, true},
    {"two in clear text", {"secret", "other"}},
    {"two native hashes", {kNative, native_hash_text("other")}},
    {"native and sha2", {kNative, kSha2}},
    {"native and sha2, learned", {kNative, kSha2}, true},
    {"clear text and sha2", {"secret", kSha2}},
    {"no password", {""}},
};

// Accounts for whom nothing but TLS will do.
std::vector<Shape> with_tls_only() {
  std::vector<Shape> shapes = kShapes;
  for (Shape& shape : shapes) shape.must_use_tls = true;
  return shapes;
}

Account account_of(const Shape& shape) {
  Account account{.name = "", .secrets = {}, .must_use_tls = shape.must_use_tls};
  for (const std::string& stored : shape.stored) {
    account.secrets.push_back({parse_stored_secret(stored)});
    if (shape.learned && account.secrets.back().stored.kind != StoredSecret::Kind::plain)
      account.secrets.back().learned_cleartext = "secret";
  }
  return account;
}

// What a client begins with, and what it says to whatever it is asked then.
struct Attempt {
  const char* name;
  std::string plugin;
  Blob answer;
  std::vector<Blob> then;
  Caps caps = kProtocol41 | kSecureConnection | kPluginAuth | kPluginAuthLenencData;
};

std::vector<Attempt> attempts(const std::string& password) {
  const Scramble scramble = constant_scramble();
  const Blob native = to_blob(native_password::answer(scramble, native_password::stage1(password)));
  const Blob sha2 = to_blob(caching_sha2::answer(scramble, password));
  const Blob clear = to_blob(as_bytes(password)) + "00"_hex;
  const Blob rsa = *caching_sha2::encrypt_password(password, scramble, test_rsa_key().public_pem());
  const Caps old_client = kProtocol41 | kSecureConnection;
  return {
      {"native", "mysql_native_password", native, {native, clear}},
      {"native, then as sha2", "mysql_native_password", native, {sha2, clear}},
      {"sha2, then in clear text", "caching_sha2_password", sha2, {clear}},
      {"sha2, then by RSA", "caching_sha2_password", sha2, {"02"_hex, rsa}},
      {"sha2, then RSA that is none", "caching_sha2_password", sha2, {"02"_hex, Blob(256, 'x')}},
      {"sha2, then nothing", "caching_sha2_password", sha2, {""_bytes}},
      {"sha2, then as native", "caching_sha2_password", sha2, {native}},
      {"an answer of another size", "caching_sha2_password", "010203"_hex, {sha2, clear}},
      {"a very long password", "caching_sha2_password", sha2, {Blob(1000, 'x') + "00"_hex}},
      {"an unknown plugin", "dialog", "0102"_hex, {native, clear}},
      {"an unknown plugin, then as sha2", "dialog", "0102"_hex, {sha2, clear}},
      {"clear text", "mysql_clear_password", clear, {clear, clear}},
      {"ed25519", "client_ed25519", Blob(64, 'x'), {native, clear}},
      {"another plugin, and no answer yet", "caching_sha2_password", ""_bytes, {sha2, clear}},
      {"a client that cannot switch", "", native, {}, old_client},
      {"a client that cannot switch, and says little", "", "01"_hex, {}, old_client},
  };
}

ServerGreeting greeting_for(const std::string& plugin, bool secure, bool rsa) {
  ServerGreeting greeting = test_greeting(plugin);
  greeting.secure_transport = secure;
  if (!rsa) greeting.rsa = nullptr;
  return greeting;
}

// All that the server says; the names, which are equally long, are the same in it.
Blob transcript(const Accounts& accounts, const ServerGreeting& greeting, const Attempt& attempt,
                std::string_view user, bool change) {
  ServerHandshake server;
  Blob said;
  ByteQueue out;
  std::uint8_t sequence = 1;
  if (change) {
    sequence = 0;
    encode_change_user({.user = user,
                        .auth_response = as_text(attempt.answer),
                        .database = "",
                        .collation = 8,
                        .auth_plugin = attempt.plugin,
                        .attributes = ""},
                       attempt.caps, out, sequence);
    const Blob payload = to_blob(out.readable().subspan(4));
    server.start_change_user(payload, 0, attempt.caps, constant_scramble(), greeting, accounts);
  } else {
    server.start(greeting, accounts);
    said = drain(server.output());
    LoginRequest request;
    request.caps = attempt.caps;
    request.user = user;
    request.auth_response = as_text(attempt.answer);
    request.auth_plugin = attempt.plugin;
    encode_login(request, out, sequence);
    server.on_bytes(out.readable());
  }
  std::uint8_t next = static_cast<std::uint8_t>(sequence + 1);
  for (const Blob& answer : attempt.then) {
    if (server.stage() == ServerHandshake::Stage::failed) break;
    said = said + drain(server.output());
    server.on_bytes(packet(answer, next));
    next = static_cast<std::uint8_t>(next + 2);
  }
  said = said + drain(server.output());
  CHECK(server.stage() != ServerHandshake::Stage::verified);
  std::string text(as_text(said));
  if (const auto at = text.find(user); at != std::string::npos) text.replace(at, user.size(), "*****");
  return to_blob(as_bytes(text));
}

}  // namespace

TEST_CASE("an unknown user is told what a known one is told, byte for byte, in every way to log in",
          "[protocol][login]") {
  for (const Shape& shape : kShapes) {
    const OneAccount accounts(account_of(shape));
    for (const Attempt& attempt : attempts("wrong")) {
      const bool says_nothing = attempt.answer.empty() ||
                                std::ranges::any_of(attempt.then, [](const Blob& b) { return b.empty(); });
      if (says_nothing && !accounts.find("known")->has_password()) continue;  // he is let in
      for (const char* plugin : {"mysql_native_password", "caching_sha2_password"}) {
        for (const bool secure : {false, true}) {
          for (const bool rsa : {false, true}) {
            for (const bool change : {false, true}) {
              CAPTURE(shape.name, attempt.name, plugin, secure, rsa, change);
              const ServerGreeting greeting = greeting_for(plugin, secure, rsa);
              const Blob known = transcript(accounts, greeting, attempt, "known", change);
              CHECK(transcript(accounts, greeting, attempt, "other", change) == known);
            }
          }
        }
      }
    }
  }
}

TEST_CASE("without the TLS that it wants an account is as unknown, and the right password as wrong",
          "[protocol][login]") {
  for (const Shape& shape : with_tls_only()) {
    const OneAccount accounts(account_of(shape));
    for (const char* password : {"secret", "wrong", ""}) {
      for (const Attempt& attempt : attempts(password)) {
        for (const char* plugin : {"mysql_native_password", "caching_sha2_password"}) {
          for (const bool change : {false, true}) {
            CAPTURE(shape.name, password, attempt.name, plugin, change);
            const ServerGreeting greeting = greeting_for(plugin, false, true);
            const Blob known = transcript(accounts, greeting, attempt, "known", change);
            CHECK(transcript(accounts, greeting, attempt, "other", change) == known);
          }
        }
      }
    }
  }
}

TEST_CASE("no password is as wrong for an unknown user as for one that has one", "[protocol][login]") {
  for (const Shape& shape : kShapes) {
    if (shape.stored.front().empty()) continue;  // who needs none is let in
    const OneAccount accounts(account_of(shape));
    for (const Blob& nothing : {""_bytes, "00"_hex}) {
      for (const char* plugin : {"mysql_native_password", "caching_sha2_password"}) {
        for (const bool change : {false, true}) {
          CAPTURE(shape.name, plugin, change, nothing.size());
          const Attempt attempt{"nothing", plugin, nothing, {nothing, nothing}};
          const ServerGreeting greeting = greeting_for("mysql_native_password", false, true);
          const Blob known = transcript(accounts, greeting, attempt, "known", change);
          CHECK(transcript(accounts, greeting, attempt, "other", change) == known);
        }
      }
    }
  }
}

}  // namespace weir
