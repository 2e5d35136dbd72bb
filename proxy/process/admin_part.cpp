#include "proxy/process/admin_part.hpp"

#include "admin/config_tables.hpp"
#include "admin/metrics.hpp"
#include "admin/route_explainer.hpp"
#include "admin/stats/all.hpp"
#include "protocol/base/log.hpp"

namespace weir {

AdminPart::AdminPart(StartLayers& start, std::string config_file, Runtime& runtime, ProcessControl& process)
    : runtime_(runtime),
      layers_(start.store(), runtime, start.disk(), std::move(config_file)),
      executor_(tools(start, process)),
      server_(executor_, surroundings(start), start.snapshot()->settings()),
      metrics_(server_.loop(), [this] { return prometheus_text(runtime_); }) {
  runtime_.set_admin_logins(&server_.logins());
  add_runtime_tables(start.store(), runtime_);
  add_stats_tables(start.store(), runtime_);
}

CommandTools AdminPart::tools(StartLayers& start, ProcessControl& process) {
  CommandTools tools{.store = start.store(), .layers = layers_, .process = process};
  tools.metrics = [this] { return prometheus_text(runtime_); };
  tools.kill = [this](std::uint32_t id, KillTarget target) { return kill(id, target); };
  tools.clear_digests = [this] { return clear_digests(); };
  tools.flush_query_cache = [this] { return runtime_.workers().query_cache().flush(); };
  tools.explain_route = [this](const RouteQuestion& question) {
    return explain_route_for(runtime_, question, server_.loop().now());
  };
  tools.survey_topology = [this](const auto& from, auto done) { survey_(from, std::move(done)); };
  if (start.disk() != nullptr) tools.reopen_disk = [&disk = *start.disk()] { return disk.reopen(); };
  tools.read_only = [this] { return runtime_.snapshot()->settings().admin_read_only; };
  tools.set_read_only = [this](bool on) {
    const auto set = runtime_.load_settings([on](Settings& settings) { settings.admin_read_only = on; });
    if (!set) log::error("admin-read_only could not be set", {{"error", set.error()}});
  };
  return tools;
}

AdminSurroundings AdminPart::surroundings(StartLayers& start) {
  return {.next_session_id = [this] { return runtime_.workers().next_session_id(); },
          .rsa_key = [this] { return runtime_.workers().rsa_key(); },
          .live_reads = [&store = start.store()] { return store.live_reads(); }};
}

Result<void, std::string> AdminPart::start() {
  if (auto applied = metrics_.apply(runtime_.snapshot()->settings()); !applied) return applied;
  return server_.start();
}

void AdminPart::stop_listening() {
  server_.stop_listening();
  metrics_.close();
}

Result<void, std::string> AdminPart::apply(const Settings& before, const Settings& now) {
  if (auto applied = server_.on_settings(now); !applied) return applied;
  auto applied = metrics_.apply(now);
  if (applied) return applied;
  for (const auto& undone : {metrics_.apply(before), server_.on_settings(before)}) {
    if (!undone) log::error("a setting could not be taken back", {{"error", undone.error()}});
  }
  return applied;
}

bool AdminPart::kill(std::uint32_t id, KillTarget target) {
  if (runtime_.workers().kill(id, target == KillTarget::query)) return true;
  return target == KillTarget::connection && server_.kill(id);
}

std::size_t AdminPart::clear_digests() {
  std::size_t rows = 0;
  const auto cleared = runtime_.workers().collect<std::size_t>([](Worker& worker) {
    const std::size_t size = worker.digest_stats().size();
    worker.digest_stats().clear();
    return size;
  });
  for (const std::size_t size : cleared) rows += size;
  return rows;
}

}  // namespace weir
