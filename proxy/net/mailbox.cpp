#include "proxy/net/mailbox.hpp"

#include <uv.h>

#include <mutex>
#include <utility>
#include <vector>

#include "protocol/base/check.hpp"
#include "proxy/net/loop.hpp"

namespace weir {

struct Mailbox::Box {
  uv_async_t wake_up;
  bool open = true;  // of the loop's thread
  std::mutex mutex;
  std::vector<Task> tasks;  // guarded by mutex

  std::vector<Task> take_all() {
    const std::scoped_lock lock(mutex);
    return std::exchange(tasks, {});
  }

  void run_all() noexcept {
    for (Task& task : take_all()) {
      if (open) task();  // a task may destroy the mailbox
    }
  }
};

Mailbox::Mailbox(Loop& loop) : box_(new Box) {
  const int error = uv_async_init(loop.uv(), &box_->wake_up,
                                  [](uv_async_t* handle) { static_cast<Box*>(handle->data)->run_all(); });
  WEIR_CHECK(error == 0, "the system has a descriptor for wake-ups");
  box_->wake_up.data = box_;
}

Mailbox::~Mailbox() {
  box_->open = false;
  box_->take_all();
  uv_close(reinterpret_cast<uv_handle_t*>(&box_->wake_up),
           [](uv_handle_t* handle) { delete static_cast<Box*>(handle->data); });
}

void Mailbox::post(Task task) {
  // The wake-up is sent under the lock: once the loop's thread has taken the task, this thread is done with
  // the box.
  const std::scoped_lock lock(box_->mutex);
  box_->tasks.push_back(std::move(task));
  if (box_->tasks.size() == 1) uv_async_send(&box_->wake_up);
}

}  // namespace weir
