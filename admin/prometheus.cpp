// Which metrics Prometheus gets, and their documentation.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "admin/metrics.hpp"
#include "admin/stats/commands_counters.hpp"
#include "admin/stats/connection_pool.hpp"
#include "admin/stats/tables.hpp"
#include "router/config/host_port.hpp"

namespace weir {
namespace {

// A figure under the name that dashboards for ProxySQL have. Rows of one name stand together.
struct DashboardName {
  std::string_view name;
  MetricType type;
  std::string_view status_name;  // of the figure
  std::string_view label = {};
  std::string_view label_value = {};
};

constexpr auto kCounter = MetricType::counter;
constexpr auto kGauge = MetricType::gauge;

constexpr DashboardName kDashboardNames[] = {
    {"proxysql_uptime_seconds_total", kCounter, "ProxySQL_Uptime"},
    {"proxysql_mysql_thread_workers", kGauge, "MySQL_Thread_Workers"},
    {"proxysql_mysql_listener_paused", kGauge, "mysql_listener_paused"},
    {"proxysql_servers_table_version_total", kCounter, "Servers_table_version"},
    {"proxysql_sqlite3_memory_bytes", kGauge, "SQLite3_memory_bytes"},
    {"proxysql_client_connections_connected", kGauge, "Client_Connections_connected"},
    {"proxysql_client_connections_non_idle", kGauge, "Client_Connections_non_idle"},
    {"proxysql_client_connections_total", kCounter, "Client_Connections_created", "status", "created"},
    {"proxysql_client_connections_total", kCounter, "Client_Connections_aborted", "status", "aborted"},
    {"proxysql_access_denied_wrong_password_total", kCounter, "Access_Denied_Wrong_Password"},
    {"proxysql_access_denied_max_connections_total", kCounter, "Access_Denied_Max_Connections"},
    {"proxysql_access_denied_max_user_connections_total", kCounter, "Access_Denied_Max_User_Connections"},
    {"proxysql_generated_error_packets_total", kCounter, "generated_error_packets"},
    {"proxysql_mysql_unexpected_frontend_packets_total", kCounter, "mysql_unexpected_frontend_packets"},
    {"proxysql_active_transactions", kGauge, "Active_Transactions"},
    {"proxysql_questions_total", kCounter, "Questions"},
    {"proxysql_slow_queries_total", kCounter, "Slow_queries"},
    {"proxysql_server_connections_connected", kGauge, "Server_Connections_connected"},
    {"proxysql_server_connections_total", kCounter, "Server_Connections_created", "status", "created"},
    {"proxysql_server_connections_total", kCounter, "Server_Connections_aborted", "status", "aborted"},
    {"proxysql_connpool_memory_bytes", kGauge, "ConnPool_memory_bytes"},
    {"proxysql_connpool_get_conn_success_total", kCounter, "ConnPool_get_conn_success"},
    {"proxysql_connpool_get_conn_success_immediate_total", kCounter, "ConnPool_get_conn_immediate"},
    {"proxysql_connpool_get_conn_failure_total", kCounter, "ConnPool_get_conn_failure"},
    {"proxysql_max_connect_timeouts_total", kCounter, "max_connect_timeouts"},
    {"proxysql_myhgm_myconnpool_get_total", kCounter, "MyHGM_myconnpoll_get"},
    {"proxysql_myhgm_myconnpool_get_ok_total", kCounter, "MyHGM_myconnpoll_get_ok"},
    {"proxysql_myhgm_myconnpool_push_total", kCounter, "MyHGM_myconnpoll_push"},
    {"proxysql_myhgm_myconnpool_destroy_total", kCounter, "MyHGM_myconnpoll_destroy"},
    {"proxysql_mysql_killed_backend_connections_total", kCounter, "mysql_killed_backend_connections"},
    {"proxysql_mysql_killed_backend_queries_total", kCounter, "mysql_killed_backend_queries"},
    {"proxysql_queries_frontends_bytes_total", kCounter, "Queries_frontends_bytes_recv", "traffic_flow",
     "recv"},
    {"proxysql_queries_frontends_bytes_total", kCounter, "Queries_frontends_bytes_sent", "traffic_flow",
     "sent"},
    {"proxysql_queries_backends_bytes_total", kCounter, "Queries_backends_bytes_recv", "traffic_flow",
     "recv"},
    {"proxysql_queries_backends_bytes_total", kCounter, "Queries_backends_bytes_sent", "traffic_flow",
     "sent"},
    {"proxysql_com_commit_cnt_total", kCounter, "Com_commit"},
    {"proxysql_com_rollback_total", kCounter, "Com_rollback"},
    {"proxysql_com_backend_change_user_total", kCounter, "Com_backend_change_user"},
    {"proxysql_com_frontend_init_db_total", kCounter, "Com_frontend_init_db"},
    {"proxysql_com_frontend_use_db_total", kCounter, "Com_frontend_use_db"},
    {"proxysql_com_frontend_stmt_total", kCounter, "Com_frontend_stmt_prepare", "op", "prepare"},
    {"proxysql_com_frontend_stmt_total", kCounter, "Com_frontend_stmt_execute", "op", "execute"},
    {"proxysql_com_frontend_stmt_total", kCounter, "Com_frontend_stmt_close", "op", "close"},
    {"proxysql_com_backend_stmt_total", kCounter, "Com_backend_stmt_prepare", "op", "prepare"},
    {"proxysql_com_backend_stmt_total", kCounter, "Com_backend_stmt_execute", "op", "execute"},
    {"proxysql_com_backend_stmt_total", kCounter, "Com_backend_stmt_close", "op", "close"},
    {"proxysql_selects_for_update__autocommit0_total", kCounter, "Selects_for_update__autocommit0"},
    {"proxysql_stmt_client_active", kGauge, "Stmt_Client_Active_Total"},
    {"proxysql_stmt_server_active", kGauge, "Stmt_Server_Active_Total"},
    {"proxysql_mysql_backend_buffers_bytes", kGauge, "mysql_backend_buffers_bytes"},
    {"proxysql_mysql_frontend_buffers_bytes", kGauge, "mysql_frontend_buffers_bytes"},
    {"proxysql_mysql_session_internal_bytes", kGauge, "mysql_session_internal_bytes"},
};

// Of each server, with the labels hostgroup and endpoint. Rows of one name stand together.
struct ServerMetric {
  std::string_view name;
  MetricType type;
  std::string_view doc;
  std::uint64_t (*read)(const PoolRow&);
  std::string_view label = {};
  std::string_view label_value = {};
};

constexpr std::string_view kConns = "Connections to each server.";
constexpr std::string_view kConnects = "Connections that were, or could not be, established.";
constexpr std::string_view kTraffic = "Bytes of commands sent to each server, and of its replies.";

constexpr ServerMetric kServerMetrics[] = {
    {"proxysql_connpool_conns", kGauge, kConns, [](const PoolRow& r) { return r.figures.connections_used; },
     "status", "used"},
    {"proxysql_connpool_conns", kGauge, kConns, [](const PoolRow& r) { return r.figures.connections_idle; },
     "status", "free"},
    {"proxysql_connpool_conns_total", kCounter, kConnects,
     [](const PoolRow& r) { return r.figures.connects; }, "status", "ok"},
    {"proxysql_connpool_conns_total", kCounter, kConnects,
     [](const PoolRow& r) { return r.figures.connect_errors; }, "status", "err"},
    {"proxysql_connpool_conns_queries_total", kCounter, "Commands sent to each server.",
     [](const PoolRow& r) { return r.figures.queries; }},
    {"proxysql_connpool_data_bytes_total", kCounter, kTraffic,
     [](const PoolRow& r) { return r.figures.bytes_sent; }, "traffic_flow", "sent"},
    {"proxysql_connpool_data_bytes_total", kCounter, kTraffic,
     [](const PoolRow& r) { return r.figures.bytes_received; }, "traffic_flow", "recv"},
    {"proxysql_connpool_conns_status", kGauge,
     "State of each server: 1 ONLINE, 2 SHUNNED, 3 OFFLINE_SOFT, 4 OFFLINE_HARD, 5 SHUNNED_REPLICATION_LAG.",
     [](const PoolRow& r) { return static_cast<std::uint64_t>(r.status) + 1; }},
};

constexpr std::string_view kRuleHits = "weir_query_rule_hits_total";
constexpr std::string_view kRuleHitsDoc = "Statements that each rule matched since the rules were loaded.";
constexpr std::string_view kPinnedSessions = "weir_sessions_pinned";
constexpr std::string_view kPinnedSessionsDoc =
    "Sessions that keep their connections, by cause; one may have several.";
constexpr std::string_view kPinTimes = "weir_session_pins_total";
constexpr std::string_view kPinTimesDoc = "Times that a session came to keep its connection, by cause.";
constexpr std::string_view kCommandSeconds = "weir_command_seconds";
constexpr std::string_view kCommandSecondsDoc = "How long statements took, by class; classes that occurred.";

// Calls begin(row) before the first of each name, and each(row) for all.
template <class Rows, class Begin, class Each>
void by_name(const Rows& rows, Begin begin, Each each) {
  std::string_view current;
  for (const auto& row : rows) {
    if (row.name != current) begin(row);
    current = row.name;
    each(row);
  }
}

// What a name of a dashboard stands for: "weir_a_total, weir_b_total".
std::string figures_behind(std::string_view name, const std::vector<Figure>& all) {
  std::string names;
  for (const DashboardName& row : kDashboardNames) {
    if (row.name != name) continue;
    const auto figure = std::ranges::find(all, row.status_name, &Figure::status_name);
    if (figure == all.end()) continue;
    names += (names.empty() ? "" : ", ") + prometheus_name(*figure);
  }
  return names;
}

void write_figures(PrometheusText& text, const std::vector<Figure>& all) {
  for (const Figure& figure : all) {
    if (figure.name.empty()) continue;
    text.family(prometheus_name(figure), figure.type, figure.doc);
    text.sample({}, static_cast<double>(figure.value));
  }
  by_name(
      kDashboardNames,
      [&](const DashboardName& row) {
        text.family(row.name, row.type, "ProxySQL's name of " + figures_behind(row.name, all) + ".");
      },
      [&](const DashboardName& row) {
        const auto figure = std::ranges::find(all, row.status_name, &Figure::status_name);
        if (figure == all.end()) return;
        const PrometheusText::Label label{row.label, row.label_value};
        text.sample({&label, row.label.empty() ? 0u : 1u}, static_cast<double>(figure->value));
      });
}

void write_servers(PrometheusText& text, const std::vector<PoolRow>& servers) {
  by_name(
      kServerMetrics, [&](const ServerMetric& row) { text.family(row.name, row.type, row.doc); },
      [&](const ServerMetric& row) {
        for (const PoolRow& pool : servers) {
          const std::string hostgroup = std::to_string(pool.server->hostgroup);
          const std::string endpoint = to_text(HostPort{pool.server->hostname, pool.server->port});
          const std::array<PrometheusText::Label, 3> labels{
              {{"hostgroup", hostgroup}, {"endpoint", endpoint}, {row.label, row.label_value}}};
          text.sample({labels.data(), row.label.empty() ? 2u : 3u}, static_cast<double>(row.read(pool)));
        }
      });
}

void write_commands(PrometheusText& text, const std::vector<CommandRow>& commands) {
  std::array<double, kLatencyBuckets.size() - 1> bounds{};
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    bounds[i] = static_cast<double>(kLatencyBuckets[i].up_to_us) / 1e6;
  }
  text.family(kCommandSeconds, MetricType::histogram, kCommandSecondsDoc);
  for (const CommandRow& row : commands) {
    if (row.total == 0) continue;
    const PrometheusText::Label label{"command", to_text(row.command)};
    text.histogram({&label, 1}, bounds, row.by_latency, static_cast<double>(row.total_time_us) / 1e6);
  }
}

void write_rules(PrometheusText& text, const std::vector<RuleHits>& rules) {
  text.family(kRuleHits, kCounter, kRuleHitsDoc);
  for (const RuleHits& rule : rules) {
    const std::string id = std::to_string(rule.rule_id);
    text.sample({{"rule_id", id}}, static_cast<double>(rule.hits));
  }
}

void write_pins(PrometheusText& text, const std::vector<PinUse>& pins) {
  text.family(kPinnedSessions, kGauge, kPinnedSessionsDoc);
  for (const PinUse& use : pins)
    text.sample({{"cause", to_text(use.pin)}}, static_cast<double>(use.sessions));
  text.family(kPinTimes, kCounter, kPinTimesDoc);
  for (const PinUse& use : pins) text.sample({{"cause", to_text(use.pin)}}, static_cast<double>(use.times));
}

}  // namespace

std::string prometheus_text(StatsSources& sources) {
  PrometheusText text;
  write_figures(text, read_figures(sources));
  write_servers(text, pool_rows(sources, Reading::copy));
  write_commands(text, command_rows(sources));
  write_pins(text, pin_uses(sources));
  if (!sources.snapshot()->rules().rules().empty()) write_rules(text, rule_hits(sources));
  return text.take();
}

namespace {

std::string figures_reference(const std::vector<Figure>& all) {
  std::string page =
      "## Figures\n\nEach is a row of `stats_mysql_global` (`SHOW MYSQL STATUS`) and a metric.\n\n"
      "| `stats_mysql_global` | Prometheus | type | meaning |\n|---|---|---|---|\n";
  for (const Figure& figure : all) {
    if (figure.name.empty()) continue;
    page += fmt::format("| `{}` | `{}` | {} | {} |\n", status_name(figure), prometheus_name(figure),
                        to_text(figure.type), figure.doc);
  }
  page +=
      "\nThese are always 0. They are there because dashboards ask for them:\n\n"
      "| `stats_mysql_global` | why |\n|---|---|\n";
  for (const Figure& figure : all) {
    if (figure.name.empty()) page += fmt::format("| `{}` | {} |\n", figure.status_name, figure.doc);
  }
  return page;
}

std::string labelled_reference() {
  std::string page =
      "## Metrics with labels\n\n| Prometheus | type | labels | meaning |\n|---|---|---|---|\n";
  by_name(
      kServerMetrics,
      [&](const ServerMetric& row) {
        page += fmt::format("| `{}` | {} | hostgroup, endpoint{}{} | {} |\n", row.name, to_text(row.type),
                            row.label.empty() ? "" : ", ", row.label, row.doc);
      },
      [](const ServerMetric&) {});
  page += fmt::format("| `{}` | histogram | command | {} |\n", kCommandSeconds, kCommandSecondsDoc);
  page += fmt::format("| `{}` | gauge | cause | {} |\n", kPinnedSessions, kPinnedSessionsDoc);
  page += fmt::format("| `{}` | counter | cause | {} |\n", kPinTimes, kPinTimesDoc);
  page += fmt::format("| `{}` | counter | rule_id | {} |\n", kRuleHits, kRuleHitsDoc);
  return page;
}

std::string dashboard_reference(const std::vector<Figure>& all) {
  std::string page =
      "## ProxySQL's names\n\nThe same figures under the names that dashboards for ProxySQL have.\n\n"
      "| Prometheus | labels | the same as |\n|---|---|---|\n";
  by_name(
      kDashboardNames,
      [&](const DashboardName& row) {
        page += fmt::format("| `{}` | {} | `{}` |\n", row.name, row.label, figures_behind(row.name, all));
      },
      [](const DashboardName&) {});
  return page;
}

}  // namespace

std::string metrics_reference() {
  const std::vector<Figure> all = figures();
  return figures_reference(all) + "\n" + labelled_reference() + "\n" + dashboard_reference(all);
}

}  // namespace weir
