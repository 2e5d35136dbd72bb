// Calls into the control thread that return when they are done: how the admin thread opens and closes
// listeners, and starts and stops workers.
//
// The control thread never waits for the admin thread while its loop runs, and for the worker that accepts
// clients only for a while, so that waiting here ends. (PROXYSQL STOP waits for the last worker, a stuck one,
// too.) What a call touches is its own until it returns: the caller waits, and everything else of the control
// thread waits for the call.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>

#include "protocol/base/result.hpp"
#include "proxy/net/mailbox.hpp"

namespace weir {

class ControlCalls {
 public:
  using Outcome = Result<void, std::string>;

  explicit ControlCalls(Loop& control) : mailbox_(control) {}

  // Any thread but the control thread: `call` runs there, in its loop. An error if that loop has ended.
  Outcome run(std::function<Outcome()> call);
  // Any thread: the same without waiting.
  void post(Task task) { mailbox_.post(std::move(task)); }
  // Control thread, when its loop has ended: who waits is let go, and so is who comes later.
  void close();

 private:
  Mailbox mailbox_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
};

}  // namespace weir
