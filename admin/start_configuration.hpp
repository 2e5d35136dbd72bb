// The configuration file that Weir starts with, and what it makes together with the command line.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "admin/config_file.hpp"
#include "proxy/options.hpp"
#include "router/config/snapshot.hpp"

namespace weir {

struct StartFile {
  std::string path;     // that was read; empty = none
  ConfigFile contents;  // defaults without a file; its complaints are those of reading it
};

// Reads the file of --config, or the first default one that exists unless the command line names backends.
// `exists` tells whether a file is there. Without a file, backends, or a data directory that may hold a
// configuration, there is nothing to do, which is an error.
StartFile read_start_file(const Options& options, const std::function<bool(const std::string&)>& exists);

struct StartConfiguration {
  std::string file;                          // that was read; empty = none
  std::shared_ptr<const Snapshot> snapshot;  // null if `complaints` holds an error
  Complaints complaints;                     // errors and warnings, in the order they were found
};

// What --check looks at: the file and then the command line, whatever a data directory holds.
StartConfiguration read_start_configuration(const Options& options, ServerStates& states,
                                            const std::function<bool(const std::string&)>& exists);

}  // namespace weir
