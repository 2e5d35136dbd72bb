// Where a query goes, and what the rules say about it besides. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "router/backend/hostgroup_pair.hpp"
#include "router/query/analyzer.hpp"
#include "router/rules/match_scratch.hpp"
#include "router/rules/rule_set.hpp"

namespace weir {

struct RouteInput {
  Analyzer& analyzer;  // after begin() with the query's text

  // Who asks, where.
  std::string_view username{};
  std::string_view schema{};       // current one; empty if none
  std::string_view client_addr{};  // without port; empty for a Unix socket
  std::string_view proxy_addr{};   // of the listener that accepted the client
  std::int64_t proxy_port = 0;

  int default_hostgroup = 0;          // the user's
  std::int64_t flag_in = 0;           // from the previous query's next_query_flag_in
  int restarts = 0;                   // mysql-query_processor_iterations: how often a flagOUT may start the
                                      // rules over from the first
  bool auto_rw_split = false;         // mysql-auto_rw_split
  std::optional<HostgroupPair> pair{};  // the pair whose writer is default_hostgroup, if there is one
  bool in_transaction = false;        // the server said so, or a statement that begins one was sent
  bool autocommit = true;             // as the client set it
  bool has_temporary_tables = false;  // the session has some: any table name may be one of them
};

enum class DecidedBy : std::uint8_t {
  default_hostgroup,  // no rule, no splitting
  rule,
  split_read,   // automatic splitting: a read
  split_write,  // automatic splitting: not a read; `reason` and `hold` say why
};

// Why automatic splitting kept a statement on the writer although its text is a read.
enum class SplitHold : std::uint8_t { none, in_transaction, autocommit_off, temporary_tables };

enum class MultiplexOverride : std::uint8_t {
  none,
  disable,  // the session keeps its connection from now on
  enable,   // and again may give it back
  keep_on,  // this statement does not pin, although by itself it would
};

// Views are of the rule set: valid until the end of the turn. Copy what must live longer.
struct Decision {
  int destination_hostgroup = 0;
  int fallback_hostgroup = -1;  // split_read: the writer, if no reader can serve; otherwise -1
  DecidedBy decided_by = DecidedBy::default_hostgroup;
  Reason reason = Reason::none;           // split_write: the statement's own reason
  SplitHold hold = SplitHold::none;       // split_write: the session's reason
  std::int64_t rule_id = -1;              // of the last rule that matched; -1 if none did
  std::int64_t destination_rule_id = -1;  // of the rule that gave the hostgroup; -1 if none did

  std::optional<std::string_view> error_msg;  // answer with error 1148 and this text, contact no server
  std::optional<std::string_view> ok_msg;     // answer with OK and this text, contact no server
  MultiplexOverride multiplex = MultiplexOverride::none;
  std::int64_t timeout_ms = -1;          // -1: the setting's
  std::int64_t next_query_flag_in = -1;  // -1: leave; otherwise RouteInput::flag_in of the queries to come
  int log = -1;                          // 0, 1; -1: the setting's
};

// `scratch` has adopted `rules`. No allocation, apart from the digest's buffer growing to a longer query.
Decision route(const RouteInput& input, const RuleSet& rules, MatchScratch& scratch);

std::string_view to_text(DecidedBy decided_by);
std::string_view to_text(SplitHold hold);

}  // namespace weir
