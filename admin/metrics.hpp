// Figures about the whole process, each declared once: stats_mysql_global, the Prometheus text and
// etc/metrics.md are loops over the same rows.
#pragma once

#include <string>

#include "admin/stats/sources.hpp"

namespace weir {

// The metrics in Prometheus' text format (version 0.0.4): what SHOW PROMETHEUS METRICS and GET /metrics
// answer. Admin thread; asks all workers once.
std::string prometheus_text(StatsSources& sources);

// etc/metrics.md: every metric with its type, labels, meaning and the name it has in stats_mysql_global.
std::string metrics_reference();

}  // namespace weir
