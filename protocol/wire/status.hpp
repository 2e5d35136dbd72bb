// Server status bits, in every OK and EOF. MySQL: SERVER_STATUS_flags_enum; MariaDB agrees.
#pragma once

#include <cstdint>

namespace weir {

inline constexpr std::uint16_t kStatusInTransaction = 0x0001;
inline constexpr std::uint16_t kStatusAutocommit = 0x0002;
inline constexpr std::uint16_t kStatusMoreResults = 0x0008;
inline constexpr std::uint16_t kStatusNoGoodIndexUsed = 0x0010;
inline constexpr std::uint16_t kStatusNoIndexUsed = 0x0020;
inline constexpr std::uint16_t kStatusCursorExists = 0x0040;
inline constexpr std::uint16_t kStatusLastRowSent = 0x0080;
inline constexpr std::uint16_t kStatusDbDropped = 0x0100;
inline constexpr std::uint16_t kStatusNoBackslashEscapes = 0x0200;
inline constexpr std::uint16_t kStatusMetadataChanged = 0x0400;
inline constexpr std::uint16_t kStatusQueryWasSlow = 0x0800;
inline constexpr std::uint16_t kStatusPsOutParams = 0x1000;
inline constexpr std::uint16_t kStatusInReadOnlyTransaction = 0x2000;
// MariaDB sets it in EOFs too, where nothing follows: it means something in an OK with kSessionTrack only.
inline constexpr std::uint16_t kStatusSessionChanged = 0x4000;
inline constexpr std::uint16_t kStatusAnsiQuotes = 0x8000;  // MariaDB alone

}  // namespace weir
