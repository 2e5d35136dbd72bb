#include "proxy/net/resolver.hpp"

#include <netdb.h>
#include <uv.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "proxy/net/name_table.hpp"

namespace weir {

struct Lookup::Request {
  uv_getaddrinfo_t uv;
  Lookup* owner;  // null: cancelled

  static void on_answer(uv_getaddrinfo_t* uv, int status, addrinfo* answer) noexcept {
    const std::unique_ptr<Request> request(static_cast<Request*>(uv->data));
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(answer, uv_freeaddrinfo);
    if (!request->owner) return;
    Lookup& lookup = *request->owner;
    lookup.request_ = nullptr;
    for (const addrinfo* entry = answer; entry; entry = entry->ai_next) {
      lookup.addresses_.push_back(Address::from_raw(entry->ai_addr, entry->ai_addrlen));
    }
    lookup.failure_ = NetError{status == 0 ? UV_EAI_NODATA : status};
    lookup.answer();
  }
};

// libuv gives half of its threads to look-ups. It makes them all at the first; none of them does anything
// else.
void make_room_for_lookups() {
  ::setenv("UV_THREADPOOL_SIZE", "16", 0);
}

bool is_no_such_name(NetError why) {
  return why.code == UV_EAI_NONAME || why.code == UV_EAI_NODATA;
}

void Lookup::start(const Endpoint& endpoint) {
  cancel();
  if (const auto address = endpoint.numeric()) {
    addresses_.push_back(*address);
    answer_later();
    return;
  }
  for (const Address& known : loop_.names().find(endpoint.host)) {
    addresses_.push_back(known.with_port(endpoint.port));
  }
  addresses_.empty() ? start_afresh(endpoint) : answer_later();
}

void Lookup::start_afresh(const Endpoint& endpoint) {
  cancel();
  auto request = std::make_unique<Request>();
  request->uv.data = request.get();
  request->owner = this;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  const std::string port = std::to_string(endpoint.port);
  const int error = uv_getaddrinfo(loop_.uv(), &request->uv, Request::on_answer, endpoint.host.c_str(),
                                   port.c_str(), &hints);
  if (error != 0) {
    failure_ = NetError{error};
    answer_later();
    return;
  }
  request_ = request.release();
}

void Lookup::cancel() {
  if (request_) {
    request_->owner = nullptr;
    uv_cancel(reinterpret_cast<uv_req_t*>(&request_->uv));  // refused if running: the answer is then ignored
    request_ = nullptr;
  }
  ready_ = false;
  addresses_.clear();
}

void Lookup::answer_later() {
  ready_ = true;
  loop_.at_turn_end(*this);
}

void Lookup::on_turn_end() noexcept {
  if (!ready_) return;  // cancelled
  ready_ = false;
  answer();
}

void Lookup::answer() {
  const auto addresses = std::exchange(addresses_, {});  // the receiver may destroy this object
  if (addresses.empty()) {
    events_.on_lookup_failed(failure_);
  } else {
    events_.on_resolved(addresses);
  }
}

}  // namespace weir
