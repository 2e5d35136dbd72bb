// Copies of statements, executed on another hostgroup by the way (mirror_hostgroup of a rule): nobody waits
// for their answers, and nobody sees them.
//
// One Mirrors per worker; its thread. At most so many copies run at a time, and so many wait, and bytes of
// them; what is more is dropped and counted, so that a slow mirror never slows a client down.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "protocol/auth/account.hpp"
#include "proxy/net/loop.hpp"
#include "proxy/pool/pool_shard.hpp"
#include "proxy/worker/error_stats.hpp"
#include "proxy/worker/stats.hpp"

namespace weir {

// A COM_QUERY that changes nothing of its session, and what it expects of its connection.
struct MirrorCopy {
  int hostgroup = 0;
  Credentials credentials{};
  std::string client_address{};  // whose statement it is, for the statistics of errors
  SessionState wants{};
  Caps key = 0;
  std::vector<std::uint8_t> request{};  // frame header included
  std::size_t text_at = 1;              // in its payload: behind the attributes
  bool may_write = false;
  bool may_hide_insert_id = false;  // may leave one that its server does not tell of
  Millis connect_timeout_ms = 0;    // for the connection
  Millis timeout_ms = 0;            // for the answer
};

struct MirrorLimits {
  std::size_t running = 0;
  std::size_t waiting = 0;
  std::size_t waiting_bytes = std::size_t{64} << 20;
};

class Mirrors final : TurnEnd {
 public:
  // Errors of copies are counted in `errors`, under their server: nobody else is told.
  Mirrors(Loop& loop, PoolShard& pool, WorkerStats& stats, ErrorStats& errors);
  ~Mirrors();

  // Starts it at the end of this turn, or when there is room. False: too many wait, and it is dropped.
  bool submit(MirrorCopy copy, const MirrorLimits& limits);
  // Ends all.
  void clear();
  std::size_t running() const { return running_.size(); }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  class Run;
  void on_turn_end() noexcept override;
  void ended(Run& run);

  Loop& loop_;
  PoolShard& pool_;
  WorkerStats& stats_;
  ErrorStats& errors_;
  MirrorLimits limits_;
  std::deque<MirrorCopy> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::vector<std::unique_ptr<Run>> running_;
  std::vector<std::unique_ptr<Run>> ended_;  // until the end of the turn
};

}  // namespace weir
