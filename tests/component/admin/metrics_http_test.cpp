#include "admin/metrics_http.hpp"

#include <catch2/catch.hpp>

#include "admin/http_request.hpp"
#include "tests/component/net/net_support.hpp"

using namespace weir;
using namespace weir::test;

namespace {

const std::string kScrape = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";

struct Server {
  Server() {
    const auto listening = http.listen(loopback());
    REQUIRE(listening);
  }
  Peer& connect() {
    Peer& client = *clients.emplace_back(std::make_unique<Peer>(loop));
    client.channel->connect(http.local());
    REQUIRE(run_until(loop, [&] { return client.connected == 1; }));
    return client;
  }
  // Sends, and waits until the client has received something that ends so, or is closed.
  std::string ask(Peer& client, std::string_view bytes, std::string_view end) {
    client.received.clear();
    client.channel->send(as_bytes(bytes));
    CHECK(run_until(loop, [&] { return client.received.ends_with(end) || client.closings > 0; }));
    return client.received;
  }
  bool closes(Peer& client) {
    return run_until(loop, [&] { return client.closings > 0; });
  }

  Loop loop;
  int scrapes = 0;
  std::string text = "weir_up 1\n";
  MetricsHttp http{loop, [this] {
                     ++scrapes;
                     return text;
                   }};
  std::vector<std::unique_ptr<Peer>> clients;
};

}  // namespace

TEST_CASE("a scraper reads the metrics, again and again on one connection", "[admin][http]") {
  Server server;
  Peer& client = server.connect();
  for (int i = 1; i <= 3; ++i) {
    const std::string answer = server.ask(client, kScrape, "weir_up 1\n");
    CHECK(answer ==
          "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
          "Content-Length: 10\r\nConnection: keep-alive\r\n\r\nweir_up 1\n");
    CHECK(server.scrapes == i);
  }
  CHECK(client.closings == 0);
}

TEST_CASE("a request may come in any pieces", "[admin][http]") {
  Server server;
  Peer& client = server.connect();
  for (const char c : kScrape) {
    client.channel->send(as_bytes(std::string_view(&c, 1)));
    run_turns(server.loop, 2);
  }
  CHECK(run_until(server.loop, [&] { return client.received.ends_with("weir_up 1\n"); }));
  CHECK(server.scrapes == 1);
}

TEST_CASE("what is not a scrape is refused", "[admin][http]") {
  struct Case {
    const char* name;
    std::string request;
    const char* first_line;
    bool stays;
  };
  const Case cases[] = {
      {"another page", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 404 Not Found", true},
      {"another method", "DELETE /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 405 Method Not Allowed",
       true},
      {"a body", "POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
       "HTTP/1.1 413 Content Too Large", false},
      {"not HTTP", "hello\r\n\r\n", "HTTP/1.1 400 Bad Request", false},
      {"endless fields", "GET / HTTP/1.1\r\nX: " + std::string(kMaxHttpHeadBytes, 'x'),
       "HTTP/1.1 431 Request Header Fields Too Large", false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Server server;
    Peer& client = server.connect();
    const std::string answer = server.ask(client, c.request, ".\n");
    CHECK(answer.substr(0, answer.find('\r')) == c.first_line);
    CHECK(server.scrapes == 0);
    if (c.stays) CHECK(server.ask(client, kScrape, "weir_up 1\n").starts_with("HTTP/1.1 200 OK\r\n"));
    if (!c.stays) CHECK(server.closes(client));
  }
}

TEST_CASE("HEAD is answered without the body", "[admin][http]") {
  Server server;
  Peer& client = server.connect();
  const std::string answer = server.ask(client, "HEAD /metrics HTTP/1.0\r\n\r\n", "\r\n\r\n");
  CHECK(answer.find("Content-Length: 10\r\n") != std::string::npos);
  CHECK(answer.ends_with("Connection: close\r\n\r\n"));
  CHECK(server.closes(client));
}

TEST_CASE("a queue of requests is answered once, then the connection ends", "[admin][http]") {
  Server server;
  Peer& client = server.connect();
  server.ask(client, kScrape + kScrape + kScrape, "weir_up 1\n");
  CHECK(server.closes(client));
  CHECK(server.scrapes == 1);
}

TEST_CASE("who does not take the answer gets no second one", "[admin][http]") {
  Server server;
  server.text = std::string(16 << 20, 'x');
  Peer& client = server.connect();
  client.channel->pause_reading();
  client.channel->send(as_bytes(kScrape));
  REQUIRE(run_until(server.loop, [&] { return server.scrapes == 1; }));
  client.channel->send(as_bytes(kScrape));
  run_turns(server.loop, 50);
  client.channel->resume_reading();
  CHECK(server.closes(client));
  CHECK(server.scrapes == 1);
}

TEST_CASE("connections are bounded, and their places are free again when they end", "[admin][http]") {
  Server server;
  for (std::size_t i = 0; i < MetricsHttp::kMostConnections; ++i) server.connect();
  Peer& refused = server.connect();
  CHECK(server.closes(refused));
  server.clients.front()->channel->close();
  run_turns(server.loop, 10);
  Peer& next = server.connect();
  CHECK(server.ask(next, kScrape, "weir_up 1\n").starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("the server follows the settings", "[admin][http]") {
  Loop loop;
  MetricsHttp http(loop, [] { return std::string(); });
  Settings settings;
  settings.restapi_address = "127.0.0.1";
  REQUIRE(http.apply(settings));
  CHECK_FALSE(http.listening());

  settings.restapi_enabled = true;  // port 0: the system chooses
  REQUIRE(http.apply(settings));
  CHECK(http.local().ip() == "127.0.0.1");
  settings.restapi_port = http.local().port();
  const Address before = http.local();
  REQUIRE(http.apply(settings));
  CHECK(http.local() == before);

  Listener taken(loop, loopback());
  settings.restapi_port = taken.acceptor.local().port();
  const auto failed = http.apply(settings);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().find("in use") != std::string::npos);
  CHECK_FALSE(http.listening());

  settings.restapi_enabled = false;
  CHECK(http.apply(settings));
}
