// A server that does what a test tells it to: it listens on loopback, speaks through our own machines,
// records what it is sent, and answers by a script.
//
//   ScriptedServer server(loop);
//   server.on("SELECT slow", [](ServerSide& client) { client.hold(); });      // never, or when the test says
//   so server.on("SELECT cut", [](ServerSide& client) { client.send_part(12); client.reset(); });
//
// Without a script it behaves: any user whose password is his name logs in, statements succeed, SELECT
// returns one row, and transactions show in the status flags. Lives on the test's loop; step() is called
// between turns of that loop.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/machine/reply_writer.hpp"
#include "protocol/machine/request_tracker.hpp"
#include "protocol/machine/server_handshake.hpp"
#include "protocol/message/command.hpp"
#include "proxy/net/acceptor.hpp"
#include "proxy/net/channel.hpp"
#include "proxy/net/descriptor.hpp"
#include "proxy/net/tls_filter.hpp"
#include "tests/support/hex.hpp"

namespace weir::test {

class ScriptedServer;

// A command as the server received it.
struct Received {
  std::size_t connection = 0;  // 1 for the first that was accepted
  Command command = Command::unknown;
  Blob payload;      // of all frames, command byte included; of an upload, the file
  std::string text;  // what follows the command byte
  bool upload = false;
};

// The server's end of one connection.
class ServerSide final : ChannelEvents {
 public:
  ServerSide(ScriptedServer& server, Loop& loop, int fd, std::size_t number);

  std::size_t number() const { return number_; }
  bool open() const { return channel_.open(); }
  bool logged_in() const { return logged_in_; }
  const std::string& user() const { return user_; }
  const std::string& schema() const { return schema_; }
  Caps caps() const { return caps_; }
  bool has_tls() const { return (caps_ & kSsl) != 0; }
  Compression compression() const { return compression_of(caps_); }
  // The PROXY header that was waited for, as it came.
  const Blob& proxy_header() const { return proxy_header_; }
  // "a=b,c=d"; as the login, or the latest change of user, had them.
  const std::string& attributes() const { return attributes_; }
  // The command that is being answered.
  const Received& command() const { return command_; }

  // Answers, as sent by ScriptedServer::deliver(). All but hold() may be combined; what is sent goes in
  // order.
  void ok(std::uint64_t affected_rows = 0, std::uint64_t insert_id = 0, std::uint16_t more_status = 0,
          std::uint16_t warnings = 0);
  // OK with a session state: the items of `track`, as encode_track_item() makes them.
  void ok_tracking(Bytes track);
  void err(std::uint16_t code, std::string_view message, std::string_view sqlstate = "HY000");
  void head(std::initializer_list<std::string_view> columns);
  void row(std::initializer_list<std::string_view> values);
  void end_rows(std::uint16_t more_status = 0);
  // A whole text result of one column.
  void rows(std::string_view column, std::initializer_list<std::string_view> values,
            std::uint16_t more_status = 0);
  void prepared(std::uint32_t id, std::uint16_t parameters, std::uint16_t columns);
  void ask_file(std::string_view name);
  void packet(Bytes payload);
  void raw(Bytes bytes);
  // What ok(), rows() and their like have put together since the command, whole; sent by deliver() after the
  // handler.
  ByteQueue& out() { return out_; }
  // Sends only the first `count` bytes of what has been put together, or all if it is shorter, now, and
  // forgets the rest.
  void send_part(std::size_t count);
  void send_all() { send_part(out_.size()); }
  // Nothing is sent until release().
  void hold() { held_ = true; }
  bool held() const { return held_; }
  void release();

  void close() { closing_ = true; }  // when all is sent
  void reset();                      // now, with an RST
  // Bytes that nobody asked for.
  void speak(Bytes bytes) { channel_.send(bytes); }
  // The same, not compressed, whatever was agreed on; few of them.
  void speak_below(Bytes bytes);
  // Stops taking bytes, as a server that hangs; the default is to read.
  void stop_reading() { channel_.pause_reading(); }
  void resume_reading() { channel_.resume_reading(); }
  std::size_t queued_bytes() const { return channel_.queued_bytes(); }
  std::uint16_t status() const { return status_; }
  void set_status(std::uint16_t status) { status_ = status; }

 private:
  friend class ScriptedServer;

  void on_bytes(MutableBytes bytes) noexcept override;
  void on_drained() noexcept override {}
  void on_closed(NetError why) noexcept override;

  void greet();
  void on_header_bytes(Bytes bytes);
  void on_login_bytes(Bytes bytes);
  void ask_plugin();
  void after_handshake(ServerHandshake::Want want);
  ServerGreeting greeting() const;
  void on_command_bytes(Bytes bytes);
  void on_request();
  void flush();
  void step();
  ReplyWriter writer() { return {out_, caps_, sequence_}; }
  template <class Write>
  void write(Write&& write);

  ScriptedServer& server_;
  Channel channel_;
  const std::size_t number_;
  ServerHandshake handshake_;
  bool awaits_header_ = false;
  Blob proxy_header_;
  bool logged_in_ = false;
  std::string user_, schema_, attributes_;
  Caps caps_ = 0;
  Scramble scramble_{};
  RequestTracker tracker_;
  Blob request_;  // frames as they came
  Received command_;
  ByteQueue out_;
  std::deque<Blob> pieces_;
  std::uint8_t sequence_ = 1;
  std::uint16_t status_ = kStatusAutocommit;
  bool held_ = false;
  bool closing_ = false;
  bool uploading_ = false;
  bool compresses_ = false;
};

class ScriptedServer final : AcceptEvents, Accounts {
 public:
  using Handler = std::function<void(ServerSide&)>;

  // On loopback; with `port` 0 at one that is free.
  explicit ScriptedServer(Loop& loop, std::string name = "a", std::string ip = "127.0.0.1",
                          std::uint16_t port = 0);
  ~ScriptedServer();

  std::uint16_t port() const { return port_; }
  const std::string& name() const { return name_; }

  // What to do with commands whose text begins with `prefix`, whatever its case; the latest of several wins.
  // An empty handler brings the default back.
  void on(std::string prefix, Handler handler);
  void on(Command command, Handler handler);
  // The default answer, for handlers that only watch.
  void answer_normally(ServerSide& side);

  // Faults at the door. `greeting_error`: the first packet is this ERR, and the connection closes.
  void set_greeting_error(std::uint16_t code, std::string message) {
    greeting_error_ = {code, std::move(message)};
  }
  void clear_greeting_error() { greeting_error_.reset(); }
  // Offers TLS.
  void set_tls(std::shared_ptr<const TlsContext> tls) {
    tls_ = std::move(tls);
    offer_ |= kSsl;
  }
  // Says nothing before it has been sent a PROXY header.
  void set_wants_proxy_header(bool wants) { wants_proxy_header_ = wants; }
  void set_version(std::string version) { version_ = std::move(version); }
  void set_silent_at_login(bool silent) { silent_at_login_ = silent; }
  // Another than his name.
  void set_password(const std::string& user, std::string password) { passwords_[user] = std::move(password); }
  // Capabilities that it has beside the usual ones. With kQueryAttributes, `text` of a COM_QUERY begins
  // behind them.
  void offer(Caps more) { offer_ |= more; }
  // Whoever logs in is asked for this authentication plugin, and for nothing else.
  void set_asks_plugin(std::string name) { asks_plugin_ = std::move(name); }
  void set_unknown_schema(std::string schema) { unknown_schema_ = std::move(schema); }
  // Closes the listening socket: connects are refused. The port stays ours, and nobody else listens there
  // before listen_again().
  void stop_listening();
  void listen_again();
  // Answers go out in pieces of so many bytes, one per step(); 0: whole.
  void set_piece_bytes(std::size_t bytes) { piece_bytes_ = bytes; }
  // The first so many bytes of an answer, and the rest a step later; 0: whole.
  void set_split_at(std::size_t bytes) { split_at_ = bytes; }

  void step();

  // What happened.
  const std::vector<Received>& received() const { return received_; }
  // Those whose text begins with `prefix`.
  std::size_t count(std::string_view prefix) const;
  std::size_t count(Command command) const;
  // The first; null: none. Valid until the next one arrives.
  const Received* first(std::string_view prefix, Command command = Command::query) const;
  std::vector<std::string> texts() const;  // of COM_QUERY and COM_INIT_DB ("USE x"), in order
  std::size_t accepted() const { return sides_.size(); }
  std::size_t open_connections() const;
  // The connection with this number, open or not.
  ServerSide& side(std::size_t number) { return *sides_.at(number - 1); }
  ServerSide* find_held();
  std::size_t bytes_received() const { return bytes_received_; }
  std::size_t partial_bytes() const;  // of requests that are not whole yet
  void forget() { received_.clear(); }
  void close_all();

 private:
  friend class ServerSide;

  void on_accepted(int fd, const Address& peer, const Acceptor& at) noexcept override;
  void on_accept_failed(NetError, int) noexcept override {}
  const Account* find(std::string_view user) const override;
  const Handler* find_handler(const Received& received) const;
  void answer_query(ServerSide& side);

  Loop& loop_;
  const std::string name_;
  const std::string ip_;
  Acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::optional<Descriptor> place_;  // has the port while nothing listens there
  std::vector<std::unique_ptr<ServerSide>> sides_;
  std::vector<std::pair<std::string, Handler>> by_prefix_;
  std::vector<std::pair<Command, Handler>> by_command_;
  std::vector<Received> received_;
  std::optional<std::pair<std::uint16_t, std::string>> greeting_error_;
  std::string version_ = "8.0.11-scripted";
  bool silent_at_login_ = false;
  bool wants_proxy_header_ = false;
  Caps offer_ = kOfferedToClients;
  std::shared_ptr<const TlsContext> tls_;
  std::string asks_plugin_;
  std::string unknown_schema_;
  std::size_t piece_bytes_ = 0;
  std::size_t split_at_ = 0;
  std::size_t bytes_received_ = 0;
  std::uint32_t next_statement_ = 100;
  std::map<std::string, std::string, std::less<>> passwords_;
  mutable std::map<std::string, Account> accounts_;
};

}  // namespace weir::test
