// Asks servers who they are, then those whom they name, until nobody new is named: SHOW TOPOLOGY, CHECK
// TOPOLOGY.
//
// Servers that are found are asked with the monitor's account, and nothing else is done with them. On one
// loop; never blocks it.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "monitor/topology/inquiry.hpp"
#include "monitor/topology/topology.hpp"
#include "router/config/snapshot.hpp"

namespace weir {

struct SurveyPlan {
  std::vector<Host> seeds{};  // asked first
  ConfiguredServers configured{};
  Credentials account{};
  InquiryLimits limits{};
  Millis limit_ms = 10'000;  // for all of it
};
// From all servers of the configuration that are not OFFLINE_HARD, or from one, configured or not.
SurveyPlan survey_plan(const Snapshot& snapshot, const std::optional<Host>& from);

class Survey final : InquiryOwner, DeadlineEvents, TurnEnd {
 public:
  static constexpr std::size_t kFoundServers = 100;  // so many that are not configured are asked
  static constexpr std::size_t kAtOnce = 64;

  using Done = std::function<void(Topology)>;

  // `done` is called once, at the end of a turn, unless this is destroyed before.
  Survey(Loop& loop, SurveyPlan plan, Done done);

  void start();
  bool ended() const { return stage_ == Stage::ended; }

 private:
  enum class Stage { asking, confirming, ended };

  void on_inquired(Inquiry& inquiry) noexcept override;
  void on_deadline() noexcept override;
  void on_turn_end() noexcept override;

  void add(const Host& host);
  void ask_more();
  bool add_found();
  void confirm();
  void finish();
  Topology topology() const;

  Loop& loop_;
  const SurveyPlan plan_;
  const Done done_;
  Deadline limit_;
  Stage stage_ = Stage::asking;
  std::vector<std::unique_ptr<Inquiry>> inquiries_;  // in the order in which servers were named
  std::size_t asked_ = 0;                            // of these
  std::size_t running_ = 0;
  std::size_t found_ = 0;
  std::set<Host> known_;
  std::set<Host> guessed_;
};

// Surveys under way, reaped when they have ended. On one loop.
class Surveys final : TurnEnd {
 public:
  static constexpr std::size_t kAtOnce = 8;

  explicit Surveys(Loop& loop) : loop_(loop) {}
  // Calls `done` later; with a sentence if there are too many under way.
  void start(SurveyPlan plan, std::function<void(Result<Topology, std::string>)> done);

 private:
  void on_turn_end() noexcept override;

  Loop& loop_;
  std::vector<std::unique_ptr<Survey>> surveys_;
};

}  // namespace weir
