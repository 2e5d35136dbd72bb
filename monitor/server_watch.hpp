// Asks one server what the checks want to know, each at its interval, for as long as this lives.
//
// The first questions come at once, or in the first moments that the host's name picks; later ones at the
// interval, at a phase of the server's own, so that many are not asked in one burst. A server that does not
// answer is pinged in quick succession, by new connections once the one that it had is gone. On one loop;
// never blocks it.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "monitor/check.hpp"
#include "monitor/server_probe.hpp"

namespace weir {

class ServerWatchOwner {
 public:
  // The watch may be destroyed only after the end of the turn.
  virtual void on_observation(const Host& host, const Observation& seen) noexcept = 0;

 protected:
  ~ServerWatchOwner() = default;
};

class ServerWatch {
 public:
  // Between two pings of a server that has not answered, as long as it is not known to be dead.
  static constexpr Millis kHurryMs = 200;
  // The longest between two pings of one that is dead, and two connects of one that is in trouble.
  static constexpr Millis kTroubleMs = 1000;

  // Between two checks of each kind of a server that does not let the monitor's account in: it writes a line
  // of its log each time.
  static constexpr Millis kDeniedMs = 10'000;

  // trouble: clients cannot connect to it. dead: it is pinged, and asked nothing else.
  enum class Pace { usual, trouble, hurry, dead };

  ServerWatch(Loop& loop, ServerWatchOwner& owner, Host host, Credentials credentials);

  // What is asked from now on, and how. `settings` live until the next call.
  void set(const CheckReasons& reasons, const Settings& settings);
  void set_pace(Pace pace);
  // Now, or then, rather than when it is due.
  void ask_now(CheckKind kind) { ask_at(kind, loop_.now()); }
  void ask_at(CheckKind kind, Instant at);
  // Its name stands for other addresses: it is asked there, everything, at once.
  void ask_elsewhere();
  void stop();

  const Host& host() const { return host_; }
  // When it will be pinged next; kNever while a ping is under way.
  Instant next_ping() const { return due_[static_cast<std::size_t>(CheckKind::ping)]; }
  const CheckReasons& reasons() const { return reasons_; }

 private:
  struct Lane final : ProbeEvents, DeadlineEvents {
    Lane(ServerWatch& watch, Loop& loop, CheckLane which, Endpoint endpoint, Credentials credentials);
    void on_probe_answer(ServerProbe& probe) noexcept override;
    void on_probe_failed(ServerProbe& probe, const ProbeFailure& failure) noexcept override;
    void on_deadline() noexcept override;

    ServerWatch& watch;
    const CheckLane which;
    ServerProbe probe;
    Deadline next;
    CheckKind asked = CheckKind::ping;
    std::int64_t started_us = 0;  // since 1970
    std::uint64_t loop_started_us = 0;
    bool fresh = false;
  };

  Lane& lane_of(CheckKind kind) { return *lanes_[static_cast<std::size_t>(check_spec(kind).lane)]; }
  Instant& due(CheckKind kind) { return due_[static_cast<std::size_t>(kind)]; }
  // Nothing: the usual interval is not shortened.
  std::optional<Millis> haste_of(CheckKind kind) const;
  Millis interval_of(const CheckSpec& spec) const;
  // Where in an interval this server is asked.
  Millis phase(Millis interval_ms) const;
  Instant next_due(const CheckSpec& spec) const;
  void plan(const CheckSpec& spec);
  const CheckSpec* find_due(CheckLane lane);
  void arm(Lane& lane);
  void ask(Lane& lane, const CheckSpec& spec);
  bool try_next_form(Lane& lane, const ProbeFailure& failure);
  void conclude(Lane& lane, Observation seen);

  Loop& loop_;
  ServerWatchOwner& owner_;
  const Host host_;
  const std::size_t spread_;  // a number of its own
  const Settings* settings_ = nullptr;
  CheckReasons reasons_;
  Pace pace_ = Pace::usual;
  bool denied_ = false;                          // by the latest check of any kind
  std::array<Instant, kCheckKinds> due_{};       // kNever: not wanted, or under way
  std::array<std::size_t, kCheckKinds> form_{};  // of the statement
  std::array<std::unique_ptr<Lane>, kCheckLanes> lanes_;
};

}  // namespace weir
