// We are the server: from our greeting, or a COM_CHANGE_USER, to OK or ERR.
//
// Bytes in, bytes out: feed on_bytes() until it stops asking to read, send output() after every call. The
// account is looked up when the name is known; what else a login must satisfy (limits, schema) is the
// caller's: at Want::verified it calls accept() or refuse(). Not thread-safe. Memory is bounded: 65 KiB
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
#include "protocol/wire/compression.hpp"
#include "protocol/wire/frame.hpp"
#include "protocol/wire/status.hpp"

namespace weir {

// How we present ourselves to one client.
struct ServerGreeting {
  std::string version;  // "8.0.11-weir", as clients parse it
  std::uint32_t connection_id = 0;
  Caps offer = 0;  // with SSL: the client may ask for TLS
  std::uint8_t collation = kCollationUtf8mb4General;
  std::uint16_t status = kStatusAutocommit;
  std::string default_plugin = "mysql_native_password";
  const RsaKey* rsa = nullptr;    // for caching_sha2_password without TLS; must outlive the handshake
  bool secure_transport = false;  // a Unix socket; of a COM_CHANGE_USER, TLS as well
  std::string peer_host;          // for "Access denied for user 'u'@'host'"
  bool asks_before_work = false;  // Want::judge comes before what takes milliseconds to verify
  Scramble (*fresh_scramble)() = random_scramble;  // tests pass a constant one
};

// What a client said about itself and proved.
struct Login {
  Credentials credentials;  // the user's name, and the password as far as the proof taught it
  bool has_schema = false;  // CONNECT_WITH_DB was set; the name may still be empty
  std::string schema;
  std::uint16_t collation = 0;                       // id, as the client sent it
  Caps caps = 0;                                     // what the client wants of what we offered
  int compression_level = kDefaultCompressionLevel;  // of what is sent to it, by zstd
  std::uint32_t max_packet_bytes = 0;  // as the client sent it; COM_CHANGE_USER does not carry it (0)
  std::string plugin;                  // by which it was verified; empty for an account without password
  std::vector<std::pair<std::string, std::string>> attributes;  // the first, as far as they are short
};

class ServerHandshake {
 public:
  // Attributes of 64 KiB, which servers take, and all else that a login says.
  static constexpr std::size_t kMaxPacketBytes = 65 * 1024;

  enum class Stage {
    unstarted,
    awaiting_login,   // greeting sent
    awaiting_tls,     // the client has asked for TLS: on_secured() is due
    awaiting_switch,  // asked to answer for another plugin
    awaiting_proof,   // asked for more by the plugin
    awaiting_leave,   // it has come: go_on() or refuse() is due
    verified,         // accept() or refuse() is due
    accepted,         // OK appended
    failed,           // ERR appended where the protocol allows one
  };
  // verified: call accept() or refuse(). judge: call go_on(), now or later, or refuse(). start_tls: begin TLS
  // with take_rest(), which is none of ours whatever it is, and call on_secured(). failed: send output(),
  // then close.
  enum class Want { read, start_tls, judge, verified, failed };

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

  // The client is somebody else than the greeting supposed; for messages. Before the first bytes.
  void set_peer_host(std::string host) { greeting_.peer_host = std::move(host); }

  // Takes all of `bytes`. After Want::verified, start_tls or failed, further bytes are kept for take_rest();
  // after Want::judge for go_on().
  Want on_bytes(Bytes bytes);
  // Verifies what has come, and takes what has come behind it. Only at Stage::awaiting_leave.
  Want go_on();
  // From here on bytes come and go by TLS. Only at Stage::awaiting_tls.
  void on_secured();

  // What is to be sent; the caller consumes it.
  ByteQueue& output() { return output_; }

  // Append OK, or ERR, with the right sequence id. Only at Stage::verified; refuse() takes the place of what
  // is still in output(), whole, and does so at awaiting_proof, awaiting_leave and failed, too.
  void accept(std::uint16_t status);
  void refuse(std::uint16_t code, std::string_view sqlstate, std::string_view message);

  // What arrived after the last packet of the conversation (the first command of an eager client).
  std::vector<std::uint8_t> take_rest() { return std::move(rest_); }

  Stage stage() const { return stage_; }
  // From Stage::verified on; `credentials.user` and `caps` as soon as the login packet was read.
  const Login& login() const { return login_; }
  // The user's name as messages show it: a hostile one is cut.
  std::string_view shown_user() const;
  Login take_login() { return std::move(login_); }
  // Of the account that was found, as the caller's Accounts returned it, and which of its secrets was proven.
  // From Stage::verified on.
  const Account* account() const { return account_; }
  std::size_t proven_secret() const { return proven_secret_; }
  // The latest scramble sent: what start_change_user() wants as `last_scramble`.
  const Scramble& scramble() const { return scramble_; }
  // At Stage::failed.
  const Failure& failure() const { return failure_; }
  // The answer was not enough for the plugin, which has asked for more: to a guesser that says that it was
  // wrong, whatever ends the conversation. Not true any more once it is verified.
  bool has_asked_for_proof() const { return asked_for_proof_; }

 private:
  void begin(ServerGreeting greeting, const Accounts& accounts);
  Want on_packet(Bytes payload);
  Want on_login(Bytes payload);
  Want choose_plugin(const LoginRequest& request);
  const AuthPlugin& usable_plugin(const AuthPlugin* wanted) const;
  Want switch_to(const AuthPlugin& plugin);
  Want check_first(const AuthPlugin& plugin, Bytes answer);
  Want check_answer(Bytes answer);
  Want check_more(Bytes packet);
  Want keep_rest(Bytes bytes, Want want);
  Want take_step(ServerAuthStep step);
  Want deny(std::string_view reason);
  Want broken(DecodeError error, std::string_view where);
  Want fail(std::uint16_t code, std::string_view sqlstate, std::string message, std::string_view reason);
  void look_up();
  bool needs_no_password(Bytes answer) const;
  ServerAuth auth_view() const;
  void send_more(Bytes message);

  Stage stage_ = Stage::unstarted;
  ServerGreeting greeting_;
  const Accounts* accounts_ = nullptr;
  const Account* account_ = nullptr;
  const Account* compared_ = nullptr;  // whose secrets an answer is compared with: its own, or a decoy's
  bool lacks_tls_ = false;             // the account is there, but not for who comes like this
  std::size_t proven_secret_ = 0;
  const AuthPlugin* plugin_ = nullptr;
  bool password_given_ = false;
  bool secured_ = false;
  bool asked_for_proof_ = false;
  int exchanges_ = 0;
  Scramble scramble_{};
  PacketReader reader_{kMaxPacketBytes};
  ByteQueue output_;
  std::vector<std::uint8_t> rest_;
  std::vector<std::uint8_t> proof_;  // at Stage::awaiting_leave
  Login login_;
  Failure failure_;
};

std::string_view to_text(ServerHandshake::Stage stage);

}  // namespace weir
