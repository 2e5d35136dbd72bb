// A worker's end of the query log: lines are made here, and handed over without waiting.
//
// Belongs to the worker's thread. Off, it costs a query the look at a flag.
#pragma once

#include <algorithm>
#include <string>

#include "proxy/query_log/query_event.hpp"
#include "proxy/query_log/query_log.hpp"
#include "proxy/worker/stats.hpp"

namespace weir {

class StatementLog {
 public:
  // A line of it fits into the ring, however many of its bytes must be written as six.
  static constexpr std::size_t kLongestQuery = LineRing::kBytes / 8;

  StatementLog(QueryLog& log, std::size_t worker, WorkerStats& stats)
      : log_(log), ring_(log.ring(worker)), stats_(stats) {}

  void adopt(const Settings& settings) {
    on_ = !settings.eventslog_filename.empty();
    by_default_ = on_ && settings.eventslog_default_log != 0;
    query_limit_ =
        std::min(static_cast<std::size_t>(settings.eventslog_buffer_max_query_length), kLongestQuery);
  }

  bool on() const { return on_; }
  // Statements are logged of which no rule says anything else.
  bool by_default() const { return by_default_; }

  // Counts the line, or that there was no room for it.
  void write(const QueryEvent& event);

 private:
  QueryLog& log_;
  LineRing& ring_;
  WorkerStats& stats_;
  EventLines lines_;
  std::string line_;
  bool on_ = false;
  bool by_default_ = false;
  std::size_t query_limit_ = 0;
};

}  // namespace weir
