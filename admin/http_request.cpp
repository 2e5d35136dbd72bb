#include "admin/http_request.hpp"

#include <algorithm>
#include <optional>

namespace weir {
namespace {

constexpr std::string_view kEnd = "\r\n\r\n";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || kMarks.find(c) != kMarks.npos;
  });
}

bool is_visible(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string_view take_until(std::string_view& rest, std::string_view separator) {
  const auto at = rest.find(separator);
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + separator.size());
  return taken;
}

// "close, te" names close.
bool names(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    if (same_word(trimmed(take_until(list, ",")), word)) return true;
  }
  return false;
}

// 0, or the status to refuse with.
int read_request_line(std::string_view line, HttpRequest& request) {
  const std::string_view method = take_until(line, " ");
  std::string_view target = take_until(line, " ");
  if (!is_token(method) || !is_visible(target)) return 400;
  if (!line.starts_with("HTTP/") || line.size() != 8) return 400;
  if (!line.starts_with("HTTP/1.")) return 505;
  request.keep_alive = line != "HTTP/1.0";
  if (target.starts_with("http://")) {  // as a proxy would write it
    target.remove_prefix(7);
    const auto path = target.find('/');
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  request.method = method;
  request.path = take_until(target, "?");
  return 0;
}

// The same.
int read_field(std::string_view line, HttpRequest& request, bool& has_host) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return 400;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (same_word(name, "Host")) {
    if (has_host) return 400;
    has_host = true;
  }
  if (same_word(name, "Transfer-Encoding")) return 501;
  if (same_word(name, "Content-Length") && value != "0") return 413;
  if (same_word(name, "Connection")) {
    if (names(value, "close")) request.keep_alive = false;
    if (names(value, "keep-alive")) request.keep_alive = true;
  }
  return 0;
}

}  // namespace

std::variant<HttpIncomplete, HttpRequest, HttpFault> parse_http_request(std::string_view bytes) {
  const auto end = bytes.find(kEnd);
  if (end == std::string_view::npos) {
    if (bytes.size() >= kMaxHttpHeadBytes) return HttpFault{431};
    return HttpIncomplete{};
  }
  if (end + kEnd.size() > kMaxHttpHeadBytes) return HttpFault{431};
  HttpRequest request{.method = {}, .path = {}, .size = end + kEnd.size()};
  std::string_view head = bytes.substr(0, end);
  const std::string_view request_line = take_until(head, "\r\n");
  if (const int status = read_request_line(request_line, request)) return HttpFault{status};
  bool has_host = false;
  while (!head.empty()) {
    if (const int status = read_field(take_until(head, "\r\n"), request, has_host)) return HttpFault{status};
  }
  if (!has_host && !request_line.ends_with("1.0")) return HttpFault{400};
  return request;
}

std::string_view http_reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Bad Request";
  }
}

}  // namespace weir
