// The monitor's connection to one server: opens it, asks, and keeps it for the next question.
//
//   ServerProbe probe(loop, endpoint, credentials);
//   probe.query("SELECT @@read_only", asker, {.timeout_ms = 800});
//   // later, in asker.on_probe_answer(probe): probe.result().find_value(0, "@@read_only")
//
// One question at a time, each with one time limit for everything it needs: look-up, connect, login, answer.
// A connection is opened when there is none, kept after an answer (also after an ERR, which ends a statement
// and no connection), and closed by any other failure. One that the server has closed while it was kept is no
// failure: the question is asked once more on a new one, so it must be harmless to ask twice.
//
// Lives on one loop and never blocks it; an idle probe costs a descriptor and no time.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "monitor/probe_failure.hpp"
#include "protocol/machine/client_handshake.hpp"
#include "protocol/machine/simple_query.hpp"
#include "proxy/net/address_tries.hpp"
#include "proxy/net/channel.hpp"
#include "proxy/net/resolver.hpp"

namespace weir {

class ServerProbe;

// Who asked. Exactly one of these follows each question, unless close() comes first; never inside the call
// that asks. The probe may be asked again or closed in here, but not destroyed: that waits for the end of the
// turn.
class ProbeEvents {
 public:
  virtual void on_probe_answer(ServerProbe& probe) noexcept = 0;
  virtual void on_probe_failed(ServerProbe& probe, const ProbeFailure& failure) noexcept = 0;

 protected:
  ~ProbeEvents() = default;
};

struct ProbeLimits {
  Millis timeout_ms = 0;
  std::size_t result_bytes = SimpleQuery::kDefaultLimit;  // larger results are a failure
};

class ServerProbe final : ChannelEvents, LookupEvents, DeadlineEvents, TurnEnd {
 public:
  // The loop outlives the probe.
  ServerProbe(Loop& loop, Endpoint endpoint, Credentials credentials);

  // The asker outlives the question. Only while not busy().
  // Opens a connection, a new one if there is one already.
  void connect(ProbeEvents& asker, ProbeLimits limits);
  // COM_PING.
  void ping(ProbeEvents& asker, ProbeLimits limits);
  // One statement of text, and its rows in memory.
  void query(std::string sql, ProbeEvents& asker, ProbeLimits limits);

  // The server may have another address now: what is under way begins anew, within its time limit, and what
  // comes next goes out on a new connection. Not inside an event of the probe.
  void connect_anew();
  // At once. A question under way is forgotten, and its asker is not told.
  void close();

  bool busy() const { return asker_ != nullptr; }
  bool connected() const { return stage_ == Stage::kept || stage_ == Stage::asking; }
  const Endpoint& endpoint() const { return endpoint_; }
  // Of query(), in and after on_probe_answer() until the next question.
  const SimpleQuery& result() const { return query_; }
  // Of the latest login: version, thread id.
  const Established& established() const { return established_; }

 private:
  enum class Stage { closed, resolving, connecting, logging_in, kept, asking };
  enum class Question { connect, ping, query };

  void on_resolved(std::span<const Address> addresses) noexcept override;
  void on_lookup_failed(NetError why) noexcept override;
  void on_connected() noexcept override;
  void on_bytes(MutableBytes bytes) noexcept override;
  void on_drained() noexcept override {}
  void on_closed(NetError why) noexcept override;
  void on_deadline() noexcept override;
  void on_turn_end() noexcept override;

  void ask(Question question, ProbeEvents& asker, ProbeLimits limits);
  void open_later();
  void try_next_address();
  void send_command();
  void send(ByteQueue& output);
  void on_login_bytes(Bytes bytes);
  void after_login(ClientHandshake::Want want);
  void start_tls();
  void on_pong_bytes(Bytes bytes);
  void on_result_bytes(Bytes bytes);
  void disconnect();
  void answered();
  // The connection is of no use any more.
  void broken(ProbeFailure failure);
  void failed(const ProbeFailure& failure);

  Loop& loop_;
  const Endpoint endpoint_;
  const Credentials credentials_;
  Stage stage_ = Stage::closed;
  Question question_ = Question::connect;
  std::string sql_;
  ProbeLimits limits_;
  Instant until_ = kNever;        // the end of its time
  ProbeEvents* asker_ = nullptr;  // not null: a question is under way
  bool kept_before_ = false;      // the question went out on a connection that had been kept
  Channel channel_;
  Lookup lookup_;
  AddressTries tries_;
  Deadline deadline_;
  std::unique_ptr<ClientHandshake> handshake_;  // while logging in
  Established established_;
  SimpleQuery query_;
  PacketReader pong_{SimpleQuery::kMaxPacketBytes};
};

}  // namespace weir
