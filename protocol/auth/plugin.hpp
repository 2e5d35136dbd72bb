// Authentication plugins: what each side of a login says, without knowing about packets, sequence ids or
// sockets.
//
// A plugin is one stateless object with two halves, and one row in plugins.cpp. The handshake machines drive
// them. Adding one: protocol/auth/<name>.*, a class here or there, its row; see protocol/README.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/auth/account.hpp"
#include "protocol/auth/rsa_key.hpp"
#include "protocol/auth/scramble.hpp"
#include "protocol/base/bytes.hpp"

namespace weir {

// We are the client: what a plugin may look at. Valid during the call.
struct ClientAuth {
  const Credentials& credentials;
  const Scramble& scramble;  // the latest the server sent
  Bytes challenge;           // what its latest auth switch brought, for plugins that want no scramble
  bool secure_transport;     // TLS or a Unix socket: nobody listens
};

struct ClientAuthStep {
  // fail: what is known does not do for this account; broken: the server does not keep to the plugin.
  enum class Kind { send, wait, fail, broken };
  Kind kind = Kind::wait;
  std::vector<std::uint8_t> message;  // send: the payload to send
  std::string reason;                 // fail, broken: a sentence for the log and the operator
};

// We are the server: what a plugin may look at. Valid during the call.
struct ServerAuth {
  std::span<const AccountSecret> secrets;  // none of kind `empty`: the machine answers for those
  const Scramble& scramble;
  bool secure_transport;
  const RsaKey* rsa;  // or null
};

struct ServerAuthStep {
  enum class Kind { verified, denied, send };
  Kind kind = Kind::denied;
  std::vector<std::uint8_t>
      message;              // send: to the client, who answers. verified: to the client before OK, if any
  Credentials proof;        // verified: what the proof taught us (without the user's name)
  std::size_t matched = 0;  // verified: the secret that it is of
  std::string_view reason;  // denied: for our log; static
};

class AuthPlugin {
 public:
  virtual ~AuthPlugin() = default;

  virtual std::string_view name() const = 0;
  // What a server sends for it; 0: a scramble, as usual, or nothing.
  virtual std::size_t challenge_bytes() const { return 0; }

  // Client: the answer to the greeting or to an auth switch, and to each AuthMoreData (without its 0x01).
  virtual ClientAuthStep answer(const ClientAuth& auth) const = 0;
  virtual ClientAuthStep answer_more(const ClientAuth& auth, Bytes message) const = 0;

  // Server: whether this plugin can verify each of `secrets` (one at least); the client's first answer (never
  // empty); and each further packet after a `send`.
  virtual bool can_verify(std::span<const AccountSecret> secrets) const = 0;
  virtual ServerAuthStep verify(const ServerAuth& auth, Bytes answer) const = 0;
  virtual ServerAuthStep verify_more(const ServerAuth& auth, Bytes packet) const = 0;
  // Whether verify_more() of this packet may take milliseconds.
  virtual bool takes_long(Bytes) const { return false; }
};

// All plugins, preferred first, and one by its name on the wire (null if we have none of that name).
std::span<const AuthPlugin* const> auth_plugins();
const AuthPlugin* find_auth_plugin(std::string_view name);

const AuthPlugin& native_password_plugin();
const AuthPlugin& caching_sha2_plugin();
const AuthPlugin& clear_password_plugin();
const AuthPlugin& ed25519_plugin();

// For plugins: the usual steps, and a password with the zero byte that ends it on the wire.
ClientAuthStep send_step(Bytes message);
ClientAuthStep fail_step(std::string_view reason);
ClientAuthStep broken_step(std::string_view reason);
ServerAuthStep ask_step(Bytes message);
ServerAuthStep verified_step(Credentials proof, std::size_t matched = 0);
ServerAuthStep denied_step(std::string_view reason);  // `reason` is static
std::vector<std::uint8_t> nul_terminated(std::string_view password);

}  // namespace weir
