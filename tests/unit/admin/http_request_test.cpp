#include "admin/http_request.hpp"

#include <catch2/catch.hpp>

using namespace weir;

namespace {

// "GET /metrics keep 35", "fault 400", "incomplete".
std::string verdict(std::string_view bytes) {
  const auto parsed = parse_http_request(bytes);
  if (const auto* fault = std::get_if<HttpFault>(&parsed)) return "fault " + std::to_string(fault->status);
  const auto* request = std::get_if<HttpRequest>(&parsed);
  if (request == nullptr) return "incomplete";
  return request->method + " " + request->path + (request->keep_alive ? " keep" : " close");
}

}  // namespace

TEST_CASE("heads of requests", "[admin][http]") {
  struct Case {
    const char* name;
    std::string bytes;
    const char* expected;
  };
  const std::string host = "Host: a\r\n";
  const Case cases[] = {
      {"the usual scrape", "GET /metrics HTTP/1.1\r\nHost: a:6070\r\nUser-Agent: P/2\r\n\r\n",
       "GET /metrics keep"},
      {"the query does not matter", "GET /metrics?a=/b HTTP/1.1\r\n" + host + "\r\n", "GET /metrics keep"},
      {"a proxy's form", "GET http://a:1/metrics HTTP/1.1\r\n" + host + "\r\n", "GET /metrics keep"},
      {"a proxy's form without a path", "GET http://a HTTP/1.1\r\n" + host + "\r\n", "GET / keep"},
      {"HTTP/1.0 closes", "GET /metrics HTTP/1.0\r\n\r\n", "GET /metrics close"},
      {"HTTP/1.0 may ask to stay", "GET /metrics HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
       "GET /metrics keep"},
      {"the client closes", "HEAD /x HTTP/1.1\r\n" + host + "connection: TE , Close\r\n\r\n",
       "HEAD /x close"},
      {"an empty body is none", "GET / HTTP/1.1\r\n" + host + "Content-Length: 0\r\n\r\n", "GET / keep"},
      {"a body", "POST / HTTP/1.1\r\n" + host + "Content-Length: 5\r\n\r\nhello", "fault 413"},
      {"a chunked body", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n", "fault 501"},
      {"nothing yet", "", "incomplete"},
      {"half a head", "GET /metrics HTTP/1.1\r\nHost: a\r\n", "incomplete"},
      {"no host", "GET / HTTP/1.1\r\n\r\n", "fault 400"},
      {"two hosts", "GET / HTTP/1.1\r\n" + host + host + "\r\n", "fault 400"},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\n", "fault 505"},
      {"no version", "GET /\r\n\r\n", "fault 400"},
      {"blanks in the target", "GET /a b HTTP/1.1\r\n" + host + "\r\n", "fault 400"},
      {"a control character in the target", "GET /a\x01 HTTP/1.1\r\n" + host + "\r\n", "fault 400"},
      {"no method", " / HTTP/1.1\r\n" + host + "\r\n", "fault 400"},
      {"a field without a colon", "GET / HTTP/1.1\r\n" + host + "oops\r\n\r\n", "fault 400"},
      {"a blank before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "fault 400"},
      {"a folded field", "GET / HTTP/1.1\r\n" + host + " more\r\n\r\n", "fault 400"},
      {"a MySQL client", std::string("\x20\0\0\1\x85\xa6\x3f", 7) + "root\r\n\r\n", "fault 400"},
      {"only a blank line", "\r\n\r\n", "fault 400"},
      {"too long", "GET /" + std::string(kMaxHttpHeadBytes, 'a'), "fault 431"},
      {"too long, but complete",
       "GET / HTTP/1.1\r\n" + host + "X: " + std::string(kMaxHttpHeadBytes, 'a') + "\r\n\r\n", "fault 431"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    CHECK(verdict(c.bytes) == c.expected);
  }
}

TEST_CASE("a head says how long it is, and every part of it is incomplete", "[admin][http]") {
  const std::string head = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
  const auto parsed = parse_http_request(head + "GET /next");
  REQUIRE(std::holds_alternative<HttpRequest>(parsed));
  CHECK(std::get<HttpRequest>(parsed).size == head.size());
  for (std::size_t size = 0; size < head.size(); ++size) {
    CAPTURE(size);
    CHECK(verdict(head.substr(0, size)) == "incomplete");
  }
}
