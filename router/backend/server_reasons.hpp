// What speaks against each server of a hostgroup at the moment: told by EXPLAIN ROUTE, and by errors that say
// why nobody serves.
//
// A server whose time out is over counts as back. Any thread; what others do to health and slots meanwhile
// may show. Allocates: for people, not for queries.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/time.hpp"
#include "router/backend/hostgroup.hpp"

namespace weir {

enum class Objection : std::uint8_t {
  none,
  offline_hard,
  offline_soft,
  shunned_by_operator,  // SHUNNED in mysql_servers
  weight_zero,
  shunned,   // by us: connecting failed
  too_slow,  // its pings are above its max_latency_ms, and others are faster
  full,      // at max_connections: gets work as far as its connections are free, and no new connection
};
inline constexpr int kObjections = static_cast<int>(Objection::full) + 1;

struct ServerReason {
  const Server* server = nullptr;  // of the hostgroup that was asked about; lives as long
  Objection objection = Objection::none;
  bool candidate = false;       // new work of this hostgroup may go there
  bool last_resort = false;     // a candidate although shunned: there is nothing better
  std::int64_t error_code = 0;  // shunned: of the connect error that came last
  Millis for_ms = -1;           // shunned: how much longer; -1: until it answers, or the servers are loaded
  std::int64_t connections = 0;
  std::int64_t share = 1000;  // of its weight, in thousandths, what counts now; less: slow start
};

// One per server, in the order of the hostgroup. Candidates are exactly those among which choose() draws.
std::vector<ServerReason> server_reasons(const Hostgroup& hostgroup, Instant now);

// "OFFLINE_SOFT", "shunned: connect error 2003, for another 8000 ms", "at max_connections 100"; empty:
// nothing speaks against it.
std::string to_text(const ServerReason& reason);

// "0 of 3 servers usable: 2 shunned (last error 2003), 1 OFFLINE_SOFT"; a full server counts as usable, and
// is named ("1 at max_connections 100").
std::string explain_servers(const Hostgroup& hostgroup, Instant now);

}  // namespace weir
