// What stands between a Channel and its socket: TLS, a compressed protocol, or one inside the other.
//
// Bytes in, bytes out, no I/O: the channel hands over what has come and sends what it is given. `wire` are
// bytes on the side of the socket, `plain` those on the side of the channel's user. A filter belongs to one
// channel at a time; it knows nothing of it, so it may move to another thread together with the descriptor
// (Channel::detach()).
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "protocol/base/byte_queue.hpp"
#include "protocol/base/bytes.hpp"

namespace weir {

class Loop;

class StreamFilter {
 public:
  enum class Condition {
    open,
    ended,   // the peer has said that nothing more comes
    failed,  // what came makes no sense, or must not be trusted: failure() says why
  };

  virtual ~StreamFilter() = default;

  // The channel is on this loop from now on: before all else, and whenever it moves.
  virtual void enter(Loop&) {}
  // Once, before all else: what it has to say first is appended to `wire`.
  virtual void start(ByteQueue& wire) = 0;
  // Takes bytes off the front of `wire`, writes what they mean to `plain`, and returns how many that are. To
  // be called again until it returns 0: then all of `wire` is taken (or condition() is not `open`). What the
  // peer must be answered is appended to `reply`.
  virtual std::size_t decode(Bytes& wire, MutableBytes plain, ByteQueue& reply) = 0;
  // Takes all of `plain`; what is to be sent is appended to `wire`. Nothing, if it must wait: then it follows
  // with a later `reply`.
  virtual void encode(Bytes plain, ByteQueue& wire) = 0;
  // The last call but decode(): what is to be sent after everything else.
  virtual void finish(ByteQueue& wire) = 0;
  // The socket has ended while condition() was open: that is a failure if nothing but an attack or a fault
  // ends a stream here.
  virtual void on_cut() = 0;

  virtual Condition condition() const = 0;
  // At Condition::failed: a phrase for logs and messages. Valid as long as the filter.
  virtual std::string_view failure() const = 0;
};

// `above` within `below`: what the peer sends is decoded by `below` first. `ahead` has been decoded by
// `below` already.
class FilterStack final : public StreamFilter {
 public:
  FilterStack(std::unique_ptr<StreamFilter> below, std::unique_ptr<StreamFilter> above, Bytes ahead);

  void enter(Loop& loop) override;
  void start(ByteQueue& wire) override;  // of `above`; `below` has started long ago
  std::size_t decode(Bytes& wire, MutableBytes plain, ByteQueue& reply) override;
  void encode(Bytes plain, ByteQueue& wire) override;
  void finish(ByteQueue& wire) override;
  void on_cut() override;
  Condition condition() const override;
  std::string_view failure() const override;

 private:
  void pass_down(ByteQueue& bytes, ByteQueue& wire);

  std::unique_ptr<StreamFilter> below_, above_;
  ByteQueue between_;  // decoded by `below`, not yet by `above`
};

}  // namespace weir
