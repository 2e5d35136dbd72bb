#include "proxy/net/signals.hpp"

#include <uv.h>

#include "protocol/base/check.hpp"
#include "proxy/net/loop.hpp"

namespace weir {

struct Signals::Watcher {
  uv_signal_t uv;
  SignalEvents* events;
};

Signals::Signals(Loop& loop, SignalEvents& events, std::initializer_list<int> signals) {
  for (const int signal : signals) {
    auto* watcher = new Watcher;
    watcher->events = &events;
    uv_signal_init(loop.uv(), &watcher->uv);
    watcher->uv.data = watcher;
    watchers_.push_back(watcher);
    const int error = uv_signal_start(
        &watcher->uv,
        [](uv_signal_t* uv, int number) { static_cast<Watcher*>(uv->data)->events->on_signal(number); },
        signal);
    WEIR_CHECK(error == 0, "only signals that can be caught are watched");
  }
}

Signals::~Signals() {
  for (Watcher* watcher : watchers_) {
    uv_close(reinterpret_cast<uv_handle_t*>(&watcher->uv),
             [](uv_handle_t* handle) { delete static_cast<Watcher*>(handle->data); });
  }
}

}  // namespace weir
