#include "admin/metrics.hpp"

#include <sys/resource.h>

#include <array>

#include "admin/login_limits.hpp"
#include "admin/stats/sources.hpp"
#include "admin/store.hpp"
#include "monitor/monitor_board.hpp"
#include "proxy/worker/fleet.hpp"

namespace weir {
namespace {

std::uint64_t total(StatsSources& sources, Counter WorkerStats::* counter) {
  const Fleet* fleet = sources.fleet();
  return fleet == nullptr ? 0 : fleet->total(counter);
}

std::uint64_t servers_version(StatsSources& sources) {
  for (const PartChecksum& part : sources.checksums()) {
    if (part.name == "mysql_servers") return static_cast<std::uint64_t>(part.version);
  }
  return 0;
}

std::uint64_t resident_bytes(StatsSources&) {
  return resident_memory();
}

std::uint64_t cpu_ms(StatsSources&) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto ms = [](const timeval& time) { return time.tv_sec * 1000 + time.tv_usec / 1000; };
  return static_cast<std::uint64_t>(ms(usage.ru_utime) + ms(usage.ru_stime));
}

template <std::uint64_t CacheFigures::* figure>
std::uint64_t cache_figure(StatsSources& sources) {
  Fleet* fleet = sources.fleet();
  return fleet == nullptr ? 0 : fleet->query_cache().figures().*figure;
}

CheckLog::Counts checks(StatsSources& sources, CheckKind kind) {
  const MonitorBoard* board = sources.monitor_board();
  return board == nullptr ? CheckLog::Counts() : board->log().counts(kind);
}
template <CheckKind kind>
std::uint64_t checks_ok(StatsSources& sources) {
  return checks(sources, kind).ok;
}
template <CheckKind kind>
std::uint64_t checks_failed(StatsSources& sources) {
  return checks(sources, kind).failed;
}

std::uint64_t admin_logins_denied(StatsSources& sources) {
  const AdminLogins* logins = sources.admin_logins();
  return logins == nullptr ? 0 : logins->denied.load(std::memory_order_relaxed);
}
std::uint64_t admin_logins_refused(StatsSources& sources) {
  const AdminLogins* logins = sources.admin_logins();
  return logins == nullptr ? 0 : logins->refused.load(std::memory_order_relaxed);
}

// Figures that no worker counts.
struct ProcessFigure {
  std::string_view name;
  std::string_view status_name;
  MetricType type;
  std::string_view doc;
  std::uint64_t (*read)(StatsSources&);
};

constexpr ProcessFigure kProcessFigures[] = {
    {"uptime_seconds", "ProxySQL_Uptime", MetricType::gauge, "Time since the start.",
     [](StatsSources& s) { return static_cast<std::uint64_t>(s.uptime_s()); }},
    {"workers", "MySQL_Thread_Workers", MetricType::gauge, "Worker threads; 0 after PROXYSQL STOP.",
     [](StatsSources& s) { return std::uint64_t{s.fleet() == nullptr ? 0 : s.fleet()->size()}; }},
    {"listeners_paused", "mysql_listener_paused", MetricType::gauge, "1 after PROXYSQL PAUSE.",
     [](StatsSources& s) { return std::uint64_t{s.listeners_paused()}; }},
    {"servers_loads", "Servers_table_version", MetricType::counter, "Times that the servers were loaded.",
     servers_version},
    {"pool_given", "ConnPool_get_conn_success", MetricType::counter,
     "Statements that were given a connection.",
     [](StatsSources& s) { return total(s, &WorkerStats::pool_served); }},
    {"sqlite_bytes", "SQLite3_memory_bytes", MetricType::gauge, "Memory of the admin port's tables.",
     [](StatsSources&) { return Store::memory_bytes(); }},
    {"query_cache_bytes", "Query_Cache_Memory_bytes", MetricType::gauge, "Memory of the query cache.",
     cache_figure<&CacheFigures::memory_bytes>},
    {"query_cache_entries", "Query_Cache_Entries", MetricType::gauge, "Replies in the query cache.",
     cache_figure<&CacheFigures::entries>},
    {"query_cache_asked", "Query_Cache_count_GET", MetricType::counter,
     "Statements looked up in the query cache.", cache_figure<&CacheFigures::asked>},
    {"query_cache_found", "Query_Cache_count_GET_OK", MetricType::counter,
     "Of these, those that it answered.", cache_figure<&CacheFigures::found>},
    {"query_cache_stored", "Query_Cache_count_SET", MetricType::counter, "Replies put into the query cache.",
     cache_figure<&CacheFigures::stored>},
    {"query_cache_purged", "Query_Cache_Purged", MetricType::counter,
     "Replies that left it: too old, replaced, flushed, or to make room.",
     cache_figure<&CacheFigures::purged>},
    {"query_cache_bytes_in", "Query_Cache_bytes_IN", MetricType::counter, "Bytes of the replies put into it.",
     cache_figure<&CacheFigures::bytes_in>},
    {"query_cache_bytes_out", "Query_Cache_bytes_OUT", MetricType::counter,
     "Bytes of the replies given from it.", cache_figure<&CacheFigures::bytes_out>},
    {"query_log_lines_lost", "", MetricType::counter,
     "Lines of the query log that could not be written: a full disk, for example.",
     [](StatsSources& s) { return s.fleet() == nullptr ? 0 : s.fleet()->query_log().lines_lost(); }},
    {"admin_logins_denied", "", MetricType::counter,
     "Logins on the admin port refused for a wrong user or password.", admin_logins_denied},
    {"admin_logins_refused", "", MetricType::counter,
     "Logins on the admin port refused, right or wrong, because too many from there had failed "
     "(mysql-max_failed_logins).",
     admin_logins_refused},
    {"connect_checks_ok", "MySQL_Monitor_connect_check_OK", MetricType::counter,
     "Connect checks of the monitor that succeeded.", checks_ok<CheckKind::connect>},
    {"connect_checks_failed", "MySQL_Monitor_connect_check_ERR", MetricType::counter, "And that failed.",
     checks_failed<CheckKind::connect>},
    {"ping_checks_ok", "MySQL_Monitor_ping_check_OK", MetricType::counter,
     "Pings of the monitor that were answered.", checks_ok<CheckKind::ping>},
    {"ping_checks_failed", "MySQL_Monitor_ping_check_ERR", MetricType::counter, "And that were not.",
     checks_failed<CheckKind::ping>},
    {"read_only_checks_ok", "MySQL_Monitor_read_only_check_OK", MetricType::counter,
     "Checks of read_only that were answered.", checks_ok<CheckKind::read_only>},
    {"read_only_checks_failed", "MySQL_Monitor_read_only_check_ERR", MetricType::counter,
     "And that were not.", checks_failed<CheckKind::read_only>},
    {"replication_lag_checks_ok", "MySQL_Monitor_replication_lag_check_OK", MetricType::counter,
     "Checks of replication that were answered.", checks_ok<CheckKind::replication_lag>},
    {"replication_lag_checks_failed", "MySQL_Monitor_replication_lag_check_ERR", MetricType::counter,
     "And that were not.", checks_failed<CheckKind::replication_lag>},
    {"galera_checks_ok", "", MetricType::counter, "Checks of Galera nodes that were answered.",
     checks_ok<CheckKind::galera>},
    {"galera_checks_failed", "", MetricType::counter, "And that were not.", checks_failed<CheckKind::galera>},
    {"group_replication_checks_ok", "", MetricType::counter,
     "Checks of members of Group Replication that were answered.", checks_ok<CheckKind::group_replication>},
    {"group_replication_checks_failed", "", MetricType::counter, "And that were not.",
     checks_failed<CheckKind::group_replication>},
    {"names_learnt", "MySQL_Monitor_dns_cache_record_updated", MetricType::counter,
     "Look-ups of servers' names that told something new, the first ones included.",
     [](StatsSources& s) {
       return s.monitor_board() == nullptr ? std::uint64_t{0} : s.monitor_board()->names().news();
     }},
    {"writer_conflicts", "", MetricType::gauge,
     "Pairs of hostgroups of which it is not clear who writes, and clusters without a writer; the log says "
     "what came of it.",
     [](StatsSources& s) {
       return std::uint64_t{s.monitor_board() == nullptr ? 0 : s.monitor_board()->conflicts().size()};
     }},
    {"worker_stalls", "", MetricType::counter, "Workers that were found stuck (mysql-watchdog_time).",
     [](StatsSources& s) { return s.fleet() == nullptr ? std::uint64_t{0} : s.fleet()->stalls(); }},
    {"resident_bytes", "", MetricType::gauge, "Memory of the whole process.", resident_bytes},
    {"cpu_milliseconds", "", MetricType::counter, "CPU time of the whole process.", cpu_ms},
};

// What dashboards look for, and why it is 0 here.
struct AlwaysZero {
  std::string_view status_name;
  std::string_view doc;
};

constexpr std::string_view kNoThreads = "The monitor is one thread.";
constexpr std::string_view kNoLock = "Sessions are never locked on a hostgroup.";

constexpr AlwaysZero kAlwaysZero[] = {
    {"Client_Connections_hostgroup_locked", kNoLock},
    {"hostgroup_locked_set_cmds", kNoLock},
    {"hostgroup_locked_queries", kNoLock},
    {"Server_Connections_delayed", "Connecting is never put off to spare a server."},
    {"ConnPool_get_conn_latency_awareness", "Latency does not decide which server is chosen."},
    {"MyHGM_myconnpoll_reset", "Connections that must be reset are closed."},
    {"MySQL_Monitor_Workers", kNoThreads},
    {"MySQL_Monitor_Workers_Aux", kNoThreads},
    {"MySQL_Monitor_Workers_Started", kNoThreads},
};

WorkerGauges sum_of_gauges(StatsSources& sources) {
  WorkerGauges sum;
  Fleet* fleet = sources.fleet();
  if (fleet == nullptr) return sum;
  for (const WorkerGauges& part :
       fleet->collect<WorkerGauges>([](Worker& worker) { return worker.gauges(); })) {
    for (const GaugeSpec& spec : kGauges) sum.*spec.gauge += part.*spec.gauge;
  }
  return sum;
}

}  // namespace

std::vector<Figure> figures() {
  std::vector<Figure> all;
  for (const ProcessFigure& spec : kProcessFigures) {
    all.push_back({spec.name, spec.status_name, spec.type, spec.doc});
  }
  for (const GaugeSpec& spec : kGauges) {
    all.push_back({spec.name, spec.status_name, MetricType::gauge, spec.doc});
  }
  for (const CounterSpec& spec : kCounters) {
    all.push_back({spec.name, spec.status_name, MetricType::counter, spec.doc});
  }
  for (const AlwaysZero& spec : kAlwaysZero)
    all.push_back({"", spec.status_name, MetricType::gauge, spec.doc});
  return all;
}

std::vector<Figure> read_figures(StatsSources& sources) {
  std::vector<Figure> all = figures();
  auto next = all.begin();
  for (const ProcessFigure& spec : kProcessFigures) (next++)->value = spec.read(sources);
  const WorkerGauges gauges = sum_of_gauges(sources);
  for (const GaugeSpec& spec : kGauges) (next++)->value = gauges.*spec.gauge;
  for (const CounterSpec& spec : kCounters) (next++)->value = total(sources, spec.counter);
  return all;
}

std::string status_name(const Figure& figure) {
  return figure.status_name.empty() ? "weir_" + std::string(figure.name) : std::string(figure.status_name);
}

std::string prometheus_name(const Figure& figure) {
  return "weir_" + std::string(figure.name) + (figure.type == MetricType::counter ? "_total" : "");
}

}  // namespace weir
