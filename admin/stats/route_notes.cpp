// Why automatic splitting left reads on the writer, and which statements it had taken for reads wrongly.
#include "admin/stats/reset_twin.hpp"
#include "admin/stats/tables.hpp"
#include "proxy/worker/fleet.hpp"

namespace weir {
namespace {

using Note = RouteNote;
using Column = StatColumn<Note>;

constexpr Column kHostgroup{"hostgroup", "INT NOT NULL",
                            [](const Note& n) { return to_cell(n.identity->hostgroup); }, "Hostgroup."};
constexpr Column kSchema{"schemaname", "VARCHAR NOT NULL",
                         [](const Note& n) { return to_cell(n.identity->schema); }, "Schema of the session."};
constexpr Column kUser{"username", "VARCHAR NOT NULL",
                       [](const Note& n) { return to_cell(n.identity->username); }, "User."};
constexpr Column kDigest{"digest", "VARCHAR NOT NULL",
                         [](const Note& n) -> Cell { return digest_to_text(n.identity->digest); },
                         "As in stats_mysql_query_digest."};
constexpr Column kText{"digest_text", "VARCHAR NOT NULL",
                       [](const Note& n) { return to_cell(n.identity->text); },
                       "The statement without its literals; its first 2048 bytes."};
constexpr Column kFirst{"first_seen", "INTEGER NOT NULL", [](const Note& n) { return to_cell(n.first_seen); },
                        "Unix time."};
constexpr Column kLast{"last_seen", "INTEGER NOT NULL", [](const Note& n) { return to_cell(n.last_seen); },
                       "Unix time."};

constexpr Column kDoubtColumns[] = {
    kHostgroup,
    kSchema,
    kUser,
    kDigest,
    kText,
    {"reason", "VARCHAR NOT NULL", [](const Note& n) { return to_cell(n.identity->reason); },
     "Why it was not sent to a reader: what the statement has (locking_read, unknown_function, "
     "reads_user_variable ...), or what the session has (in_transaction, autocommit_off, temporary_tables, "
     "connection_kept), or learned_write, long_statement, fresh_data_asked, no_reader_hostgroup, "
     "no_reader_usable."},
    {"detail", "VARCHAR NOT NULL DEFAULT ''", [](const Note& n) { return to_cell(n.detail); },
     "Of unknown_function the function's name; of connection_kept what the connection was kept for, the "
     "first "
     "time."},
    {"count_star", "INTEGER NOT NULL", [](const Note& n) { return to_cell(n.count); }, "Executions."},
    kFirst,
    kLast,
};
constexpr StatTable<Note> kDoubts{
    "stats_mysql_route_doubts",
    "Reads that automatic splitting left on the writer, and why. At most 1000 rows per worker; what has not "
    "been counted for a while makes room (weir_route_doubts_evicted). Needs mysql-query_digests.",
    kDoubtColumns, "PRIMARY KEY (hostgroup, schemaname, username, digest, reason)"};

constexpr Column kSurpriseColumns[] = {
    kHostgroup,
    kSchema,
    kUser,
    kDigest,
    kText,
    {"count_star", "INTEGER NOT NULL", [](const Note& n) { return to_cell(n.count); }, "Refusals."},
    kFirst,
    kLast,
    {"hostname", "VARCHAR NOT NULL", [](const Note& n) { return to_cell(n.hostname); },
     "The server that refused the last one: name, address, or socket path."},
    {"port", "INT NOT NULL", [](const Note& n) { return to_cell(n.port); }, "Its port; 0 = a Unix socket."},
    {"errno", "INT NOT NULL", [](const Note& n) { return to_cell(n.error_code); },
     "Its error: 1290, 1792 or 1836."},
    {"last_error", "VARCHAR NOT NULL DEFAULT ''", [](const Note& n) { return to_cell(n.detail); },
     "Its message."},
};
constexpr StatTable<Note> kSurprises{
    "stats_mysql_route_surprises",
    "Statements that were taken for reads, refused by a read-only server, and carried out by the writer "
    "instead. At most 1000 rows per worker; what has not been counted for a while makes room "
    "(weir_route_surprises_evicted).",
    kSurpriseColumns, "PRIMARY KEY (hostgroup, schemaname, username, digest)"};

std::vector<Note> notes(StatsSources& sources, RouteNotes& (Worker::*which)(), Reading reading) {
  Fleet* fleet = sources.fleet();
  if (fleet == nullptr) return {};
  return merge(fleet->collect<std::vector<Note>>([which, reading](Worker& worker) {
    RouteNotes& of_worker = (worker.*which)();
    return reading == Reading::take ? of_worker.take(worker.clock()) : of_worker.copy(worker.clock());
  }));
}

}  // namespace

std::vector<LiveTable> route_note_tables(Store& store, StatsSources& sources) {
  std::vector<LiveTable> tables = table_and_reset_twin<Note>(
      store, kDoubts, [&sources](Reading reading) { return notes(sources, &Worker::route_doubts, reading); });
  for (LiveTable& table : table_and_reset_twin<Note>(store, kSurprises, [&sources](Reading reading) {
         return notes(sources, &Worker::route_surprises, reading);
       })) {
    tables.push_back(std::move(table));
  }
  return tables;
}

}  // namespace weir
