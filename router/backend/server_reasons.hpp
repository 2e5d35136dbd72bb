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
  held,             // by the monitor: it lags, is dead, or is not the writer
  refuses_writes,   // it refused a write as read-only, and the monitor is looking
  silent,           // a check of the monitor had no answer
  shunned,          // by us: connecting failed
  too_slow,         // its pings are above its max_latency_ms, and others are faster
  full,             // at max_connections: gets work as far as its connections are free, and no new connection
  too_many_online,  // its hostgroup has more servers than it allows, and serves nobody
};
inline constexpr int kObjections = static_cast<int>(Objection::too_many_online) + 1;

struct ServerReason {
  const Server* server = nullptr;  // of the hostgroup that was asked about; lives as long
  Objection objection = Objection::none;
  bool candidate = false;       // new work of this hostgroup may go there
  bool last_resort = false;     // a candidate although shunned or silent: there is nothing better
  bool returns = false;         // its time out is over, and the first to ask for it brings it back
  std::int64_t error_code = 0;  // shunned, returns: of the connect error that came last
  Millis for_ms = -1;           // shunned: how much longer; -1: until it answers, or the servers are loaded
  std::int64_t connections = 0;
  std::int64_t idle = 0;      // of these
  std::int64_t share = 1000;  // of its weight, in thousandths, what counts now; less: slow start
};

// What becomes of new work: a server, or a connection of it, is there now; it comes only as others give one
// back; none of this.
enum class ServerChoice : std::uint8_t { candidate, last_resort, full, not_used };
ServerChoice choice_of(const ServerReason& reason);
std::string_view to_text(ServerChoice choice);  // "last resort"

// One per server, in the order of the hostgroup. Candidates are exactly those among which choose() draws.
std::vector<ServerReason> server_reasons(const Hostgroup& hostgroup, Instant now);

// "OFFLINE_SOFT", "shunned: connect error 2003, for another 8000 ms", "at max_connections 100, 2 of them
// free"; empty: nothing speaks against it.
std::string to_text(const ServerReason& reason);

// "0 of 3 servers usable: 2 shunned (last error 2003), 1 at max_connections 100". A full server counts as
// usable while one of its connections is free.
std::string explain_servers(const Hostgroup& hostgroup, Instant now);

}  // namespace weir
