#include "proxy/session/process_row.hpp"

namespace weir {
namespace {

struct CommandName {
  Command command;
  std::string_view name;
};
// What is not here is a "Query".
constexpr CommandName kNames[] = {
    {Command::init_db, "Init DB"},
    {Command::field_list, "Field List"},
    {Command::statistics, "Statistics"},
    {Command::process_kill, "Kill"},
    {Command::ping, "Ping"},
    {Command::change_user, "Change user"},
    {Command::binlog_dump, "Binlog Dump"},
    {Command::stmt_prepare, "Prepare"},
    {Command::stmt_execute, "Execute"},
    {Command::stmt_send_long_data, "Long Data"},
    {Command::stmt_close, "Close stmt"},
    {Command::stmt_reset, "Reset stmt"},
    {Command::set_option, "Set option"},
    {Command::stmt_fetch, "Fetch"},
    {Command::reset_connection, "Reset Connection"},
};

struct Flag {
  Pin pin;
  std::uint32_t bit;
};
constexpr Flag kFlags[] = {
    {Pin::in_transaction, 0x001}, {Pin::user_variables, 0x004},   {Pin::text_prepared, 0x008},
    {Pin::locked_tables, 0x010},  {Pin::temporary_tables, 0x020}, {Pin::named_lock, 0x040},
    {Pin::by_rule, 0x080},        {Pin::found_rows, 0x200},       {Pin::warnings_pending, 0x1000},
};

}  // namespace

std::string_view process_command(Command command) {
  for (const CommandName& row : kNames) {
    if (row.command == command) return row.name;
  }
  return "Query";
}

std::uint32_t status_flags(Pins pins) {
  std::uint32_t bits = 0;
  for (const Flag& flag : kFlags) {
    if (pins.has(flag.pin)) bits |= flag.bit;
  }
  return bits;
}

}  // namespace weir
