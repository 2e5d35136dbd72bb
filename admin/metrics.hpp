// Figures about the whole process, each declared once: stats_mysql_global, the Prometheus text and the
// reference are loops over the same rows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "admin/prometheus_text.hpp"
#include "admin/stats/sources.hpp"

namespace weir {

// A figure and what it is called. Names come from kCounters and kGauges of the workers, and from the rows in
// metrics.cpp.
struct Figure {
  std::string_view name;         // "questions"; empty: not for Prometheus
  std::string_view status_name;  // as ProxySQL has it in stats_mysql_global; empty: it has no such thing
  MetricType type;
  std::string_view doc;
  std::uint64_t value = 0;
};

// All of them, without values.
std::vector<Figure> figures();
// The same with values. Asks all workers once.
std::vector<Figure> read_figures(StatsSources& sources);

// What stats_mysql_global shows: ProxySQL's name, or ours: "weir_syncs".
std::string status_name(const Figure& figure);
// "weir_questions_total".
std::string prometheus_name(const Figure& figure);

// The metrics in Prometheus' text format (version 0.0.4): what SHOW PROMETHEUS METRICS and GET /metrics
// answer. Besides our names, it has those of ProxySQL that dashboards ask for. Admin thread; asks all
// workers. (prometheus.cpp)
std::string prometheus_text(StatsSources& sources);

// The metrics' part of etc/statistics.md. (prometheus.cpp)
std::string metrics_reference();

}  // namespace weir
