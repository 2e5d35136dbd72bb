// zlib and zstd, one block at a time: what compressed packets are made of.
//
// Each block is complete by itself, so that what the libraries need for one (some 10 KiB to unpack, 260 KiB
// to pack) serves the next one of any connection: Codecs keeps it, one for a thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "protocol/base/byte_queue.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/counter.hpp"
#include "protocol/wire/capabilities.hpp"

namespace weir {

enum class Compression : std::uint8_t { none, zlib, zstd };

std::string_view to_text(Compression algorithm);  // as MySQL's protocol_compression_algorithms names them

// What the capabilities that both ends have named at the login mean: zlib, if both are among them, as MySQL's
// own client and server understand it.
constexpr Compression compression_of(Caps caps) {
  if ((caps & kCompress) != 0) return Compression::zlib;
  return (caps & kZstd) != 0 ? Compression::zstd : Compression::none;
}

inline constexpr int kDefaultCompressionLevel = 3;
inline constexpr int kMaxZlibLevel = 9;          // taken for what is above it
inline constexpr int kMaxCompressionLevel = 22;  // of zstd

// Unpacks a block that may come, and be wanted, in pieces.
class Decompressor {
 public:
  enum class State {
    under_way,  // more bytes are needed, or more room
    ended,      // the block is complete
    failed,     // it is none
  };

  virtual ~Decompressor() = default;

  // Forgets the block before. The next one claims to become `plain_bytes`; memory for what it refers back to
  // is bounded by that, and touched only as bytes come out.
  virtual void begin(std::size_t plain_bytes) = 0;
  // Takes bytes off the front of `wire`, writes to `plain`, and adds to `made` how many.
  virtual State run(Bytes& wire, MutableBytes plain, std::size_t& made) = 0;

  virtual Compression algorithm() const = 0;
  // What is worth keeping for the next block.
  virtual bool small() const = 0;
};

// What bytes of the compressed protocol are counted in, as they are below it (wire) and above it (plain).
struct CompressionCounters {
  Counter& wire_in;
  Counter& plain_in;
  Counter& wire_out;
  Counter& plain_out;
};

// Not thread-safe: one for a thread.
class Codecs {
 public:
  Codecs();
  ~Codecs();
  Codecs(const Codecs&) = delete;
  Codecs& operator=(const Codecs&) = delete;

  // For one block of zlib or zstd, to be given back after it, to these or to another thread's.
  std::unique_ptr<Decompressor> take(Compression algorithm);
  void give_back(std::unique_ptr<Decompressor> codec);

  // Appends the packed form of `plain` to `out`, if it is smaller; otherwise nothing, and false.
  bool compress(Compression algorithm, int level, Bytes plain, ByteQueue& out);

  // What connections with clients, and with servers, exchange on this thread is counted from now on. The
  // counters outlive these, or nothing more is exchanged.
  void count_in(const CompressionCounters& with_clients, const CompressionCounters& with_servers);
  const std::optional<CompressionCounters>& with_clients() const { return with_clients_; }
  const std::optional<CompressionCounters>& with_servers() const { return with_servers_; }

 private:
  struct Zlib;
  struct Zstd;

  std::unique_ptr<Decompressor> spare_zlib_, spare_zstd_;
  std::unique_ptr<Zlib> zlib_;
  std::unique_ptr<Zstd> zstd_;
  std::optional<CompressionCounters> with_clients_, with_servers_;
};

}  // namespace weir
