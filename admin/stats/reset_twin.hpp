// A table of counters and its _reset twin, which starts them anew when it is read.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "admin/stats/stat_table.hpp"

namespace weir {

// What is read from the workers: left as it is, or taken out, so that counting starts at zero.
enum class Reading { copy, take };

// The table, and the same with _reset behind its name. A statement that reads both sees what was taken in
// both; if it reads the plain one first, the other has what was counted in between, too: nothing is lost.
template <class Source>
std::vector<LiveTable> table_and_reset_twin(Store& store, const StatTable<Source>& table,
                                            std::function<std::vector<Source>(Reading)> collect) {
  struct Taken {
    std::uint64_t statement = 0;
    std::vector<Source> rows{};
  };
  const auto taken = std::make_shared<Taken>();
  const auto plain = [&store, taken, collect] {
    if (taken->statement == store.statement_number()) return taken->rows;
    *taken = {};
    return collect(Reading::copy);
  };
  const auto reset = [&store, taken, collect] {
    *taken = {store.statement_number(), collect(Reading::take)};
    return taken->rows;
  };
  return {live_table(table, plain),
          live_table(table, std::string(table.name) + "_reset",
                     std::string(table.doc) + " Reading it starts the counters anew.", reset)};
}

}  // namespace weir
