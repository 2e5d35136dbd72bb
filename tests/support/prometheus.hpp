// A reader of Prometheus' text format that believes nothing:
// https://prometheus.io/docs/instrumenting/exposition_formats/
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace weir::test {

struct PrometheusReading {
  std::vector<std::string> faults;           // sentences; empty = well formed
  std::map<std::string, std::string> types;  // by family
  std::map<std::string, std::string> help;
  std::map<std::string, double> samples;  // by series as written: name{label="value"}
};

PrometheusReading read_prometheus(std::string_view text);

}  // namespace weir::test
