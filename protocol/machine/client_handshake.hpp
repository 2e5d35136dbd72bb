// We are the client: from the server's greeting, or our COM_CHANGE_USER, to its OK or ERR.
//
// Bytes in, bytes out: feed on_bytes() until it stops asking to read, send output() after every call. Not
// thread-safe. Memory is bounded: 64 KiB inbound, and a bounded number of round trips.
//
// MySQL: page_protocol_connection_phase. MariaDB sends the same greeting with "5.5.5-" before its version.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/auth/account.hpp"
#include "protocol/auth/plugin.hpp"
#include "protocol/auth/scramble.hpp"
#include "protocol/base/byte_queue.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"
#include "protocol/wire/capabilities.hpp"
#include "protocol/wire/charsets.hpp"
#include "protocol/wire/compression.hpp"
#include "protocol/wire/frame.hpp"

namespace weir {

struct ConnectRequest {
  Credentials credentials;
  std::string schema;  // empty: none
  // Wanted for the connection. The login packet has one byte, and a server silently puts its own default for
  // an id it does not know: ids above 255, and MySQL's 255 with MariaDB, are sent as 45 (utf8mb4_general_ci),
  // and Established::collation tells, so that the caller can SET NAMES.
  std::uint16_t collation = kCollationUtf8mb4General;
  Caps want = 0;  // of what the server offers; what the protocol needs is added
  std::vector<std::pair<std::string, std::string>> attributes;
  bool secure_transport = false;  // a Unix socket, or TLS already: the password may be sent as it is
  bool tls = false;  // nothing is sent without TLS; a server that has none is a failure. Of start() only
  // What follows the login is to be compressed by this, or by the other one if the server has only that; a
  // server that has none is spoken to without: see compression_of(Established::caps). Of start() only.
  Compression compression = Compression::none;
  int compression_level = kDefaultCompressionLevel;  // of what the server sends, by zstd
  // Version of a PROXY header that goes ahead of all else, and says that we come for ourselves; 0: none. Of
  // start() only.
  int proxy_header = 0;
};

// What a successful login established.
struct Established {
  std::string server_version;  // as the server sent it, "5.5.5-" of MariaDB included
  std::uint32_t connection_id = 0;
  Caps offered = 0;             // by the server's greeting
  Caps caps = 0;                // in force on this connection
  std::uint16_t status = 0;     // of the OK
  std::uint16_t collation = 0;  // that we asked for in the login
  std::uint8_t server_collation = 0;
  std::string plugin;   // the one that authenticated us
  Scramble scramble{};  // the latest the server sent; start_change_user() needs it
};

class ClientHandshake {
 public:
  static constexpr std::size_t kMaxPacketBytes = 64 * 1024;

  enum class Stage {
    unstarted,
    awaiting_greeting,
    awaiting_tls,      // we have asked for TLS: on_secured() is due
    awaiting_verdict,  // login or change of user sent; the plugins may exchange more before it
    established,
    failed,
  };
  // start_tls: send output(), begin TLS, and call on_secured().
  enum class Want { read, start_tls, done, failed };

  struct Failure {
    bool from_server = false;  // an ERR of the server: code, sqlstate and message are its own
    std::uint16_t code = 0;
    std::string sqlstate;                        // empty if the server sent none (before the handshake)
    std::string message;                         // ours is a sentence for the log
    DecodeError error = DecodeError::bad_value;  // if not from_server
    bool no_tls = false;                         // TLS is wanted, and the server has none

    // It is not the right one there, or what is known of it, or of ways to prove it, does not do for what the
    // server asks of this account. The server is well.
    bool of_password() const {
      return from_server ? code == kAccessDenied : error == DecodeError::auth_failed;
    }
    static constexpr std::uint16_t kAccessDenied = 1045;
  };

  // Expects the server's greeting. output() is to be sent before it: some servers wait for a PROXY header.
  void start(ConnectRequest request);
  // Appends a COM_CHANGE_USER to output(), on a connection that was established like this.
  // failed at once if the credentials suffice for no plugin.
  Want start_change_user(ConnectRequest request, const Established& connection);

  // Takes all of `bytes`. Bytes after the final OK are a failure: the server speaks only when asked.
  Want on_bytes(Bytes bytes);
  // What is sent from here on is protected by TLS, once the server has identified itself. Only at
  // Stage::awaiting_tls. The login is appended to output(), unless this fails.
  Want on_secured();

  // What is to be sent; the caller consumes it.
  ByteQueue& output() { return output_; }

  Stage stage() const { return stage_; }
  // At Stage::established; after a failure what the greeting has told, and no version if there was none.
  const Established& established() const { return established_; }
  // At Stage::failed.
  const Failure& failure() const { return failure_; }

 private:
  Want on_packet(Bytes payload);
  Want on_greeting(Bytes payload);
  Want ask_for_tls(std::string_view greeting_plugin);
  Want send_login(std::string_view greeting_plugin);
  std::optional<std::vector<std::uint8_t>> first_answer(std::string_view plugin_name);
  Want on_switch(Bytes payload);
  Want on_more(Bytes message);
  Want take_step(ClientAuthStep step);
  Want on_ok(Bytes payload);
  Want on_err(Bytes payload);
  Want fail(DecodeError error, std::string message);
  ClientAuth auth_view() const;

  Stage stage_ = Stage::unstarted;
  ConnectRequest request_;
  Established established_;
  const AuthPlugin* plugin_ = nullptr;
  std::vector<std::uint8_t> challenge_;  // of a plugin that wants no scramble
  std::string greeting_plugin_;          // while TLS begins
  int exchanges_ = 0;
  PacketReader reader_{kMaxPacketBytes};
  ByteQueue output_;
  Failure failure_;
};

std::string_view to_text(ClientHandshake::Stage stage);

}  // namespace weir
