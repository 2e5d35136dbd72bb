#include "protocol/base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace weir {

void check_failed(const char* condition, const char* why, const char* file, int line) noexcept {
  std::fprintf(stderr, "weir: internal error: %s (%s) at %s:%d\n", why, condition, file, line);
  std::abort();
}

}  // namespace weir
