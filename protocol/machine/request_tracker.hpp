// Where a client's request ends: a command (one packet, of several frames if it is larger than 16 MB - 1), or
// the upload of a LOCAL INFILE (packets up to an empty one). No allocation; any split; not thread-safe.
//
// MySQL: page_protocol_basic_packets, page_protocol_com_query_response_local_infile_request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"
#include "protocol/wire/frame.hpp"

namespace weir {

class RequestTracker {
 public:
  // Expects a command: its first frame has sequence id 0. Also the state after construction.
  void start() { *this = RequestTracker{}; }
  // Expects an upload: its first frame has this sequence id (the server's LOCAL INFILE request's, plus one).
  void start_upload(std::uint8_t expected_sequence);

  // How many of `bytes` belong to the request; they need not be offered again. Less than all of them only if
  // done(). Fails with out_of_order if a sequence id is not the expected one, finally. Feeding after done()
  // consumes nothing.
  Result<std::size_t> feed(Bytes bytes) {
    // The common case: one complete frame, nothing seen of it before.
    if (fresh_ && !upload_ && bytes.size() > kFrameHeaderBytes) {
      const std::size_t size = load_le(bytes.data(), 3);
      if (size > 0 && size < kMaxFramePayload && bytes[3] == 0 && kFrameHeaderBytes + size <= bytes.size()) {
        fresh_ = false;
        done_ = true;
        sequence_ = 1;
        payload_bytes_ = size;
        command_ = bytes[kFrameHeaderBytes];
        return kFrameHeaderBytes + size;
      }
    }
    return feed_slowly(bytes);
  }

  bool done() const { return done_; }
  // Nothing of the request has arrived yet.
  bool fresh() const { return fresh_; }
  // The first payload byte, once seen. An empty packet has none.
  std::optional<std::uint8_t> command() const {
    return command_ < 0 ? std::nullopt : std::optional(static_cast<std::uint8_t>(command_));
  }
  // Payload bytes consumed so far; when done(), the size of the request without its headers.
  std::uint64_t payload_bytes() const { return payload_bytes_; }
  // The id that the next frame of either side must have: our answer's, when done().
  std::uint8_t next_sequence() const { return sequence_; }

 private:
  Result<std::size_t> feed_slowly(Bytes bytes);
  std::optional<DecodeError> begin_frame();
  void end_frame();

  bool fresh_ = true;
  bool done_ = false;
  bool upload_ = false;
  bool continues_ = false;  // the frame before was full: this one belongs to the same packet
  std::uint8_t sequence_ = 0;
  std::uint8_t header_have_ = 0;
  std::uint8_t header_[kFrameHeaderBytes]{};
  std::int16_t command_ = -1;
  std::uint32_t frame_size_ = 0;
  std::uint32_t frame_left_ = 0;
  std::uint64_t payload_bytes_ = 0;
};

}  // namespace weir
