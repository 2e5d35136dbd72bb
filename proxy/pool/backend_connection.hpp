// A connection to a server: from the look-up of its name to its end, and what the server knows of it.
//
// Lives on one worker's loop and belongs to that worker's PoolShard. While it opens, and while it is idle,
// its events go to the shard (BackendOwner); while a session holds it, they go to the session (BackendUser).
// Everything but the descriptor is in ConnectionFacts, so that an idle connection can move to another worker.
#pragma once

#include <memory>
#include <string>

#include "protocol/machine/client_handshake.hpp"
#include "protocol/machine/response_tracker.hpp"
#include "proxy/net/address_tries.hpp"
#include "proxy/net/channel.hpp"
#include "proxy/net/resolver.hpp"
#include "proxy/net/tls_filter.hpp"
#include "proxy/pool/prepared_handles.hpp"
#include "proxy/pool/server_share.hpp"
#include "router/backend/server.hpp"
#include "router/query/function.hpp"
#include "router/session/session_state.hpp"
#include "router/session/sync_plan.hpp"

namespace weir {

// Why a connection could not be opened, or could not change its user: as told to the client that waited for
// it.
struct ConnectFailure {
  std::uint16_t code = 0;
  std::string sqlstate;
  std::string message;
  bool from_server = false;                // the server's own words
  bool ours = false;                       // it is us who lack something (NetError::is_our_own())
  bool of_account = false;                 // it wants of this account what there is not; the words are ours
  bool has_another = false;                // of a change of user: another password of his has not been tried
  std::shared_ptr<const Server> server{};  // the one that was tried; null: there was none to try

  // It answers, and does not want us: another attempt would end the same way.
  bool refused() const { return of_account || (from_server && !counts_against_server(code)); }
};

// Who uses a connection at the moment.
class BackendUser {
 public:
  // `bytes` are the receiver's during the call, as ChannelEvents::on_bytes().
  virtual void on_backend_bytes(MutableBytes bytes) noexcept = 0;
  virtual void on_backend_drained() noexcept = 0;
  // The change of user has succeeded, and state() is as after a login. After a failure the connection is not
  // usable.
  virtual void on_user_changed() noexcept = 0;
  virtual void on_change_user_failed(const ConnectFailure& failure) noexcept = 0;
  // The connection is gone; drop the lease.
  virtual void on_backend_lost(NetError why) noexcept = 0;
  // Whether nothing would be lost with the connection: it waits for the first byte of an answer that any
  // other server can give.
  virtual bool may_go_elsewhere() const noexcept { return false; }

 protected:
  ~BackendUser() = default;
};

class BackendConnection;

// Who owns a connection: told of what happens while nobody uses it. May destroy the connection at the end of
// the turn, not inside these calls.
class BackendOwner {
 public:
  virtual void on_opened(BackendConnection& connection) noexcept = 0;
  virtual void on_open_failed(BackendConnection& connection, const ConnectFailure& failure) noexcept = 0;
  // Idle again: its ping, or its roll back, is answered.
  virtual void on_idle_again(BackendConnection& connection) noexcept = 0;
  // It ended, or the server spoke without being asked.
  virtual void on_idle_ended(BackendConnection& connection) noexcept = 0;

 protected:
  ~BackendOwner() = default;
};

// A permit of the server's ServerSlots: one per connection, given back when it is destroyed.
class SlotPermit {
 public:
  explicit SlotPermit(std::shared_ptr<ServerState> server) : server_(std::move(server)) {}
  SlotPermit(SlotPermit&&) noexcept = default;
  SlotPermit& operator=(SlotPermit&&) = delete;
  ~SlotPermit() {
    if (server_) server_->slots.release();
  }

 private:
  std::shared_ptr<ServerState> server_;
};

// Which statement of which session has left what SHOW WARNINGS might show: unique over all workers.
using DiagnosticsOwner = std::uint64_t;
inline constexpr DiagnosticsOwner kNoDiagnostics = 0;  // there is nothing to show
// Of nobody who might ask for them.
inline constexpr DiagnosticsOwner kNobodysDiagnostics = ~DiagnosticsOwner{0};

// What is true of a connection, whichever worker has it.
struct ConnectionFacts {
  std::shared_ptr<const Server> server;
  SlotPermit permit;
  Caps key = 0;  // of kConnKey
  Established established{};
  ServerFamily family = ServerFamily::any;
  SessionState has{};
  PreparedHandles prepared{};
  DiagnosticsOwner diagnostics_of = kNoDiagnostics;
  Instant opened_at = kNever;
  Compression asked_compression = Compression::none;  // when it was opened
  Address address{};  // that it is connected to, or being connected to; none while that is looked up
  std::unique_ptr<StreamFilter> filter{};  // its channel's, on the way from one worker to another
};

// How a session takes the connection that it has been given from has() to what it expects. With the
// connection, for there are fewer of them than sessions; what stays in it between two sessions is memory
// only.
struct Synchronisation {
  SyncPlan plan;
  SessionState target;  // what `plan` leads to
};

class BackendConnection final : ChannelEvents, LookupEvents, DeadlineEvents, TurnEnd {
 public:
  enum class Stage {
    resolving,
    connecting,
    logging_in,
    idle,
    pinging,
    rolling_back,
    leased,
    changing_user,
    ended
  };

  BackendConnection(Loop& loop, BackendOwner& owner, ConnectionFacts facts);

  // Connects and logs in; on_opened() or on_open_failed() follows, never inside the call.
  void open(ConnectRequest request, Millis timeout_ms, Instant now);
  // Takes over an idle connection that another worker detached.
  void adopt(int fd);
  // Gives an idle connection away: the descriptor, or -1 if it has just failed. Take the facts along.
  int detach() { return channel_.detach(facts_.filter); }
  ConnectionFacts take_facts() { return std::move(facts_); }

  // Idle -> leased, and back.
  void lease_to(BackendUser& user);
  void return_from_lease(Instant now);

  // Leased only.
  bool user_may_go_elsewhere() const noexcept { return user_->may_go_elsewhere(); }
  // Leased only. The answer arrives as on_user_changed() or on_change_user_failed().
  void change_user(ConnectRequest request);
  // Idle only: asks the server for a sign of life. What the answer takes counts for the server until
  // `counts_until`.
  void ping(Millis timeout_ms, Instant counts_until, Instant now);
  // Idle only: ends the transaction that its last user has left open.
  void roll_back(Millis timeout_ms, Instant now);
  void close();
  // Leased, or changing its user: the server is not to be used any more, and the user is told so.
  void break_off();

  // For the user: send a command, and then follow its response with tracker(). The first: for a command of
  // one frame; the other: as ResponseTracker::start().
  void begin(Shape shape) { begin(shape, facts_.established.caps, 1); }
  void begin(Shape shape, Caps caps, std::optional<std::uint8_t> first) {
    tracker_.start(shape, caps, first);
  }
  void send(Bytes bytes) {
    share_->count_sent(bytes.size());
    channel_.send(bytes);
  }
  // The request that has been sent is answered as soon as the server can: how long that takes tells how fast
  // it is. Without effect where nobody chooses by it.
  void time_reply() {
    if (!in_use_ || server().balance != Balance::peak_ewma) return;
    asked_at_us_ = loop_.now_us();
    in_use_.ask(loop_.now());
  }
  Channel& channel() { return channel_; }
  const Channel& channel() const { return channel_; }
  ResponseTracker& tracker() { return tracker_; }

  Stage stage() const { return stage_; }
  const Server& server() const { return *facts_.server; }
  const std::shared_ptr<const Server>& server_pointer() const { return facts_.server; }
  // The same server, as the configuration has it now.
  void set_server(std::shared_ptr<const Server> server) { facts_.server = std::move(server); }
  const Address& address() const { return facts_.address; }
  // Its server's name stands for other addresses now: whoever uses it may finish, and nobody gets it after.
  void retire() { retired_ = true; }
  bool retired() const { return retired_; }
  // Where its shard counts it.
  ServerShare* share() const { return share_; }
  void set_share(ServerShare* share) { share_ = share; }
  // While opening: on whose behalf.
  const std::string& requested_user() const { return request_.credentials.user; }
  const std::string& requested_schema() const { return request_.schema; }
  // Whether a session with these bits of kConnKey can use it. Who has query attributes and who has none are
  // alike to a server that takes none.
  bool suits(Caps key) const {
    const Caps told_apart = facts_.established.offered | ~kQueryAttributes;
    return ((facts_.key ^ key) & told_apart) == 0;
  }
  Caps key() const { return facts_.key; }
  void set_key(Caps key) { facts_.key = key; }
  Caps caps() const { return facts_.established.caps; }
  bool has_tls() const { return (caps() & kSsl) != 0; }
  Compression compression() const { return compression_of(caps()); }
  // Its server is to be spoken to in another way than when it was opened.
  bool speaks_otherwise() const {
    return has_tls() != server().use_ssl || facts_.asked_compression != server().compression;
  }
  // Of a connection that has just been opened, by TLS.
  bool tls_resumed() const { return tls_resumed_; }
  const Established& established() const { return facts_.established; }
  SessionState& has() { return facts_.has; }
  const SessionState& has() const { return facts_.has; }
  Synchronisation& synchronisation() { return synchronisation_; }
  PreparedHandles& prepared() { return facts_.prepared; }
  const PreparedHandles& prepared() const { return facts_.prepared; }
  ServerFamily family() const { return facts_.family; }
  DiagnosticsOwner diagnostics_of() const { return facts_.diagnostics_of; }
  void set_diagnostics_of(DiagnosticsOwner owner) { facts_.diagnostics_of = owner; }
  Instant opened_at() const { return facts_.opened_at; }
  Instant idle_since() const { return idle_since_; }
  // When the server last gave a sign of life to an idle connection, or was used.
  Instant checked_at() const { return checked_at_; }

 private:
  void on_resolved(std::span<const Address> addresses) noexcept override;
  void on_lookup_failed(NetError why) noexcept override;
  void on_connected() noexcept override;
  void on_bytes(MutableBytes bytes) noexcept override;
  void on_drained() noexcept override;
  void on_closed(NetError why) noexcept override;
  void on_deadline() noexcept override;
  void on_turn_end() noexcept override;

  void try_next_address();
  void connect_to_address();
  // The attempt to connect has failed: another address has its turn, or that was all.
  void on_attempt_failed(std::string_view what, bool ours = false);
  bool keeps_role() const;
  void on_role_reply(Bytes bytes);
  void fail_change_user(ConnectFailure failure);
  void send_query(std::string_view sql);
  void on_handshake_bytes(Bytes bytes);
  void after_handshake(ClientHandshake::Want want);
  void start_tls();
  void start_compression();
  void tls_failure(std::string_view why);
  void on_logged_in();
  void on_handshake_failed();
  void on_own_reply(Bytes bytes);
  void note_ping();
  void note_first_byte();
  void fail_opening(ConnectFailure failure);
  void network_failure(std::string_view what, bool ours = false);

  Loop& loop_;
  BackendOwner& owner_;
  BackendUser* user_ = nullptr;
  ServerShare* share_ = nullptr;
  std::uint64_t asked_at_us_ = 0;  // a statement or a ping whose reply is timed; 0: none
  Stage stage_ = Stage::idle;
  ConnectionFacts facts_;
  LoadMark in_use_;  // while leased, if the balance of its hostgroup counts that
  Channel channel_;
  ResponseTracker tracker_;
  Synchronisation synchronisation_;
  Deadline deadline_;
  Instant idle_since_ = kNever;
  Instant checked_at_ = kNever;
  Instant ping_counts_until_ = kNever;
  bool retired_ = false;
  bool tls_resumed_ = false;
  // Only while opening or changing the user.
  const TlsFilter* tls_ = nullptr;  // of channel_, as long as that is open
  AddressTries tries_;
  std::unique_ptr<Lookup> lookup_;
  std::unique_ptr<ClientHandshake> handshake_;
  ConnectRequest request_;
  bool same_address_again_ = false;  // with another password
  bool leaving_role_ = false;        // a SET ROLE NONE is under way ahead of the change of user
  ByteQueue role_reply_;
};

std::string_view to_text(BackendConnection::Stage stage);

}  // namespace weir
