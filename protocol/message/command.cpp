#include "protocol/message/command.hpp"

#include <array>

#include "protocol/base/check.hpp"

namespace weir {
namespace {

constexpr std::uint8_t kLong = kNeedsBackend | kMayRunLong;
constexpr std::uint8_t kStatement = kNeedsBackend | kCarriesStatementId;
constexpr std::uint8_t kReplication = kNeedsBackend | kPinsConnection;
constexpr std::uint8_t kLocal = kAnsweredLocally;

// Refused are: what servers themselves refuse (SLEEP, TIME, CONNECT, DELAYED_INSERT, DAEMON), what was
// removed from them (CREATE_DB, DROP_DB, TABLE_DUMP, CONNECT_OUT), what concerns one server and not the
// cluster behind us (SHUTDOWN, CLONE, group replication), and what needs a capability that we do not offer
// (STMT_BULK_EXECUTE).
constexpr CommandSpec kCommands[] = {
    {Command::sleep, "COM_SLEEP", Shape::refuse, kLocal},
    {Command::quit, "COM_QUIT", Shape::none, kLocal},
    {Command::init_db, "COM_INIT_DB", Shape::ok, kNeedsBackend},
    {Command::query, "COM_QUERY", Shape::result, kLong},
    {Command::field_list, "COM_FIELD_LIST", Shape::rows, kNeedsBackend},
    {Command::create_db, "COM_CREATE_DB", Shape::refuse, kLocal},
    {Command::drop_db, "COM_DROP_DB", Shape::refuse, kLocal},
    {Command::refresh, "COM_REFRESH", Shape::ok, kLong},
    {Command::shutdown, "COM_SHUTDOWN", Shape::refuse, kLocal},
    {Command::statistics, "COM_STATISTICS", Shape::text, kNeedsBackend},
    {Command::process_info, "COM_PROCESS_INFO", Shape::result, kNeedsBackend},
    {Command::connect, "COM_CONNECT", Shape::refuse, kLocal},
    {Command::process_kill, "COM_PROCESS_KILL", Shape::ok, kLocal},
    {Command::debug, "COM_DEBUG", Shape::ok, kNeedsBackend},
    {Command::ping, "COM_PING", Shape::ok, kLocal},
    {Command::time, "COM_TIME", Shape::refuse, kLocal},
    {Command::delayed_insert, "COM_DELAYED_INSERT", Shape::refuse, kLocal},
    {Command::change_user, "COM_CHANGE_USER", Shape::auth, kLocal},
    {Command::binlog_dump, "COM_BINLOG_DUMP", Shape::stream, kReplication},
    {Command::table_dump, "COM_TABLE_DUMP", Shape::refuse, kLocal},
    {Command::connect_out, "COM_CONNECT_OUT", Shape::refuse, kLocal},
    {Command::register_replica, "COM_REGISTER_SLAVE", Shape::ok, kReplication},
    {Command::stmt_prepare, "COM_STMT_PREPARE", Shape::prepare, kLong | kPinsConnection},
    {Command::stmt_execute, "COM_STMT_EXECUTE", Shape::result, kStatement | kMayRunLong},
    {Command::stmt_send_long_data, "COM_STMT_SEND_LONG_DATA", Shape::none, kStatement},
    {Command::stmt_close, "COM_STMT_CLOSE", Shape::none, kStatement},
    {Command::stmt_reset, "COM_STMT_RESET", Shape::ok, kStatement},
    {Command::set_option, "COM_SET_OPTION", Shape::ok, kNeedsBackend},
    {Command::stmt_fetch, "COM_STMT_FETCH", Shape::rows, kStatement | kMayRunLong},
    {Command::daemon, "COM_DAEMON", Shape::refuse, kLocal},
    {Command::binlog_dump_gtid, "COM_BINLOG_DUMP_GTID", Shape::stream, kReplication},
    {Command::reset_connection, "COM_RESET_CONNECTION", Shape::ok, kLocal},
    {Command::clone, "COM_CLONE", Shape::refuse, kLocal},
    {Command::subscribe_group_replication_stream, "COM_SUBSCRIBE_GROUP_REPLICATION_STREAM", Shape::refuse,
     kLocal},
    {Command::stmt_bulk_execute, "COM_STMT_BULK_EXECUTE", Shape::refuse, kLocal | kCarriesStatementId},
    {Command::unknown, "unknown command", Shape::refuse, kLocal},
};

// The row of each of the 256 bytes.
constexpr auto kRowOfCode = [] {
  std::array<std::uint8_t, 256> rows{};
  rows.fill(std::size(kCommands) - 1);
  for (std::size_t row = 0; row < std::size(kCommands); ++row)
    rows[static_cast<std::uint8_t>(kCommands[row].command)] = static_cast<std::uint8_t>(row);
  return rows;
}();

}  // namespace

const CommandSpec& command_spec(std::uint8_t code) {
  return kCommands[kRowOfCode[code]];
}

std::span<const CommandSpec> all_commands() {
  return kCommands;
}

std::string_view to_text(Shape shape) {
  switch (shape) {
    case Shape::none:
      return "none";
    case Shape::ok:
      return "ok";
    case Shape::text:
      return "text";
    case Shape::result:
      return "result";
    case Shape::rows:
      return "rows";
    case Shape::prepare:
      return "prepare";
    case Shape::auth:
      return "auth";
    case Shape::stream:
      return "stream";
    case Shape::refuse:
      return "refuse";
  }
  unreachable();
}

}  // namespace weir
