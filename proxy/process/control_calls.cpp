#include "proxy/process/control_calls.hpp"

#include <memory>
#include <optional>

namespace weir {

ControlCalls::Outcome ControlCalls::run(std::function<Outcome()> call) {
  const auto outcome = std::make_shared<std::optional<Outcome>>();
  mailbox_.post([this, outcome, call = std::move(call)] {
    auto result = call();
    const std::lock_guard lock(mutex_);
    *outcome = std::move(result);
    changed_.notify_all();
  });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return outcome->has_value() || closed_; });
  return outcome->value_or(std::unexpected("Weir is ending"));
}

void ControlCalls::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

}  // namespace weir
