// Signals of the process, delivered as events of a loop: the control thread's.
#pragma once

#include <initializer_list>
#include <vector>

namespace weir {

class Loop;

class SignalEvents {
 public:
  virtual void on_signal(int signal) noexcept = 0;

 protected:
  ~SignalEvents() = default;
};

class Signals {
 public:
  // Watches `signals` (SIGTERM, SIGINT, SIGHUP, SIGUSR1, ...) for as long as it lives; afterwards their
  // default effect is back. `events` outlives this object, and does not destroy it inside on_signal().
  Signals(Loop& loop, SignalEvents& events, std::initializer_list<int> signals);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  struct Watcher;
  std::vector<Watcher*> watchers_;  // freed by libuv's close callbacks
};

}  // namespace weir
