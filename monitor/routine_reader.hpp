// Reads the functions of one pair of hostgroups, again and again, from one server at a time: the first of its
// list that answers. Keeps what was last read when no server can be asked, but not for
// ever: after kRoutineTrust rounds in a row that failed, nothing is known any more.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "monitor/server_probe.hpp"
#include "router/backend/hostgroup_pair.hpp"
#include "router/backend/server.hpp"
#include "router/query/routine_catalog.hpp"

namespace weir {

inline constexpr int kRoutineTrust = 3;

class RoutineReaderOwner {
 public:
  // found() has changed. The reader may not be destroyed in here.
  virtual void on_routines_found() noexcept = 0;

 protected:
  ~RoutineReaderOwner() = default;
};

// What a reader is made for. One that is made for the same goes on; see RoutineWatch.
struct RoutineSource {
  int writer_hostgroup = 0;
  std::vector<Endpoint> servers;  // in the order in which they are asked
  std::string username;
  std::string password;

  bool operator==(const RoutineSource&) const = default;
};

class RoutineReader final : ProbeEvents, DeadlineEvents {
 public:
  RoutineReader(Loop& loop, RoutineReaderOwner& owner, RoutineSource source);

  // From now on every `interval_ms` (not 0), each question within `timeout_ms`; the first round begins now
  // unless one is under way.
  void start(Millis interval_ms, Millis timeout_ms);
  // The same for rounds to come.
  void set_pace(Millis interval_ms, Millis timeout_ms);
  // The name stands for other addresses: what is asked of its servers is asked there.
  void on_name_moved(const std::string& name);

  const RoutineSource& source() const { return source_; }
  const PairRoutines& found() const { return found_; }

 private:
  enum class Step { idle, functions, bodies, loadable };

  void on_probe_answer(ServerProbe& probe) noexcept override;
  void on_probe_failed(ServerProbe& probe, const ProbeFailure& failure) noexcept override;
  void on_deadline() noexcept override;

  void begin_round();
  void ask_server();
  void ask_functions();
  void ask_next_body();
  void ask_loadable();
  void on_loadable_failed(const ProbeFailure& failure);
  void finish(std::optional<std::vector<std::string>> loadable, std::string error);
  void give_up_server(const ProbeFailure& failure);
  void end_round(PairRoutines now);

  Loop& loop_;
  RoutineReaderOwner& owner_;
  const RoutineSource source_;
  Millis interval_ms_ = 0;
  ProbeLimits limits_;
  Deadline next_round_;
  std::vector<std::unique_ptr<ServerProbe>> probes_;  // one per server of the source
  std::size_t asked_ = 0;                             // which of them
  Step step_ = Step::idle;
  std::vector<StoredFunction> functions_;
  std::size_t body_ = 0;  // which of them is being shown
  std::string errors_;    // of the servers that were asked in this round
  PairRoutines found_;
};

}  // namespace weir
