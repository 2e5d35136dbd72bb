#include "proxy/net/deadlines.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

namespace weir {
namespace {

Instant next_tick(Instant at) {
  return (at + Deadlines::kTickMs - 1) / Deadlines::kTickMs * Deadlines::kTickMs;
}

}  // namespace

Deadline::~Deadline() {
  if (place_ != kNotQueued) deadlines_.remove(*this);
}

void Deadline::set(Instant due) {
  due_ = due;
  if (due == kNever) return;
  if (place_ == kNotQueued) {
    deadlines_.insert(*this);
  } else if (due < queued_at_) {
    deadlines_.bring_forward(*this);
  }
}

Deadlines::~Deadlines() {
  WEIR_CHECK(queue_.empty(), "deadlines are destroyed before their queue");
}

void Deadlines::expire(Instant now) {
  expired_until_ = now;
  while (!queue_.empty() && queue_.front()->queued_at_ <= now) {
    Deadline& deadline = *queue_.front();
    remove(deadline);
    if (!deadline.is_set()) continue;
    if (deadline.due_ > now) {  // moved since it was queued
      insert(deadline);
      continue;
    }
    deadline.due_ = kNever;
    deadline.events_.on_deadline();  // may destroy any deadline
  }
}

Instant Deadlines::place_in_time(Instant due) const {
  return next_tick(std::max(due, expired_until_ + 1));
}

void Deadlines::insert(Deadline& deadline) {
  deadline.queued_at_ = place_in_time(deadline.due_);
  queue_.push_back(&deadline);
  deadline.place_ = queue_.size() - 1;
  move_up(deadline.place_);
}

void Deadlines::bring_forward(Deadline& deadline) {
  deadline.queued_at_ = std::min(deadline.queued_at_, place_in_time(deadline.due_));
  move_up(deadline.place_);
}

void Deadlines::remove(Deadline& deadline) {
  const std::size_t place = deadline.place_;
  Deadline* last = queue_.back();
  queue_.pop_back();
  deadline.place_ = Deadline::kNotQueued;
  if (last == &deadline) return;
  put(place, last);
  move_up(place);
  move_down(last->place_);
}

void Deadlines::put(std::size_t place, Deadline* deadline) {
  queue_[place] = deadline;
  deadline->place_ = place;
}

void Deadlines::move_up(std::size_t place) {
  Deadline* deadline = queue_[place];
  while (place > 0) {
    const std::size_t parent = (place - 1) / 2;
    if (queue_[parent]->queued_at_ <= deadline->queued_at_) break;
    put(place, queue_[parent]);
    place = parent;
  }
  put(place, deadline);
}

void Deadlines::move_down(std::size_t place) {
  Deadline* deadline = queue_[place];
  for (;;) {
    std::size_t child = 2 * place + 1;
    if (child >= queue_.size()) break;
    if (child + 1 < queue_.size() && queue_[child + 1]->queued_at_ < queue_[child]->queued_at_) ++child;
    if (deadline->queued_at_ <= queue_[child]->queued_at_) break;
    put(place, queue_[child]);
    place = child;
  }
  put(place, deadline);
}

}  // namespace weir
