// Knows the addresses of the servers' names: looks each up again at intervals, and at once when a server
// cannot be reached by what is known of its name.
//
// A server is one server, whatever its name stands for: its addresses are tried in one order, on all threads,
// and those that stay keep their place, for answers come in any order. A name without an answer keeps its
// addresses until they are mysql-monitor_local_dns_cache_ttl old. On one loop; never blocks it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "monitor/name_board.hpp"
#include "monitor/name_source.hpp"
#include "proxy/net/name_table.hpp"
#include "router/config/snapshot.hpp"

namespace weir {

class NameWatch final : DeadlineEvents, TurnEnd {
 public:
  // Names that are being looked up at a time: fewer than libuv has threads for (make_room_for_lookups()).
  static constexpr std::size_t kMaxAtATime = 4;
  // Between the beginnings of two look-ups of a name that has failed, or is in doubt.
  static constexpr Millis kRetryMs = 1000;

  // Each time that something else is known than before; on the loop's thread, at the end of a turn.
  using Found = std::function<void(std::shared_ptr<const NameTable>)>;
  // A name that was known stands for other addresses. The loop's names() are the new ones already.
  using Moved = std::function<void(const std::string& name)>;

  // The loop and the board outlive this. Its loop's names are set by it.
  NameWatch(Loop& loop, NameBoard& board, std::unique_ptr<NameSource> source, Found on_found, Moved on_moved);

  // The names of all servers in it, from now on; none if one of the two variables is 0.
  void adopt(const Snapshot& snapshot);
  // A server could not be reached by what is known of its name.
  void doubt(const std::string& name);

 private:
  struct Name {
    std::vector<Address> addresses;  // empty: none is known
    bool stale = false;              // and they are too old to be used
    Instant asked = kNever;          // the latest look-up began
    Instant due = kNever;            // kNever: it is under way
    NameReport report;
  };

  void on_deadline() noexcept override;
  void on_turn_end() noexcept override;

  void look_up(const std::string& name, Name& known);
  void on_answer(const std::string& name, Result<std::vector<Address>, NetError> answer);
  void note_addresses(Name& known, std::vector<Address> addresses);
  void note_failure(Name& known, NetError why);
  void forget_stale();
  Instant stale_at(const Name& known) const;
  void report(const Name& known);
  void arm();

  Loop& loop_;
  NameBoard& board_;
  const std::unique_ptr<NameSource> source_;
  const Found on_found_;
  const Moved on_moved_;
  Millis kept_ms_ = 0;
  Millis refresh_ms_ = 0;
  std::map<std::string, Name> names_;
  std::set<std::string> under_way_;  // some of which may not be watched any more
  std::vector<std::string> moved_;
  Deadline next_;
};

}  // namespace weir
