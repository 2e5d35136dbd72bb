// The mirror image of Reader: appends the fields of a message to a queue. PacketWriter frames them as well.
//
// Text with an embedded zero byte must not be given to nul_text(): the caller has checked it.
// MySQL: page_protocol_basic_dt_integers, page_protocol_basic_dt_strings.
#pragma once

#include <optional>

#include "protocol/base/byte_queue.hpp"
#include "protocol/wire/frame.hpp"
#include "protocol/wire/reader.hpp"

namespace weir {

class Writer {
 public:
  explicit Writer(ByteQueue& out) : out_(out) {}

  // The low `width` (1..8) bytes of `value`, little-endian.
  void fixed(std::uint64_t value, std::size_t width) {
    store_le(out_.writable(width).data(), value, width);
    out_.wrote(width);
  }

  void lenenc(std::uint64_t value) {
    if (value < kNullField) return fixed(value, 1);
    if (value <= 0xffff) return prefixed(0xfc, value, 2);
    if (value <= 0xffffff) return prefixed(0xfd, value, 3);
    prefixed(0xfe, value, 8);
  }

  void bytes(Bytes value) { out_.append(value); }
  void text(std::string_view value) { out_.append(as_bytes(value)); }
  void lenenc_text(std::string_view value) {
    lenenc(value.size());
    text(value);
  }
  void nul_text(std::string_view value) {
    text(value);
    fixed(0, 1);
  }
  // A field of a text row: NULL, or text with its length.
  void field(const std::optional<std::string_view>& value) {
    if (value) return lenenc_text(*value);
    fixed(kNullField, 1);
  }
  void zeros(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) fixed(0, 1);
  }

 protected:
  ByteQueue& out_;

 private:
  void prefixed(std::uint64_t prefix, std::uint64_t value, std::size_t width) {
    fixed(prefix, 1);
    fixed(value, width);
  }
};

// One packet under construction at the back of `out`; complete, with its header or headers, when the writer
// goes out of scope. Nothing else may touch the queue until then. `sequence` is the id of its first frame,
// and is advanced past its last one.
class PacketWriter : public Writer {
 public:
  PacketWriter(ByteQueue& out, std::uint8_t& sequence)
      : Writer(out), sequence_(sequence), start_(out.size()) {
    zeros(kFrameHeaderBytes);
  }
  ~PacketWriter() { complete_packet(out_, start_, sequence_); }
  PacketWriter(const PacketWriter&) = delete;
  PacketWriter& operator=(const PacketWriter&) = delete;

 private:
  std::uint8_t& sequence_;
  std::size_t start_;
};

}  // namespace weir
