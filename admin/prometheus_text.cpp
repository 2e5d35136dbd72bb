#include "admin/prometheus_text.hpp"

#include <fmt/format.h>

namespace weir {
namespace {

void append_escaped(std::string& text, std::string_view value, bool quotes_too) {
  for (const char c : value) {
    if (c == '\\') {
      text += "\\\\";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '"' && quotes_too) {
      text += "\\\"";
    } else {
      text += c;
    }
  }
}

}  // namespace

std::string_view to_text(MetricType type) {
  switch (type) {
    case MetricType::counter:
      return "counter";
    case MetricType::gauge:
      return "gauge";
    case MetricType::histogram:
      return "histogram";
  }
  return "untyped";
}

void PrometheusText::family(std::string_view name, MetricType type, std::string_view help) {
  name_ = name;
  header_ = fmt::format("# HELP {} ", name);
  append_escaped(header_, help, false);
  header_ += fmt::format("\n# TYPE {} {}\n", name, to_text(type));
}

void PrometheusText::sample(Labels labels, double value) {
  line("", labels, {}, value);
}

void PrometheusText::histogram(Labels labels, std::span<const double> bounds,
                               std::span<const std::uint64_t> counts, double sum) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    count += counts[i];
    const std::string bound = i < bounds.size() ? fmt::format("{}", bounds[i]) : "+Inf";
    line("_bucket", labels, {"le", bound}, static_cast<double>(count));
  }
  line("_sum", labels, {}, sum);
  line("_count", labels, {}, static_cast<double>(count));
}

void PrometheusText::line(std::string_view suffix, Labels labels, Label extra, double value) {
  text_ += std::exchange(header_, {});
  text_ += name_;
  text_ += suffix;
  char before = '{';
  const auto add = [&](const Label& label) {
    text_ += before;
    text_ += label.first;
    text_ += "=\"";
    append_escaped(text_, label.second, true);
    text_ += '"';
    before = ',';
  };
  for (const Label& label : labels) add(label);
  if (!extra.first.empty()) add(extra);
  if (before == ',') text_ += '}';
  // Whole numbers without an exponent, others as short as they can be read back.
  const bool whole =
      value >= -9e15 && value <= 9e15 && value == static_cast<double>(static_cast<std::int64_t>(value));
  text_ += whole ? fmt::format(" {}\n", static_cast<std::int64_t>(value)) : fmt::format(" {}\n", value);
}

}  // namespace weir
