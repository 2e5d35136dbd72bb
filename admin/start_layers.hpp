// The four layers as a start finds and leaves them: where the configuration in force comes from.
//
// A configuration on disk counts, and the file is a seed: it is read if the disk layer holds nothing yet,
// with --initial (the disk layer is put aside first), and with --reload (it is merged into the disk layer).
// The command line is added to memory and runtime, never to disk.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "admin/disk_file.hpp"
#include "admin/start_configuration.hpp"
#include "admin/store.hpp"
#include "proxy/options.hpp"
#include "router/backend/server.hpp"
#include "router/config/complaint.hpp"
#include "router/config/snapshot.hpp"

namespace weir {

class StartLayers {
 public:
  StartLayers() = default;
  StartLayers(const StartLayers&) = delete;
  StartLayers& operator=(const StartLayers&) = delete;

  // Opens the disk layer in `datadir` (empty = there is none), fills memory, and builds what is to run.
  // False: `complaints()` has errors, and the disk layer is as it was. What is wrong in a configuration on
  // disk does not keep Weir from starting: those rows and variables are left out at runtime, and complained
  // of.
  bool open(const Options& options, const std::string& datadir, const StartFile& file);

  Store& store() { return store_; }
  DiskFile* disk() { return disk_ ? &*disk_ : nullptr; }
  ServerStates& server_states() { return states_; }
  const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }  // null until open()
  const Complaints& complaints() const { return complaints_; }
  // Where the configuration came from, for the log: "weir.cnf", "/var/lib/weir/weir.db", "command line".
  const std::string& origin() const { return origin_; }

 private:
  bool open_disk(const std::string& datadir, bool initial);
  void begin_with_disk(const Options& options, const StartFile& file);
  bool begin_with_file(const Options& options, const StartFile& file);
  void merge(const ConfigFile& file);
  bool build(Tables tables, Settings settings);
  void keep_on_disk(const Tables& tables, const Settings& settings);
  void fail(std::string text);

  ServerStates states_;
  Store store_;
  std::optional<DiskFile> disk_;
  std::shared_ptr<const Snapshot> snapshot_;
  Complaints complaints_;
  std::string origin_;
};

}  // namespace weir
