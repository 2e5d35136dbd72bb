// Clients of a worker who have not logged in yet, in the order in which they came. They may be so many and no
// more: beyond that the one who has taken the longest makes room, so that callers who say nothing do not keep
// out those who do.
//
// Ids of those who have logged in, or left, stay in the queue until they are at its front: as many as come
// while the first of all is at his login.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace weir {

class Newcomers {
 public:
  void come(std::uint32_t session) {
    queue_.push_back(session);
    ++count_;
  }
  // One has logged in, or left.
  void go() { --count_; }
  std::size_t count() const { return count_; }

  // The first of them if there are more than `most`: he is to be ended. `is_one(session)` says of any session
  // whether it is there and has not logged in.
  template <class IsOne>
  std::optional<std::uint32_t> beyond(std::size_t most, IsOne is_one) {
    while (!queue_.empty() && !is_one(queue_.front())) queue_.pop_front();
    if (count_ <= most || queue_.empty()) return std::nullopt;
    return queue_.front();
  }

 private:
  std::deque<std::uint32_t> queue_;
  std::size_t count_ = 0;
};

}  // namespace weir
