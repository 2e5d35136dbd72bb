// The first bytes of a peer who may say, before all else, for whom he has connected (the PROXY protocol).
//
// He may, and need not: our greeting has gone out already, and a login packet cannot be taken for a header.
// Any split; memory is bounded by the longest header, and by what one call brings.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/message/proxy_header.hpp"
#include "router/config/settings.hpp"

namespace weir {

class Introduction {
 public:
  // Whether somebody of this address is believed; empty: a Unix socket, nobody of which is.
  static bool is_possible(const Settings& settings, std::string_view address);

  // Done: header() and rest() say what has come. Not to be called again after done or failed.
  enum class Want { read, done, failed };
  Want on_bytes(Bytes bytes);

  // Nothing: he has come for himself, as far as is known.
  const std::optional<ProxyHeader>& header() const { return header_; }
  // What followed, or all of it; lives as long as this object.
  Bytes rest() const { return Bytes(bytes_).subspan(header_bytes_); }
  // After failed.
  DecodeError error() const { return error_; }

 private:
  std::vector<std::uint8_t> bytes_;
  std::size_t header_bytes_ = 0;
  std::optional<ProxyHeader> header_;
  DecodeError error_{};
};

}  // namespace weir
