// What bench_micro measures: one function per subject, each a list of cases.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace weir::bench {

struct Case {
  std::string name;
  std::function<void(std::uint64_t times)> run;
  std::size_t bytes = 0;  // that one call reads, for throughput; 0 = does not matter
};

// Results go here, so that the compiler cannot do without them.
inline volatile std::uint64_t observed = 0;
inline void observe(std::uint64_t value) {
  observed = observed + value;
}

inline constexpr const char* kPointSelect = "SELECT c FROM sbtest1 WHERE id=50173";

std::vector<Case> query_cases();   // classifying, digests: short and long statements
std::vector<Case> route_cases();   // rules: few and many, seen before and new
std::vector<Case> packet_cases();  // trackers, an OK packet

}  // namespace weir::bench
