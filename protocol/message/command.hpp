// Every command a client can send: one row each in kCommands, and what it means for whoever relays it.
//
// MySQL: page_protocol_command_phase, enum_server_command. MariaDB's own are marked in the table.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "protocol/base/bytes.hpp"

namespace weir {

enum class Command : std::uint8_t {
  sleep = 0x00,
  quit = 0x01,
  init_db = 0x02,
  query = 0x03,
  field_list = 0x04,
  create_db = 0x05,
  drop_db = 0x06,
  refresh = 0x07,
  shutdown = 0x08,
  statistics = 0x09,
  process_info = 0x0a,
  connect = 0x0b,
  process_kill = 0x0c,
  debug = 0x0d,
  ping = 0x0e,
  time = 0x0f,
  delayed_insert = 0x10,
  change_user = 0x11,
  binlog_dump = 0x12,
  table_dump = 0x13,
  connect_out = 0x14,
  register_replica = 0x15,
  stmt_prepare = 0x16,
  stmt_execute = 0x17,
  stmt_send_long_data = 0x18,
  stmt_close = 0x19,
  stmt_reset = 0x1a,
  set_option = 0x1b,
  stmt_fetch = 0x1c,
  daemon = 0x1d,
  binlog_dump_gtid = 0x1e,
  reset_connection = 0x1f,
  clone = 0x20,
  subscribe_group_replication_stream = 0x21,
  stmt_bulk_execute = 0xfa,  // MariaDB
  unknown = 0xff,            // any other byte
};

// How the server answers: where its reply ends.
enum class Shape : std::uint8_t {
  none,     // not at all
  ok,       // one OK or ERR (or EOF: SET_OPTION and DEBUG, without kDeprecateEof)
  text,     // one packet of text, or ERR
  result,   // OK, ERR, LOCAL INFILE, or columns and rows; again while MORE_RESULTS
  rows,     // definitions or rows until an EOF, or an OK in its place, or ERR
  prepare,  // a head with counts, then so many definitions
  auth,     // an authentication conversation
  stream,   // without an end: until either side closes
  refuse,   // not forwarded: we answer with ERR
};

// Traits, as bits.
inline constexpr std::uint8_t kNeedsBackend = 0x01;        // a server has to see it
inline constexpr std::uint8_t kAnsweredLocally = 0x02;     // we answer it ourselves
inline constexpr std::uint8_t kCarriesStatementId = 0x04;  // in the four bytes after the code
inline constexpr std::uint8_t kMayRunLong = 0x08;          // time limits of queries apply
inline constexpr std::uint8_t kPinsConnection =
    0x10;  // leaves state on the connection that we cannot carry over

struct CommandSpec {
  Command command;
  std::string_view name;  // "COM_QUERY"
  Shape shape;
  std::uint8_t traits;

  bool has(std::uint8_t trait) const { return (traits & trait) != 0; }
};

// Total: a byte that is no command has the row of Command::unknown, which is refused.
const CommandSpec& command_spec(std::uint8_t code);
inline const CommandSpec& command_spec(Command command) {
  return command_spec(static_cast<std::uint8_t>(command));
}

std::span<const CommandSpec> all_commands();
std::string_view to_text(Shape shape);

// What follows the code: the text of QUERY and STMT_PREPARE, the schema of INIT_DB. `payload` is not empty.
inline Bytes command_argument(Bytes payload) {
  return payload.subspan(1);
}

}  // namespace weir
