// The first byte of an input as the mode in which its text is read.
#pragma once

#include <cstdint>

#include "router/query/lexer.hpp"

namespace weir::fuzz {

inline LexMode lex_mode(std::uint8_t byte) {
  return {.ansi_quotes = (byte & 1) != 0,
          .no_backslash_escapes = (byte & 2) != 0,
          .multibyte = static_cast<Multibyte>((byte >> 2) % 5),
          .family = static_cast<ServerFamily>((byte >> 5) % 3)};
}

}  // namespace weir::fuzz
