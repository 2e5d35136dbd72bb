// The runtime layer: the configuration in force, and the workers that act by it.
//
// Belongs to the admin thread, but for start_workers() and stop_workers(): those belong to the control
// thread, which calls them while the admin thread waits or does not run (ControlCalls).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "admin/runtime_target.hpp"
#include "admin/stats/sources.hpp"
#include "proxy/process/part_checksums.hpp"
#include "proxy/process/tls_part.hpp"
#include "proxy/worker/fleet.hpp"

namespace weir {

class Runtime final : public RuntimeTarget, public StatsSources {
 public:
  // What settings mean beside the workers: addresses, accounts. An error refuses them; all is as before then.
  using SettingsEffect =
      std::function<Result<void, std::string>(const Settings& before, const Settings& now)>;

  // `states` outlives the runtime. `on_all_ended`: see Fleet.
  Runtime(std::shared_ptr<const Snapshot> snapshot, ServerStates& states, std::function<void()> on_all_ended);

  // Before anything is loaded.
  void set_effect(SettingsEffect effect) { effect_ = std::move(effect); }

  // Called on the admin thread with each snapshot that has come into force. Before anything is loaded.
  void set_on_loaded(std::function<void(const std::shared_ptr<const Snapshot>&)> on_loaded) {
    on_loaded_ = std::move(on_loaded);
  }
  // What a configuration means for TLS comes into force before the configuration. `published` is called, on
  // the admin thread, with what is new. Before anything is loaded.
  using TlsNews = std::function<void(const std::shared_ptr<const TlsContexts>&)>;
  void set_tls(TlsPart& tls, TlsNews published);
  // Reads certificates again. On an error all is as before.
  Result<void, std::string> reload_tls();
  // The monitor's decisions come into force if they are about the configuration that is (HealthWatch).
  void decide(ServerOverlay overlay, std::uint64_t loaded_as);
  // What the monitor tells; null without one. Outlives the runtime's last statistics.
  void set_monitor_board(const MonitorBoard* board) { monitor_board_ = board; }
  // The same of the admin port.
  void set_admin_logins(const AdminLogins* logins) { admin_logins_ = logins; }
  // Who is told of writers that refuse writes. Before the workers start.
  void set_on_refused_write(Fleet::ServerNews told) { fleet_->set_on_refused_write(std::move(told)); }
  // The same of servers that could not be connected to by their name.
  void set_on_unreachable(Fleet::ServerNews told) { fleet_->set_on_unreachable(std::move(told)); }

  // What workers, those to come included, know of stored functions.
  void publish_routines(std::shared_ptr<const RoutineCatalogs> routines) {
    fleet_->publish_routines(std::move(routines));
  }

  // The same of the addresses of servers' names.
  void publish_names(std::shared_ptr<const NameTable> names) { fleet_->publish_names(std::move(names)); }

  // As many as the settings in force say.
  void start_workers();
  // Ends all sessions. Idempotent.
  void stop_workers();
  bool has_workers() const { return fleet_->size() > 0; }
  // Never null; without workers between stop_workers() and start_workers().
  Fleet& workers() { return *fleet_; }
  void set_listeners_paused(bool paused) { listeners_paused_ = paused; }

  std::shared_ptr<const Snapshot> snapshot() const override { return snapshot_; }
  Result<std::shared_ptr<const Snapshot>, Complaints> load(Tables tables, Settings settings) override;
  // The same tables with other settings.
  Result<void, std::string> load_settings(const std::function<void(Settings&)>& change);

  Fleet* fleet() override { return has_workers() ? fleet_.get() : nullptr; }
  std::shared_ptr<const Snapshot> snapshot() override { return snapshot_; }
  const ServerStates& server_states() override { return states_; }
  std::vector<PartChecksum> checksums() override { return checksums_.parts(); }
  std::int64_t uptime_s() override;
  Instant now() override;
  bool listeners_paused() override { return listeners_paused_; }
  std::int64_t wall_clock_us() override;
  const MonitorBoard* monitor_board() override { return monitor_board_; }
  const AdminLogins* admin_logins() override { return admin_logins_; }

 private:
  void replace_fleet(std::size_t workers);
  void publish_tls(const Snapshot& snapshot);

  ServerStates& states_;
  const std::function<void()> on_all_ended_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::shared_ptr<const Snapshot> snapshot_;
  std::unique_ptr<Fleet> fleet_;
  SettingsEffect effect_;
  std::function<void(const std::shared_ptr<const Snapshot>&)> on_loaded_;
  TlsPart* tls_ = nullptr;
  TlsNews on_tls_;
  std::shared_ptr<const TlsContexts> published_tls_;
  PartChecksums checksums_;
  const MonitorBoard* monitor_board_ = nullptr;
  const AdminLogins* admin_logins_ = nullptr;
  std::atomic<bool> listeners_paused_{false};
};

}  // namespace weir
