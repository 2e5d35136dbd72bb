#include "protocol/base/log.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <utility>

namespace weir::log {
namespace {

std::atomic<Level> g_level{Level::info};
std::mutex g_sink_mutex;                  // guards the two below; logging is not on the path of a query
std::atomic<int> g_sink = STDERR_FILENO;  // signal handlers read it without that
std::string g_path;

std::string_view name_of(Level level) {
  switch (level) {
    case Level::error:
      return "ERROR";
    case Level::warn:
      return "WARN";
    case Level::info:
      return "INFO";
    case Level::debug:
      return "DEBUG";
  }
  return "?";
}

void append_text(std::string& line, std::string_view text) {
  const bool plain = !text.empty() && text.find_first_of(" \"=\\\t\n\r") == std::string_view::npos;
  if (!plain) line += '"';
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      line += fmt::format("\\x{:02x}", byte);
    } else {
      line += c;
    }
  }
  if (!plain) line += '"';
}

bool open_sink(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (fd < 0) return false;
  const std::lock_guard lock(g_sink_mutex);
  if (g_sink != STDERR_FILENO) ::close(g_sink);
  g_sink = fd;
  g_path = path;
  return true;
}

}  // namespace

bool enabled(Level level) {
  return level <= g_level.load(std::memory_order_relaxed);
}
void set_level(Level level) {
  g_level.store(level, std::memory_order_relaxed);
}

std::string format(Level level, std::string_view sentence, Fields fields) {
  std::string line = fmt::format("[{}] {}", name_of(level), sentence);
  for (const Field& field : fields) {
    line += fmt::format(" {}=", field.name);
    if (const auto* text = std::get_if<std::string_view>(&field.value)) append_text(line, *text);
    if (const auto* number = std::get_if<std::int64_t>(&field.value)) line += fmt::format("{}", *number);
    if (const auto* real = std::get_if<double>(&field.value)) line += fmt::format("{:.3f}", *real);
  }
  return line;
}

void write(Level level, std::string_view sentence, Fields fields) {
  if (!enabled(level)) return;
  const auto now = std::chrono::system_clock::now();
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  const std::string line = fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03} {}\n",
                                       fmt::localtime(std::chrono::system_clock::to_time_t(now)), ms,
                                       format(level, sentence, fields));
  const std::lock_guard lock(g_sink_mutex);
  // A full disk must not stop the proxy; there is nobody to tell.
  [[maybe_unused]] const auto written = ::write(g_sink, line.data(), line.size());
}

int sink() {
  return g_sink.load(std::memory_order_relaxed);
}

bool to_file(const std::string& path) {
  return open_sink(path);
}

bool reopen() {
  std::string path;
  {
    const std::lock_guard lock(g_sink_mutex);
    path = g_path;
  }
  return path.empty() || open_sink(path);
}

bool RateLimit::allow(Instant now, std::int64_t* suppressed) {
  if (now < next_) {
    ++suppressed_;
    return false;
  }
  *suppressed = suppressed_;
  suppressed_ = 0;
  next_ = now + every_ms_;
  return true;
}

bool Budget::allow(Instant now, std::int64_t* suppressed) {
  const std::int64_t full = burst_ * kPerLine;
  const Millis passed = std::clamp<Millis>(now - earned_until_, 0, full);
  left_millis_ = std::min(full, left_millis_ + passed * per_second_);
  earned_until_ = now;
  if (left_millis_ < kPerLine) {
    ++suppressed_;
    return false;
  }
  left_millis_ -= kPerLine;
  *suppressed = std::exchange(suppressed_, 0);
  return true;
}

}  // namespace weir::log
