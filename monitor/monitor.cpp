#include "monitor/monitor.hpp"

#include "protocol/base/thread.hpp"
#include "proxy/crash/crash_report.hpp"

namespace weir {

Monitor::Monitor(RoutineWatch::Found on_routines, HealthWatch::Decided on_decided, NameWatch::Found on_names)
    : routines_(loop_, std::move(on_routines)),
      health_(loop_, board_, std::move(on_decided)),
      names_(loop_, board_.names(), std::make_unique<SystemNames>(loop_), std::move(on_names),
             [this](const std::string& name) {
               routines_.on_name_moved(name);
               health_.on_name_moved(name);
             }),
      scheduler_(loop_, board_.schedule()),
      surveys_(loop_),
      mailbox_(loop_) {
  health_.set_on_unreachable([this](const std::string& name) { names_.doubt(name); });
}

Monitor::~Monitor() {
  stop();
}

void Monitor::start() {
  thread_ = std::thread([this] {
    begin_thread("weir-monitor");
    loop_.run();
  });
}

void Monitor::stop() {
  if (!thread_.joinable()) return;
  mailbox_.post([this] { loop_.stop(); });
  thread_.join();
}

void Monitor::adopt(std::shared_ptr<const Snapshot> snapshot) {
  mailbox_.post([this, snapshot = std::move(snapshot)] {
    names_.adopt(*snapshot);
    routines_.adopt(*snapshot);
    scheduler_.adopt(*snapshot);
    health_.adopt(snapshot);
  });
}

Watchdog::Thread Monitor::thread() {
  return {.name = "monitor",
          .post = [this](Task task) { mailbox_.post(std::move(task)); },
          .on_stuck = [thread = thread_.native_handle()] { request_trace(thread); }};
}

void Monitor::retire() {
  mailbox_.post([this] { scheduler_.retire(); });
}

void Monitor::adopt_tls(std::shared_ptr<const TlsContexts> tls) {
  mailbox_.post([this, tls = std::move(tls)] { loop_.set_tls(tls); });
}

void Monitor::on_refused_write(Host host) {
  mailbox_.post([this, host = std::move(host)] { health_.on_refused_write(host); });
}

void Monitor::on_unreachable(std::string name) {
  mailbox_.post([this, name = std::move(name)] { names_.doubt(name); });
}

void Monitor::survey(SurveyPlan plan, std::function<void(Result<Topology, std::string>)> done) {
  mailbox_.post([this, plan = std::move(plan), done = std::move(done)]() mutable {
    surveys_.start(std::move(plan), std::move(done));
  });
}

}  // namespace weir
