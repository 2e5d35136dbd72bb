// A small HTTP/1.1 server for GET /metrics, on the admin thread's loop.
//
// Made to be scraped by few: connections, request size and times are bounded, everything but GET and HEAD of
// /metrics is refused, and there is no authentication. Off unless the configuration turns it on, and on
// loopback unless it says otherwise.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "protocol/base/log.hpp"
#include "proxy/net/acceptor.hpp"
#include "proxy/net/loop.hpp"
#include "router/config/settings.hpp"

namespace weir {

class HttpConnection;

class MetricsHttp final : AcceptEvents, TurnEnd {
 public:
  static constexpr std::size_t kMostConnections = 32;  // further ones are closed at once
  static constexpr Millis kRequestMs = 10'000;         // to send a request, and to take the last answer
  static constexpr Millis kIdleMs = 60'000;            // between two requests

  // `text` makes the body of each answer. `loop` outlives this object.
  MetricsHttp(Loop& loop, std::function<std::string()> text);
  ~MetricsHttp();

  // Listens, moves or stops listening as the settings say. Failure: a sentence; then nothing listens.
  std::expected<void, std::string> apply(const Settings& settings);
  std::expected<void, std::string> listen(const Address& address);
  void close();  // also ends all connections
  bool listening() const { return acceptor_.listening(); }
  const Address& local() const { return acceptor_.local(); }

 private:
  friend class HttpConnection;

  void on_accepted(int fd, const Address& peer, const Acceptor& at) noexcept override;
  void on_accept_failed(NetError why, int refused) noexcept override;
  void on_turn_end() noexcept override;

  Loop& loop_;
  std::function<std::string()> text_;
  Acceptor acceptor_;
  std::vector<std::unique_ptr<HttpConnection>> connections_;
  log::RateLimit accept_failures_{1000};
};

}  // namespace weir
