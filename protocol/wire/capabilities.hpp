// Capability bits, and the named sets: what we offer to clients, require of them, ask of servers, and what
// decides whether a pooled connection suits a session.
//
// Bits 0..31 are MySQL's (group__group__cs__capabilities__flags). Bits 32 and up are MariaDB's extended ones,
// which both sides leave at zero as long as kLongPassword (MariaDB: CLIENT_MYSQL) is set; we always set it.
#pragma once

#include <cstdint>
#include <string>

namespace weir {

using Caps = std::uint64_t;

inline constexpr Caps kLongPassword = Caps{1} << 0;
inline constexpr Caps kFoundRows = Caps{1} << 1;
inline constexpr Caps kLongFlag = Caps{1} << 2;
inline constexpr Caps kConnectWithDb = Caps{1} << 3;
inline constexpr Caps kNoSchema = Caps{1} << 4;
inline constexpr Caps kCompress = Caps{1} << 5;
inline constexpr Caps kOdbc = Caps{1} << 6;
inline constexpr Caps kLocalFiles = Caps{1} << 7;
inline constexpr Caps kIgnoreSpace = Caps{1} << 8;
inline constexpr Caps kProtocol41 = Caps{1} << 9;
inline constexpr Caps kInteractive = Caps{1} << 10;
inline constexpr Caps kSsl = Caps{1} << 11;
inline constexpr Caps kIgnoreSigpipe = Caps{1} << 12;
inline constexpr Caps kTransactions = Caps{1} << 13;
inline constexpr Caps kReserved = Caps{1} << 14;
inline constexpr Caps kSecureConnection = Caps{1} << 15;
inline constexpr Caps kMultiStatements = Caps{1} << 16;
inline constexpr Caps kMultiResults = Caps{1} << 17;
inline constexpr Caps kPsMultiResults = Caps{1} << 18;
inline constexpr Caps kPluginAuth = Caps{1} << 19;
inline constexpr Caps kConnectAttrs = Caps{1} << 20;
inline constexpr Caps kPluginAuthLenencData = Caps{1} << 21;
inline constexpr Caps kCanHandleExpiredPasswords = Caps{1} << 22;
inline constexpr Caps kSessionTrack = Caps{1} << 23;
inline constexpr Caps kDeprecateEof = Caps{1} << 24;
inline constexpr Caps kOptionalResultsetMetadata = Caps{1} << 25;
inline constexpr Caps kZstd = Caps{1} << 26;
inline constexpr Caps kQueryAttributes = Caps{1} << 27;
inline constexpr Caps kMultiFactorAuth = Caps{1} << 28;
inline constexpr Caps kCapabilityExtension = Caps{1} << 29;
inline constexpr Caps kSslVerifyServerCert = Caps{1} << 30;
inline constexpr Caps kRememberOptions = Caps{1} << 31;
inline constexpr Caps kMariaDbProgress = Caps{1} << 32;
inline constexpr Caps kMariaDbComMulti = Caps{1} << 33;
inline constexpr Caps kMariaDbBulkOperations = Caps{1} << 34;
inline constexpr Caps kMariaDbExtendedMetadata = Caps{1} << 35;
inline constexpr Caps kMariaDbCacheMetadata = Caps{1} << 36;
inline constexpr Caps kMariaDbBulkUnitResults = Caps{1} << 37;

// Fixed at login, and decides what a statement means or how its reply is laid out: a pooled connection serves
// only sessions that agree with it here. kMultiStatements can be altered later (COM_SET_OPTION); it is part
// of the key because a client that did not ask for it is protected by its absence.
inline constexpr Caps kConnKey = kDeprecateEof | kFoundRows | kIgnoreSpace | kInteractive | kLocalFiles |
                                 kQueryAttributes | kMultiStatements | kMultiResults | kPsMultiResults;

// What our greeting offers. Left out, besides what is not built:
// kOptionalResultsetMetadata and MariaDB's extended bits change the head of a result set, or add progress
// reports that look like errors in mid-result. kQueryAttributes is offered where servers take them: each
// query looks different with it, and no MariaDB has it. kNoSchema and kCanHandleExpiredPasswords are about
// the one server behind, and pooled connections do not have them.
inline constexpr Caps kOfferedToClients =
    kLongPassword | kFoundRows | kLongFlag | kConnectWithDb | kOdbc | kLocalFiles | kIgnoreSpace |
    kProtocol41 | kInteractive | kIgnoreSigpipe | kTransactions | kSecureConnection | kMultiStatements |
    kMultiResults | kPsMultiResults | kPluginAuth | kConnectAttrs | kPluginAuthLenencData | kSessionTrack |
    kDeprecateEof;

// A client without these speaks the protocol of MySQL 4.0, or its password scheme.
inline constexpr Caps kRequiredOfClients = kProtocol41 | kSecureConnection;

// What we ask of every server that offers it, besides the session's bits of kConnKey (and kConnectWithDb, if
// a schema is named at login). kSessionTrack always: it tells what a statement changed.
inline constexpr Caps kAskedOfServers = kLongPassword | kLongFlag | kProtocol41 | kTransactions |
                                        kSecureConnection | kPluginAuth | kPluginAuthLenencData |
                                        kConnectAttrs | kSessionTrack;

// "PROTOCOL_41|SSL|...", with unknown bits as "bit40"; for logs.
std::string caps_to_text(Caps caps);

}  // namespace weir
