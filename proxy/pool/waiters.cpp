#include "proxy/pool/waiters.hpp"

namespace weir {

void WaitQueue::push(PoolWaiter& waiter, Instant now) {
  waiter.since_ = now;
  waiter.failures_ = 0;
  waiter.queued_ = true;
  waiter.previous_ = last_;
  waiter.next_ = nullptr;
  (last_ != nullptr ? last_->next_ : first_) = &waiter;
  last_ = &waiter;
  ++size_;
}

void WaitQueue::remove(PoolWaiter& waiter) {
  (waiter.previous_ != nullptr ? waiter.previous_->next_ : first_) = waiter.next_;
  (waiter.next_ != nullptr ? waiter.next_->previous_ : last_) = waiter.previous_;
  waiter.previous_ = waiter.next_ = nullptr;
  waiter.queued_ = false;
  --size_;
}

}  // namespace weir
