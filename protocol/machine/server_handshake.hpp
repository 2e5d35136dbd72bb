// We are the server: from our greeting, or a COM_CHANGE_USER, to OK or ERR.
//
// Bytes in, bytes out: feed on_bytes() until it stops asking to read, send output() after every call. The
// account is looked up when the name is known; what else a login must satisfy (limits, schema) is the
// caller's: at Want::verified it calls accept() or refuse(). Not thread-safe. Memory is bounded: 64 KiB
// inbound.
//
// MySQL: page_protocol_connection_phase, page_protocol_connection_phase_authentication_methods.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/auth/account.hpp"
#include "protocol/auth/plugin.hpp"
#include "protocol/auth/rsa_key.hpp"
#include "protocol/auth/scramble.hpp"
#include "protocol/base/byte_queue.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"
#include "protocol/message/handshake.hpp"
#include "protocol/wire/capabilities.hpp"
#include "protocol/wire/charsets.hpp"
#include "protocol/wire/frame.hpp"
#include "protocol/wire/status.hpp"

namespace weir {

// How we present ourselves to one client.
struct ServerGreeting {
  std::string version;  // "8.0.11-weir", as clients parse it
  std::uint32_t connection_id = 0;
  Caps offer = 0;  // without SSL: TLS is not negotiated here
  std::uint8_t collation = kCollationUtf8mb4General;
  std::uint16_t status = kStatusAutocommit;
  std::string default_plugin = "mysql_native_password";
  const RsaKey* rsa = nullptr;    // for caching_sha2_password without TLS; must outlive the handshake
  bool secure_transport = false;  // a Unix socket
  std::string peer_host;          // for "Access denied for user 'u'@'host'"
  Scramble (*fresh_scramble)() = random_scramble;  // tests pass a constant one
};

// What a client said about itself and proved.
struct Login {
  Credentials credentials;  // the user's name, and the password as far as the proof taught it
  bool has_schema = false;  // CONNECT_WITH_DB was set; the name may still be empty
  std::string schema;
  std::uint16_t collation = 0;         // id, as the client sent it
  Caps caps = 0;                       // what the client wants of what we offered
  std::uint32_t max_packet_bytes = 0;  // as the client sent it; COM_CHANGE_USER does not carry it (0)
  std::string plugin;                  // by which it was verified; empty for an account without password
  std::vector<std::pair<std::string, std::string>> attributes;
};

class ServerHandshake {
 public:
  static constexpr std::size_t kMaxPacketBytes = 64 * 1024;

  enum class Stage {
    unstarted,
    awaiting_login,   // greeting sent
    awaiting_switch,  // asked to answer for another plugin
    awaiting_proof,   // asked for more by the plugin
    verified,         // accept() or refuse() is due
    accepted,         // OK appended
    failed,           // ERR appended where the protocol allows one
  };
  // verified: call accept() or refuse(). failed: send output(), then close.
  enum class Want { read, verified, failed };

  struct Failure {
    std::uint16_t code = 0;  // as sent to the client
    std::string sqlstate;
    std::string message;
    std::string reason;  // for our log: what really was wrong; never a password
  };

  // Appends the greeting to output(). `accounts` must live as long as the handshake.
  void start(ServerGreeting greeting, const Accounts& accounts);

  // A living session asks for another user. `payload` is the whole COM_CHANGE_USER packet with its command
  // byte, `sequence` its sequence id, `caps` the session's. The client is always asked to answer again with a
  // fresh scramble (clients disagree on which earlier one they use). Of `greeting`, default_plugin, rsa,
  // secure_transport, peer_host and fresh_scramble are used. At Want::verified, the login's `has_schema`
  // tells if one was named. A client without PLUGIN_AUTH cannot be asked again: it is verified against
  // `last_scramble`.
  Want start_change_user(Bytes payload, std::uint8_t sequence, Caps caps, const Scramble& last_scramble,
                         ServerGreeting greeting, const Accounts& accounts);

  // Takes all of `bytes`. After Want::verified or failed, further bytes are kept for take_rest().
  Want on_bytes(Bytes bytes);

  // What is to be sent; the caller consumes it.
  ByteQueue& output() { return output_; }

  // Append OK, or ERR, with the right sequence id. Only at Stage::verified.
  void accept(std::uint16_t status);
  void refuse(std::uint16_t code, std::string_view sqlstate, std::string_view message);

  // What arrived after the last packet of the conversation (the first command of an eager client).
  std::vector<std::uint8_t> take_rest() { return std::move(rest_); }

  Stage stage() const { return stage_; }
  // From Stage::verified on; `credentials.user` and `caps` as soon as the login packet was read.
  const Login& login() const { return login_; }
  Login take_login() { return std::move(login_); }
  // Of the account that was found, as the caller's Accounts returned it. From Stage::verified on.
  const Account* account() const { return account_; }
  // The latest scramble sent: what start_change_user() wants as `last_scramble`.
  const Scramble& scramble() const { return scramble_; }
  // At Stage::failed.
  const Failure& failure() const { return failure_; }

 private:
  void begin(ServerGreeting greeting, const Accounts& accounts);
  Want on_packet(Bytes payload);
  Want on_login(Bytes payload);
  Want choose_plugin(const LoginRequest& request);
  const AuthPlugin& usable_plugin(const AuthPlugin* wanted) const;
  Want switch_to(const AuthPlugin& plugin);
  Want check_first(const AuthPlugin& plugin, Bytes answer);
  Want check_answer(Bytes answer);
  Want take_step(ServerAuthStep step);
  Want deny(std::string_view reason);
  Want broken(DecodeError error, std::string_view where);
  Want fail(std::uint16_t code, std::string_view sqlstate, std::string message, std::string_view reason);
  const StoredSecret& secret() const;
  std::string_view shown_user() const;
  ServerAuth auth_view() const;
  void send_more(Bytes message);

  Stage stage_ = Stage::unstarted;
  ServerGreeting greeting_;
  const Accounts* accounts_ = nullptr;
  const Account* account_ = nullptr;
  const AuthPlugin* plugin_ = nullptr;
  bool password_given_ = false;
  int exchanges_ = 0;
  Scramble scramble_{};
  PacketReader reader_{kMaxPacketBytes};
  ByteQueue output_;
  std::vector<std::uint8_t> rest_;
  Login login_;
  Failure failure_;
};

std::string_view to_text(ServerHandshake::Stage stage);

}  // namespace weir
