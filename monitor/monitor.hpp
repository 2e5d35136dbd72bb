// The monitor thread: everything that Weir asks servers of its own accord, and the programs that it runs, on
// one loop.
//
// Construction, start() and stop() on one thread; adopt() on any.
#pragma once

#include <memory>
#include <thread>

#include "monitor/health_watch.hpp"
#include "monitor/name_watch.hpp"
#include "monitor/routine_watch.hpp"
#include "monitor/scheduler.hpp"
#include "monitor/topology/survey.hpp"
#include "proxy/net/loop.hpp"
#include "proxy/net/mailbox.hpp"
#include "proxy/worker/watchdog.hpp"
#include "router/config/snapshot.hpp"

namespace weir {

class Monitor final {
 public:
  // All are called on the monitor thread, and must not wait for who starts or stops the monitor.
  Monitor(RoutineWatch::Found on_routines, HealthWatch::Decided on_decided, NameWatch::Found on_names);
  ~Monitor();  // stops
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  void start();
  // Ends all questions, and the thread. Idempotent.
  void stop();
  // Goes on by this configuration: its servers, and the mysql-monitor_ variables.
  void adopt(std::shared_ptr<const Snapshot> snapshot);
  // After start(), until stop(): to be watched.
  Watchdog::Thread thread();
  // Another process runs the programs of the table scheduler from now on. Any thread.
  void retire();
  // With what TLS towards servers begins from now on.
  void adopt_tls(std::shared_ptr<const TlsContexts> tls);
  // See HealthWatch. Any thread.
  void on_refused_write(Host host);
  // See NameWatch::doubt(). Any thread.
  void on_unreachable(std::string name);
  // Asks servers who replicates from whom. Any thread; `done` is called on the monitor thread, never inside
  // the call, and not at all if the monitor ends before.
  void survey(SurveyPlan plan, std::function<void(Result<Topology, std::string>)> done);

  // What the checks have found. Any thread.
  const MonitorBoard& board() const { return board_; }

 private:
  MonitorBoard board_;
  Loop loop_;
  RoutineWatch routines_;
  HealthWatch health_;
  NameWatch names_;
  Scheduler scheduler_;
  Surveys surveys_;
  Mailbox mailbox_;
  std::thread thread_;
};

}  // namespace weir
