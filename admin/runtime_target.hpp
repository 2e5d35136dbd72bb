// Where configurations come into force: the process, seen from the layers.
#pragma once

#include <memory>

#include "protocol/base/result.hpp"
#include "router/config/settings.hpp"
#include "router/config/snapshot.hpp"
#include "router/config/tables.hpp"

namespace weir {

// Called on the admin thread.
class RuntimeTarget {
 public:
  virtual ~RuntimeTarget() = default;
  // The configuration in force; never null.
  virtual std::shared_ptr<const Snapshot> snapshot() const = 0;
  // Checks and builds all of it (build_snapshot) and publishes it: when this returns, every worker uses it.
  // On error, the complaints, and nothing has changed.
  virtual Result<std::shared_ptr<const Snapshot>, Complaints> load(Tables tables, Settings settings) = 0;
};

}  // namespace weir
