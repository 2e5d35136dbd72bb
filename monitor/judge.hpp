// What is to be done about servers, by what is configured and what is known of them. Pure.
//
//   Judgement now = judge({plan, facts, before, when, wall_us});
//
// A judgement is made anew each time that something has been learnt. What must be remembered from one to the
// next (who the writer is, how often a server was seen lagging) is part of it, so the same input always gives
// the same output. With the monitor off nothing is known of any server: each stays where it was put, fenced
// if it was, and nothing else holds it back. judge_pair.* decides where servers of a pair belong,
// judge_cluster.* where members of a cluster do, judge_lag.* who is too far behind.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "monitor/server_facts.hpp"
#include "router/backend/hostgroup_pair.hpp"
#include "router/backend/server_overlay.hpp"
#include "router/backend/status_word.hpp"
#include "router/config/hostgroup_settings.hpp"
#include "router/config/snapshot.hpp"

namespace weir {

using AllFacts = std::map<Host, ServerFacts>;

// What of a configuration matters here.
struct WatchPlan {
  struct Pair {
    int writer = 0;
    int reader = 0;
    std::string check_type;
  };
  // Of a cluster that decides by itself who may write.
  struct Cluster {
    ClusterKind kind = ClusterKind::none;
    int writer = 0, backup_writer = 0, reader = 0, offline = 0;
    std::int64_t max_writers = 1;
    std::int64_t writer_is_also_reader = 0;  // 1: all that could write are; 2: only those that do not
    std::int64_t max_behind = 0;             // 0: any
    std::int64_t max_timeouts = 1;           // in a row

    std::array<int, 4> hostgroups() const { return {writer, reader, backup_writer, offline}; }
    bool has(int hostgroup) const;
    // The row of a member that counts where it has none: the writers' if it has one there, else the readers',
    // and so on; one that is out of operation only if all are. Null: it is no member.
    const ServerRow* row_of(const WatchPlan& plan, const Host& host) const;
  };

  Settings settings{};
  std::vector<Pair> pairs{};                      // by writer
  std::vector<Cluster> clusters{};                // by writer
  std::vector<ServerRow> rows{};                  // as the operator wrote them, but their status in capitals
  std::map<int, HostgroupSettings> hostgroups{};  // of those that have any

  const HostgroupSettings& settings_of(int hostgroup) const;
  // Null: the operator has not put it there.
  const ServerRow* find_row(int hostgroup, const Host& host) const;
};
WatchPlan plan_of(const Snapshot& snapshot);

Host host_of(const ServerRow& row);

// How far behind a server may be.
struct LagLimit {
  double s = 0;
  bool by_timeline = false;
};
// By its hostgroup's max_replication_lag_ms or, if there is none, its row's max_replication_lag.
std::optional<LagLimit> lag_limit(const WatchPlan& plan, const ServerRow& row);

// Where one server of a pair is, and where it was configured to be.
struct Placement {
  bool configured_writer = false;
  bool configured_reader = false;
  bool writer = false;
  bool reader = false;
  bool fenced = false;   // in the writer hostgroup, and out of use: another one writes
  bool awaited = false;  // so until all that were put there have been asked
  // Another one was the writer while this one was writable, or dead and not known to be read-only, and it has
  // not been read-only since.
  bool overtaken = false;
  // The writer that it was seen to replicate from while both were there; and since when it does no more.
  std::optional<Host> in_step_with{};
  Instant out_of_step_at = kNever;
  std::string reason{};        // of the latest move, or why there is none since; empty: there was none
  bool says_writable = false;  // the reason is that it is writable, and not the writer

  bool operator==(const Placement&) const = default;
};

struct PairJudgement {
  std::map<Host, Placement> places;
  std::optional<Host> writer;  // the one that was chosen among those that are writable
  // The one that was chosen last, also while it is gone, and the transactions that it was last known to have.
  std::optional<Host> last_writer;
  std::optional<GtidSet> last_position;
  std::set<Host> writable;
  bool compares = false;  // the transactions of its servers must be known to choose among them
  // It is not clear who writes: several are writable, or one that may lack what was written. What came of
  // it, a sentence; empty: it is clear.
  std::string conflict;
  // One that would be a better writer than the one there is, and how many readings of it have said so.
  std::optional<Host> challenger;
  int challenges = 0;
  std::uint64_t challenge_reading = 0;
};

// Where one member of a cluster is.
struct MemberPlace {
  // as_configured: nothing is known of it, or the operator has taken it out of operation, not as a writer.
  enum class Role : std::uint8_t { as_configured, writer, backup_writer, reader, offline };

  Role role = Role::as_configured;
  int row_in = -1;                    // the hostgroup of the row that counted (Cluster::row_of)
  bool presumed = false;              // by its configuration: it was not asked, or is out of operation
  bool leaving = false;               // offline, but what runs in the places of `left` may finish
  Role left = Role::as_configured;    // its role before it went offline
  bool indispensable = false;         // a writer, however long its queue: no other one is better
  int fit_readings = 0;               // in a row, while it is offline
  int behind = 0;                     // readings in a row that found it too far behind
  std::optional<bool> says_writer{};  // that it could be the writer, while it was fit
  Steadiness word{};                  // of that
  std::uint64_t reading = 0;          // the latest that was counted
  std::deque<Instant> departures{};   // into offline
  Instant cut_off_at = kNever;  // when it was first seen to be cut off from its cluster; kNever: it is not
  bool severed = false;         // it still is: what runs there is ended
  std::string reason{};

  bool operator==(const MemberPlace&) const = default;
};

struct ClusterJudgement {
  std::map<Host, MemberPlace> members;
  std::string conflict;  // nobody writes, a sentence; empty: somebody does, or not all have been asked yet
};

// Of one server in one hostgroup with a max_replication_lag.
struct LagJudgement {
  bool out = false;
  int above = 0;  // readings in a row
  int below = 0;
  std::uint64_t reading = 0;  // the latest that was counted
  std::optional<double> lag_s;
};

struct Judgement {
  std::map<int, PairJudgement> pairs;        // by writer hostgroup
  std::map<int, ClusterJudgement> clusters;  // the same
  std::map<ServerKey, LagJudgement> lags;
  ServerOverlay overlay;
  std::set<Host> positions_wanted;  // whose transactions must be known to go on
};

struct JudgeInput {
  const WatchPlan& plan;
  const AllFacts& facts;
  const Judgement& before;
  Instant now = kNever;
  std::int64_t now_us = 0;  // since 1970, for people
};

Judgement judge(const JudgeInput& input);

}  // namespace weir
