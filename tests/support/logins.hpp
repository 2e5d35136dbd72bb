// Accounts, keys and constant scrambles for tests of logins.
#pragma once

#include <map>
#include <string>

#include "protocol/auth/account.hpp"
#include "protocol/auth/rsa_key.hpp"
#include "protocol/auth/sha256_crypt.hpp"
#include "protocol/machine/client_handshake.hpp"
#include "protocol/machine/server_handshake.hpp"
#include "tests/support/hex.hpp"

namespace weir::test {

// Name to account; every account's password is "secret", but "empty" has none.
class FewAccounts : public Accounts {
 public:
  FewAccounts() {
    add("plain", "secret");
    add("native", "*14E65567ABDB5135D0CFD9A70B3032C179A49EE7");
    add("sha2", "$A$005$twenty bytes of salt" + sha256_crypt("secret", "twenty bytes of salt", 5000));
    add("learned", accounts_["sha2"].secrets[0].stored.text).secrets[0].learned_cleartext = "secret";
    add("empty", "");
    add("tls", "secret").must_use_tls = true;
  }

  const Account* find(std::string_view user) const override {
    const auto found = accounts_.find(user);
    return found == accounts_.end() ? nullptr : &found->second;
  }

 private:
  Account& add(const std::string& name, std::string_view stored) {
    Account& account = accounts_[name];
    account.name = name;
    account.secrets.push_back({parse_stored_secret(stored)});
    return account;
  }

  std::map<std::string, Account, std::less<>> accounts_;
};

inline const FewAccounts& few_accounts() {
  static const FewAccounts kAccounts;
  return kAccounts;
}

inline const RsaKey& test_rsa_key() {
  static const RsaKey kKey = *RsaKey::generate();
  return kKey;
}

inline Scramble constant_scramble() {
  return *decode_scramble(as_bytes("abcdefghij0123456789"));
}

inline ServerGreeting test_greeting(std::string plugin = "mysql_native_password") {
  ServerGreeting greeting;
  greeting.version = "8.0.11-test";
  greeting.connection_id = 7;
  greeting.offer = kOfferedToClients;
  greeting.default_plugin = std::move(plugin);
  greeting.rsa = &test_rsa_key();
  greeting.peer_host = "host";
  greeting.fresh_scramble = constant_scramble;
  return greeting;
}

inline Credentials password_of(std::string user, std::string password) {
  return {.user = std::move(user), .cleartext = std::move(password), .sha1_stage1 = {}};
}

// All bytes that wait in `queue`, which is empty afterwards.
inline Blob drain(ByteQueue& queue) {
  Blob bytes = to_blob(queue.readable());
  queue.clear();
  return bytes;
}

}  // namespace weir::test
