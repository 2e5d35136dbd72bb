// A ring of lines: what goes in comes out, in order, and what does not fit is refused.
#include "proxy/query_log/line_ring.hpp"

#include <catch2/catch.hpp>
#include <thread>

namespace weir {
namespace {

std::string taken(LineRing& ring) {
  std::string lines;
  ring.take(lines);
  return lines;
}

TEST_CASE("lines come out once, in order, over the end of the memory", "[query_log]") {
  LineRing ring(16);
  CHECK(taken(ring).empty());
  for (int i = 0; i < 20; ++i) {
    CAPTURE(i);
    CHECK(ring.put("abcde\n"));
    CHECK(ring.put("fgh\n"));
    CHECK(taken(ring) == "abcde\nfgh\n");
    CHECK(taken(ring).empty());
  }
}

TEST_CASE("a ring takes as much as it has room for", "[query_log]") {
  LineRing ring(16);
  CHECK(!ring.put("0123456789abcdef\n"));
  CHECK(ring.put("0123456789abcde\n"));
  CHECK(!ring.put("\n"));
  CHECK(ring.half_full());
  CHECK(taken(ring) == "0123456789abcde\n");
  CHECK(ring.put("\n"));
  CHECK(!ring.half_full());
}

TEST_CASE("two threads lose nothing and mix nothing", "[query_log]") {
  LineRing ring(256);
  constexpr int kLines = 20'000;
  std::thread writer([&] {
    for (int i = 0; i < kLines; ++i) {
      const std::string line = std::to_string(i) + "\n";
      while (!ring.put(line)) std::this_thread::yield();
    }
  });
  std::string lines;
  const std::string last = "\n" + std::to_string(kLines - 1) + "\n";
  while (!lines.ends_with(last)) {
    const std::size_t before = lines.size();
    ring.take(lines);
    if (lines.size() == before) std::this_thread::yield();
  }
  writer.join();
  std::string expected;
  for (int i = 0; i < kLines; ++i) expected += std::to_string(i) + "\n";
  CHECK((lines == expected));
}

}  // namespace
}  // namespace weir
