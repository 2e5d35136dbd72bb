// A client in a test's hands: logs in through our own machines, sends what it is told, whole or raw, and
// keeps the exact bytes of every reply. On the test's loop.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/machine/client_handshake.hpp"
#include "protocol/machine/response_tracker.hpp"
#include "protocol/message/command.hpp"
#include "proxy/net/channel.hpp"
#include "proxy/net/tls_filter.hpp"
#include "tests/support/hex.hpp"

namespace weir::test {

inline constexpr Caps kUsualClient = kLongPassword | kLongFlag | kProtocol41 | kTransactions |
                                     kSecureConnection | kPluginAuth | kPluginAuthLenencData |
                                     kMultiStatements | kMultiResults | kPsMultiResults | kLocalFiles |
                                     kDeprecateEof | kSessionTrack;

// One reply, from its first packet to its last.
struct Reply {
  Blob wire;
  Caps caps = 0;

  std::vector<Blob> payloads() const;  // fails (throws) if sequence ids are not in order
  // "ok"; "1927 Lost connection…"; "a|b,c|d" for two rows of two columns; "a;ok" for two results; what rows
  // came before an error, as "a,!1927 Lost…".
  std::string text() const;
  // The status flags of its last packet.
  std::uint16_t status() const;
};

class ScriptedClient final : ChannelEvents {
 public:
  explicit ScriptedClient(Loop& loop);

  void connect(const Address& address, const ConnectRequest& request);
  // Before connect(), whose request wants TLS then.
  void set_tls(std::shared_ptr<const TlsContext> tls) { tls_ = std::move(tls); }
  // Before connect(): bytes ahead of all others, some at once and some with the login.
  void set_preface(Blob at_once, Blob with_login = {}) {
    preface_ = std::move(at_once);
    with_login_ = std::move(with_login);
  }
  // Before the greeting has come: bytes behind the login, in the same write.
  void set_behind_login(Blob bytes) { behind_login_ = std::move(bytes); }
  // Why the connection ended, if TLS did.
  const std::string& tls_error() const { return tls_error_; }
  bool logged_in() const { return logged_in_; }
  // "1045 Access denied…", or empty.
  const std::string& login_error() const { return login_error_; }
  bool ended() const { return ended_; }  // the connection is closed
  const Established& established() const { return handshake_.established(); }

  void query(std::string_view sql) { command(Command::query, as_bytes(sql)); }
  void command(Command command, Bytes argument);
  // Bytes as they are; `shapes` of the replies that are due for them.
  void send(Bytes bytes, std::initializer_list<Shape> shapes = {});
  // The same below the compressed protocol; few of them.
  void send_below(Bytes bytes);
  // After the server asked for a file: its contents in one packet (none if it is empty) and the empty packet.
  bool asked_for_file() const { return tracker_.awaiting_upload(); }
  void upload(Bytes file);
  void upload_part(Bytes part);  // one packet of it
  void upload_end();
  void change_user(const ConnectRequest& request);

  // All that have come so far, oldest first, in the order of the commands.
  const std::vector<Reply>& replies() const { return replies_; }
  std::size_t due() const { return due_.size(); }
  Reply take_reply();
  // Of the reply that is not complete yet.
  std::size_t partial_bytes() const { return current_.wire.size(); }
  std::size_t bytes_received() const { return bytes_received_; }
  // Bytes that came unasked or broke the protocol.
  const Blob& surplus() const { return surplus_; }
  bool all_answered() const { return due_.empty(); }

  // Only counts what comes from now on.
  void discard_replies() { keeps_ = false; }
  void stop_reading() { channel_.pause_reading(); }
  void resume_reading() { channel_.resume_reading(); }
  void close() { channel_.close(); }
  void reset();
  Channel& channel() { return channel_; }

 private:
  void on_connected() noexcept override { channel_.send(preface_); }
  void on_bytes(MutableBytes bytes) noexcept override;
  void on_drained() noexcept override {}
  void on_closed(NetError why) noexcept override;

  void on_login_bytes(Bytes bytes);
  void on_reply_bytes(Bytes bytes);
  void begin_next();

  Channel channel_;
  ClientHandshake handshake_;
  std::shared_ptr<const TlsContext> tls_;
  Blob preface_, with_login_, behind_login_;
  std::string tls_error_;
  bool logged_in_ = false;
  bool changing_user_ = false;
  bool ended_ = false;
  bool keeps_ = true;
  bool compresses_ = false;
  std::string login_error_;
  Caps caps_ = 0;
  std::deque<Shape> due_;
  bool tracking_ = false;
  ResponseTracker tracker_;
  std::uint8_t upload_sequence_ = 0;
  Blob held_;
  Reply current_;
  std::vector<Reply> replies_;
  Blob surplus_;
  std::size_t bytes_received_ = 0;
};

}  // namespace weir::test
