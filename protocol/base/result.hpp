// Expected failures travel in Result<T>; nothing here throws.
#pragma once

#include <expected>
#include <string_view>
#include <utility>

namespace weir {

// What a peer did wrong on the wire. The connection concerned ends; the text goes to the log.
enum class DecodeError {
  truncated,      // the message ends before its fields do
  bad_length,     // a length that points outside the message, or is not encoded as one
  trailing_bytes, // bytes left over after the last field
  bad_value,      // a field holds something the protocol does not allow there
  out_of_order,   // a message (or sequence id) that must not come now
  too_large,      // larger than the limit in force
  unsupported,    // well-formed, but an old protocol or a capability we do not have
  auth_failed,    // the peer's proof of its password, or of its identity, is wrong
};

std::string_view to_text(DecodeError error);

template <class T, class E = DecodeError>
using Result = std::expected<T, E>;

// WEIR_TRY(auto x, f()): x is the value of f(), or the enclosing function returns f()'s error.
#define WEIR_TRY_CAT2(a, b) a##b
#define WEIR_TRY_CAT(a, b) WEIR_TRY_CAT2(a, b)
#define WEIR_TRY(declaration, expression)                                    \
  auto WEIR_TRY_CAT(weir_try_, __LINE__) = (expression);                     \
  if (!WEIR_TRY_CAT(weir_try_, __LINE__))                                    \
    return std::unexpected(std::move(WEIR_TRY_CAT(weir_try_, __LINE__)).error()); \
  declaration = *std::move(WEIR_TRY_CAT(weir_try_, __LINE__))

}  // namespace weir
