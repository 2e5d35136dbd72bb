// The load: connections on one thread that ask, and what their answers took.
//
// Closed loop: each connection asks its next question when the last is answered. Open loop: questions are due
// at a fixed rate, whoever is slow; one that finds no connection free waits, and its latency counts from when
// it was due.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/load/histogram.hpp"
#include "bench/load/load_client.hpp"
#include "bench/load/pacer.hpp"

namespace weir::bench {

struct Plan {
  std::size_t connections = 1;
  std::size_t idle = 0;  // connections beside those, which log in and stay silent
  std::uint64_t warmup = 0;
  std::uint64_t count = 0;
  std::uint64_t measured_ms = 0;  // not 0: instead of count
  std::uint64_t rate = 0;         // queries per second; 0: a closed loop
  std::uint64_t every_ms = 0;     // not 0: how often to say how it goes
  bool hold = false;              // says "warm" and "done", and waits for a line after each
  bool fresh = false;             // each query by a connection of its own
};

class Load final : LoadHost, TurnEnd, PacerEvents {
 public:
  Load(Plan plan, Question question);

  // Logs in, warms up, measures, prints its line. The status of the process.
  int run(const Address& address);

 private:
  void on_client_ready(LoadClient& client) override;
  void on_answer(LoadClient& client, std::uint64_t since_us, bool failed) override;
  void on_client_lost(LoadClient& client, const std::string& why) override;
  void on_turn_end() noexcept override;
  void on_due(std::uint64_t count) override;

  void connect_more();
  void start(std::uint64_t queries);
  void start_pace();
  void ask(LoadClient& client, std::uint64_t since_us);
  void ask_due();
  void count_interval(std::uint64_t now_us);
  void pass(const char* word) const;
  void report(std::uint64_t taken_us) const;

  Plan plan_;
  Question question_;
  Loop loop_;
  Pacer pacer_;
  std::vector<std::unique_ptr<LoadClient>> clients_;  // those that ask, then the idle ones
  Address address_;
  std::vector<LoadClient*> renewed_;  // fresh ones, about to leave and come again
  std::vector<LoadClient*> free_;     // of an open loop: who has nothing to do
  Histogram latencies_;
  std::string complaint_;
  std::size_t connected_ = 0;  // begun, at least
  std::size_t ready_ = 0;
  std::size_t in_flight_ = 0;
  std::uint64_t to_ask_ = 0;
  std::uint64_t due_ = 0;    // of an open loop, since it began
  std::uint64_t asked_ = 0;  // of those
  std::uint64_t errors_ = 0;
  std::uint64_t measured_from_us_ = 0;
  std::uint64_t until_us_ = 0;
  std::uint64_t interval_queries_ = 0;
  std::uint64_t interval_until_us_ = 0;
  bool measuring_ = false;
};

}  // namespace weir::bench
