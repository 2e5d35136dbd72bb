#include "proxy/net/poll_handle.hpp"

#include <uv.h>

#include <utility>

#include "protocol/base/check.hpp"
#include "proxy/net/spare_nodes.hpp"

namespace weir {

struct PollHandle::Node {
  uv_poll_t uv;
  int fd;
  PollHandle* owner;  // null: it is a spare one

  static void on_poll(uv_poll_t* uv, int status, int events) noexcept {
    PollHandle& owner = *static_cast<Node*>(uv->data)->owner;
    // UV_PRIORITIZED is what Watch::errors asks for: a hang-up, or urgent data, which MySQL never sends.
    const bool broken = status < 0 || (events & UV_PRIORITIZED) != 0;
    if (broken) owner.watch(Watch::nothing);
    owner.receiver_.on_ready((events & UV_READABLE) != 0, (events & UV_WRITABLE) != 0, broken);
  }

  void close() {
    uv_close(reinterpret_cast<uv_handle_t*>(&uv),
             [](uv_handle_t* handle) { delete static_cast<Node*>(handle->data); });
  }
};

int PollHandle::open(int fd) {
  WEIR_CHECK(!node_, "a poll handle is released before it is opened again");
  Node* node = SpareNodes::of(loop_).take(fd);
  if (node == nullptr) {
    node = new Node;
    if (const int error = uv_poll_init(loop_.uv(), &node->uv, fd)) {
      delete node;  // libuv has not registered it
      return -error;
    }
    node->uv.data = node;
    node->fd = fd;
  }
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

// What libuv has got from the system for this descriptor, and not delivered, is dropped as it stops.
void PollHandle::release() {
  if (!node_) return;
  watch(Watch::nothing);
  SpareNodes::of(loop_).keep(std::exchange(node_, nullptr));
}

SpareNodes& SpareNodes::of(Loop& loop) {
  return *static_cast<SpareNodes*>(loop.uv()->data);
}

PollHandle::Node* SpareNodes::take(int fd) {
  const auto number = static_cast<std::size_t>(fd);
  return number < by_descriptor_.size() ? std::exchange(by_descriptor_[number], nullptr) : nullptr;
}

void SpareNodes::keep(PollHandle::Node* node) {
  node->owner = nullptr;
  const auto number = static_cast<std::size_t>(node->fd);
  if (number >= kMostDescriptors) return node->close();
  if (number >= by_descriptor_.size()) by_descriptor_.resize(number + 1);
  // Two of one number: a descriptor was closed before it was released.
  if (PollHandle::Node* const before = std::exchange(by_descriptor_[number], node)) before->close();
}

void SpareNodes::close() {
  for (PollHandle::Node* const node : std::exchange(by_descriptor_, {})) {
    if (node != nullptr) node->close();
  }
}

}  // namespace weir
