#include "proxy/net/fd_limit.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <limits>

namespace weir {
namespace {

constexpr std::uint64_t kFewestForUpkeep = 12, kMostForUpkeep = 1024;

std::atomic<std::uint64_t> g_limit{std::numeric_limits<std::uint64_t>::max()};

}  // namespace

FdLimit raise_fd_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  const bool raised = setrlimit(RLIMIT_NOFILE, &limit) == 0;
  g_limit = raised ? limit.rlim_max : before;
  return {before, g_limit, limit.rlim_max};
}

std::uint64_t fd_share(std::uint64_t limit, FdUse use) {
  const std::uint64_t for_upkeep = std::min(limit, std::clamp(limit / 32, kFewestForUpkeep, kMostForUpkeep));
  if (use == FdUse::upkeep) return limit;
  return use == FdUse::server ? limit - for_upkeep : limit - for_upkeep - (limit - for_upkeep) / 8;
}

bool fd_allowed(int fd, FdUse use) {
  return fd >= 0 && static_cast<std::uint64_t>(fd) < fd_share(g_limit.load(std::memory_order_relaxed), use);
}

int open_reserved_fd() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

}  // namespace weir
