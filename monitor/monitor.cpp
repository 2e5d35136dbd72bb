#include "monitor/monitor.hpp"

namespace weir {

Monitor::Monitor(RoutineWatch::Found on_routines, HealthWatch::Decided on_decided)
    : routines_(loop_, std::move(on_routines)),
      health_(loop_, board_, std::move(on_decided)),
      scheduler_(loop_, board_.schedule()),
      surveys_(loop_),
      mailbox_(loop_) {}

Monitor::~Monitor() {
  stop();
}

void Monitor::start() {
  thread_ = std::thread([this] { loop_.run(); });
}

void Monitor::stop() {
  if (!thread_.joinable()) return;
  mailbox_.post([this] { loop_.stop(); });
  thread_.join();
}

void Monitor::adopt(std::shared_ptr<const Snapshot> snapshot) {
  mailbox_.post([this, snapshot = std::move(snapshot)] {
    routines_.adopt(*snapshot);
    scheduler_.adopt(*snapshot);
    health_.adopt(snapshot);
  });
}

void Monitor::on_refused_write(Host host) {
  mailbox_.post([this, host = std::move(host)] { health_.on_refused_write(host); });
}

void Monitor::survey(SurveyPlan plan, std::function<void(Result<Topology, std::string>)> done) {
  mailbox_.post([this, plan = std::move(plan), done = std::move(done)]() mutable {
    surveys_.start(std::move(plan), std::move(done));
  });
}

}  // namespace weir
