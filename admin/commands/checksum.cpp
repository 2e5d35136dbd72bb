// CHECKSUM: whether two proxies, or two layers of one, have the same configuration.
#include <fmt/format.h>

#include <algorithm>

#include <array>

#include "admin/commands/sql_text.hpp"
#include "admin/commands/topics.hpp"
#include "admin/refusals.hpp"
#include "router/query/spooky_hash.hpp"

namespace weir::commands {
namespace {

struct ChecksumRow {
  std::string_view what, table;
  std::string_view condition = "1";
};
constexpr std::array kTables = {
    ChecksumRow{"servers", "mysql_servers"},
    ChecksumRow{"users", "mysql_users"},
    ChecksumRow{"query rules", "mysql_query_rules"},
    ChecksumRow{"variables", "global_variables", "variable_name LIKE 'mysql-%'"},
    ChecksumRow{"replication hostgroups", "mysql_replication_hostgroups"},
    ChecksumRow{"group replication hostgroups", "mysql_group_replication_hostgroups"},
    ChecksumRow{"galera hostgroups", "mysql_galera_hostgroups"},
    ChecksumRow{"hostgroup attributes", "mysql_hostgroup_attributes"},
    ChecksumRow{"servers ssl params", "mysql_servers_ssl_params"},
};

// Of the rows, in any order; every cell with its length, so that no two different tables read the same.
std::string checksum_of(Rows rows) {
  std::ranges::sort(rows.rows);
  std::string text;
  for (const Row& row : rows.rows) {
    for (const Cell& cell : row) text += cell ? std::to_string(cell->size()) + ":" + *cell : "-";
    text += ';';
  }
  return fmt::format("0x{:016X}", spooky_hash64(text, rows.rows.size()));
}

Reply checksum(CommandCall& call, std::string_view schema) {
  std::string what;
  Lexer lexer(call.captures["what"], {});
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    if (!what.empty()) what += ' ';
    what += token.text;
  }
  for (const ChecksumRow& row : kTables) {
    if (!equals_caseless(what, row.what)) continue;
    return Rows{
        {"table", "checksum"},
        {{std::string(row.table), checksum_of(call.tools.store.rows("SELECT * FROM " + std::string(schema) +
                                                                    "." + std::string(row.table) + " WHERE " +
                                                                    std::string(row.condition)))}}};
  }
  return refuse(AdminError::syntax,
                "near \"" + what + "\": syntax error: nothing of that name has a checksum");
}

}  // namespace

Reply checksum_memory(CommandCall& call) {
  return checksum(call, "main");
}

Reply checksum_disk(CommandCall& call) {
  return checksum(call, "disk");
}

Reply global_checksum(CommandCall& call) {
  return Rows{
      {"GLOBAL_CHECKSUM()"},
      {{checksum_of(call.tools.store.rows("SELECT name, checksum FROM main.runtime_checksums_values"))}}};
}

}  // namespace weir::commands
