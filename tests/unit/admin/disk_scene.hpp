// The layers of a test with a data directory: what a process sees that starts there.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "admin/disk_file.hpp"
#include "tests/unit/admin/layers_scene.hpp"

namespace weir {

struct DiskScene {
  explicit DiskScene(const std::string& directory, bool initial = false) {
    create_config_tables(store, "main");
    write_config_tables(store, "main", {}, defaults());
    auto opened = DiskFile::open(store, directory, initial);
    if (opened) {
      disk.emplace(std::move(*opened));
    } else {
      error = opened.error();
    }
    layers = std::make_unique<StoredLayers>(store, runtime, disk ? &*disk : nullptr, "");
  }

  // One server whose comment is `mark`.
  void set_mark(std::string_view mark) {
    store.run("DELETE FROM main.mysql_servers");
    store.run("INSERT INTO main.mysql_servers(hostname, comment) VALUES ('db1', '" + std::string(mark) +
              "')");
  }
  Moved save(std::string_view module = "MYSQL SERVERS") {
    return layers->move(*find_module(module), Layer::memory, Layer::disk);
  }
  // The mark on disk; "none" without a row.
  std::string mark() {
    const Rows found = store.rows("SELECT comment FROM disk.mysql_servers");
    return found.rows.empty() ? "none" : found.rows[0][0].value_or("NULL");
  }

  Store store;
  FakeRuntime runtime;
  std::optional<DiskFile> disk;  // empty: `error` says why
  std::string error;
  std::unique_ptr<StoredLayers> layers;
};

}  // namespace weir
