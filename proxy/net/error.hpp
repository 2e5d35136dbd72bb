// Why a connection, a lookup or a listener failed, as the system reported it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace weir {

struct NetError {
  // Above 0: an errno. 0: the peer closed the connection in good order. Below 0: libuv's code for a failed
  // lookup.
  int code = 0;
  // Of a stream that a filter (TLS) has given up: what was wrong. Null otherwise.
  std::shared_ptr<const std::string> detail{};

  bool end_of_stream() const { return code == 0; }
  // Of socket() and connect(): it is this machine that lacks something, and nothing is known of the other
  // one.
  bool is_our_own() const;
  // A phrase for logs and messages: "connection refused". Valid as long as the error.
  std::string_view text() const;

  friend bool operator==(const NetError&, const NetError&) = default;
};

}  // namespace weir
