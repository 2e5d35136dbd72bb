// The layers of a test: tables in a store, and a runtime without workers.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "admin/config_tables.hpp"
#include "admin/stored_layers.hpp"
#include "router/config/variables.hpp"

namespace weir {

class FakeRuntime final : public RuntimeTarget {
 public:
  FakeRuntime() : snapshot_(*build_snapshot({}, defaults(), states_, nullptr)) {}
  std::shared_ptr<const Snapshot> snapshot() const override { return snapshot_; }
  Result<std::shared_ptr<const Snapshot>, Complaints> load(Tables tables, Settings settings) override {
    auto built = build_snapshot(std::move(tables), std::move(settings), states_, snapshot_);
    if (built) snapshot_ = *built;
    return built;
  }

 private:
  ServerStates states_;
  std::shared_ptr<const Snapshot> snapshot_;
};

struct LayersScene {
  explicit LayersScene(std::string config_file = {})
      : layers(store, runtime, nullptr, std::move(config_file)) {
    create_config_tables(store, "main");
    create_config_tables(store, "disk");
    write_config_tables(store, "main", {}, defaults());
    add_runtime_tables(store, runtime);
  }

  Moved move(std::string_view module, Layer from, Layer to) {
    return layers.move(*find_module(module), from, to);
  }
  Moved load(std::string_view module) { return move(module, Layer::memory, Layer::runtime); }
  // All rows, cells joined by commas.
  std::string text(std::string_view sql) {
    std::string text;
    for (const Row& row : store.rows(sql).rows) {
      text += text.empty() ? "" : "; ";
      for (std::size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : ",") + row[i].value_or("NULL");
    }
    return text;
  }

  Store store;
  FakeRuntime runtime;
  StoredLayers layers;
};

}  // namespace weir
