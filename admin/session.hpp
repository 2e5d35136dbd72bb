// One connection to the admin port: login, commands one after the other, replies as fast as the client takes
// them.
//
// Belongs to the admin thread. Memory is bounded by the client's own requests (mysql-max_allowed_packet, and
// kMaxRequestBytes), prepared statements (kMaxStatements, kMaxStatementBytes; kMaxRequestBytes for parameters
// sent ahead) and the result that it is being sent, which shares kMaxResultBytes with those of all others.
// Ends itself; the owner reaps it when ended() says so.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin/accounts.hpp"
#include "admin/executor.hpp"
#include "admin/login_limits.hpp"
#include "admin/read_pace.hpp"
#include "admin/result_bounds.hpp"
#include "admin/result_encoding.hpp"
#include "admin/server.hpp"
#include "admin/statement_parameters.hpp"
#include "admin/turns.hpp"
#include "protocol/machine/reply_writer.hpp"
#include "protocol/machine/server_handshake.hpp"
#include "protocol/message/command.hpp"
#include "protocol/wire/error_codes.hpp"
#include "protocol/wire/status.hpp"
#include "proxy/net/channel.hpp"
#include "proxy/net/deadlines.hpp"
#include "proxy/session/client_pace.hpp"

namespace weir {

// In every OK and EOF. Strings are SQLite's, in which a backslash is one: clients are told, and escape
// accordingly.
inline constexpr std::uint16_t kAdminStatus = kStatusAutocommit | kStatusNoBackslashEscapes;

// What all connections of a port share. Owned by the server; on_settings() changes it.
struct AdminPortState {
  Loop& loop;
  Executor& executor;
  AdminSurroundings surroundings;
  Settings settings{};
  std::shared_ptr<const AdminAccounts> accounts{};
  ReadPace pace{};
  AdminLogins logins{};
  AdminTurns turns{loop};
  std::size_t result_bytes = 0;      // of all sessions, see ResultShare
  std::function<void()> on_ended{};  // a connection ended: reap it at the end of the turn
};

class AdminConnection final : ChannelEvents, DeadlineEvents, ClientStallEvents, AdminTurnEvents {
 public:
  static constexpr std::size_t kMaxStatements = 1000;
  static constexpr std::size_t kMaxStatementBytes =
      16 * 1024 * 1024;  // texts of prepared statements, together
  // Of one request, however much mysql-max_allowed_packet lets through for servers; SQLite takes 16 MiB of
  // SQL.
  static constexpr std::size_t kMaxRequestBytes = 64 * 1024 * 1024;
  static constexpr Millis kLastWordsMs = 5000;  // for a client to take an error before the connection closes

  AdminConnection(AdminPortState& port, int fd, const Address& peer);
  ~AdminConnection() { port_.turns.leave(*this); }

  std::uint32_t id() const { return session_.id; }
  bool ended() const { return stage_ == Stage::ended; }
  // Closes at once. ended() from here on.
  void end();

 private:
  enum class Stage : std::uint8_t {
    handshake,
    held,  // a login has been answered, and is told later how it went: see AdminLoginWait
    idle,
    waiting,   // for the answer to a statement that takes a while
    replying,  // the client is to take more of a result before anything else happens
    queued,    // for a turn of the loop in which the next statement runs: see AdminTurns
    pausing,   // before the next request is looked at: see ReadPace
    closing,   // last words are on their way
    ended,
  };
  // What of one COM_QUERY is still to be run.
  struct Script {
    std::string text{};
    std::string_view rest{};  // of `text`
    bool done = true;
    // If `several`, statements are cut apart; otherwise all of it is one.
    std::string_view take(bool several);
  };
  struct CommandRow {
    Command command;
    void (AdminConnection::*answer)(Bytes payload);
  };
  static std::span<const CommandRow> commands();

  void on_bytes(MutableBytes bytes) noexcept override;
  void on_drained() noexcept override;
  void on_closed(NetError why) noexcept override;
  void on_deadline() noexcept override;
  void on_client_stalled() noexcept override { end(); }
  void on_turn() noexcept override;

  // session.cpp: login, requests, replies
  ServerGreeting greeting() const;
  void after_handshake(ServerHandshake::Want want);
  bool hold_up_login(ServerHandshake::Want verdict);
  void tell_login(ServerHandshake::Want verdict);
  void start_tls();
  void on_verified();
  void flush_handshake();
  void become_idle();
  void serve_inbox();
  void serve_handshake();
  void on_request(Bytes payload);
  template <class Work>
  void account(Work work);
  void queue_up();
  void continue_reply();
  Reply run(std::string_view sql, std::span<const Cell> parameters = {});
  bool send_result();
  void begin_result(Rows rows, RowForm form, std::uint16_t status);
  void begin_reply(Reply reply, RowForm form, bool more_follows);
  void wait_for_answer(const Later& later, RowForm form, bool more_follows);
  void on_answer(Answer answer, RowForm form, bool more_follows);
  void refuse_and_close(ProxyError error);
  void close_after_reply();

  // session_commands.cpp: one per command
  void answer_query(Bytes payload);
  void answer_ok(Bytes payload);
  void answer_init_db(Bytes payload);
  void answer_quit(Bytes payload);
  void answer_statistics(Bytes payload);
  void answer_field_list(Bytes payload);
  void answer_set_option(Bytes payload);
  void answer_reset(Bytes payload);
  void answer_change_user(Bytes payload);
  void answer_process_list(Bytes payload);
  void answer_process_kill(Bytes payload);
  void answer_prepare(Bytes payload);
  void answer_execute(Bytes payload);
  void answer_fetch(Bytes payload);
  void answer_long_data(Bytes payload);
  void answer_stmt_reset(Bytes payload);
  void answer_stmt_close(Bytes payload);

  std::size_t max_request_bytes() const;
  void set_idle_deadline();
  void forget_long_data(AdminStatement& statement);
  AdminStatement* find_statement(Bytes payload, Command command);
  void forget_statements();
  std::string statistics_text();

  ReplyWriter writer() { return {out_, caps_, sequence_}; }
  void flush();
  void reply_ok();
  void reply_error(std::uint16_t code, std::string_view sqlstate, std::string_view message);
  template <class... Arguments>
  void reply_error(ProxyError error, const Arguments&... arguments) {
    const ErrorSpec& spec = error_spec(error);
    reply_error(spec.code, spec.sqlstate, error_text(error, arguments...));
  }
  std::uint16_t warnings() const;

  AdminPortState& port_;
  Channel channel_;
  Deadline deadline_;
  const bool socket_;     // a Unix socket
  const bool local_;      // this machine
  bool secured_ = false;  // by TLS
  Stage stage_ = Stage::handshake;
  std::unique_ptr<ServerHandshake> handshake_;
  std::shared_ptr<const AdminAccounts> accounts_;  // of the handshake under way
  AdminLoginWait login_wait_;
  ServerHandshake::Want held_verdict_ = ServerHandshake::Want::read;
  AdminSession session_;
  Caps caps_ = 0;
  Scramble scramble_{};
  PacketReader reader_;
  ByteQueue inbox_;  // requests that wait for the reply before them
  ByteQueue out_;    // what is being written; empty between callbacks
  std::uint8_t sequence_ = 1;
  std::uint64_t request_cpu_us_ = 0;  // of the request under way
  bool reads_live_ = false;           // the same
  Script script_;
  std::optional<ResultEncoder> result_;
  ResultShare share_;  // of what is in result_, and of what of it waits in the channel
  ClientPace pace_;
  std::map<std::uint32_t, AdminStatement> statements_;
  std::size_t statement_bytes_ = 0;
  std::size_t long_data_bytes_ = 0;  // that wait for an execution, of all statements
  std::uint32_t last_statement_id_ = 0;
  const std::shared_ptr<bool> there_ = std::make_shared<bool>(true);  // gone with this: for who answers later
};

}  // namespace weir
