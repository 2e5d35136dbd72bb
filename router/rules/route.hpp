// Where a query goes, and what the rules say about it besides. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "router/backend/hostgroup_pair.hpp"
#include "router/query/analyzer.hpp"
#include "router/rules/decision.hpp"
#include "router/rules/match_scratch.hpp"
#include "router/rules/rule_set.hpp"

namespace weir {

class RouteTrace;

struct RouteInput {
  Analyzer& analyzer;  // after begin() with the query's text

  // Who asks, where.
  std::string_view username{};
  std::string_view schema{};       // current one; empty if none
  std::string_view client_addr{};  // without port; empty for a Unix socket
  std::string_view proxy_addr{};   // of the listener that accepted the client
  std::int64_t proxy_port = 0;

  int default_hostgroup = 0;   // the user's
  std::int64_t flag_in = 0;    // from the previous query's next_query_flag_in
  int restarts = 0;            // mysql-query_processor_iterations: how often a flagOUT may start the
                               // rules over from the first
  bool annotations = true;     // what the first comment asks for counts
  bool may_rewrite = false;    // replace_pattern counts: not for a statement that is prepared already
  bool auto_rw_split = false;  // mysql-auto_rw_split
  bool split_read_only_transactions = false;  // START TRANSACTION READ ONLY goes where reads go
  std::optional<HostgroupPair> pair{};        // the pair whose writer is default_hostgroup, if there is one
  bool in_transaction = false;                // the server said so, or a statement that begins one was sent
  bool autocommit = true;                     // as the client set it
  bool has_temporary_tables = false;          // the session has some: any table name may be one of them

  bool transaction_announced = false;  // SET TRANSACTION has said what the next one is like
  bool fast_forward = false;           // the user's: no rule, annotation or splitting

  RouteTrace* trace = nullptr;  // where to tell how the decision came about
};

// `scratch` has adopted `rules`. No allocation for a digest that is remembered, apart from buffers growing to
// a longer query or rewritten text. If the decision says so, the analyzer has begun with the rewritten
// statement.
Decision route(const RouteInput& input, const RuleSet& rules, MatchScratch& scratch);

}  // namespace weir
