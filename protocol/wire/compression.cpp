#include "protocol/wire/compression.hpp"

#define ZLIB_CONST  // what is unpacked is not changed
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <bit>

#include "protocol/base/check.hpp"

namespace weir {
namespace {

// More than what a block of usual size needs: given back to the system.
constexpr std::size_t kKeptBytes = std::size_t{1} << 20;
// A packet holds less than 16 MB, so nothing in it refers further back; below the least, it does not matter.
constexpr int kMinWindowLog = 17;
constexpr int kMaxWindowLog = 24;
// RFC 8878, 3.1.1. The library may know formats of before it, and frames to be skipped: no server or client
// sends them, and their decoders are not for strangers.
constexpr std::uint8_t kZstdMagic[] = {0x28, 0xb5, 0x2f, 0xfd};

class ZlibDecompressor final : public Decompressor {
 public:
  ZlibDecompressor() { WEIR_CHECK(inflateInit(&stream_) == Z_OK, "zlib fails here for want of memory only"); }
  ZlibDecompressor(const ZlibDecompressor&) = delete;
  ZlibDecompressor& operator=(const ZlibDecompressor&) = delete;
  ~ZlibDecompressor() override { inflateEnd(&stream_); }

  void begin(std::size_t) override { inflateReset(&stream_); }

  State run(Bytes& wire, MutableBytes plain, std::size_t& made) override {
    stream_.next_in = wire.data();
    stream_.avail_in = static_cast<uInt>(wire.size());
    stream_.next_out = plain.data();
    stream_.avail_out = static_cast<uInt>(plain.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    wire = wire.last(stream_.avail_in);
    made += plain.size() - stream_.avail_out;
    if (result == Z_STREAM_END) return State::ended;
    return result == Z_OK || result == Z_BUF_ERROR ? State::under_way : State::failed;
  }

  Compression algorithm() const override { return Compression::zlib; }
  bool small() const override { return true; }

 private:
  z_stream stream_{};
};

class ZstdDecompressor final : public Decompressor {
 public:
  ZstdDecompressor() : context_(ZSTD_createDCtx()) {
    WEIR_CHECK(context_ != nullptr, "zstd fails here for want of memory only");
  }
  ZstdDecompressor(const ZstdDecompressor&) = delete;
  ZstdDecompressor& operator=(const ZstdDecompressor&) = delete;
  ~ZstdDecompressor() override { ZSTD_freeDCtx(context_); }

  void begin(std::size_t plain_bytes) override {
    magic_bytes_ = 0;
    ZSTD_DCtx_reset(context_, ZSTD_reset_session_only);
    const int window_log =
        std::clamp(static_cast<int>(std::bit_width(plain_bytes)), kMinWindowLog, kMaxWindowLog);
    ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, window_log);
  }

  State run(Bytes& wire, MutableBytes plain, std::size_t& made) override {
    const Bytes magic = Bytes(kZstdMagic).subspan(magic_bytes_);
    const std::size_t seen = std::min(magic.size(), wire.size());
    if (!std::ranges::equal(magic.first(seen), wire.first(seen))) return State::failed;
    ZSTD_inBuffer in{wire.data(), wire.size(), 0};
    ZSTD_outBuffer out{plain.data(), plain.size(), 0};
    const std::size_t result = ZSTD_decompressStream(context_, &out, &in);
    wire = wire.subspan(in.pos);
    magic_bytes_ += std::min(in.pos, seen);
    made += out.pos;
    if (ZSTD_isError(result) != 0) return State::failed;
    return result == 0 ? State::ended : State::under_way;
  }

  Compression algorithm() const override { return Compression::zstd; }
  bool small() const override { return ZSTD_sizeof_DCtx(context_) <= kKeptBytes; }

 private:
  ZSTD_DCtx* context_;
  std::size_t magic_bytes_ = 0;  // of the block under way, that came
};

}  // namespace

std::string_view to_text(Compression algorithm) {
  switch (algorithm) {
    case Compression::none:
      return "uncompressed";
    case Compression::zlib:
      return "zlib";
    case Compression::zstd:
      return "zstd";
  }
  unreachable();
}

struct Codecs::Zlib {
  Zlib() {
    WEIR_CHECK(deflateInit(&stream, Z_DEFAULT_COMPRESSION) == Z_OK,
               "zlib fails here for want of memory only");
  }
  Zlib(const Zlib&) = delete;
  Zlib& operator=(const Zlib&) = delete;
  ~Zlib() { deflateEnd(&stream); }

  std::size_t pack(Bytes plain, int level, MutableBytes room) {
    deflateReset(&stream);
    deflateParams(&stream, std::clamp(level, 1, kMaxZlibLevel), Z_DEFAULT_STRATEGY);  // nothing to flush yet
    stream.next_in = plain.data();
    stream.avail_in = static_cast<uInt>(plain.size());
    stream.next_out = room.data();
    stream.avail_out = static_cast<uInt>(room.size());
    return deflate(&stream, Z_FINISH) == Z_STREAM_END ? room.size() - stream.avail_out : 0;
  }

  z_stream stream{};
};

struct Codecs::Zstd {
  Zstd() : context(ZSTD_createCCtx()) {
    WEIR_CHECK(context != nullptr, "zstd fails here for want of memory only");
  }
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;
  ~Zstd() { ZSTD_freeCCtx(context); }

  std::size_t pack(Bytes plain, int level, MutableBytes room) {
    const std::size_t packed = ZSTD_compressCCtx(context, room.data(), room.size(), plain.data(),
                                                 plain.size(), std::clamp(level, 1, kMaxCompressionLevel));
    return ZSTD_isError(packed) != 0 ? 0 : packed;
  }

  ZSTD_CCtx* context;
};

Codecs::Codecs() = default;
Codecs::~Codecs() = default;

void Codecs::count_in(const CompressionCounters& with_clients, const CompressionCounters& with_servers) {
  with_clients_.emplace(with_clients);
  with_servers_.emplace(with_servers);
}

std::unique_ptr<Decompressor> Codecs::take(Compression algorithm) {
  WEIR_CHECK(algorithm != Compression::none, "what is not compressed needs no codec");
  if (algorithm == Compression::zlib) {
    return spare_zlib_ ? std::move(spare_zlib_) : std::make_unique<ZlibDecompressor>();
  }
  return spare_zstd_ ? std::move(spare_zstd_) : std::make_unique<ZstdDecompressor>();
}

void Codecs::give_back(std::unique_ptr<Decompressor> codec) {
  if (!codec->small()) return;
  auto& place = codec->algorithm() == Compression::zlib ? spare_zlib_ : spare_zstd_;
  if (!place) place = std::move(codec);
}

bool Codecs::compress(Compression algorithm, int level, Bytes plain, ByteQueue& out) {
  if (plain.empty()) return false;
  const MutableBytes room = out.writable(plain.size() - 1);
  std::size_t packed = 0;
  if (algorithm == Compression::zlib) {
    if (!zlib_) zlib_ = std::make_unique<Zlib>();
    packed = zlib_->pack(plain, level, room);
  } else if (algorithm == Compression::zstd) {
    if (!zstd_) zstd_ = std::make_unique<Zstd>();
    packed = zstd_->pack(plain, level, room);
    if (ZSTD_sizeof_CCtx(zstd_->context) > 4 * kKeptBytes) zstd_.reset();
  }
  out.wrote(packed);
  return packed > 0;
}

}  // namespace weir
