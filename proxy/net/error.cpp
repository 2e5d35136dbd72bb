#include "proxy/net/error.hpp"

#include <uv.h>

#include <cstring>

namespace weir {

std::string_view NetError::text() const {
  if (code == 0) return "the peer closed the connection";
  if (code < 0) return uv_strerror(code);
  const char* text = strerrordesc_np(code);
  return text ? text : "unknown error";
}

}  // namespace weir
