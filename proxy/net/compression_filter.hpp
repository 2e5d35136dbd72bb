// The compressed protocol between a channel and what is below it: its socket, or TLS. From the OK of the
// login on.
//
// Costs an idle connection some 200 bytes: what zlib and zstd need is the loop's (Loop::codecs()), and is
// borrowed for a packet.
#pragma once

#include <string_view>

#include "protocol/machine/compressed_stream.hpp"
#include "proxy/net/stream_filter.hpp"

namespace weir {

class CompressionFilter final : public StreamFilter {
 public:
  // `algorithm` is what the login has agreed on, and not `none`.
  CompressionFilter(PacketNumbers::Side side, Compression algorithm, int level)
      : stream_(side, algorithm, level) {}

  void enter(Loop& loop) override;
  void start(ByteQueue&) override {}
  // A client whose packets are wrong is told so with the last reply.
  std::size_t decode(Bytes& wire, MutableBytes plain, ByteQueue& reply) override;
  void encode(Bytes plain, ByteQueue& wire) override { stream_.encode(plain, wire, *codecs_); }
  void finish(ByteQueue&) override {}
  void on_cut() override { stream_.on_cut(); }
  Condition condition() const override { return stream_.fault() ? Condition::failed : Condition::open; }
  std::string_view failure() const override { return to_text(*stream_.fault()); }

 private:
  Codecs* codecs_ = nullptr;  // of the loop that the channel is on
  CompressedStream stream_;
  bool told_ = false;
};

}  // namespace weir
