#include "admin/stats/stat_table.hpp"
#include "admin/stats/tables.hpp"
#include "proxy/worker/fleet.hpp"

namespace weir {
namespace {

Cell digest_or_null(const PinUse& use) {
  if (use.digest == 0) return std::nullopt;
  return digest_to_text(use.digest);
}

constexpr StatColumn<PinUse> kColumns[] = {
    {"cause", "VARCHAR NOT NULL PRIMARY KEY", [](const PinUse& p) { return to_cell(to_text(p.pin)); },
     "Why sessions keep their connections, as in stats_weir_sessions.pins."},
    {"sessions", "INT NOT NULL", [](const PinUse& p) { return to_cell(p.sessions); }, "That do so now."},
    {"times", "INT NOT NULL", [](const PinUse& p) { return to_cell(p.times); },
     "That a session came to do so since Weir's workers were started."},
    {"digest", "VARCHAR", [](const PinUse& p) { return digest_or_null(p); },
     "Of the latest statement that was the cause; NULL = none is known, or mysql-query_digests is off."},
    {"digest_text", "VARCHAR", [](const PinUse& p) { return text_or_null(p.text); },
     "Its text without values, as long as stats_mysql_query_digest has it."},
};

constexpr StatTable<PinUse> kTable{"stats_mysql_pins",
                                   "Why sessions keep their connections: one row per cause.", kColumns};

}  // namespace

std::vector<PinUse> pin_uses(StatsSources& sources) {
  std::vector<PinUse> sums = PinStats().uses();
  Fleet* fleet = sources.fleet();
  if (fleet == nullptr) return sums;
  const auto of_worker = [](Worker& worker) { return worker.pin_uses(); };
  for (std::vector<PinUse>& part : fleet->collect<std::vector<PinUse>>(of_worker)) {
    for (std::size_t i = 0; i < part.size(); ++i) {
      PinUse& sum = sums[i];
      sum.sessions += part[i].sessions;
      sum.times += part[i].times;
      if (part[i].latest_us <= sum.latest_us) continue;
      sum.latest_us = part[i].latest_us;
      sum.digest = part[i].digest;
      sum.text = std::move(part[i].text);
    }
  }
  return sums;
}

std::vector<LiveTable> pin_tables(Store&, StatsSources& sources) {
  return {live_table(kTable, [&sources] { return pin_uses(sources); })};
}

}  // namespace weir
