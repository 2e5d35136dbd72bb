#include "proxy/process/app.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "proxy/net/fd_limit.hpp"
#include "proxy/net/listeners.hpp"
#include "proxy/net/listening_sockets.hpp"
#include "proxy/net/service_notice.hpp"

namespace weir {
namespace {

constexpr std::uint16_t kClientPort = 6033;
constexpr Millis kLongestRotationMs = 5000;
constexpr Millis kStartPatienceMs = 60'000;  // a worker that has just been made is slow at most

std::string directory_of(StartLayers& start) {
  const DiskFile* disk = start.disk();
  return disk == nullptr ? std::string() : std::filesystem::path(disk->path()).parent_path().string();
}

std::unexpected<std::string> not_now(std::string_view why) {
  return std::unexpected(std::string(why));
}

}  // namespace

App::App(Loop& loop, StartLayers& start, AppPlace place)
    : loop_(loop),
      calls_(loop_),
      tls_(directory_of(start)),
      // The last session may end on any worker; what follows is ours.
      runtime_(start.snapshot(), start.server_states(),
               [this] { calls_.post([this] { leave_if_empty(); }); }),
      admin_(start, place.config_file, runtime_, *this),
      monitor_(
          [this](std::shared_ptr<const RoutineCatalogs> routines) {
            admin_.post([this, routines = std::move(routines)] { runtime_.publish_routines(routines); });
          },
          [this](ServerOverlay overlay, std::uint64_t loaded_as) {
            admin_.post(
                [this, overlay = std::move(overlay), loaded_as] { runtime_.decide(overlay, loaded_as); });
          },
          [this](std::shared_ptr<const NameTable> names) {
            admin_.post([this, names = std::move(names)] { runtime_.publish_names(names); });
          }),
      drain_deadline_(loop_.deadlines(), *this),
      watchdog_(loop_),
      place_(std::move(place)),
      door_(loop_, *this) {
  if (place_.predecessor != nullptr)
    runtime_.workers().begin_session_ids(place_.predecessor->next_session_id());
  runtime_.set_effect([this](const Settings& before, const Settings& now) { return apply(before, now); });
  if (const std::string directory = directory_of(start); !directory.empty())
    runtime_.workers().query_log().set_directory(directory);
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
  runtime_.set_on_loaded([this](const std::shared_ptr<const Snapshot>& snapshot) {
    monitor_.adopt(snapshot);
    calls_.post([this, snapshot] { use(snapshot->settings()); });
  });
  use(runtime_.snapshot()->settings());
  if (service_watches()) watchdog_.set_on_well([this] { tell_service(kServiceAlive); });
}

void App::use(const Settings& settings) {
  watchdog_.set_limit(settings.watchdog_time);
  shutdown_drain_time_ = settings.shutdown_drain_time;
  takeover_drain_time_ = settings.takeover_drain_time;
}

App::Ending App::run() {
  const FdLimit limit = raise_fd_limit();
  runtime_.workers().limit_newcomers(fd_share(limit.now, FdUse::client) / 2);
  if (runtime_.snapshot()->users_part().users.empty()) log::warn("no user is configured: nobody can log in");
  const Settings settings =
      runtime_.snapshot()->settings();  // admin_.start() gives the admin thread the snapshot
  auto started = tls_.open();
  runtime_.set_tls(tls_, [this](const std::shared_ptr<const TlsContexts>& tls) {
    admin_.set_tls(tls);
    monitor_.adopt_tls(tls);
  });
  monitor_.adopt(runtime_.snapshot());
  if (place_.serve) start_workers();
  const std::size_t workers = runtime_.workers().size();
  if (started) started = admin_.start();
  if (started && place_.serve) started = open_data_port(settings);
  if (started && place_.predecessor != nullptr) started = take_over();
  if (started) {
    open_door();
    monitor_.start();
    watch_threads();
    if (place_.serve) runtime_.workers().accept_clients();
    log::info("ready", {{"workers", workers}, {"descriptors", limit.now}});
    tell_service(kServiceReady);
    loop_.run();
  } else {
    log::error("cannot start", {{"error", started.error()}});
    ending_ = Ending::failed;
  }
  runtime_.workers().stop_listening(0);
  watchdog_.forget();
  door_.close();
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
Result<void, std::string> App::listen(const Settings& settings, Millis patience_ms) {
  const auto wanted = listen_addresses("mysql-interfaces", settings.interfaces, kClientPort);
  if (!wanted) return std::unexpected(wanted.error());
  if (wanted->empty()) return not_now("mysql-interfaces names no address");
  return runtime_.workers().listen_on(*wanted, patience_ms);
}

// They can serve when there is the key that passwords come by without TLS: who is quick would be denied.
void App::start_workers() {
  runtime_.start_workers();
  runtime_.workers().wait_for_key();
}

Result<void, std::string> App::start_serving() {
  start_workers();
  auto listening = open_data_port(runtime_.snapshot()->settings());
  if (!listening) runtime_.stop_workers();
  watch_threads();
  if (listening) runtime_.workers().accept_clients();
  return listening;
}

Result<void, std::string> App::open_data_port(const Settings& settings) {
  auto listening = listen(settings, kStartPatienceMs);
  if (listening) data_port_ = DataPort::open;
  return listening;
}

void App::watch_threads() {
  std::vector<Watchdog::Thread> threads = runtime_.workers().threads();
  threads.push_back(monitor_.thread());
  watchdog_.watch(std::move(threads));
}

void App::stop_serving() {
  watchdog_.forget();
  runtime_.stop_workers();
  runtime_.set_listeners_paused(false);
  data_port_ = DataPort::stopped;
}

// ---- one Weir in the place of another

Result<void, std::string> App::take_over() {
  if (auto taken = place_.predecessor->finish(); !taken) return taken;
  for (const Address& address : ListeningSockets::of_process().drop_inherited())
    log::warn("nobody listens there any more", {{"address", address.text()}});
  log::info("taken over");
  if (const auto named = place_.take_name(); !named)  // too late to go back: the other one serves nobody new
    log::error("the pid file cannot be written", {{"error", named.error()}});
  return {};
}

void App::open_door() {
  if (place_.door.empty()) return;
  if (const auto open = door_.open(place_.door); !open)
    log::warn("no other Weir will be able to take over", {{"error", open.error()}});
}

// Far beyond those that are yet to come here.
std::uint32_t App::next_session_id() {
  constexpr std::uint32_t kApart = 1'000'000;
  return runtime_.workers().next_session_id() + kApart;
}

void App::start_successor() {
  if (draining_) return log::warn("no other Weir is started: this one is ending");
  if (place_.door.empty())
    return log::warn("no other Weir is started: without a data directory it could not take over");
  if (const auto started = place_.successor->start(); !started)
    log::error("no other Weir is started", {{"error", started.error()}});
}

// The admin thread closes its own listeners. Of the service, `pid` is now the process that counts
// (sd_notify(3)).
void App::on_taken_over(int pid) noexcept {
  if (pid > 0) tell_service(fmt::format("MAINPID={}", pid));
  taken_over_ = true;
  ListeningSockets::of_process().hand_over();
  door_.close();
  runtime_.workers().stop_listening();
  place_.give_up_name();
  monitor_.retire();
  draining_ = retiring_ = true;
  log::info("another Weir has taken over", {{"sessions", runtime_.workers().sessions_connected()}});
  runtime_.workers().retire();
  drain_deadline_.set(loop_.now() + takeover_drain_time_);
  admin_.post([this] { admin_.stop_listening(); });
  leave_if_empty();
}

// Nobody's business any more once another process is the service.
void App::tell_service(std::string_view state) const {
  if (!taken_over_) notify_service(state);
}

// ---- the end

void App::on_signal(int signal) noexcept {
  if (signal == SIGUSR2) return start_successor();
  if (signal == SIGHUP || signal == SIGUSR1) {
    tell_service(kServiceReloading);
    runtime_.workers().query_log().rotate();
    if (const auto reopened = reopen_log(); !reopened) log::error(reopened.error());
    return tell_service(draining_ ? kServiceStopping : kServiceReady);
  }
  if (draining_ && !retiring_) return loop_.stop();
  drain();
}

void App::drain() {
  if (ending_ == Ending::restart) ending_ = Ending::stopped;  // it was told to end after that
  draining_ = true;
  retiring_ = false;
  log::info("draining",
            {{"sessions", runtime_.workers().sessions_connected()}, {"at_most_ms", shutdown_drain_time_}});
  tell_service(kServiceStopping);
  drain_deadline_.set(loop_.now() + shutdown_drain_time_);
  runtime_.workers().drain();
  runtime_.workers().stop_listening();
  leave_if_empty();
}

void App::leave_if_empty() {
  if (draining_ && runtime_.workers().sessions_connected() == 0) loop_.stop();
}

void App::on_deadline() noexcept {
  if (retiring_) return drain();
  log::warn("sessions were still busy", {{"sessions", runtime_.workers().sessions_connected()}});
  loop_.stop();
}

void App::leave(Ending ending) {
  tell_service(ending == Ending::restart ? kServiceReloading : kServiceStopping);
  ending_ = ending;
  loop_.stop();
}

// ---- the admin thread

// Addresses that are gone close, and sessions that came in by them stay.
Result<void, std::string> App::apply(const Settings& before, const Settings& now) {
  if (now.eventslog_filename != before.eventslog_filename) {
    if (auto possible = runtime_.workers().query_log().check(now); !possible) return possible;
  }
  if (auto possible = TlsPart::check(before, now); !possible) return possible;
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
    if (auto closed = runtime_.workers().listen_on({}); !closed) return closed;
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

Result<void, std::string> App::reload_tls() {
  return runtime_.reload_tls();
}

Result<void, std::string> App::reopen_log() {
  if (log::reopen()) return {};
  return std::unexpected("the log file cannot be reopened");
}

}  // namespace weir
