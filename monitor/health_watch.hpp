// Checks the servers of the configuration in force, and says what is to become of them.
//
// What a check finds goes three ways: into the board, for people; into the servers' health, where that may
// not wait (a server falls silent, or speaks again); and into judge(), whose decisions go out whole, each
// time that one is new. Whoever gets them puts them into force, and brings the snapshot back by adopt().
// On one loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "monitor/judge.hpp"
#include "monitor/lag_timelines.hpp"
#include "monitor/monitor_board.hpp"
#include "monitor/server_watch.hpp"

namespace weir {

class HealthWatch final : ServerWatchOwner, TurnEnd {
 public:
  // Decisions about the configuration that was `loaded_as` (Snapshot::loaded_as()). Of another one they say
  // nothing: they are to be dropped if that is in force by then, and adopt() will bring others.
  using Decided = std::function<void(ServerOverlay, std::uint64_t loaded_as)>;

  // `on_decided` is called on the loop's thread at the end of a turn. The board outlives this.
  HealthWatch(Loop& loop, MonitorBoard& board, Decided on_decided);

  void adopt(std::shared_ptr<const Snapshot> snapshot);
  // A server of a writer hostgroup has refused a write as read-only: it is asked at once.
  void on_refused_write(const Host& host);
  // The name stands for other addresses: its servers are asked there.
  void on_name_moved(const std::string& name);
  // Who is told of hosts that a check could not reach.
  void set_on_unreachable(std::function<void(const std::string& name)> told) {
    on_unreachable_ = std::move(told);
  }

 private:
  // A write that it has refused as read-only, until it is known what came of that.
  struct Refusal {
    Instant at = kNever;      // when that was told
    bool holds_back = false;  // it gets no work for that
    bool confirmed = false;   // it has said read_only=1
  };
  struct Watched {
    std::shared_ptr<const Host> host;
    std::unique_ptr<ServerWatch> watch;
    CheckReasons reasons;                                // but for `compared`
    std::vector<std::shared_ptr<const Server>> places;   // in the configuration in force
    std::vector<std::pair<ServerKey, LagLimit>> limits;  // of its lag, where it is in force
    Credentials credentials;
    Refusal refusal;
    bool asked_anew = false;   // since the latest LOAD
    std::string standstill{};  // see standstill(); as it was told
  };

  void on_observation(const Host& host, const Observation& seen) noexcept override;
  void on_turn_end() noexcept override;

  void watch_hosts();
  void forget_word(const Host& host, bool but_for_read_only);
  void forget_others(const std::map<Host, Watched>& before);
  void leave_alone(const Watched& watched);
  void set_silence_of_new(const Snapshot& before);
  void take_effect(const Watched& watched, const Observation& seen, const ServerFacts& facts);
  void look_into_refusal(Watched& watched, const Observation& seen);
  void set_pace(const Watched& watched, const ServerFacts& facts);
  void note_standstill(Watched& watched, const ServerFacts& facts);
  void report(const Watched& watched, const ServerFacts& facts);
  void add_to_log(const Watched& watched, const Observation& seen, const ServerFacts& facts);
  // A lag says something only of who is too far behind, or was.
  bool lag_matters(const Watched& watched, const ServerFacts& facts) const;
  // And so does what a member says once more: who is out, or too far behind, has its good words counted.
  bool member_matters(const Host& host, const MemberReading& reading) const;
  void ask_those_cut_off();
  void compare_positions();

  Loop& loop_;
  MonitorBoard& board_;
  const Decided on_decided_;
  std::function<void(const std::string&)> on_unreachable_ = [](const std::string&) {};
  std::shared_ptr<const Snapshot> snapshot_;
  std::shared_ptr<const WatchPlan> plan_ = std::make_shared<const WatchPlan>();
  std::map<Host, Watched> watched_;
  AllFacts facts_;
  LagTimelines timelines_;
  Judgement judgement_;
  ServerOverlay told_;  // or in force since the latest LOAD
};

}  // namespace weir
