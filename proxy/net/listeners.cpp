#include "proxy/net/listeners.hpp"

#include <algorithm>

#include "protocol/base/log.hpp"

namespace weir {

std::expected<std::vector<Address>, std::string> listen_addresses(std::string_view variable,
                                                                  std::string_view text,
                                                                  std::uint16_t default_port) {
  const auto endpoints = parse_endpoints(text, default_port);
  if (!endpoints) return std::unexpected(std::string(variable) + ": " + endpoints.error());
  std::vector<Address> addresses;
  for (const Endpoint& endpoint : *endpoints) {
    const auto address = endpoint.numeric();
    if (!address) {
      return std::unexpected(std::string(variable) + ": '" + endpoint.text() +
                             "' is not a numeric address or a path");
    }
    addresses.push_back(*address);
  }
  return addresses;
}

bool Listeners::listens_on(const Address& address) const {
  return std::ranges::find(listeners_, address, &Listener::wanted) != listeners_.end();
}

std::expected<void, std::string> Listeners::add(const Address& address) {
  Listener listener{address, std::make_unique<Acceptor>(loop_, events_)};
  listener.acceptor->set_keepalive(keepalive_);
  if (auto listening = listener.acceptor->listen(address); !listening) return listening;
  if (paused_) listener.acceptor->pause();
  log::info(name_ + " listening", {{"address", listener.acceptor->local().text()}});
  listeners_.push_back(std::move(listener));
  return {};
}

// What is given up goes first: 0.0.0.0 cannot be had while 127.0.0.1 is held on the same port. If a new
// address fails, all is put back.
std::expected<void, std::string> Listeners::listen_on(const std::vector<Address>& wanted) {
  std::vector<Address> before;
  for (const Listener& listener : listeners_) before.push_back(listener.wanted);
  std::erase_if(listeners_, [&wanted](const Listener& listener) {
    return std::ranges::find(wanted, listener.wanted) == wanted.end();
  });
  const auto kept = static_cast<std::ptrdiff_t>(listeners_.size());
  for (const Address& address : wanted) {
    if (listens_on(address)) continue;
    auto added = add(address);
    if (added) continue;
    listeners_.erase(listeners_.begin() + kept, listeners_.end());
    for (const Address& earlier : before) {
      if (listens_on(earlier)) continue;
      if (const auto back = add(earlier); !back)
        log::error(name_ + " lost an address", {{"error", back.error()}});
    }
    return added;
  }
  return {};
}

void Listeners::set_keepalive(const Keepalive& keepalive) {
  keepalive_ = keepalive;
  for (const Listener& listener : listeners_) listener.acceptor->set_keepalive(keepalive);
}

void Listeners::close() {
  listeners_.clear();
}

void Listeners::pause() {
  paused_ = true;
  for (Listener& listener : listeners_) listener.acceptor->pause();
}

void Listeners::resume() {
  paused_ = false;
  for (Listener& listener : listeners_) listener.acceptor->resume();
}

std::vector<Address> Listeners::addresses() const {
  std::vector<Address> addresses;
  for (const Listener& listener : listeners_) addresses.push_back(listener.acceptor->local());
  return addresses;
}

}  // namespace weir
