// Whose statement runs next on the admin thread. A turn of its loop that has run statements for kShareUs runs
// no more: between two of them comes what others have posted (what the monitor decides, the order to stop).
#pragma once

#include <cstdint>
#include <deque>

#include "proxy/net/deadlines.hpp"
#include "proxy/net/loop.hpp"

namespace weir {

class AdminTurnEvents {
 public:
  virtual void on_turn() noexcept = 0;

 protected:
  ~AdminTurnEvents() = default;
};

class AdminTurns final : TurnEnd, DeadlineEvents {
 public:
  static constexpr std::uint64_t kShareUs = 20'000;

  explicit AdminTurns(Loop& loop) : loop_(loop), next_(loop.deadlines(), *this) {}

  bool used_up() const { return used_us_ >= kShareUs; }
  // So long a statement has run.
  void note(std::uint64_t us);
  // `who` runs in a coming turn, behind all who wait already, unless he leaves.
  void wait(AdminTurnEvents& who) { waiting_.push_back(&who); }
  void leave(AdminTurnEvents& who) { std::erase(waiting_, &who); }

 private:
  void on_turn_end() noexcept override;
  void on_deadline() noexcept override;

  Loop& loop_;
  Deadline next_;  // set while the share is used up
  std::uint64_t used_us_ = 0;
  std::deque<AdminTurnEvents*> waiting_;
};

}  // namespace weir
