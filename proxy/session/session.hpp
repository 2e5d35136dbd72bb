// One client: its conversation with us, what it expects of its connection, and the connection it uses at the
// moment.
//
//              +----------------- command done, nothing pins: the lease is given back ------+
//              v                                                                            |
//   handshake -> idle -> waiting_backend -> syncing -> executing ---------------------------+
//                  |  ^        |               |           |
//            delayed -+        |               |           |     (a rule's delay, before waiting_backend)
//         letting_go -+        |               |           |     (idle, and another waits for what it keeps)
//          resetting -+        |               |           |     (COM_CHANGE_USER: to handshake)
//                   +-----------+---------------+-----------+--> closing -> destroyed at the end of the turn
//
// Events come in from four sides (client, server, pool, deadline); every one is a method here, and every
// stage has its file: on_handshake.cpp, on_idle.cpp, on_waiting.cpp, on_syncing.cpp, on_executing.cpp.
// Belongs to one worker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/machine/server_handshake.hpp"
#include "protocol/message/response.hpp"
#include "protocol/wire/error_codes.hpp"
#include "proxy/cache/query_cache.hpp"
#include "proxy/net/channel.hpp"
#include "proxy/pool/pool_shard.hpp"
#include "proxy/session/accounts.hpp"
#include "proxy/session/client_origin.hpp"
#include "proxy/session/client_pace.hpp"
#include "proxy/session/end_reason.hpp"
#include "proxy/session/last_route.hpp"
#include "proxy/session/letting_go.hpp"
#include "proxy/session/logged_statement.hpp"
#include "proxy/session/pin_causes.hpp"
#include "proxy/session/prepared.hpp"
#include "proxy/session/request.hpp"
#include "proxy/session/stage.hpp"
#include "proxy/worker/worker.hpp"
#include "router/rules/route_configuration.hpp"
#include "router/session/effect.hpp"
#include "router/session/holdings.hpp"
#include "router/session/pinning.hpp"

namespace weir {

class Introduction;
struct LoggedIn;     // worker/fleet.hpp
struct ReplyColumn;  // protocol/machine/reply_writer.hpp

class Session final : ChannelEvents, BackendUser, PoolWaiter, Holder, DeadlineEvents, ClientStallEvents {
 public:
  using Stage = SessionStage;

  Session(Worker& worker, std::uint32_t id, const AcceptedClient& client);
  ~Session();

  // Sends the greeting. The session may have ended when this returns.
  void begin();
  // The statement under way waited with this ticket, if it still does: it has its place now.
  void on_place(const InFlightTicket& ticket);
  // Another process has taken over: ends when it has been idle for kRetireMs, outside of transactions.
  static constexpr Millis kRetireMs = 1000;
  void retire();
  // The process is going down: ends when no statement and no transaction is under way, now or later.
  void drain();
  // The configuration in force is another. A statement that waits for a hostgroup that is gone is routed
  // again; a silent client has the time limits of now. The rest follows later. The session may end.
  void on_new_snapshot();
  void renew_credentials();  // its account is another than before, or more is known of it
  // KILL QUERY: the statement under way, if any, is killed on its server.
  void kill_query();
  // The KILL that this session asked for has reached its target's session.
  void on_killed(std::uint64_t ticket);
  // The KILL QUERY that was sent to the server of this session is over.
  void on_kill_ended(std::uint64_t ticket);
  // Every exit goes through here. Idempotent; the session is destroyed at the end of the turn.
  void end(EndReason reason);
  // Has not logged in yet, and may never.
  bool is_newcomer() const { return caps_ == 0 && stage_ == Stage::handshake; }
  // The same, but what has been sent to the client still reaches him.
  void end_after_reply(EndReason reason);
  // While idle: the client reads why as the answer to its next statement, which was not carried out so.
  void tell_end(ProxyError error, EndReason reason);

  std::uint32_t id() const { return id_; }
  Stage stage() const { return stage_; }
  const std::string& username() const { return wants_.user(); }
  Pins pins() const { return pins_; }
  const PreparedStatements& statements() const { return statements_; }
  // Of the text of what is under way at most `text_bytes`.
  ProcessRow process_row(std::size_t text_bytes) const;
  void add_to(WorkerGauges& gauges) const;

 private:
  // Events.
  void on_bytes(MutableBytes bytes) noexcept override;
  void on_drained() noexcept override;
  void on_closed(NetError why) noexcept override;
  void on_backend_bytes(MutableBytes bytes) noexcept override;
  void on_backend_drained() noexcept override;
  void on_user_changed() noexcept override;
  void on_change_user_failed(const ConnectFailure& failure) noexcept override;
  void on_backend_lost(NetError why) noexcept override;
  bool may_go_elsewhere() const noexcept override;
  void on_connection(Lease lease) noexcept override;
  void on_no_connection(const ConnectFailure& failure) noexcept override;
  BackendUser& backend_user() noexcept override { return *this; }
  void on_asked_back() noexcept override;
  void on_deadline() noexcept override;
  void on_client_stalled() noexcept override;

  // on_handshake.cpp
  ServerGreeting greeting() const;
  bool enter();
  void refuse_crowd();
  void on_first_bytes(Bytes bytes);
  void on_handshake_bytes(Bytes bytes);
  void after_handshake(ServerHandshake::Want want, bool judged = false);
  void verify_proof();
  void start_tls();
  void start_compression();
  void tell_broken_stream(std::string_view reason);
  void settle_with_guard();
  bool hold_up_login(ServerHandshake::Want verdict);
  void tell_held_login();
  void tell_login(ServerHandshake::Want verdict);
  void turn_away(ProxyError error, std::string_view text);
  void flush_handshake();
  void on_verified();
  bool admit(const User& user);
  void refuse_changed();
  void accept_login();
  void refuse_login(std::uint16_t code, std::string_view sqlstate, std::string_view message);

  // change_user.cpp
  void start_change_user();
  void on_reset_bytes(Bytes bytes);
  void give_up_reset();
  void note_reset();
  void change_user();
  void keep_login();
  bool goes_on_as_before();
  void go_on_as_before();

  // on_idle.cpp: gathering requests, and dispatch.
  void serve(Bytes bytes);
  void serve_inbox();
  bool gather(Bytes& bytes);
  bool discard(Bytes& bytes);
  bool may_stream();
  void start_command();
  void start_quit();
  void start_ping();
  void ask_for_status();
  void start_init_db();
  void start_set_option();
  void start_reset();
  void start_forward(int hostgroup);
  void protocol_error(DecodeError error);

  // start_query.cpp: what needs classification and routing.
  void start_query();
  void route_request();
  RouteInput route_input(Analyzer& analyzer);
  void follow(const Decision& decision);
  std::optional<SplitHold> hold_of(const Decision& decision) const;
  void route_again();
  void count_route(const Decision& decision);
  bool answered_by_rule(const Decision& decision);
  const Statement& analyse(std::string_view sql);
  LexMode request_mode() const;  // how the request's text is read
  bool answered_locally(std::string_view sql);

  // kill.cpp
  void start_kill(std::string_view sql);
  void start_process_kill();
  void kill_session(std::uint64_t session_id, bool query_only);
  bool executes_kill(std::string_view sql);
  void prepare_kill();
  void execute_kill(const ClientStatement& statement, const ExecuteTypes& types);
  void call_off_kill();

  // rule_effects.cpp: what else rules do.
  bool rewrite_request();
  CacheKey cache_key(std::string_view text) const;
  bool answered_from_cache(const Decision& decision);
  void capture(Bytes bytes, bool last);
  void cache_reply();
  void mirror(const Decision& decision, RouteInput input);
  bool take_place(const Decision& decision);
  void give_place();
  void no_place_in_time();
  void hold_back();

  // explain.cpp
  void reply_explanation(std::string_view sql);
  void reply_last_route();
  void note_answered_here(std::string_view what);
  void add_last_detours(RouteTrace& trace) const;
  void add_last_verdict(RouteTrace& trace) const;
  void reply_trace(const RouteTrace& trace);

  // prepared_commands.cpp
  void start_prepare();
  bool refuses_statement();
  void start_execute();
  void start_statement_command();
  void close_statement();
  void start_long_data();
  void refuse_data(const ErrPacket& error);
  bool defer_error(std::uint16_t code, std::string_view sqlstate, std::string_view message);
  void tell_refusal(ClientStatement& statement);
  void on_prepared(MutableBytes packet);
  void remember_handle(const PreparedTextPtr& text, std::uint32_t backend_id,
                       PreparedHandles::Instead instead);
  void close_backend_statement(std::uint32_t backend_id);
  ClientStatement* find_statement();
  PreparedHandle* find_handle(const PreparedText& text);
  StatementOwner types_owner() const { return std::uint64_t{id_} << 32 | request_.statement_id; }

  // query_attributes.cpp
  bool find_text();
  bool lacks_head();
  bool server_takes_attributes() const;
  void leave_out_attributes();
  void leave_out_attributes_of_execute(const ClientStatement& statement);
  void bring_back_attributes();

  // own_values.cpp: CONNECTION_ID() and ROW_COUNT() are the session's.
  std::string own_sql(std::string_view sql, const Statement& statement) const;
  void send_with_own_values();
  ServerFamily family() const;

  // internal_session.cpp
  std::string internal_session() const;
  std::string internal_backend() const;

  // schema_check.cpp
  bool only_checks_schema() const;
  int partner_of(int hostgroup) const;
  void note_schema_refused(std::uint16_t code);
  void leave_doubtful_schema();
  void go_on_unchecked();

  // on_waiting.cpp
  void seek_connection();
  void wait_for_writer();
  bool writer_has_come();
  void retry_elsewhere();
  void retry_later();
  void note_retry();
  void no_connection_in_time();
  CarryInsertId carry() const;

  // letting_go.cpp
  void offer_connection();
  bool reads_back_at_once() const;
  void begin_letting_go();
  void retract_offer() {
    if (offered()) worker_.pool().retract(*this);
  }
  void ask_connection();
  void on_read_back_bytes(Bytes bytes);
  bool take_read_back();
  void let_go();
  void keep_for_good();
  void end_letting_go();

  // on_syncing.cpp
  void synchronise();
  void send_sync();
  void add_sync_step(ByteQueue& out, Command command, std::string_view text);
  void reopened();
  void on_sync_bytes(Bytes bytes);
  std::size_t sync_from(Bytes bytes);
  bool on_sync_packet(Bytes packet, PacketKind kind);
  void sync_failed(Bytes packet);
  void begin_sync_step();
  void synchronised();

  // diagnostics.cpp: what SHOW WARNINGS shows.
  DiagnosticsOwner own_diagnostics() const { return std::uint64_t{id_} << 32 | diagnostics_count_; }
  DiagnosticsOwner replaced_diagnostics();
  bool meets_strange_diagnostics() const;
  void follow_diagnostics(bool ok);
  void forget_diagnostics();
  void note_prepared_again(std::uint16_t warnings);
  void note_local_select();
  bool counts_strange_warnings() const;
  bool answered_from_kept_diagnostics(std::string_view sql);

  // on_executing.cpp
  void execute();
  bool patch_execute();
  void relay(MutableBytes bytes);
  std::size_t relay_from(MutableBytes bytes);
  bool relay_packet(MutableBytes packet, PacketKind kind);
  bool relay_ok(Bytes packet);
  void send_to_client(Bytes bytes, bool last = false);
  void forward_upload(Bytes bytes);
  void forward_inbox();
  void follow_stream();
  void pass_stream(Bytes bytes);

  // redirect.cpp
  bool ask_again_elsewhere(Bytes packet);
  bool may_be_asked_again() const;
  bool ask_writer_instead(const ErrPacket& error);
  bool wait_for_new_writer(const ErrPacket& error);
  bool refuses_for_good(const Server& server) const;
  void learn_write(const ErrPacket& error);
  bool known_as_write() const;
  bool reads_on_replica() const;
  bool leaves_replica(const Statement& statement) const;
  void leave_replica();
  bool refuse_like_writer(Bytes packet);

  // tracking.cpp: what OK packets tell of the session.
  void note_ok(const OkPacket& ok);
  void note_insert_id(std::uint64_t id);
  void note_tracked(std::string_view session_state, const Effect* effect);
  void note_user_variables(std::string_view sql, LexMode mode);
  void follow_user_variables(bool ok);

  // finish.cpp: a command is over.
  void finish_command();
  void leave(EndReason reason);
  void fail_request(std::uint16_t code, std::string_view sqlstate, std::string_view message,
                    const Server* server = nullptr);
  void give_up_request(std::uint16_t code, std::string_view sqlstate, std::string_view message);
  void throttle_client();
  void follow_pace();
  void apply_outcome();
  void learn_status(std::uint16_t status);
  void end_doubt(std::uint16_t status);
  void note_pins();
  std::string pin_causes() const;  // report.cpp
  std::string shown_text(std::size_t bytes) const;
  void follow_statement(const Outcome& outcome);
  void follow_next_transaction(const Outcome& outcome, bool was_in_transaction);
  void apply_command(bool ok);
  void own_handle(const ClientStatement& statement);
  void settle_lease();
  void go_idle();
  void finish_without_connection();

  // accounting.cpp: what it cost.
  void count_sent();
  void note_fallback(int hostgroup);
  void count_command();
  void count_statement(std::uint64_t took_us);
  void count_digest(std::uint64_t took_us);
  void count_left_on_writer();
  Analyzer& analyze_again();
  void count_server_error(Bytes packet);
  void count_error(std::uint16_t code, std::string_view message, const Server* server = nullptr);

  // query_logging.cpp
  void log_as(bool wanted);
  void log_statement();
  void log_unfinished(EndReason reason);

  // lost.cpp: a connection is gone, or must not be used any more.
  void lose_connection(std::string_view why, std::uint16_t cause = kServerLost);
  void lose_while_executing(const std::string& text, std::uint16_t cause);
  bool end_reply_with_error(const ErrorSpec& spec, std::string_view text);
  void end_overdue_statement();
  bool stays_with_old_writer() const;
  const ServerDecision* find_removal(const Server& server) const;
  bool keeps_nothing() const;
  void leave_old_writer();
  void backend_broke_protocol(DecodeError error);
  const ErrorSpec& lost_error() const;
  ConnectRequest change_user_request() const;

  // local_replies.cpp
  void reply_ok();
  void reply_error(ProxyError error, std::string_view text);
  template <class... Arguments>
  void reply(ProxyError error, const Arguments&... arguments) {
    reply_error(error, error_text(error, arguments...));
  }
  void reply_err(std::uint16_t code, std::string_view sqlstate, std::string_view message);
  void reply_own_id(std::string_view name);
  void reply_row_count(std::string_view name);
  void reply_number(const ReplyColumn& column, std::int64_t value);
  void reply_internal_session();
  void reply_stream_status(std::string_view name);
  std::string stream_status(std::string_view name) const;
  void send_reply(bool last = false);
  std::uint16_t client_status() const;

  const Settings& settings() const { return worker_.settings(); }
  WorkerStats& stats() { return worker_.stats(); }
  Instant now() const { return worker_.loop().now(); }
  std::int64_t waited_us() const { return static_cast<std::int64_t>(worker_.loop().now_us() - since_us_); }
  bool has_state() const;
  LoggedIn logged_in() const;
  void drop_soft_pins();
  // Some may have come off between two commands: the next statement that sets them is their cause.
  void forget_causes() { pin_causes_.keep(pins_); }
  void forget_pins();
  NameContext name_context() const;
  // What this thread does until the scope's end, it does for this session.
  AtWork::Scope at_work() { return {worker_.at_work(), id_, name_of(stage_)}; }
  bool pinned() const { return !pins_.empty(); }
  bool under_way() const;
  bool in_transaction() const { return pins_.has(Pin::in_transaction); }
  // Only its server knows whether there is a transaction, and says so with the next OK.
  bool transaction_in_doubt() const { return status_in_doubt_ && lease_; }
  Caps conn_key() const { return caps_ & (attributes_.local_infile ? kConnKey : kConnKey & ~kLocalFiles); }
  void set_idle_deadline();
  void end_idle();
  void follow_time_limits();
  void set_connect_deadline();

  struct Handler {
    Command command;
    void (Session::*start)();
  };
  static const Handler kHandlers[];

  Worker& worker_;
  const std::uint32_t id_;
  Stage stage_ = Stage::handshake;
  Channel client_;
  Deadline deadline_;
  std::unique_ptr<ClientPace> pace_;  // from the first time on that he keeps something waiting
  ClientOrigin origin_;
  std::unique_ptr<Introduction> introduction_;  // until it is known whether the peer has come for himself
  const TlsFilter* tls_ = nullptr;              // of client_, as long as that is open; null: there is no TLS

  // Who it is, once logged in.
  bool admitted_ = false;
  bool entered_ = false;                             // counts for its address
  std::uint8_t compression_level_ = 0;               // of what client_ is sent; 0: it does not compress
  std::optional<ServerHandshake::Want> held_login_;  // the verdict, while the client waits for it
  bool doubtful_ = false;      // his first proof was not enough, and there is no verdict
  bool fast_forward_ = false;  // no rules, and a connection of its own
  std::unique_ptr<LoginAccounts> accounts_;
  std::unique_ptr<ServerHandshake> handshake_;
  Scramble scramble_{};
  std::unique_ptr<FormerLogin> former_login_;  // of who wants to be another, until he is
  int refused_changes_ = 0;                    // of user
  Credentials credentials_;
  std::string connection_attributes_;  // that servers are told
  Caps caps_ = 0;
  int default_hostgroup_ = 0;
  UserAttributes attributes_;  // as the configuration in force has them

  // What it expects, and on what.
  SessionState wants_;
  Lease lease_;
  Pins pins_;
  bool kept_for_statement_ = false;  // Pin::by_rule is for more than that connections are not shared
  Holdings holdings_;
  PinCauses pin_causes_;  // that statistics know of
  std::uint16_t status_ = kStatusAutocommit;
  // A statement failed, which may have ended a transaction before, or begun one: an ERR has no flags.
  bool status_in_doubt_ = false;
  bool transaction_was_split_ = false;  // automatic splitting chose where the last one began
  std::int64_t row_count_ = 0;          // what ROW_COUNT() gives
  Instant idle_since_{};
  Instant transaction_since_{};  // while in_transaction()
  std::int64_t flag_in_ = 0;
  LastRoute last_route_;
  LoggedStatement logged_;
  PreparedStatements statements_;
  std::uint64_t since_us_ = 0;  // when the command under way arrived, or the last one ended
  // The pinned connection is gone: the error that is told at the next command. Null: it is not.
  std::unique_ptr<const std::string> lost_state_;
  std::uint64_t asked_kills_ = 0;  // tickets of the KILLs that it asked for
  std::uint64_t server_kill_ = 0;  // ticket of the KILL QUERY for what its connection executed last; 0: none
  std::unique_ptr<LettingGo> letting_go_;              // in stage letting_go only
  std::unique_ptr<KeptDiagnostics> kept_diagnostics_;  // until the next statement that does not ask
  std::uint32_t diagnostics_count_ = 0;  // statements that have replaced what SHOW WARNINGS shows
  bool schema_in_doubt_ = false;         // no server was asked for the current schema, or one did not know it
  bool keeps_for_good_ = false;          // what the connection is kept for could not be read from it
  bool client_left_ = false;             // while an insert id was read: the answer is waited for
  bool draining_ = false;
  bool lingering_ = false;  // ended, and the client is still to receive the last words
  bool serving_ = false;

  Request request_;
  std::vector<std::uint8_t> with_attributes_;  // what request_ has left out; of an execution, its old head
  std::size_t plain_head_bytes_ = 0;           // its new one
  ByteQueue held_;                             // an incomplete packet of the server's reply
  ByteQueue inbox_;                            // what arrived while a command was under way
};

std::string_view to_text(Session::Stage stage);

}  // namespace weir
