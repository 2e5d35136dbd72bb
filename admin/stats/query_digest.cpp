#include "admin/stats/reset_twin.hpp"
#include "admin/stats/tables.hpp"
#include "proxy/worker/fleet.hpp"

namespace weir {
namespace {

using Digest = DigestRow;

constexpr StatColumn<Digest> kColumns[] = {
    {"hostgroup", "INT", [](const Digest& d) { return to_cell(d.identity->hostgroup); },
     "Hostgroup that executed it; -1 = answered without a server."},
    {"schemaname", "VARCHAR NOT NULL", [](const Digest& d) { return to_cell(d.identity->schema); },
     "Schema of the session."},
    {"username", "VARCHAR NOT NULL", [](const Digest& d) { return to_cell(d.identity->username); }, "User."},
    {"client_address", "VARCHAR NOT NULL",
     [](const Digest& d) { return to_cell(d.identity->client_address); },
     "Address of the client; empty unless mysql-query_digests_track_hostname."},
    {"digest", "VARCHAR NOT NULL", [](const Digest& d) -> Cell { return digest_to_text(d.identity->digest); },
     "0x and 16 hex digits, as ProxySQL has them."},
    {"digest_text", "VARCHAR NOT NULL", [](const Digest& d) { return to_cell(*d.identity->text); },
     "The statement without its literals."},
    {"count_star", "INTEGER NOT NULL", [](const Digest& d) { return to_cell(d.figures.count); },
     "Executions."},
    {"first_seen", "INTEGER NOT NULL", [](const Digest& d) { return to_cell(d.figures.first_seen); },
     "Unix time."},
    {"last_seen", "INTEGER NOT NULL", [](const Digest& d) { return to_cell(d.figures.last_seen); },
     "Unix time."},
    {"sum_time", "INTEGER NOT NULL", [](const Digest& d) { return to_cell(d.figures.sum_time_us); },
     "Microseconds of all executions."},
    {"min_time", "INTEGER NOT NULL", [](const Digest& d) { return to_cell(d.figures.min_time_us); },
     "Microseconds of the fastest."},
    {"max_time", "INTEGER NOT NULL", [](const Digest& d) { return to_cell(d.figures.max_time_us); },
     "Microseconds of the slowest."},
    {"sum_rows_affected", "INTEGER NOT NULL",
     [](const Digest& d) { return to_cell(d.figures.rows_affected); }, "Rows changed."},
    {"sum_rows_sent", "INTEGER NOT NULL", [](const Digest& d) { return to_cell(d.figures.rows_sent); },
     "Rows returned."},
};

constexpr StatTable<Digest> kTable{
    "stats_mysql_query_digest", "What statements cost, by hostgroup, schema, user, client and digest.",
    kColumns, "PRIMARY KEY (hostgroup, schemaname, username, client_address, digest)"};

std::vector<Digest> digests(StatsSources& sources, Reading reading) {
  Fleet* fleet = sources.fleet();
  if (fleet == nullptr) return {};
  return merge(fleet->collect<std::vector<Digest>>([reading](Worker& worker) {
    DigestStats& stats = worker.digest_stats();
    return reading == Reading::take ? stats.take(worker.clock()) : stats.copy(worker.clock());
  }));
}

}  // namespace

std::vector<LiveTable> query_digest_tables(Store& store, StatsSources& sources) {
  return table_and_reset_twin<Digest>(store, kTable,
                                      [&sources](Reading reading) { return digests(sources, reading); });
}

}  // namespace weir
