// One sentence, then fields: log::warn("server shunned", {{"server", name}, {"errors", n}}).
//
// error: someone must act. warn: degraded, and handled. info: changes of state that an operator wants to see
// on a quiet day. debug: per session. Nothing per query at info; never a password, an auth response, or query
// text above debug. Any thread may log; a line is one write. The log is not a test oracle.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/base/time.hpp"

namespace weir::log {

enum class Level { error, warn, info, debug };

struct Field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double> value;

  Field(std::string_view n, std::string_view v) : name(n), value(v) {}
  Field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
  Field(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
  Field(std::string_view n, double v) : name(n), value(v) {}
  template <class T>
    requires std::is_integral_v<T>
  Field(std::string_view n, T v) : name(n), value(static_cast<std::int64_t>(v)) {}
};

using Fields = std::initializer_list<Field>;

void write(Level level, std::string_view sentence, Fields fields);
bool enabled(Level level);

inline void error(std::string_view sentence, Fields fields = {}) {
  write(Level::error, sentence, fields);
}
inline void warn(std::string_view sentence, Fields fields = {}) {
  write(Level::warn, sentence, fields);
}
inline void info(std::string_view sentence, Fields fields = {}) {
  write(Level::info, sentence, fields);
}
inline void debug(std::string_view sentence, Fields fields = {}) {
  if (enabled(Level::debug)) write(Level::debug, sentence, fields);
}

// The line that write() would produce, without its time stamp and newline. Values with blanks or quotes are
// quoted; control characters are escaped, so that one line stays one line.
std::string format(Level level, std::string_view sentence, Fields fields);

// Where lines go: standard error until to_file() succeeds. reopen() is for rotation (SIGHUP).
void set_level(Level level);
bool to_file(const std::string& path);
bool reopen();
// The descriptor that lines go to at this moment: for signal handlers.
int sink();

// Lets through one event in `every_ms` per instance; says how many it swallowed since. One per call site and
// thread.
class RateLimit {
 public:
  explicit RateLimit(Millis every_ms) : every_ms_(every_ms) {}
  // True: log now, and mention `*suppressed` earlier ones if it is not 0.
  bool allow(Instant now, std::int64_t* suppressed);

 private:
  Millis every_ms_;
  Instant next_ = 0;
  std::int64_t suppressed_ = 0;
};

// Lets `burst` events through at once, and then `per_second` of them; counts those that it swallowed. For
// lines that strangers can cause as often as they like. One per thread.
class Budget {
 public:
  Budget(std::int64_t burst, std::int64_t per_second)
      : burst_(burst), per_second_(per_second), left_millis_(burst * kPerLine) {}
  // True: log now, and say first that `*suppressed` were left out since if it is not 0.
  bool allow(Instant now, std::int64_t* suppressed);

 private:
  static constexpr std::int64_t kPerLine = 1000;  // a second's millis, which earn per_second lines

  std::int64_t burst_;
  std::int64_t per_second_;
  std::int64_t left_millis_;  // thousandths of lines
  Instant earned_until_ = 0;
  std::int64_t suppressed_ = 0;
};

}  // namespace weir::log
