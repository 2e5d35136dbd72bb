// Many deadlines behind one timer. Made for deadlines that are moved with every query and almost never
// expire.
//
// Moving a deadline later, or clearing it, is a store: the queue keeps the old, earlier time and looks again
// when that comes. A deadline expires never early and up to kTickMs late. Nothing ticks while nothing is due.
// The queue itself knows no clock: Loop arms a timer for next() and calls expire(). One thread.
#pragma once

#include <cstddef>
#include <vector>

#include "protocol/base/time.hpp"

namespace weir {

class Deadlines;

class DeadlineEvents {
 public:
  // The deadline has passed and is cleared; it may be set again here, or destroyed.
  virtual void on_deadline() noexcept = 0;

 protected:
  ~DeadlineEvents() = default;
};

class Deadline {
 public:
  // Both outlive this object. One object may receive several deadlines through small receivers of its own.
  Deadline(Deadlines& deadlines, DeadlineEvents& events) : deadlines_(deadlines), events_(events) {}
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  // Expires at `due`, once; replaces what was set. A time already past expires in a coming turn, never inside
  // set(). kNever clears.
  void set(Instant due);
  void clear() { due_ = kNever; }
  bool is_set() const { return due_ != kNever; }
  Instant due() const { return due_; }

 private:
  friend class Deadlines;
  static constexpr std::size_t kNotQueued = static_cast<std::size_t>(-1);

  Deadlines& deadlines_;
  DeadlineEvents& events_;
  Instant due_ = kNever;
  Instant queued_at_ = kNever;  // the time the queue sorts by, <= due_ while both are set
  std::size_t place_ = kNotQueued;
};

class Deadlines {
 public:
  static constexpr Millis kTickMs = 5;

  Deadlines() = default;
  ~Deadlines();  // every Deadline is gone by now
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;

  // When expire() should be called next; kNever: not before another deadline is set.
  Instant next() const { return queue_.empty() ? kNever : queue_.front()->queued_at_; }
  // Calls on_deadline() of all that are due, earliest first (within a tick in no order).
  void expire(Instant now);
  // How many deadlines are queued, cleared ones that have not come up yet included.
  std::size_t size() const { return queue_.size(); }

 private:
  friend class Deadline;

  Instant place_in_time(Instant due) const;
  void insert(Deadline& deadline);
  void bring_forward(Deadline& deadline);
  void remove(Deadline& deadline);
  void move_up(std::size_t place);
  void move_down(std::size_t place);
  void put(std::size_t place, Deadline* deadline);

  std::vector<Deadline*> queue_;    // a binary heap by queued_at_
  Instant expired_until_ = kNever;  // new times are queued after it, so that expire() ends
};

}  // namespace weir
