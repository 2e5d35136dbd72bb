#include "admin/metrics_http.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "admin/http_request.hpp"
#include "proxy/net/channel.hpp"

namespace weir {

// One client: a request at a time. What follows a request without waiting for its answer is not served, so
// that nobody can queue work.
class HttpConnection final : ChannelEvents, DeadlineEvents {
 public:
  HttpConnection(MetricsHttp& server, int fd)
      : server_(server), channel_(server.loop_), deadline_(server.loop_.deadlines(), *this) {
    channel_.set_events(this);
    channel_.adopt(fd);
    expect_within(MetricsHttp::kRequestMs);
  }

  bool over() const { return over_; }

 private:
  void on_bytes(MutableBytes bytes) noexcept override {
    if (ending_) return;
    if (channel_.queued_bytes() > 0) return end();  // it has not even taken the last answer
    if (received_.empty()) expect_within(MetricsHttp::kRequestMs);
    received_ += as_text(bytes);
    const auto parsed = parse_http_request(received_);
    if (const auto* fault = std::get_if<HttpFault>(&parsed)) return refuse(fault->status);
    if (const auto* request = std::get_if<HttpRequest>(&parsed)) serve(*request);
  }

  void on_drained() noexcept override {}
  void on_closed(NetError) noexcept override { end(); }
  void on_deadline() noexcept override { end(); }

  void serve(const HttpRequest& request) {
    const bool go_on = request.keep_alive && request.size == received_.size();
    received_.clear();
    if (request.method != "GET" && request.method != "HEAD") {
      return answer(405, "Only GET and HEAD are served.\n", "Allow: GET, HEAD\r\n", go_on, true);
    }
    const bool with_body = request.method == "GET";
    if (request.path != "/metrics")
      return answer(404, "The metrics are at /metrics.\n", "", go_on, with_body);
    answer(200, server_.text_(), "", go_on, with_body);
  }

  void refuse(int status) { answer(status, fmt::format("{}\n", http_reason(status)), "", false, true); }

  void answer(int status, std::string_view body, std::string_view fields, bool go_on, bool with_body) {
    const std::string head = fmt::format(
        "HTTP/1.1 {} {}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\n"
        "Connection: {}\r\n{}\r\n",
        status, http_reason(status), body.size(), go_on ? "keep-alive" : "close", fields);
    channel_.send(as_bytes(head));
    if (with_body) channel_.send(as_bytes(body));
    expect_within(go_on ? MetricsHttp::kIdleMs : MetricsHttp::kRequestMs);
    if (go_on) return;
    ending_ = true;
    channel_.close_when_sent();
  }

  void expect_within(Millis time_ms) { deadline_.set(server_.loop_.now() + time_ms); }

  void end() {
    over_ = true;
    deadline_.clear();
    channel_.close();
    server_.loop_.at_turn_end(server_);
  }

  MetricsHttp& server_;
  Channel channel_;
  Deadline deadline_;
  std::string received_;
  bool ending_ = false;  // the last answer is on its way
  bool over_ = false;
};

MetricsHttp::MetricsHttp(Loop& loop, std::function<std::string()> text)
    : loop_(loop), text_(std::move(text)), acceptor_(loop, *this) {}

MetricsHttp::~MetricsHttp() = default;

std::expected<void, std::string> MetricsHttp::apply(const Settings& settings) {
  if (!settings.restapi_enabled) {
    close();
    return {};
  }
  const auto address =
      Address::from_ip(settings.restapi_address, static_cast<std::uint16_t>(settings.restapi_port));
  if (!address) {
    close();
    return std::unexpected("admin-restapi_address is not numeric: " + settings.restapi_address);
  }
  if (listening() && local() == *address) return {};
  return listen(*address);
}

std::expected<void, std::string> MetricsHttp::listen(const Address& address) {
  close();
  auto listening = acceptor_.listen(address);
  if (listening) log::info("metrics are served", {{"address", local().text()}});
  return listening;
}

void MetricsHttp::close() {
  acceptor_.close();
  connections_.clear();
}

void MetricsHttp::on_accepted(int fd, const Address&, const Acceptor&) noexcept {
  if (connections_.size() < kMostConnections) {
    connections_.push_back(std::make_unique<HttpConnection>(*this, fd));
  } else {
    ::close(fd);
  }
}

void MetricsHttp::on_accept_failed(NetError why, int refused) noexcept {
  std::int64_t suppressed = 0;
  if (!accept_failures_.allow(loop_.now(), &suppressed)) return;
  log::warn("cannot accept a client of the metrics",
            {{"error", why.text()}, {"refused", refused}, {"earlier", suppressed}});
}

void MetricsHttp::on_turn_end() noexcept {
  std::erase_if(connections_, [](const auto& connection) { return connection->over(); });
}

}  // namespace weir
