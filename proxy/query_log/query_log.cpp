#include "proxy/query_log/query_log.hpp"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "protocol/base/log.hpp"
#include "protocol/base/thread.hpp"

namespace weir {
namespace {

// What a burst has made of the buffer is given back beyond this.
constexpr std::size_t kKeptBytes = 1 << 20;

timespec in_ms(Millis ms) {
  timespec at{};
  ::clock_gettime(CLOCK_MONOTONIC, &at);
  at.tv_sec += ms / 1000;
  at.tv_nsec += ms % 1000 * 1'000'000;
  if (at.tv_nsec >= 1'000'000'000) {
    ++at.tv_sec;
    at.tv_nsec -= 1'000'000'000;
  }
  return at;
}

}  // namespace

QueryLog::QueryLog(std::size_t workers) {
  ::sem_init(&wake_, 0, 0);
  for (std::size_t i = 0; i < workers; ++i) rings_.push_back(std::make_unique<LineRing>());
}

QueryLog::~QueryLog() {
  stop();
  ::sem_destroy(&wake_);
}

std::string QueryLog::path_of(const Settings& settings) const {
  const std::string& name = settings.eventslog_filename;
  if (name.empty() || name.starts_with('/') || directory_.empty()) return name;
  return directory_ + "/" + name;
}

Result<void, std::string> QueryLog::check(const Settings& settings) const {
  const std::filesystem::path path(path_of(settings));
  if (path.empty()) return {};
  const std::string directory = path.has_parent_path() ? path.parent_path().string() : ".";
  if (::access(directory.c_str(), W_OK | X_OK) == 0) return {};
  return std::unexpected("mysql-eventslog_filename: no file can be made in " + directory + ": " +
                         std::strerror(errno));
}

void QueryLog::adopt(const Settings& settings) {
  const std::string path = path_of(settings);
  if (path.empty() || rings_.empty()) return stop();
  if (path != orders_.name) stop();  // what there is belongs to the files of before
  {
    const std::lock_guard lock(mutex_);
    orders_.name = path;
    orders_.limit_bytes = static_cast<std::uint64_t>(settings.eventslog_filesize);
    orders_.stop = false;
  }
  if (!thread_.joinable()) {
    thread_ = std::thread([this] {
      begin_thread("weir-query-log");
      run();
    });
  }
  wake();
}

void QueryLog::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    orders_.stop = true;
  }
  wake();
  thread_.join();
}

void QueryLog::rotate() {
  {
    const std::lock_guard lock(mutex_);
    ++orders_.rotations;
  }
  wake();
}

Result<void, std::string> QueryLog::rotate_and_wait(Millis longest_ms) {
  if (!thread_.joinable()) return {};
  rotate();
  std::unique_lock lock(mutex_);
  const std::uint64_t wanted = orders_.rotations;
  const bool done = rotated_.wait_for(lock, std::chrono::milliseconds(longest_ms),
                                      [&] { return rotations_done_ >= wanted; });
  if (!done) return std::unexpected("the query log is still being written");
  return rotation_;
}

void QueryLog::hurry() {
  if (!hurried_.exchange(true, std::memory_order_relaxed)) wake();
}

// ---- the thread

void QueryLog::run() {
  for (;;) {
    pause();
    hurried_.store(false, std::memory_order_relaxed);
    Orders orders;
    {
      const std::lock_guard lock(mutex_);
      orders = orders_;
    }
    follow(orders);
    if (orders.stop) return file_.close();
  }
}

void QueryLog::pause() {
  const timespec until = in_ms(kPauseMs);
  while (::sem_clockwait(&wake_, CLOCK_MONOTONIC, &until) != 0 && errno == EINTR) continue;
}

void QueryLog::follow(const Orders& orders) {
  file_.set_limit(orders.limit_bytes);
  if (file_.name() != orders.name) report(file_.open(orders.name));
  write_lines();
  {
    const std::lock_guard lock(mutex_);
    if (rotations_done_ == orders.rotations) return;
  }
  Result<void, std::string> moved = file_.next();
  report(moved);
  {
    const std::lock_guard lock(mutex_);
    rotations_done_ = orders.rotations;
    rotation_ = std::move(moved);
  }
  rotated_.notify_all();
}

void QueryLog::write_lines() {
  for (const auto& ring : rings_) ring->take(lines_);
  if (lines_.empty()) return;
  std::uint64_t lost = 0;
  if (report(file_.append(lines_, &lost)) && std::exchange(failing_, false))
    log::info("the query log is written again", {{"lost_lines", lines_lost()}});
  lines_lost_.fetch_add(lost, std::memory_order_relaxed);
  if (lines_.capacity() > kKeptBytes) lines_ = {};
  lines_.clear();
}

// Says so once that it does not work. True: it does.
bool QueryLog::report(const Result<void, std::string>& result) {
  if (result) return true;
  if (!std::exchange(failing_, true))
    log::error("the query log cannot be written; statements go on without it", {{"error", result.error()}});
  return false;
}

}  // namespace weir
