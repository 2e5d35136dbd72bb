#include "proxy/net/channel.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "protocol/base/check.hpp"
#include "proxy/net/socket_io.hpp"
#include "proxy/net/socket_options.hpp"

namespace weir {
namespace {

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS;
}

int error_of(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

}  // namespace

Channel::~Channel() {
  close();
  if (gone_) *gone_ = true;
}

template <class Event>
bool Channel::tell(Event event) {
  bool gone = false;
  gone_ = &gone;
  event(*events_);
  if (gone) return false;
  gone_ = nullptr;
  return state_ != State::closed;
}

// ---- opening and closing

void Channel::adopt(int fd, std::unique_ptr<StreamFilter> filter) {
  WEIR_CHECK(state_ == State::closed && events_, "a channel adopts while closed, with a receiver");
  fd_ = fd;
  state_ = State::open;
  if (filter) {
    filter->enter(loop_);
    filtering_ = std::make_unique<Filtering>(*this, std::move(filter));
  }
  if (const int error = poll_.open(fd_)) return fail_later(error);
  update_watch();
}

void Channel::connect(const Address& address, FdUse use) {
  WEIR_CHECK(state_ == State::closed && events_, "a channel connects while closed, with a receiver");
  state_ = State::connecting;
  fd_ = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return fail_later(errno);
  if (!fd_allowed(fd_, use)) {
    ::close(std::exchange(fd_, -1));
    return fail_later(EMFILE);
  }
  if (const int error = poll_.open(fd_)) return fail_later(error);
  if (!address.is_unix()) set_no_delay(fd_);
  if (::connect(fd_, address.raw(), address.raw_size()) == 0) {
    connected_at_once_ = true;
    loop_.at_turn_end(*this);
  } else if (errno == EINPROGRESS) {
    poll_.watch(PollHandle::Watch::writable);
  } else {
    fail_later(errno);
  }
}

void Channel::finish_connect(bool broken) {
  const int error = error_of(fd_);
  if (error != 0) return finish(error);
  if (broken) return finish(ECONNABORTED);
  connected();
}

void Channel::connected() {
  state_ = State::open;
  if (!tell([](ChannelEvents& events) { events.on_connected(); })) return;
  flush();
}

void Channel::close() {
  poll_.release();  // first: libuv takes the descriptor out of epoll
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  failure_ = -1;
  state_ = State::closed;
  listening_ = Listening::for_bytes;
  paused_ = congested_ = connected_at_once_ = ending_ = false;
  queue_.clear();
  queue_.release();
  filtering_.reset();
}

void Channel::close_when_sent() {
  if (state_ == State::closed || ending_) return;
  if (filtering_ && failure_ < 0) {
    filtering_->filter->finish(loop_.wire_queue());
    reply();
  }
  ending_ = true;
  paused_ = true;
  if (queue_.empty()) loop_.at_turn_end(*this);
}

int Channel::detach(std::unique_ptr<StreamFilter>& filter) {
  if (!open() || ending_ || (filtering_ && filtering_->behind)) return -1;
  WEIR_CHECK(queue_.empty(), "a channel with queued bytes is not detached");
  if (filtering_) filter = std::move(filtering_->filter);
  poll_.release();
  const int fd = std::exchange(fd_, -1);
  close();
  return fd;
}

void Channel::finish(int error) {
  finish(NetError{failure_ >= 0 ? failure_ : error});  // the first failure is the cause
}

void Channel::finish(NetError why) {
  if (filtering_ && why.end_of_stream() && !ending_) {
    StreamFilter& filter = *filtering_->filter;
    if (filter.condition() == StreamFilter::Condition::open) filter.on_cut();
    if (filter.condition() == StreamFilter::Condition::failed) {
      why = {EPROTO, std::make_shared<const std::string>(filter.failure())};
    }
  }
  close();
  events_->on_closed(why);
}

void Channel::fail_later(int error) {
  if (failure_ < 0) failure_ = error;
  loop_.at_turn_end(*this);
}

// The hook may have been requested by a connection that is closed by now: only the state counts.
void Channel::on_turn_end() noexcept {
  if (failure_ >= 0) {
    if (state_ == State::open && !paused_ && receive() == Received::gone) return;
    if (failure_ >= 0) finish(failure_);
  } else if (connected_at_once_) {
    connected_at_once_ = false;
    connected();
  } else if (ending_ && state_ == State::open && queue_.empty()) {
    end();
  } else {
    catch_up();
  }
}

void Channel::catch_up() {
  if (filtering_ && filtering_->behind && !paused_ && open()) take_unread();
}

// Closing with bytes unread makes the system send a reset, which may overtake what the peer has yet to read.
void Channel::let_peer_read() {
  ::shutdown(fd_, SHUT_WR);
  for (int reads = 0; reads < 2; ++reads) {
    if (receive_now(fd_, loop_.scratch()) <= 0) break;
  }
}

void Channel::end() {
  let_peer_read();
  finish(0);
}

// ---- sending

void Channel::send(Bytes bytes) {
  if (state_ == State::closed || failure_ >= 0 || ending_) return;
  return filtering_ ? put_filtered(bytes) : put(bytes);
}

void Channel::put(Bytes bytes) {
  if (state_ == State::open && queue_.empty()) {
    bytes = bytes.subspan(send_now(bytes));
    if (bytes.empty() || failure_ >= 0) return;
  }
  queue_.append(bytes);
  if (queue_.size() > kHighBytes) congested_ = true;
  if (state_ == State::open) update_watch();
}

std::size_t Channel::send_now(Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = weir::send_now(fd_, bytes);
    if (sent >= 0) return static_cast<std::size_t>(sent);  // fewer than offered: its buffer is full
    if (errno == EINTR) continue;
    if (!would_block(errno)) fail_later(errno);
    break;
  }
  return 0;
}

bool Channel::flush() {
  queue_.consume(send_now(queue_.readable()));
  if (filtering_ && queue_.empty()) filtering_->replied_bytes = 0;
  if (failure_ >= 0) return true;
  if (ending_ && queue_.empty()) {
    end();
    return false;
  }
  update_watch();
  if (!congested_ || queue_.size() > kLowBytes) return true;
  congested_ = false;
  return tell([](ChannelEvents& events) { events.on_drained(); });
}

// ---- filters

void Channel::add_filter(std::unique_ptr<StreamFilter> filter, Bytes ahead) {
  if (!open() || ending_) return;
  filter->enter(loop_);
  filter->start(loop_.wire_queue());
  if (!filtering_) {
    filtering_ = std::make_unique<Filtering>(*this, std::move(filter));
    filtering_->unread.append(ahead);
    reply();
  } else {
    ByteQueue first;
    std::swap(first, loop_.wire_queue());
    put_filtered(first.readable());
    filtering_->filter =
        std::make_unique<FilterStack>(std::move(filtering_->filter), std::move(filter), ahead);
  }
  if (ahead.empty()) return;
  filtering_->behind = true;  // decoded outside of this call
  loop_.at_turn_end(*this);
}

// In pieces, so that a long text is not there twice.
void Channel::put_filtered(Bytes bytes) {
  ByteQueue& wire = loop_.wire_queue();
  while (!bytes.empty() && failure_ < 0) {
    const Bytes piece = bytes.first(std::min(bytes.size(), kReadBytes));
    bytes = bytes.subspan(piece.size());
    filtering_->filter->encode(piece, wire);
    if (!wire.empty()) put(wire.readable());
    wire.clear();
  }
}

void Channel::reply() {
  ByteQueue& wire = loop_.wire_queue();
  if (wire.empty()) return;
  if (failure_ < 0 && !ending_) put(wire.readable());
  if (queue_.empty()) {
    filtering_->replied_bytes = 0;
  } else {
    filtering_->replied_bytes += wire.size();
  }
  wire.clear();
  if (filtering_->replied_bytes > kMaxRepliedBytes) fail_later(EPROTO);
}

// All of `wire` is taken, or kept if the receiver wants no more now, or has had his share.
Channel::Received Channel::decode(Bytes wire) {
  const MutableBytes plain = loop_.plain_scratch();
  for (std::size_t delivered = 0;;) {
    const std::size_t made = filtering_->filter->decode(wire, plain, loop_.wire_queue());
    reply();
    if (made == 0) break;
    if (!tell([&](ChannelEvents& events) { events.on_bytes(plain.first(made)); })) return Received::gone;
    delivered += made;
    if (!paused_ && delivered < kTurnPlainBytes) continue;
    filtering_->unread.append(wire);
    filtering_->behind = true;
    if (paused_) return Received::paused;
    filtering_->next_share.set(loop_.now());
    return Received::later;
  }
  if (filtering_->filter->condition() == StreamFilter::Condition::open) return Received::some;
  let_peer_read();
  finish(0);
  return Received::gone;
}

Channel::Received Channel::take_unread() {
  ByteQueue bytes;
  std::swap(bytes, filtering_->unread);
  filtering_->behind = false;
  filtering_->next_share.clear();
  return decode(bytes.readable());
}

// ---- receiving

void Channel::on_ready(bool readable, bool writable, bool broken) noexcept {
  if (state_ == State::connecting) return finish_connect(broken);
  if ((writable || broken) && !queue_.empty() && !flush()) return;
  if (!readable && !broken) return;
  if (paused_) return look_while_paused(broken);
  switch (receive()) {
    case Received::some:
    case Received::later:
      return update_watch();  // after `broken` nothing is watched; the next turn reads on
    case Received::blocked:
      if (broken) finish(ECONNRESET);  // the error was taken by a send, or says nothing
      return;
    case Received::paused:
      if (broken) look_while_paused(broken);
      return;
    case Received::gone:
      return;
  }
}

Channel::Received Channel::receive() {
  if (filtering_ && filtering_->behind) {
    if (const Received left = take_unread(); left != Received::some) return left;
  }
  // What a filter makes of bytes comes in small pieces anyway, and meanwhile the rest would be kept.
  const MutableBytes scratch = loop_.scratch().first(bulk_ && !filtering_ ? kBulkBytes : kReadBytes);
  for (std::size_t taken = 0; taken < kTurnBytes;) {
    const ssize_t got = receive_now(fd_, scratch);
    if (got <= 0) {
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && would_block(errno)) return Received::blocked;
      finish(got == 0 ? 0 : errno);
      return Received::gone;
    }
    const auto count = static_cast<std::size_t>(got);
    if (filtering_) {
      if (const Received outcome = decode(scratch.first(count)); outcome != Received::some) return outcome;
    } else if (!tell([&](ChannelEvents& events) { events.on_bytes(scratch.first(count)); })) {
      return Received::gone;
    } else if (filtering_) {
      return Received::some;  // it has got a filter, which has bytes to begin with
    }
    if (paused_) return Received::paused;
    if (count < scratch.size())
      return Received::some;  // a second recv would find nothing, at the price of a call
    taken += count;
  }
  return Received::some;
}

// Something happened while nobody wants bytes. An end with nothing before it is reported; otherwise the bytes
// wait in the system, and it is told not to wake us for them.
void Channel::look_while_paused(bool broken) {
  std::uint8_t byte;
  const ssize_t got = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  const bool behind = filtering_ && filtering_->behind;
  if (got == 0 && !ending_ && !behind) return finish(0);
  if (got < 0 && errno != EINTR && !would_block(errno)) return finish(errno);
  listening_ = broken || got == 0 ? Listening::no_more : Listening::for_errors;
  update_watch();
}

void Channel::resume_reading() {
  if (!paused_ || ending_) return;
  paused_ = false;
  listening_ = Listening::for_bytes;
  if (state_ == State::open) update_watch();
  if (filtering_ && filtering_->behind) loop_.at_turn_end(*this);
}

void Channel::update_watch() {
  using Watch = PollHandle::Watch;
  if (queue_.empty()) {
    constexpr Watch kIdle[] = {Watch::readable, Watch::errors, Watch::nothing};
    poll_.watch(kIdle[static_cast<int>(listening_)]);
  } else {
    poll_.watch(listening_ == Listening::for_bytes ? Watch::both : Watch::writable);
  }
}

// ---- options

void Channel::enable_keepalive(int idle_s) {
  weir::enable_keepalive(fd_, idle_s);
}

void Channel::set_user_timeout(Millis timeout_ms) {
  weir::set_user_timeout(fd_, timeout_ms);
}

bool Channel::silent() const {
  std::uint8_t byte;
  const auto got = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace weir
