// The only way into another thread's loop: post a task, and it runs there.
//
// Tasks of one posting thread run in the order of posting. A post is a lock, a push, and a wake-up if the box
// was empty; tasks run in one batch per wake-up, so posts made by them run in the next turn.
#pragma once

#include <memory>

#include "proxy/net/task.hpp"

namespace weir {

class Loop;

class Mailbox {
 public:
  explicit Mailbox(Loop& loop);
  // On the loop's thread, or after it ended; no post may be under way. Tasks not yet run are destroyed unrun:
  // a task owns what it carries.
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // Any thread. The task must not throw.
  void post(Task task);

 private:
  struct Box;
  Box* box_;  // freed by libuv's close callback, which comes after this object
};

}  // namespace weir
