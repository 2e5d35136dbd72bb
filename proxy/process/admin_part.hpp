// The admin port, assembled: tables, layers, commands, statistics, and the server that asks them.
//
// Made and started on the control thread; what it serves runs on the admin thread, its own.
#pragma once

#include <string>

#include "admin/metrics_http.hpp"
#include "admin/process_control.hpp"
#include "admin/server.hpp"
#include "admin/sql_executor.hpp"
#include "admin/start_layers.hpp"
#include "admin/stored_layers.hpp"
#include "proxy/process/runtime.hpp"

namespace weir {

class AdminPart {
 public:
  // All of them outlive it. `config_file`: what LOAD ... FROM CONFIG reads; empty = nothing.
  AdminPart(StartLayers& start, std::string config_file, Runtime& runtime, ProcessControl& process);

  // How servers are asked who replicates from whom. Before start().
  void set_survey(decltype(CommandTools::survey_topology) survey) { survey_ = std::move(survey); }

  // Listens, and starts the thread. A sentence if an address cannot be had.
  Result<void, std::string> start();
  // Admin thread: sessions stay.
  void stop_listening();
  // Waits for the statement that is under way. Idempotent.
  void stop() { server_.stop(); }

  // Any thread: `task` runs on the admin thread; dropped if that does not run any more.
  void post(Task task) { server_.post(std::move(task)); }

  // Before start(), or on the admin thread: with what TLS begins on the admin port.
  void set_tls(const std::shared_ptr<const TlsContexts>& tls) { server_.loop().set_tls(tls); }

  // Admin thread: accounts, addresses and metrics follow the settings. On an error all is as before.
  Result<void, std::string> apply(const Settings& before, const Settings& now);

 private:
  CommandTools tools(StartLayers& start, ProcessControl& process);
  AdminSurroundings surroundings(StartLayers& start);
  bool kill(std::uint32_t id, KillTarget target);
  std::size_t clear_digests();

  Runtime& runtime_;
  decltype(CommandTools::survey_topology) survey_;
  StoredLayers layers_;
  SqlExecutor executor_;
  AdminServer server_;
  MetricsHttp metrics_;
};

}  // namespace weir
