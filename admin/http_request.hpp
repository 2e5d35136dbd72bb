// The head of an HTTP/1.x request, as far as a server of one page wants to know it. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace weir {

struct HttpRequest {
  std::string method;
  std::string path;  // without the query
  bool keep_alive = true;
  std::size_t size = 0;  // bytes of the head, blank line included
};

// What cannot be served; the connection ends with this status: 400, 413, 431, 501 or 505.
struct HttpFault {
  int status = 400;
};

struct HttpIncomplete {};

inline constexpr std::size_t kMaxHttpHeadBytes = 8 * 1024;

// Reads the request that `bytes` begin with. Requests with a body are faults, for nothing we serve takes one.
// RFC 9112.
std::variant<HttpIncomplete, HttpRequest, HttpFault> parse_http_request(std::string_view bytes);

std::string_view http_reason(int status);  // "Not Found"

}  // namespace weir
