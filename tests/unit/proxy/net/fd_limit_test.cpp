// For whom the last descriptors are kept.
#include "proxy/net/fd_limit.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>

namespace weir::test {
namespace {

TEST_CASE("clients leave descriptors for servers, and both for the upkeep", "[fd_limit]") {
  for (const std::uint64_t limit :
       std::to_array<std::uint64_t>({0, 1, 12, 13, 64, 120, 256, 1024, 65536, 1048576})) {
    INFO(limit);
    CHECK(fd_share(limit, FdUse::upkeep) == limit);
    CHECK(fd_share(limit, FdUse::server) <= limit);
    CHECK(fd_share(limit, FdUse::client) <= fd_share(limit, FdUse::server));
    if (limit < 64) continue;
    CHECK(fd_share(limit, FdUse::server) <= limit - 12);
    CHECK(fd_share(limit, FdUse::client) < fd_share(limit, FdUse::server));
    CHECK(fd_share(limit, FdUse::client) > limit / 2);
  }
  CHECK(fd_share(1024, FdUse::server) == 992);
  CHECK(fd_share(1024, FdUse::client) == 868);
}

TEST_CASE("before the limit is known every descriptor may be used, and none that is not one", "[fd_limit]") {
  CHECK(fd_allowed(1'000'000, FdUse::client));
  CHECK_FALSE(fd_allowed(-1, FdUse::upkeep));
}

}  // namespace
}  // namespace weir::test
