#include "proxy/net/poll_handle.hpp"

#include <uv.h>

#include "protocol/base/check.hpp"

namespace weir {

struct PollHandle::Node {
  uv_poll_t uv;
  PollHandle* owner;

  static void on_poll(uv_poll_t* uv, int status, int events) noexcept {
    PollHandle& owner = *static_cast<Node*>(uv->data)->owner;
    // UV_PRIORITIZED is what Watch::errors asks for: a hang-up, or urgent data, which MySQL never sends.
    const bool broken = status < 0 || (events & UV_PRIORITIZED) != 0;
    if (broken) owner.watch(Watch::nothing);
    owner.receiver_.on_ready((events & UV_READABLE) != 0, (events & UV_WRITABLE) != 0, broken);
  }
};

int PollHandle::open(int fd) {
  WEIR_CHECK(!node_, "a poll handle is released before it is opened again");
  auto* node = new Node;
  if (const int error = uv_poll_init(loop_.uv(), &node->uv, fd)) {
    delete node;  // libuv has not registered it
    return -error;
  }
  node->uv.data = node;
  node->owner = this;
  node_ = node;
  return 0;
}

void PollHandle::watch(Watch what) {
  if (what == watched_ || !node_) return;
  watched_ = what;
  int events = 0;
  switch (what) {
    case Watch::nothing:
      uv_poll_stop(&node_->uv);
      return;
    case Watch::errors:
      events = UV_PRIORITIZED;
      break;
    case Watch::readable:
      events = UV_READABLE;
      break;
    case Watch::writable:
      events = UV_WRITABLE;
      break;
    case Watch::both:
      events = UV_READABLE | UV_WRITABLE;
      break;
  }
  uv_poll_start(&node_->uv, events, Node::on_poll);
}

void PollHandle::release() {
  if (!node_) return;
  uv_close(reinterpret_cast<uv_handle_t*>(&node_->uv),
           [](uv_handle_t* handle) { delete static_cast<Node*>(handle->data); });
  node_ = nullptr;
  watched_ = Watch::nothing;
}

}  // namespace weir
