// bench_micro: the parts of a point select's way through the proxy, each by itself. Prints JSON: nanoseconds
// and allocations per call, and bytes read per microsecond where that says something.
//
// Under callgrind (bench/run.py --instructions) one case runs a given number of times, so that two runs tell
// the instructions per call.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "bench/micro/cases.hpp"
#include "bench/support/arguments.hpp"
#include "tests/support/allocation_count.hpp"

namespace weir::bench {
namespace {

constexpr std::string_view kUsage =
    "bench_micro: nanoseconds per call of the parts of a query.\n"
    "  --case NAME      only this one\n"
    "  --iterations N   exactly so often, and print nothing\n";

constexpr std::uint64_t kWarmUpCalls = 10'000;
constexpr std::uint64_t kTimedCalls = 100'000;
constexpr std::uint64_t kTimedBytes = 5'000'000;  // of long statements fewer calls do
constexpr int kRounds = 15;  // the fastest counts: everything else that runs here only adds

// Of the processor, so that waiting for it does not count.
double thread_time_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

struct Figures {
  double nanoseconds = 0;
  double allocations = 0;
};

Figures measure(const Case& one) {
  const std::uint64_t calls =
      one.bytes == 0 ? kTimedCalls : std::clamp<std::uint64_t>(kTimedBytes / one.bytes, 100, kTimedCalls);
  one.run(std::min(kWarmUpCalls, calls));
  Figures figures;
  for (int round = 0; round < kRounds; ++round) {
    const test::AllocationCount count;
    const double from = thread_time_ns();
    one.run(calls);
    const double each = (thread_time_ns() - from) / static_cast<double>(calls);
    if (round == 0 || each < figures.nanoseconds) figures.nanoseconds = each;
    figures.allocations = static_cast<double>(count.allocations()) / static_cast<double>(calls);
  }
  return figures;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (std::vector<Case> some : {query_cases(), route_cases(), packet_cases()})
    std::ranges::move(some, std::back_inserter(cases));
  return cases;
}

int run(int argc, char** argv) {
  Arguments arguments(argc, argv, kUsage);
  const std::string only = arguments.text("case", "");
  const std::uint64_t iterations = arguments.number("iterations", 0);
  arguments.no_more();
  const char* separator = "{";
  for (const Case& one : all_cases()) {
    if (!only.empty() && one.name != only) continue;
    if (iterations > 0) {
      one.run(iterations);
      continue;
    }
    const Figures figures = measure(one);
    std::printf("%s\"%s\": {\"ns\": %.1f, \"allocations\": %.3f", separator, one.name.c_str(),
                figures.nanoseconds, figures.allocations);
    if (one.bytes > 0)
      std::printf(", \"mb_per_s\": %.0f", static_cast<double>(one.bytes) * 1000 / figures.nanoseconds);
    std::printf("}");
    separator = ",\n ";
  }
  if (iterations == 0) std::printf("}\n");
  return 0;
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  return weir::bench::run(argc, argv);
}
