// Where a statement would go now, and why: the steps of EXPLAIN ROUTE.
//
// The same functions decide as when the statement is really sent, one by one and with their reasons; no rule
// counts a hit. What a server will say is not known: that a replica refuses a statement as read-only, and so
// the writer gets it, or that a SET fails.
#pragma once

#include <cstdint>
#include <functional>

#include "router/config/snapshot.hpp"
#include "router/query/local_statement.hpp"
#include "router/rules/route.hpp"
#include "router/rules/route_trace.hpp"
#include "router/session/holdings.hpp"
#include "router/session/pinning.hpp"
#include "router/session/session_state.hpp"

namespace weir {

// What the statement meets besides what RouteInput says.
struct RouteScene {
  const Snapshot& snapshot;
  const SessionState& wants;
  Instant now = kNever;
  Pins pins{};                   // of the session, after its last statement
  const Holdings* held{};        // by the session; null: nothing
  const Server* kept = nullptr;  // where its connection leads; null: it has none
  // It is in a transaction READ ONLY on a replica, which the statement is more than: the transaction is begun
  // again where the statement goes.
  bool leaves_replica = false;
  // A read-only server has refused such a statement before. Not set: none.
  std::function<bool(std::uint64_t digest)> learned_as_write{};
  // The query cache has its answer; asked only if it may be answered so. Not set: no.
  std::function<bool(std::string_view sql)> cached{};
  // The session has let its connection go, and can tell the warnings that were asked for. Not set: no.
  std::function<bool(std::string_view sql)> remembered{};
};

// Why no server has to do with a statement that Weir answers before any rule, and as what those are told that
// ask for warnings.
inline constexpr std::string_view kAnsweredByWeir =
    "answered by Weir itself: no rule is asked, and no server is contacted";
inline constexpr std::string_view kFromKeptDiagnostics = "kept diagnostics";

// `input.analyzer` has begun with the statement. Ends with a row "verdict": what | outcome is
//   server | 10.0.0.2:3306        it goes there
//   one of | a:3306, b:3306       to one of these, as the balance will have it
//   Weir   | OK_msg               answered without a server: also error_msg, cache, KILL ...
//   error  | 9001                 no server can be had, until one comes back
void explain_route(RouteInput input, const RouteScene& scene, RouteTrace& trace);

// The servers of the hostgroup: one row each.
void add_servers(RouteTrace& trace, const Snapshot& snapshot, int hostgroup, Instant now);

}  // namespace weir
