// Collations and character sets of MySQL and MariaDB: facts, in one table.
//
// MySQL and MariaDB agree on the meaning of every id they share; a few have two names.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace weir {

struct Charset {
  std::string_view name;
  std::uint8_t max_bytes;           // per character
  std::uint16_t default_collation;  // id; of several opinions, the oldest server's
};

struct Collation {
  std::uint16_t id;
  std::string_view name;
  const Charset* charset;
};

// All static. Names are compared without regard to ASCII case; "utf8" is utf8mb3. Null if there is none. Of
// two names for an id the first is MySQL's; a name that MySQL and MariaDB give to different ids
// (utf8mb3_croatian_ci and its like) is found as MySQL's. The look-up of a name may allocate: not for the
// path of a query.
const Collation* find_collation(std::uint16_t id);
const Collation* find_collation(std::string_view name);
const Charset* find_charset(std::string_view name);

std::span<const Collation> all_collations();  // by ascending id
std::span<const Charset> all_charsets();

inline constexpr std::uint16_t kCollationUtf8mb3General = 33;
inline constexpr std::uint16_t kCollationUtf8mb4General = 45;
inline constexpr std::uint16_t kCollationBinary = 63;
inline constexpr std::uint16_t kCollationUtf8mb4Mysql8 = 255;  // utf8mb4_0900_ai_ci

}  // namespace weir
