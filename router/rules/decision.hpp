// What route() decides about a statement.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "router/query/statement.hpp"

namespace weir {

enum class DecidedBy : std::uint8_t {
  default_hostgroup,  // no rule, no splitting
  rule,
  fast_routing,
  annotation,   // the client asked for it in a comment
  split_read,   // automatic splitting: a read
  split_write,  // automatic splitting: not a read; `reason` and `hold` say why
};
inline constexpr int kDecidedBy = static_cast<int>(DecidedBy::split_write) + 1;

// Why automatic splitting kept a statement on the writer although its text is a read.
enum class SplitHold : std::uint8_t {
  none,
  in_transaction,
  autocommit_off,
  temporary_tables,
  transaction_announced,  // SET TRANSACTION has said what the next one is like
  fresh_data_asked,       // by an annotation: max_lag_ms, min_epoch_ms, min_gtid
  // What route() cannot know; the session's findings.
  no_reader_hostgroup,  // the user's hostgroup is in no pair
  no_reader_usable,     // the readers are down, or have no room
  connection_kept,      // something pins the session to a connection of the writer
  learned_write,        // a read-only server has refused its like
  long_statement,       // longer than what is looked at
};
inline constexpr int kSplitHolds = static_cast<int>(SplitHold::long_statement) + 1;

enum class MultiplexOverride : std::uint8_t {
  none,
  disable,  // the session keeps its connection from now on
  enable,   // and again may give it back
  keep_on,  // this statement does not pin, although by itself it would
};

// Views are of the rule set, or of the statement's comment: valid until the end of the turn. Copy what must
// live longer.
struct Decision {
  int destination_hostgroup = 0;
  int fallback_hostgroup = -1;  // split_read: the writer, if no reader can serve; otherwise -1
  DecidedBy decided_by = DecidedBy::default_hostgroup;
  Reason reason = Reason::none;           // split_write: the statement's own reason
  SplitHold hold = SplitHold::none;       // split_write: the session's reason
  std::int64_t rule_id = -1;              // of the last rule that matched; -1 if none did
  std::int64_t destination_rule_id = -1;  // of the rule that gave the hostgroup; -1 if none did

  std::int64_t dry_run_rule_id = -1;  // of the last rule that would have matched; -1 if none would
  int dry_run_matches = 0;            // how often one would have

  bool applied = false;      // the last rule that matched had apply=1
  bool rewritten = false;    // the statement is now MatchScratch::rewritten(); the analyzer has begun with it
  std::int64_t flag_in = 0;  // the chain in which evaluation ended

  // Both: OK_msg is what the client gets.
  std::optional<std::string_view> error_msg;  // answer with error 1148 and this text, contact no server
  std::optional<std::string_view> ok_msg;     // answer with OK and this text, contact no server
  MultiplexOverride multiplex = MultiplexOverride::none;
  int log = -1;                          // 0, 1; -1: the setting's
  int retries = -1;                      // -1: the setting's
  int cache_empty_result = -1;           // 0, 1; -1: the setting's
  std::int64_t timeout_ms = -1;          // -1: the setting's
  std::int64_t delay_ms = -1;            // before it is sent; -1: the setting's
  std::int64_t cache_ttl_ms = -1;        // -1: neither looked up in the cache nor put there
  std::int64_t next_query_flag_in = -1;  // -1: leave; otherwise RouteInput::flag_in of the queries to come
  int mirror_hostgroup = -1;             // default hostgroup of the copy; -1: the user's
  std::int64_t mirror_flag_out = -1;     // chain in which the copy is evaluated; -1: it is not
  int gtid_from_hostgroup = -1;          // only servers that have the session's last write there
  std::int64_t max_in_flight = -1;       // statements of `in_flight_key` at one time; -1: any number
  std::uint64_t in_flight_key = 0;
  std::int64_t in_flight_rule_id = -1;  // of the rule that says so

  // From the annotation only.
  std::int64_t max_lag_ms = -1;
  std::int64_t min_epoch_ms = -1;
  std::string_view min_gtid;
  bool create_new_connection = false;
  bool annotation_mistyped = false;  // a key of it is none, but much like one
  bool annotation_unheeded = false;  // it asks for something that nobody sees to

  // The data must not be older than some moment.
  bool wants_fresh_data() const { return max_lag_ms >= 0 || min_epoch_ms >= 0 || !min_gtid.empty(); }

  bool operator==(const Decision&) const = default;

  bool mirrored() const { return mirror_hostgroup >= 0 || mirror_flag_out >= 0; }
};

std::string_view to_text(DecidedBy decided_by);
std::string_view to_text(SplitHold hold);
std::string_view to_text(MultiplexOverride multiplex);

}  // namespace weir
