#include "proxy/worker/memory_watch.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "protocol/base/log.hpp"
#include "proxy/worker/fleet.hpp"
#include "proxy/worker/worker.hpp"

namespace weir {
namespace {

constexpr std::uint64_t kMegabyte = 1 << 20;

struct Border {
  MemoryLevel level;
  std::uint64_t begins_pct, ends_pct;
};
constexpr Border kBorders[] = {{MemoryLevel::full, 95, 90}, {MemoryLevel::tight, 80, 75}};

std::uint64_t page_bytes() {
  return static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// Of the process's own group, in the unified hierarchy; as much as there is if it has no limit, or there is
// no group.
std::uint64_t group_limit() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (!line.starts_with("0::")) continue;
    std::uint64_t limit = 0;
    if (std::ifstream("/sys/fs/cgroup" + line.substr(3) + "/memory.max") >> limit) return limit;
  }
  return ~std::uint64_t{0};
}

std::uint64_t limit_of_machine() {
  const std::uint64_t physical = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * page_bytes();
  return std::min(physical, group_limit()) / 10 * 9;
}

}  // namespace

std::string_view to_text(MemoryLevel level) {
  switch (level) {
    case MemoryLevel::calm:
      return "calm";
    case MemoryLevel::tight:
      return "tight";
    case MemoryLevel::full:
      return "full";
  }
  return "?";
}

MemoryLevel judge_memory(std::uint64_t resident, std::uint64_t limit, MemoryLevel before) {
  for (const Border& border : kBorders) {
    const std::uint64_t pct = before >= border.level ? border.ends_pct : border.begins_pct;
    if (resident >= limit / 100 * pct) return border.level;
  }
  return MemoryLevel::calm;
}

std::uint64_t resident_memory() {
  std::uint64_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * page_bytes();
}

std::uint64_t memory_limit(const Settings& settings) {
  static const std::uint64_t of_machine = limit_of_machine();
  return settings.memory_limit_mb > 0 ? static_cast<std::uint64_t>(settings.memory_limit_mb) * kMegabyte
                                      : of_machine;
}

MemoryWatch::MemoryWatch(Worker& worker) : worker_(worker), next_look_(worker.loop().deadlines(), *this) {}

void MemoryWatch::start() {
  next_look_.set(worker_.loop().now() + kLookMs);
}

void MemoryWatch::on_deadline() noexcept {
  next_look_.set(worker_.loop().now() + kLookMs);
  Fleet& fleet = worker_.fleet();
  const std::uint64_t resident = resident_memory();
  const std::uint64_t limit = memory_limit(worker_.settings());
  const MemoryLevel before = fleet.memory_level();
  const MemoryLevel level = judge_memory(resident, limit, before);
  fleet.set_memory_level(level);
  const bool gave_up = level >= MemoryLevel::tight && fleet.query_cache().flush() > 0;
  // What has been given back since is kept for the next one who asks, and counts: nobody would be let in any
  // more.
  const bool is_due = level == MemoryLevel::full && next_trim_ <= worker_.loop().now();
  if (gave_up || level > before || is_due) {
    malloc_trim(0);
    next_trim_ = worker_.loop().now() + kTrimMs;
  }
  if (level == before) return;
  log::write(level > before ? log::Level::warn : log::Level::info, "memory is " + std::string(to_text(level)),
             {{"resident_mb", resident / kMegabyte}, {"limit_mb", limit / kMegabyte}});
}

}  // namespace weir
