// A cursor over one payload: reads the fields of a message in order.
//
// The first failure is latched: from then on the reader is empty and yields zeros and empty views, so a
// decoder reads like the protocol's document and checks once, with finish(). Views point into the payload and
// live as long as it does. Never allocates.
//
// MySQL: page_protocol_basic_dt_integers, page_protocol_basic_dt_strings.
#pragma once

#include <cstring>
#include <optional>
#include <utility>

#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"

namespace weir {

inline constexpr std::uint8_t kNullField = 0xfb;  // stands where a text row has a length: the field is NULL

class Reader {
 public:
  explicit Reader(Bytes payload) : at_(payload.data()), end_(payload.data() + payload.size()) {}

  // An integer of `width` (1..8) bytes, little-endian.
  std::uint64_t fixed(std::size_t width) {
    if (remaining() < width) {
      fail(DecodeError::truncated);
      return 0;
    }
    const std::uint64_t value = load_le(at_, width);
    at_ += width;
    return value;
  }

  // A length-encoded integer. NULL (0xfb) and the header of an error (0xff) are not integers: bad_length.
  std::uint64_t lenenc() {
    const std::uint64_t first = fixed(1);
    if (first < kNullField) return first;
    switch (first) {
      case 0xfc:
        return fixed(2);
      case 0xfd:
        return fixed(3);
      case 0xfe:
        return fixed(8);
      default:
        fail(DecodeError::bad_length);
        return 0;
    }
  }

  // The next `count` bytes; a count beyond the payload is bad_length.
  Bytes bytes(std::uint64_t count) {
    if (count > remaining()) {
      fail(DecodeError::bad_length);
      return {};
    }
    const Bytes view{at_, static_cast<std::size_t>(count)};
    at_ += count;
    return view;
  }
  std::string_view text(std::uint64_t count) { return as_text(bytes(count)); }
  std::string_view lenenc_text() { return text(lenenc()); }

  // Text up to a zero byte, which is consumed and not part of it; none before the end is truncated.
  std::string_view nul_text() {
    const std::size_t length = length_before_nul();
    if (length == remaining()) {
      fail(DecodeError::truncated);
      return {};
    }
    const std::string_view view = text(length);
    ++at_;
    return view;
  }

  // Like nul_text(), but the end of the payload ends the text too.
  std::string_view nul_text_or_rest() {
    const std::size_t length = length_before_nul();
    return length == remaining() ? rest() : nul_text();
  }

  std::string_view rest() { return text(remaining()); }
  void skip(std::uint64_t count) { bytes(count); }

  // The next byte without consuming it; 0 at the end.
  std::uint8_t peek() const { return empty() ? std::uint8_t{0} : *at_; }
  bool empty() const { return at_ == end_; }
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }

  bool failed() const { return error_.has_value(); }
  std::optional<DecodeError> error() const { return error_; }
  // For decoders that find a value they cannot accept. An earlier failure stays.
  void fail(DecodeError error) {
    if (!error_) error_ = error;
    at_ = end_;
  }

  // The first failure; or trailing_bytes if something is left; or nothing: the message is well-formed.
  std::optional<DecodeError> finish() const {
    if (error_) return error_;
    if (!empty()) return DecodeError::trailing_bytes;
    return std::nullopt;
  }
  // `value`, unless finish() has an error: the last line of a decoder.
  template <class T>
  Result<T> finish(T value) const {
    if (auto error = finish()) return std::unexpected(*error);
    return value;
  }

 private:
  std::size_t length_before_nul() const {
    if (empty()) return 0;
    const void* nul = std::memchr(at_, 0, remaining());
    return nul ? static_cast<std::size_t>(static_cast<const std::uint8_t*>(nul) - at_) : remaining();
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  std::optional<DecodeError> error_;
};

}  // namespace weir
