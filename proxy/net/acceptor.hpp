// A listening socket: TCP over IPv4 or IPv6, or a Unix socket.
//
// Out of descriptors, it refuses what is pending (accepting and closing it by means of a reserved descriptor,
// so that clients see an end and not a hang), then stays quiet for a moment. It never spins.
//
// Options are set here once, and not on each socket that it accepts: those inherit them.
#pragma once

#include <expected>
#include <string>

#include "proxy/net/address.hpp"
#include "proxy/net/deadlines.hpp"
#include "proxy/net/error.hpp"
#include "proxy/net/poll_handle.hpp"
#include "proxy/net/socket_options.hpp"

namespace weir {

class Acceptor;

class AcceptEvents {
 public:
  // `fd` is the receiver's now: connected, non-blocking, close-on-exec, with TCP_NODELAY. `peer` is valid
  // during the call. The Acceptor, `at`, may be paused or closed in here, not destroyed.
  virtual void on_accepted(int fd, const Address& peer, const Acceptor& at) noexcept = 0;
  // Connections were refused or could not be accepted (EMFILE, ENFILE, ENOMEM, ...). For logs and counters;
  // the acceptor goes on by itself.
  virtual void on_accept_failed(NetError why, int refused) noexcept = 0;

 protected:
  ~AcceptEvents() = default;
};

class Acceptor final : Readiness, DeadlineEvents {
 public:
  static constexpr int kBacklog = 4096;
  static constexpr int kBatch = 16;  // accepted per turn at most, so that accepting does not starve others
  static constexpr int kMostRefused = 64;  // the same of those for whom there is no descriptor
  static constexpr Millis kQuietMs = 100;  // after running out of descriptors

  // `loop` and `events` outlive this object.
  Acceptor(Loop& loop, AcceptEvents& events);
  ~Acceptor();

  // Binds and listens. Port 0: the system chooses, see local(). IPv6 sockets take IPv6 only, so that both may
  // listen on one port. A Unix socket's file that nobody answers on is replaced. A socket that a process
  // before has left there is taken (ListeningSockets). Failure: a sentence naming the address.
  std::expected<void, std::string> listen(const Address& address);
  const Address& local() const { return local_; }
  bool listening() const { return fd_ >= 0; }
  // Where a socket that it has accepted has come to: the system is asked only if that may be several
  // addresses.
  Address local_of(int accepted) const { return everywhere_ ? Address::local_of(accepted) : local_; }

  // Of those that connect from now on; at first off. What listen() opens later has it, too; a socket that the
  // process before may still go on with has it when that is over, from resume() on.
  void set_keepalive(const Keepalive& keepalive);

  // Paused: clients wait in the system's backlog. Idempotent.
  void pause();
  void resume();
  // Stops listening; a Unix socket's file is removed.
  void close();

 private:
  void on_ready(bool readable, bool writable, bool broken) noexcept override;
  void on_deadline() noexcept override;
  void fall_quiet(int error);
  void update_watch();

  Loop& loop_;
  AcceptEvents& events_;
  PollHandle poll_;
  Deadline quiet_;
  Address local_;
  Keepalive keepalive_;
  int fd_ = -1;
  int reserved_fd_ = -1;
  std::uint64_t file_number_ = 0;  // of the Unix socket: only our own is removed
  bool everywhere_ = false;        // on every interface
  bool inherited_ = false;         // until take-over is over, it is another process's, too
  bool paused_ = false;
};

}  // namespace weir
