// Writes Prometheus' text format, version 0.0.4.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace weir {

// counter: grows, and starts at zero with the process; its name ends in _total. histogram: see histogram().
enum class MetricType { counter, gauge, histogram };
std::string_view to_text(MetricType type);

class PrometheusText {
 public:
  using Label = std::pair<std::string_view, std::string_view>;
  using Labels = std::span<const Label>;

  // All samples of a metric follow its family() without another one between; a family without samples is not
  // written.
  void family(std::string_view name, MetricType type, std::string_view help);
  // `labels`: values may be any text. No two samples of a family have the same labels.
  void sample(Labels labels, double value);
  void sample(std::initializer_list<Label> labels, double value) {
    sample(Labels(labels.begin(), labels.size()), value);
  }
  // `counts` per bucket, not cumulative; `bounds` the upper bound of each but the last, which has none.
  void histogram(Labels labels, std::span<const double> bounds, std::span<const std::uint64_t> counts,
                 double sum);

  std::string take() { return std::move(text_); }

 private:
  void line(std::string_view suffix, Labels labels, Label extra, double value);

  std::string text_;
  std::string header_;  // of the family, until its first sample
  std::string name_;
};

}  // namespace weir
