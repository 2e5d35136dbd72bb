// A stream socket: connects or takes over a descriptor, hands received bytes on, sends, queues what the
// system does not take, and says when to stop producing.
//
// One thread, its loop's. No event is delivered inside a call to the channel; every event may close or
// destroy the channel. Reading uses the loop's scratch, so an idle channel owns no buffer. One recv per
// readiness unless it got all that it asked for; at most kTurnBytes per turn, so that one stream cannot starve
// the others. SIGPIPE is never raised.
//
// The order at the end of a connection: all bytes received before it, then on_closed().
//
// With a StreamFilter (TLS, compression) all of this is meant of the plain bytes, but for queued_bytes() and the
// marks: those count what waits for the socket. Without one, filters cost a look at a pointer.
#pragma once

#include <cstddef>
#include <memory>

#include "protocol/base/byte_queue.hpp"
#include "protocol/base/bytes.hpp"
#include "proxy/net/address.hpp"
#include "proxy/net/error.hpp"
#include "proxy/net/fd_limit.hpp"
#include "proxy/net/loop.hpp"
#include "proxy/net/poll_handle.hpp"
#include "proxy/net/stream_filter.hpp"

namespace weir {

class ChannelEvents {
 public:
  // After connect(): bytes flow from now on.
  virtual void on_connected() noexcept {}
  // `bytes` lie in the loop's scratch: valid, and the receiver's to change, during the call. The receiver
  // takes all.
  virtual void on_bytes(MutableBytes bytes) noexcept = 0;
  // The queue fell to Channel::kLowBytes after congested() had become true.
  virtual void on_drained() noexcept = 0;
  // End of stream, or an error, a failed connect() included. The descriptor is closed already. Comes once,
  // and not after close() or detach().
  virtual void on_closed(NetError why) noexcept = 0;

 protected:
  ~ChannelEvents() = default;
};

class Channel final : Readiness, TurnEnd {
 public:
  static constexpr std::size_t kReadBytes = 64 * 1024;            // by one recv
  static constexpr std::size_t kBulkBytes = Loop::kScratchBytes;  // the same after expect_bulk()
  // With what one more recv in bulk brings it is 256 KB.
  static constexpr std::size_t kHighBytes = 64 * 1024;
  static constexpr std::size_t kLowBytes = 32 * 1024;
  static constexpr std::size_t kTurnBytes = kBulkBytes;
  static constexpr std::size_t kTurnPlainBytes = 1024 * 1024;  // the same of what filters make of them

  explicit Channel(Loop& loop) : loop_(loop), poll_(loop, *this) {}
  ~Channel();

  // Who hears of this channel from now on; not null while it is open. Outlives the channel or sets another.
  void set_events(ChannelEvents* events) { events_ = events; }

  // Both only while closed, and set_events() comes first. Failures of both arrive as on_closed().
  // adopt() owns the connected stream socket `fd` from here on, which an Acceptor has accepted or detach() given
  // away: it has TCP_NODELAY then. `filter` is what detach() gave with it.
  void adopt(int fd, std::unique_ptr<StreamFilter> filter = nullptr);
  // on_connected() or on_closed() follows; what is sent before waits in the queue. No time limit of its own
  // (use a Deadline, and close()). `use`: what it is for, where descriptors are few.
  void connect(const Address& address, FdUse use = FdUse::upkeep);

  // Sends now what the system takes, and queues a copy of the rest. Never fails here: an error arrives as
  // on_closed() by the end of the turn, after the bytes already received. Ignored when not open.
  void send(Bytes bytes);

  // While open, in on_bytes() too: from now on all bytes pass through `filter`, and within the filter that is there
  // already. `ahead` has come as plain bytes, and is the filter's. What was sent before goes as it is. A filter's
  // failure arrives as on_closed(), with its words.
  void add_filter(std::unique_ptr<StreamFilter> filter, Bytes ahead = {});
  bool filtered() const { return filtering_ != nullptr; }

  // Large results come from here: a recv takes more of them, for up to a fifth less of the system's time per
  // KB. Not for clients: what comes while they must wait is kept.
  void expect_bulk() { bulk_ = true; }

  std::size_t queued_bytes() const { return queue_.size(); }
  // More than kHighBytes are queued: stop producing until on_drained(). Nothing is refused: the caller bounds
  // it.
  bool congested() const { return congested_; }

  // After pause_reading() no on_bytes() comes, from inside on_bytes() too, until resume_reading().
  // Idempotent, and usually free: the system is told only if something arrives meanwhile. A paused channel
  // still notices a reset peer if nothing is left to read; otherwise bytes keep their place before
  // on_closed(), which then waits for resume_reading() or a failing send().
  void pause_reading() { paused_ = true; }
  void resume_reading();
  bool reading_paused() const { return paused_; }

  // At once, whatever is queued; no event follows. Idempotent.
  void close();
  // Reads and accepts nothing more; when the queue is empty, closes, and on_closed() with code 0 follows (or
  // an error does). For last words, as an ERR packet behind a long result. No time limit of its own.
  void close_when_sent();
  // Gives the descriptor away, for another channel (of any thread) to adopt; this one is closed. The queue
  // must be empty. Its filters go to `filter`. -1 if the channel is not connected, has failed already, or has
  // bytes that nobody has taken.
  [[nodiscard]] int detach(std::unique_ptr<StreamFilter>& filter);

  bool open() const { return state_ == State::open && failure_ < 0; }
  bool connecting() const { return state_ == State::connecting; }

  // As in socket_options.hpp. TCP_NODELAY is always on.
  void enable_keepalive(int idle_s);
  void set_user_timeout(Millis timeout_ms);

  // Nothing has arrived and the peer has not closed, as the system sees it now: one system call, for a connection that
  // has been idle and must not fail. (Events tell the same, a turn later.)
  bool silent() const;

  Address peer() const { return Address::peer_of(fd_); }
  Address local() const { return Address::local_of(fd_); }
  int fd() const { return fd_; }  // to look at; -1 when closed

 private:
  enum class State : unsigned char { closed, connecting, open };

  void on_ready(bool readable, bool writable, bool broken) noexcept override;
  void on_turn_end() noexcept override;

  // How a round of receiving ended.
  enum class Received : unsigned char {
    some,     // there may be more
    blocked,  // nothing there now
    paused,   // the receiver does not want more
    later,    // its share of this turn is used up
    gone,     // closed or destroyed meanwhile
  };
  // What belongs to filters.
  struct Filtering final : DeadlineEvents {
    Filtering(Channel& owner, std::unique_ptr<StreamFilter> first)
        : filter(std::move(first)), channel(owner), next_share(owner.loop_.deadlines(), *this) {}
    void on_deadline() noexcept override { channel.catch_up(); }

    std::unique_ptr<StreamFilter> filter;  // the one at the socket
    ByteQueue unread{};                    // from the socket, not decoded yet
    bool behind = false;                   // not all was taken: there may be bytes here, or in the filter
    std::size_t replied_bytes = 0;         // by the filter itself, since the queue was empty
    Channel& channel;
    Deadline next_share;  // of a turn, for what was left of the one before
  };
  // Of what a filter says by itself, while the peer takes nothing: more is the peer's doing.
  static constexpr std::size_t kMaxRepliedBytes = 64 * 1024;

  // What is still to be noticed about incoming bytes.
  enum class Listening : unsigned char { for_bytes, for_errors, no_more };

  void finish_connect(bool broken);
  void connected();
  Received receive();
  Received decode(Bytes wire);
  Received take_unread();
  void catch_up();
  void reply();  // what a filter has put into the loop's wire_queue() by itself
  void put(Bytes bytes);
  void put_filtered(Bytes bytes);
  bool flush();                       // false: closed or destroyed meanwhile
  std::size_t send_now(Bytes bytes);  // how many bytes the system took
  void look_while_paused(bool broken);
  void fail_later(int error);
  void end();            // what close_when_sent() promised
  void let_peer_read();  // the last word, before the descriptor closes
  void finish(int error);  // closes and reports; `this` may be gone afterwards
  void finish(NetError why);
  void update_watch();
  template <class Event>
  bool tell(Event event);  // false: closed or destroyed by the receiver

  Loop& loop_;
  ChannelEvents* events_ = nullptr;
  PollHandle poll_;
  ByteQueue queue_;
  std::unique_ptr<Filtering> filtering_;
  bool* gone_ = nullptr;  // set to true by the destructor while an event is being delivered
  int fd_ = -1;
  int failure_ = -1;  // >= 0: fails with this error at the end of the turn
  State state_ = State::closed;
  Listening listening_ = Listening::for_bytes;
  bool paused_ = false;
  bool congested_ = false;
  bool connected_at_once_ = false;  // on_connected() waits for the end of the turn
  bool ending_ = false;             // close_when_sent()
  bool bulk_ = false;
};

}  // namespace weir
