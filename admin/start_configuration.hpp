// The configuration Weir starts with: the file, if any, then the command line, built into a Snapshot.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/options.hpp"
#include "router/config/snapshot.hpp"

namespace weir {

struct StartConfiguration {
  std::string file;                          // that was read; empty = none
  std::shared_ptr<const Snapshot> snapshot;  // null if `complaints` holds an error
  Complaints complaints;                     // errors and warnings, in the order they were found
};

// Reads the file of --config, or the first default one that exists unless the command line names backends.
// `exists` tells whether a file is there. Without a file and without backends there is nothing to do, which
// is an error.
StartConfiguration read_start_configuration(const Options& options, ServerStates& states,
                                            const std::function<bool(const std::string&)>& exists);

}  // namespace weir
