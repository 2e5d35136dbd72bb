#include "proxy/net/error.hpp"

#include <uv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace weir {

bool NetError::is_our_own() const {
  constexpr std::array kOwn{EMFILE, ENFILE, ENOMEM,       ENOBUFS, EADDRNOTAVAIL,
                            EACCES, EPERM,  EAFNOSUPPORT, ENETDOWN};
  return std::ranges::find(kOwn, code) != kOwn.end();
}

std::string_view NetError::text() const {
  if (detail) return *detail;
  if (code == 0) return "the peer closed the connection";
  if (code < 0) return uv_strerror(code);
  const char* text = strerrordesc_np(code);
  return text ? text : "unknown error";
}

}  // namespace weir
