// The four layers: a configuration file, SQLite's disk and main, and the snapshot in force.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "admin/disk_file.hpp"
#include "admin/layers.hpp"
#include "admin/runtime_target.hpp"
#include "admin/store.hpp"

namespace weir {

class StoredLayers final : public Layers {
 public:
  // `store` has the tables of create_config_tables() in main and disk. `disk` null = this process has no data
  // directory: moves to and from disk are errors. `config_file` empty = there is none. All must outlive it.
  StoredLayers(Store& store, RuntimeTarget& target, DiskFile* disk, std::string config_file)
      : store_(store), target_(target), disk_(disk), config_file_(std::move(config_file)) {}

  Moved move(const Module& module, Layer from, Layer to) override;
  Moved load_user(std::string_view username) override;
  std::vector<Difference> diff(Layer left, Layer right) override;
  std::vector<std::string_view> pending() override;
  std::string as_config_file() override;

 private:
  Moved memory_to_runtime(const Module& module);
  Moved runtime_to_memory(const Module& module);
  Moved memory_to_disk(const Module& module);
  Moved disk_to_memory(const Module& module);
  Moved file_to_memory(const Module& module);
  std::size_t copy_tables(const Module& module, std::string_view from, std::string_view to);
  // Publishes; keeps of the complaints what concerns `tables`, or is new.
  Moved publish(Tables tables, Settings settings, Moved moved, const Module& module);

  Store& store_;
  RuntimeTarget& target_;
  DiskFile* disk_;
  std::string config_file_;

  // pending(), as of these.
  std::uint64_t compared_changes_ = 0;
  std::shared_ptr<const Snapshot> compared_snapshot_;
  std::vector<std::string_view> pending_;
};

}  // namespace weir
