#include "proxy/process/runtime.hpp"

#include <algorithm>
#include <ctime>
#include <thread>

namespace weir {
namespace {

std::size_t worker_count(const Settings& settings) {
  if (settings.threads > 0) return static_cast<std::size_t>(settings.threads);
  return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace

Runtime::Runtime(std::shared_ptr<const Snapshot> snapshot, ServerStates& states,
                 std::function<void()> on_all_ended)
    : states_(states),
      on_all_ended_(std::move(on_all_ended)),
      snapshot_(std::move(snapshot)),
      fleet_(std::make_unique<Fleet>(snapshot_, 0, on_all_ended_)) {
  checksums_.on_load(*snapshot_, nullptr, std::time(nullptr));
}

void Runtime::start_workers() {
  replace_fleet(worker_count(snapshot_->settings()));
  fleet_->start();
}

void Runtime::stop_workers() {
  fleet_->stop();
  replace_fleet(0);
}

void Runtime::replace_fleet(std::size_t workers) {
  auto next = std::make_unique<Fleet>(snapshot_, workers, on_all_ended_);
  next->succeed(*fleet_);
  fleet_ = std::move(next);
}

Result<std::shared_ptr<const Snapshot>, Complaints> Runtime::load(Tables tables, Settings settings) {
  auto built = build_snapshot(std::move(tables), std::move(settings), states_, snapshot_);
  if (!built) return built;
  const std::shared_ptr<const Snapshot> before = snapshot_;  // destroyed here, and not by a worker
  if (Complaints found = TlsPart::check_rows(*before, **built); !found.empty())
    return std::unexpected(std::move(found));
  const Settings& now = (*built)->settings();
  if (effect_ && now != before->settings()) {
    if (auto taken = effect_(before->settings(), now); !taken) {
      return std::unexpected(Complaints{{.table = std::string(kVariablesTable.name),
                                         .row = 0,
                                         .column = {},
                                         .text = std::move(taken.error())}});
    }
  }
  publish_tls(**built);
  snapshot_ = *built;
  fleet_->publish(snapshot_);
  checksums_.on_load(*snapshot_, before.get(), std::time(nullptr));
  if (on_loaded_) on_loaded_(snapshot_);
  return snapshot_;
}

void Runtime::decide(ServerOverlay overlay, std::uint64_t loaded_as) {
  if (loaded_as != snapshot_->loaded_as()) return;
  const std::shared_ptr<const Snapshot> before = snapshot_;  // destroyed here, and not by a worker
  snapshot_ = with_overlay(*before, std::move(overlay), states_);
  publish_tls(*snapshot_);
  fleet_->publish(snapshot_);
  if (on_loaded_) on_loaded_(snapshot_);
}

void Runtime::set_tls(TlsPart& tls, TlsNews published) {
  tls_ = &tls;
  on_tls_ = std::move(published);
  publish_tls(*snapshot_);
}

Result<void, std::string> Runtime::reload_tls() {
  if (tls_ == nullptr) return {};
  auto reloaded = tls_->reload(*snapshot_);
  if (reloaded) publish_tls(*snapshot_);
  return reloaded;
}

void Runtime::publish_tls(const Snapshot& snapshot) {
  if (tls_ == nullptr) return;
  const auto& now = tls_->follow(snapshot);
  if (now == published_tls_) return;
  published_tls_ = now;
  fleet_->publish_tls(now);
  on_tls_(now);
}

Result<void, std::string> Runtime::load_settings(const std::function<void(Settings&)>& change) {
  Settings settings = snapshot_->settings();
  change(settings);
  const auto loaded = load(snapshot_->tables(), std::move(settings));
  if (loaded) return {};
  return std::unexpected(to_text(loaded.error().front()));
}

// Loops count the milliseconds of this clock, too.
Instant Runtime::now() {
  const auto since_boot = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_boot).count();
}

std::int64_t Runtime::wall_clock_us() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count();
}

std::int64_t Runtime::uptime_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started_)
      .count();
}

}  // namespace weir
