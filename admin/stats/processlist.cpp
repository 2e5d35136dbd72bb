#include <algorithm>
#include <iterator>

#include "admin/stats/stat_table.hpp"
#include "admin/stats/tables.hpp"
#include "proxy/worker/fleet.hpp"

namespace weir {
namespace {

// Of a statement's text: what SHOW PROCESSLIST on a server would not show in full either.
constexpr std::size_t kTextBytes = 4096;

// What there is only with a connection to a server.
Cell if_connected(const ProcessRow& row, Cell cell) {
  return row.server_host.empty() ? Cell() : std::move(cell);
}

constexpr StatColumn<ProcessRow> kColumns[] = {
    {"ThreadID", "INT NOT NULL", [](const ProcessRow& p) { return to_cell(p.worker); },
     "Worker thread, from 0."},
    {"SessionID", "INTEGER NOT NULL PRIMARY KEY", [](const ProcessRow& p) { return to_cell(p.session_id); },
     "What KILL takes."},
    {"user", "VARCHAR", [](const ProcessRow& p) { return text_or_null(p.user); },
     "User; NULL before the login."},
    {"db", "VARCHAR", [](const ProcessRow& p) { return text_or_null(p.schema); }, "Schema."},
    {"cli_host", "VARCHAR", [](const ProcessRow& p) { return to_cell(p.client_host); },
     "Address of the client."},
    {"cli_port", "INT", [](const ProcessRow& p) { return to_cell(p.client_port); }, "Port of the client."},
    {"hostgroup", "INT", [](const ProcessRow& p) { return to_cell(p.hostgroup); },
     "Of the statement under way, else the one by default."},
    {"l_srv_host", "VARCHAR", [](const ProcessRow& p) { return if_connected(p, to_cell(p.local_host)); },
     "Our end of the connection to the server."},
    {"l_srv_port", "INT", [](const ProcessRow& p) { return if_connected(p, to_cell(p.local_port)); },
     "Its port."},
    {"srv_host", "VARCHAR", [](const ProcessRow& p) { return if_connected(p, to_cell(p.server_host)); },
     "The server whose connection the session has; NULL = none."},
    {"srv_port", "INT", [](const ProcessRow& p) { return if_connected(p, to_cell(p.server_port)); },
     "Its port."},
    {"command", "VARCHAR", [](const ProcessRow& p) { return to_cell(p.command); },
     "Sleep, Query, Connect, ..."},
    {"time_ms", "INT NOT NULL", [](const ProcessRow& p) { return to_cell(p.time_ms); },
     "In this command, or idle."},
    {"info", "VARCHAR", [](const ProcessRow& p) { return text_or_null(p.text); },
     "The statement, or its first 4096 bytes."},
    {"status_flags", "INT", [](const ProcessRow& p) { return to_cell(status_flags(p.pins)); },
     "Why it keeps the connection, as ProxySQL's bits; stats_weir_sessions has words."},
    {"extended_info", "VARCHAR", [](const ProcessRow&) -> Cell { return std::nullopt; },
     "NULL; see stats_weir_sessions."},
};

constexpr StatTable<ProcessRow> kTable{"stats_mysql_processlist", "Sessions of all workers.", kColumns};

constexpr StatColumn<ProcessRow> kSessionColumns[] = {
    {"SessionID", "INTEGER NOT NULL PRIMARY KEY", [](const ProcessRow& p) { return to_cell(p.session_id); },
     "As in stats_mysql_processlist."},
    {"stage", "VARCHAR NOT NULL", [](const ProcessRow& p) { return to_cell(p.stage); },
     "What the session is at: handshake, idle, waiting_backend, syncing, executing."},
    {"pins", "VARCHAR NOT NULL", [](const ProcessRow& p) -> Cell { return to_text(p.pins); },
     "Why it keeps its connection, separated by commas; empty = it does not."},
    {"pin_causes", "VARCHAR NOT NULL", [](const ProcessRow& p) { return to_cell(p.pin_causes); },
     "The same, each with the statement that was the cause: the first 64 bytes of its digest_text."},
    {"time_ms", "INT NOT NULL", [](const ProcessRow& p) { return to_cell(p.time_ms); },
     "In this command, or idle."},
};

constexpr StatTable<ProcessRow> kSessionTable{
    "stats_weir_sessions", "What each session is at, and why it keeps its connection.", kSessionColumns};

std::vector<ProcessRow> processes(StatsSources& sources, std::size_t text_bytes) {
  std::vector<ProcessRow> rows;
  Fleet* fleet = sources.fleet();
  if (fleet == nullptr) return rows;
  const auto of_worker = [text_bytes](Worker& worker) { return worker.processes(text_bytes); };
  for (auto& part : fleet->collect<std::vector<ProcessRow>>(of_worker)) {
    std::ranges::move(part, std::back_inserter(rows));
  }
  std::ranges::sort(rows, {}, &ProcessRow::session_id);
  return rows;
}

}  // namespace

std::vector<LiveTable> processlist_tables(Store&, StatsSources& sources) {
  return {live_table(kTable, [&sources] { return processes(sources, kTextBytes); }),
          live_table(kSessionTable, [&sources] { return processes(sources, 0); })};
}

}  // namespace weir
