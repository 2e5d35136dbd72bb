// How much memory results of the admin port take: of all sessions together, while clients take them.
#pragma once

#include <cstddef>
#include <string>

#include "admin/reply.hpp"

namespace weir {

inline constexpr std::size_t kMaxResultBytes = std::size_t{256} << 20;  // of all sessions together
// What each session has in any case: who leaves large results lying keeps nobody from looking.
inline constexpr std::size_t kSureResultBytes = std::size_t{256} << 10;

std::size_t memory_of(const Row& row);
std::size_t memory_of(const Rows& rows);
// What is said of a result of more than `limit`.
std::string result_too_large(std::size_t limit);

// What one session has of kMaxResultBytes. Gives it back at its end.
class ResultShare {
 public:
  // `all` of all sessions; outlives this object.
  explicit ResultShare(std::size_t& all) : all_(all) {}
  ~ResultShare() { give_back(); }
  ResultShare(const ResultShare&) = delete;
  ResultShare& operator=(const ResultShare&) = delete;

  std::size_t limit() const;  // of one more result
  void take(std::size_t bytes);
  void give_back();

 private:
  std::size_t& all_;
  std::size_t bytes_ = 0;
};

}  // namespace weir
