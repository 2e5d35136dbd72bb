#include "proxy/net/fd_limit.hpp"

#include <sys/resource.h>

namespace weir {

FdLimit raise_fd_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  const bool raised = setrlimit(RLIMIT_NOFILE, &limit) == 0;
  return {before, raised ? limit.rlim_max : before, limit.rlim_max};
}

}  // namespace weir
