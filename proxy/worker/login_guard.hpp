// Who has guessed passwords wrongly, and what that costs the next login from there.
//
// Counted are failures of an address as one user, and of an address as anybody; half of them are forgotten
// every kHalfLifeMs. Beyond what is allowed, whoever logs in from there waits before he is told how it went,
// right or wrong alike, longer with each failure up to kMaxWaitMs; few wait at a time, and the others are
// refused before their proof counts. So a guesser gets a few answers a second, and learns nothing from the
// time; a client at another address, or another user beside him, notices nothing. IPv6 addresses count by
// their first 64 bits.
//
// Any thread. Memory is bounded: of kMaxEntries, those are forgotten that failed the longest ago.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "protocol/base/time.hpp"

namespace weir {

class LoginGuard {
 public:
  static constexpr Millis kHalfLifeMs = 60'000;
  static constexpr Millis kFirstWaitMs = 50;
  static constexpr Millis kMaxWaitMs = 1000;
  static constexpr std::size_t kMaxWaiting = 8;       // of one address as one user
  static constexpr std::int64_t kAddressFactor = 10;  // an address as anybody may fail so many times as often
  static constexpr std::size_t kMaxEntries = 100'000;

  struct Verdict {
    bool refused = false;
    Millis wait_ms = 0;  // > 0: ended_wait() when it is over, or given up
  };

  // A login has been answered by the client. `address`: "10.0.0.9", or empty for a Unix socket, which is
  // never held up. `allowed`: failures as one user; 0: any number.
  Verdict judge(std::string_view address, std::string_view user, std::int64_t allowed, Instant now);
  // A client has connected: whether judge() would refuse him, whoever he says that he is.
  bool refuses_everybody_of(std::string_view address, std::int64_t allowed, Instant now) const;
  void ended_wait(std::string_view address, std::string_view user);
  void note_failure(std::string_view address, std::string_view user, Instant now);

  // What counts of addresses for one: "10.0.0.9", "fd00:0:0:1::/64".
  static std::string network_of(std::string_view address);
  std::size_t entries() const;

 private:
  struct Entry {
    double failures = 0;  // at `at`
    Instant at = 0;
    std::size_t waiting = 0;
    std::list<const std::string*>::iterator place{};  // in by_age_
  };

  static std::string key_of(std::string_view address, std::string_view user);
  Verdict judge_one(const std::string& key, std::int64_t allowed, Instant now) const;
  void count(const std::string& key, Instant now);
  void forget_oldest();

  mutable std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  std::list<const std::string*> by_age_;  // keys of entries_, the latest failure last
};

}  // namespace weir
