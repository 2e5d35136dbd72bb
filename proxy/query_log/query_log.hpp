// The query log: a thread that takes the workers' lines and writes them to numbered files.
//
// Workers put lines into rings of their own (StatementLog) and wait for nothing; when the disk is slower than
// they are, lines are dropped and counted. The thread runs while mysql-eventslog_filename names a file, and
// writes what there is at least twice a second. A disk that takes no lines costs these lines, counted, and
// one line in the log of the process.
#pragma once

#include <semaphore.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "protocol/base/result.hpp"
#include "protocol/base/time.hpp"
#include "proxy/query_log/line_ring.hpp"
#include "proxy/query_log/numbered_file.hpp"
#include "router/config/settings.hpp"

namespace weir {

class QueryLog {
 public:
  static constexpr Millis kPauseMs = 500;

  explicit QueryLog(std::size_t workers);
  ~QueryLog();  // stops

  // Names that do not begin with / are below this directory; empty = the process's own.
  void set_directory(std::string directory) { directory_ = std::move(directory); }
  const std::string& directory() const { return directory_; }

  // The publishing thread. Whether files can be made where the settings say; the error names the directory.
  Result<void, std::string> check(const Settings& settings) const;
  // Follows the settings, once the workers have them. If the log ends, or gets another name, waits until all is
  // written.
  void adopt(const Settings& settings);
  // Writes what there is, and ends. Idempotent.
  void stop();

  // Any thread: what is there is written, and then another file begins.
  void rotate();
  // The same; waits at most `longest_ms` for it. The error says which file cannot be had.
  Result<void, std::string> rotate_and_wait(Millis longest_ms);
  // Lines that could not be written.
  std::uint64_t lines_lost() const { return lines_lost_.load(std::memory_order_relaxed); }

  // The worker with this number.
  LineRing& ring(std::size_t worker) { return *rings_[worker]; }
  // Its ring fills: the thread need not sleep on.
  void hurry();

 private:
  // What the thread is to do; guarded by mutex_.
  struct Orders {
    std::string name;  // of the files
    std::uint64_t limit_bytes = 0;
    std::uint64_t rotations = 0;
    bool stop = false;
  };

  std::string path_of(const Settings& settings) const;
  void wake() { ::sem_post(&wake_); }

  // The thread's own.
  void run();
  void pause();
  void follow(const Orders& orders);
  void write_lines();
  bool report(const Result<void, std::string>& result);

  std::string directory_;
  std::vector<std::unique_ptr<LineRing>> rings_;
  sem_t wake_;
  std::atomic<bool> hurried_{false};  // the thread has been woken, and has not looked yet
  std::atomic<std::uint64_t> lines_lost_{0};
  std::mutex mutex_;
  std::condition_variable rotated_;
  Orders orders_;
  std::uint64_t rotations_done_ = 0;      // guarded by mutex_
  Result<void, std::string> rotation_{};  // the last one's result; guarded by mutex_

  NumberedFile file_;
  std::string lines_;     // taken, and not written yet
  bool failing_ = false;  // the disk takes no lines, and the log says so
  std::thread thread_;
};

}  // namespace weir
