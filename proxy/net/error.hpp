// Why a connection, a lookup or a listener failed, as the system reported it.
#pragma once

#include <string_view>

namespace weir {

struct NetError {
  // Above 0: an errno. 0: the peer closed the connection in good order. Below 0: libuv's code for a failed
  // lookup.
  int code = 0;

  bool end_of_stream() const { return code == 0; }
  // A phrase for logs and messages: "connection refused". Static storage.
  std::string_view text() const;

  friend bool operator==(NetError, NetError) = default;
};

}  // namespace weir
