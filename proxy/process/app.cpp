#include "proxy/process/app.hpp"

#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "proxy/net/fd_limit.hpp"
#include "proxy/net/service_notice.hpp"

namespace weir {
namespace {

constexpr std::uint16_t kClientPort = 6033;
constexpr Millis kLongestRotationMs = 5000;

std::unexpected<std::string> not_now(std::string_view why) {
  return std::unexpected(std::string(why));
}

}  // namespace

App::App(Loop& loop, StartLayers& start, std::string config_file, bool serve)
    : loop_(loop),
      calls_(loop_),
      listeners_(loop_, *this, "client port"),
      // The last session may end on any worker; what follows is ours.
      runtime_(start.snapshot(), start.server_states(),
               [this] { calls_.post([this] { leave_if_empty(); }); }),
      admin_(start, std::move(config_file), runtime_, *this),
      monitor_(
          [this](std::shared_ptr<const RoutineCatalogs> routines) {
            admin_.post([this, routines = std::move(routines)] { runtime_.publish_routines(routines); });
          },
          [this](ServerOverlay overlay) {
            admin_.post([this, overlay = std::move(overlay)] { runtime_.decide(overlay); });
          },
          [this](std::shared_ptr<const NameTable> names) {
            admin_.post([this, names = std::move(names)] { runtime_.publish_names(names); });
          }),
      drain_deadline_(loop_.deadlines(), *this),
      serve_(serve) {
  runtime_.set_effect([this](const Settings& before, const Settings& now) { return apply(before, now); });
  if (const DiskFile* disk = start.disk(); disk != nullptr) {
    const auto directory = std::filesystem::path(disk->path()).parent_path();
    runtime_.workers().query_log().set_directory(directory.string());
  }
  runtime_.set_monitor_board(&monitor_.board());
  runtime_.set_on_refused_write(
      [this](const ServerState& server) { monitor_.on_refused_write({server.hostname, server.port}); });
  runtime_.set_on_unreachable(
      [this](const ServerState& server) { monitor_.on_unreachable(server.hostname); });
  admin_.set_survey([this](const std::optional<HostPort>& from, auto done) {
    const auto host = from ? std::optional(Host{from->host, from->port}) : std::nullopt;
    monitor_.survey(survey_plan(*runtime_.snapshot(), host),
                    [this, done = std::move(done)](Result<Topology, std::string> found) {
                      admin_.post([done, found = std::move(found)] { done(found); });
                    });
  });
  runtime_.set_on_loaded(
      [this](const std::shared_ptr<const Snapshot>& snapshot) { monitor_.adopt(snapshot); });
}

App::Ending App::run() {
  const FdLimit limit = raise_fd_limit();
  if (runtime_.snapshot()->users_part().users.empty()) log::warn("no user is configured: nobody can log in");
  const Settings settings =
      runtime_.snapshot()->settings();  // admin_.start() gives the admin thread the snapshot
  monitor_.adopt(runtime_.snapshot());
  if (serve_) runtime_.start_workers();
  const std::size_t workers = runtime_.workers().size();
  auto started = admin_.start();
  if (started && serve_) started = open_data_port(settings);
  if (started) {
    monitor_.start();
    log::info("ready", {{"workers", workers}, {"descriptors", limit.now}});
    notify_service(kServiceReady);
    loop_.run();
  } else {
    log::error("cannot start", {{"error", started.error()}});
    ending_ = Ending::failed;
  }
  calls_.close();  // the admin thread may be waiting for us
  monitor_.stop();
  admin_.stop();
  const std::uint64_t questions = runtime_.workers().total(&WorkerStats::questions);
  stop_serving();
  log::info("stopped", {{"questions", questions}});
  return ending_;
}

// One listener that cannot be had is an error: an application that cannot connect is worse off than an
// operator who reads why.
Result<void, std::string> App::listen(const Settings& settings) {
  const auto wanted = listen_addresses("mysql-interfaces", settings.interfaces, kClientPort);
  if (!wanted) return std::unexpected(wanted.error());
  if (wanted->empty()) return not_now("mysql-interfaces names no address");
  return listeners_.listen_on(*wanted);
}

Result<void, std::string> App::start_serving() {
  runtime_.start_workers();
  auto listening = open_data_port(runtime_.snapshot()->settings());
  if (!listening) runtime_.stop_workers();
  return listening;
}

Result<void, std::string> App::open_data_port(const Settings& settings) {
  auto listening = listen(settings);
  if (listening) data_port_ = DataPort::open;
  return listening;
}

void App::stop_serving() {
  listeners_.close();
  runtime_.stop_workers();
  runtime_.set_listeners_paused(false);
  data_port_ = DataPort::stopped;
}

void App::on_accepted(int fd, const Address& peer) noexcept {
  runtime_.workers().add_client({fd, peer, Address::local_of(fd)});
}

void App::on_accept_failed(NetError why, int refused) noexcept {
  std::int64_t suppressed = 0;
  if (!accept_failures_.allow(loop_.now(), &suppressed)) return;
  log::error("cannot accept clients", {{"error", why.text()}, {"refused", refused}, {"earlier", suppressed}});
}

// ---- the end

void App::on_signal(int signal) noexcept {
  if (signal == SIGHUP || signal == SIGUSR1) {
    notify_service(kServiceReloading);
    runtime_.workers().query_log().rotate();
    if (const auto reopened = reopen_log(); !reopened) log::error(reopened.error());
    return notify_service(draining_ ? kServiceStopping : kServiceReady);
  }
  if (draining_) return loop_.stop();
  drain();
}

void App::drain() {
  draining_ = true;
  log::info("draining", {{"sessions", runtime_.workers().sessions_connected()}, {"at_most_ms", kDrainMs}});
  notify_service(kServiceStopping);
  listeners_.close();
  drain_deadline_.set(loop_.now() + kDrainMs);
  runtime_.workers().drain();
  leave_if_empty();
}

void App::leave_if_empty() {
  if (draining_ && runtime_.workers().sessions_connected() == 0) loop_.stop();
}

void App::on_deadline() noexcept {
  log::warn("sessions were still busy", {{"sessions", runtime_.workers().sessions_connected()}});
  loop_.stop();
}

void App::leave(Ending ending) {
  notify_service(ending == Ending::restart ? kServiceReloading : kServiceStopping);
  ending_ = ending;
  loop_.stop();
}

// ---- the admin thread

// Addresses that are gone close, and sessions that came in by them stay.
Result<void, std::string> App::apply(const Settings& before, const Settings& now) {
  if (now.eventslog_filename != before.eventslog_filename) {
    if (auto possible = runtime_.workers().query_log().check(now); !possible) return possible;
  }
  if (auto applied = admin_.apply(before, now); !applied) return applied;
  if (now.interfaces == before.interfaces) return {};
  auto moved = calls_.run([this, &now]() -> Result<void, std::string> {
    if (data_port_ != DataPort::open || draining_) return {};
    return listen(now);
  });
  if (moved) return moved;
  if (const auto undone = admin_.apply(now, before); !undone)
    log::error("a setting could not be taken back", {{"error", undone.error()}});
  return moved;
}

Result<void, std::string> App::pause() {
  return calls_.run([this]() -> Result<void, std::string> {
    if (draining_) return not_now("Weir is ending");
    if (data_port_ == DataPort::stopped) return not_now("stopped: there is nothing to pause");
    if (data_port_ == DataPort::paused) return not_now("already paused");
    listeners_.close();
    data_port_ = DataPort::paused;
    runtime_.set_listeners_paused(true);
    return {};
  });
}

Result<void, std::string> App::resume() {
  return calls_.run([this]() -> Result<void, std::string> {
    if (draining_) return not_now("Weir is ending");
    if (data_port_ != DataPort::paused) return not_now("not paused");
    if (auto listening = listen(runtime_.snapshot()->settings()); !listening) return listening;
    data_port_ = DataPort::open;
    runtime_.set_listeners_paused(false);
    return {};
  });
}

Result<void, std::string> App::stop() {
  return calls_.run([this]() -> Result<void, std::string> {
    if (draining_) return not_now("Weir is ending");
    if (data_port_ == DataPort::stopped) return not_now("already stopped");
    stop_serving();
    return {};
  });
}

Result<void, std::string> App::start() {
  return calls_.run([this]() -> Result<void, std::string> {
    if (draining_) return not_now("Weir is ending");
    if (data_port_ != DataPort::stopped) return not_now("already started");
    return start_serving();
  });
}

void App::restart() {
  calls_.post([this] {
    if (!draining_) leave(Ending::restart);
  });
}

void App::shut_down(bool orderly) {
  calls_.post([this, orderly] {
    if (!orderly) return leave(Ending::stopped);
    if (!draining_) drain();
  });
}

void App::exit_now() {
  ::_exit(0);
}

Result<void, std::string> App::reopen_logs() {
  auto reopened = reopen_log();
  // Clients hear of the end of a statement just before the query log does.
  runtime_.workers().collect<int>([](Worker&) { return 0; });
  auto rotated = runtime_.workers().query_log().rotate_and_wait(kLongestRotationMs);
  return reopened ? rotated : reopened;
}

Result<void, std::string> App::reopen_log() {
  if (log::reopen()) return {};
  return std::unexpected("the log file cannot be reopened");
}

}  // namespace weir
