// What a server says when a monitor asks after it: made once, sent many times.
//
// The server at 127.0.0.1 is writable and follows nobody; those at other addresses are read-only and follow
// it. They speak as MySQL 8.0: SHOW REPLICA STATUS has its columns, and SHOW ALL SLAVES STATUS is a syntax
// error.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "protocol/base/byte_queue.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/wire/capabilities.hpp"

namespace weir::bench {

class CheckReplies {
 public:
  // The whole reply to `sql`; empty: no monitor asks that. Valid for the life of this object.
  Bytes find(std::string_view sql, Caps caps, bool writable);

 private:
  std::map<std::tuple<std::size_t, Caps, bool>, ByteQueue> replies_;  // by the question's row
};

}  // namespace weir::bench
