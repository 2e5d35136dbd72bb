// What SHOW LAST ROUTE tells: the way of a session's last statement. Numbers only, kept with a few stores.
#pragma once

#include <cstdint>

#include "router/rules/route_record.hpp"

namespace weir {

struct LastRoute {
  RouteRecord record;
  std::uint64_t digest = 0;      // 0: digests are off
  std::uint64_t server_key = 0;  // ServerState::key of the server that it was sent to last; 0: none
  std::uint64_t took_us = 0;
  int attempts = 0;                   // beyond the first
  std::uint16_t error_code = 0;       // of ours, if we could not carry it out
  SplitHold moved = SplitHold::none;  // why it went to the writer although it was to go to a reader
  bool refused_by_replica = false;    // and so the writer got it
  bool from_cache = false;            // the query cache had the answer
  bool left_replica = false;          // a transaction READ ONLY did, for it
  bool routed = false;                // false: there was none yet

  // A statement has been routed; the record is the caller's.
  void begin(std::uint64_t digest_of_statement, bool transaction_left_replica) {
    digest = digest_of_statement;
    server_key = took_us = 0;
    attempts = 0;
    error_code = 0;
    moved = SplitHold::none;
    refused_by_replica = from_cache = false;
    left_replica = transaction_left_replica;
    routed = true;
  }
};

}  // namespace weir
