#include "proxy/crash/crash_report.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>

#include "protocol/base/log.hpp"
#include "proxy/crash/at_work.hpp"
#include "proxy/crash/trace.hpp"

namespace weir {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

constexpr std::array kFatal{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
constexpr unsigned kLongestReportSeconds = 10;  // it may be the heap's or the loader's lock that is broken

const char* g_version = "";
std::atomic<bool> g_crashed{false};

int trace_signal() {
  return SIGRTMIN + 3;
}

const char* name_of_signal(int signal) {
  switch (signal) {
    case SIGSEGV:
      return "SIGSEGV";
    case SIGBUS:
      return "SIGBUS";
    case SIGFPE:
      return "SIGFPE";
    case SIGILL:
      return "SIGILL";
    case SIGABRT:
      return "SIGABRT";
    case SIGTRAP:
      return "SIGTRAP";
    case SIGSYS:
      return "SIGSYS";
    default:
      return "?";
  }
}

template <class... Args>
void write_line(fmt::format_string<Args...> format, Args&&... args) {
  std::array<char, 512> text;
  const auto out = fmt::format_to_n(text.data(), text.size(), format, std::forward<Args>(args)...);
  [[maybe_unused]] const auto written =
      ::write(log::sink(), text.data(), std::min<std::size_t>(out.size, text.size()));
}

// The thread, and for whom it works: what both reports begin with.
void write_place(std::string_view sentence) {
  std::array<char, 17> thread{};
  ::prctl(PR_GET_NAME, thread.data());
  const AtWork* at = AtWork::of_this_thread();
  const AtWork::Seen seen = at == nullptr ? AtWork::Seen{} : at->seen();
  write_line("{} thread={} session={} stage={} version={} pid={} unix_time={}\n", sentence, thread.data(),
             seen.session, seen.stage == nullptr ? "none" : seen.stage, g_version, ::getpid(),
             ::time(nullptr));
}

// Who crashes while another thread's report is written waits for that one's end.
void on_fatal(int signal, siginfo_t* info, void*) {
  static std::atomic<pthread_t> reporter;
  if (g_crashed.exchange(true)) {
    if (!pthread_equal(reporter.load(), pthread_self()))
      for (;;) ::pause();
  } else {
    reporter = pthread_self();
    ::alarm(kLongestReportSeconds);
    std::array<char, 96> sentence;
    const auto out = fmt::format_to_n(sentence.data(), sentence.size(),
                                      "[CRASH] {} ({}) code={} address=0x{:x}", name_of_signal(signal),
                                      signal, info->si_code, reinterpret_cast<std::uintptr_t>(info->si_addr));
    write_place({sentence.data(), std::min<std::size_t>(out.size, sentence.size())});
    write_trace(log::sink(), 1);
  }
  std::signal(signal, SIG_DFL);
  ::raise(signal);  // blocked until this returns
}

void on_trace_wanted(int) {
  const int error = errno;
  write_place("[WARN] where a thread is");
  write_trace(log::sink(), 1);
  errno = error;
}

}  // namespace

void install_crash_report(const char* version) {
  g_version = version;
  if (kSanitized) return;
  prepare_trace();
  struct sigaction fatal{};
  fatal.sa_sigaction = on_fatal;
  fatal.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (const int signal : kFatal) ::sigaction(signal, &fatal, nullptr);
  struct sigaction trace{};
  trace.sa_handler = on_trace_wanted;
  trace.sa_flags = SA_RESTART | SA_ONSTACK;
  ::sigaction(trace_signal(), &trace, nullptr);
}

void request_trace(pthread_t thread) {
  if (!kSanitized) ::pthread_kill(thread, trace_signal());
}

}  // namespace weir
