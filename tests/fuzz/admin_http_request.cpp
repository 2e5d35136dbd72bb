// Requests to the metrics port: any bytes are a request, a fault or not all of one yet, and what follows a
// request changes nothing about it.
#include <algorithm>
#include <iterator>
#include <string>

#include "admin/http_request.hpp"
#include "protocol/base/bytes.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace weir;

constexpr int kFaults[] = {400, 413, 431, 501, 505};

bool same(const HttpRequest& a, const HttpRequest& b) {
  return a.method == b.method && a.path == b.path && a.keep_alive == b.keep_alive && a.size == b.size;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  const std::string_view bytes = as_text(Bytes(input, size));
  const auto read = parse_http_request(bytes);
  if (const auto* fault = std::get_if<HttpFault>(&read)) {
    fuzz::require(std::ranges::find(kFaults, fault->status) != std::end(kFaults),
                  "a fault has a status of ours");
    fuzz::require(!http_reason(fault->status).empty(), "which has a name");
    return 0;
  }
  if (std::holds_alternative<HttpIncomplete>(read)) {
    fuzz::require(size <= kMaxHttpHeadBytes, "no head is waited for without end");
    return 0;
  }
  const auto& request = std::get<HttpRequest>(read);
  fuzz::require(request.size <= size && request.size <= kMaxHttpHeadBytes, "a head is as long as it was");
  fuzz::require(!request.method.empty(), "it asks for something");
  fuzz::require(request.method.size() + request.path.size() < request.size, "in what was sent");
  const auto alone = parse_http_request(bytes.substr(0, request.size));
  fuzz::require(std::holds_alternative<HttpRequest>(alone) && same(std::get<HttpRequest>(alone), request),
                "what follows changes nothing");
  const auto cut = parse_http_request(bytes.substr(0, request.size - 1));
  fuzz::require(std::holds_alternative<HttpIncomplete>(cut), "without its last byte it is not all there");
  return 0;
}
