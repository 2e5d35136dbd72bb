// What SHOW LAST ROUTE tells: the way of a session's last statement. Numbers only, and texts that live as
// long as the program, kept with a few stores.
#pragma once

#include <cstdint>

#include "protocol/base/time.hpp"
#include "router/rules/route_record.hpp"

namespace weir {

struct LastRoute {
  RouteRecord record;
  std::uint64_t digest = 0;      // 0: digests are off
  std::uint64_t server_key = 0;  // ServerState::key of the server that it was sent to last; 0: none
  std::uint64_t took_us = 0;
  int attempts = 0;                   // beyond the first
  std::uint16_t error_code = 0;       // of ours, if we could not carry it out
  std::uint16_t server_error = 0;     // that its server answered
  std::string_view answered_here;     // by Weir, before any rule was asked: as what; empty: it was routed
  SplitHold moved = SplitHold::none;  // why it went to the writer although it was to go to a reader
  int fell_back_to = -1;              // none of the destination could serve, but one of this hostgroup; -1
  std::int64_t place_wait_us = -1;    // for a place among those that a rule lets run; -1: it did not wait
  Millis delay_ms = 0;                // it was held back by a rule, or mysql-default_query_delay
  int mirror_hostgroup = -1;          // a copy went to this one; -1: none
  bool mirror_dropped = false;        // too many were waiting
  std::int64_t cache_ttl_ms = -1;     // that a rule, or the client, asked for; -1: none did
  std::string_view not_cached;        // why that had no effect; empty: it had
  bool refused_by_replica = false;    // and so the writer got it
  bool from_cache = false;            // the query cache had the answer
  bool left_replica = false;          // a transaction READ ONLY did, for it
  bool told = false;                  // false: there was no statement yet

  // A statement has been routed, or answered here; the record is the caller's.
  void begin(std::uint64_t digest_of_statement) {
    digest = digest_of_statement;
    server_key = took_us = 0;
    attempts = 0;
    error_code = server_error = 0;
    answered_here = {};
    moved = SplitHold::none;
    fell_back_to = mirror_hostgroup = -1;
    place_wait_us = cache_ttl_ms = -1;
    delay_ms = 0;
    mirror_dropped = false;
    not_cached = {};
    refused_by_replica = from_cache = left_replica = false;
    told = true;
  }
};

}  // namespace weir
