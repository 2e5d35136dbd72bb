#include "admin/turns.hpp"

namespace weir {

// By a deadline, and not with the turn: timers, and what comes in, have an end of a turn between them, but
// not always a look at what was posted.
void AdminTurns::note(std::uint64_t us) {
  used_us_ += us;
  if (!used_up()) return loop_.at_turn_end(*this);
  if (!next_.is_set()) next_.set(loop_.now());
}

void AdminTurns::on_turn_end() noexcept {
  if (!used_up()) used_us_ = 0;
}

void AdminTurns::on_deadline() noexcept {
  used_us_ = 0;
  while (!waiting_.empty() && !used_up()) {
    AdminTurnEvents* who = waiting_.front();
    waiting_.pop_front();
    who->on_turn();
  }
}

}  // namespace weir
