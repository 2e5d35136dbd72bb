#include "protocol/base/result.hpp"

namespace weir {

std::string_view to_text(DecodeError error) {
  switch (error) {
    case DecodeError::truncated: return "message is truncated";
    case DecodeError::bad_length: return "a length points outside the message";
    case DecodeError::trailing_bytes: return "bytes left over after the message";
    case DecodeError::bad_value: return "a field holds a value that is not allowed";
    case DecodeError::out_of_order: return "message out of order";
    case DecodeError::too_large: return "message is larger than the limit";
    case DecodeError::unsupported: return "protocol version or capability is not supported";
    case DecodeError::auth_failed: return "authentication failed";
  }
  return "unknown";
}

}  // namespace weir
