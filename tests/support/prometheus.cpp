#include "tests/support/prometheus.hpp"

#include <charconv>
#include <optional>

namespace weir::test {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {
    if (text.empty() || text.back() != '\n') fault("the text does not end with a line feed");
    while (!rest_.empty()) {
      const auto end = rest_.find('\n');
      line_ = rest_.substr(0, end);
      rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
      if (line_.starts_with("# HELP ")) {
        comment(7, reading_.help);
      } else if (line_.starts_with("# TYPE ")) {
        comment(7, reading_.types);
        family_ = name_at(7);
        if (!finished_.insert(family_).second) fault("a second block of " + family_);
      } else if (!line_.starts_with("#")) {
        series();
      }
    }
    for (const auto& [name, type] : reading_.types) {
      if (!reading_.help.contains(name)) fault(name + " has no HELP");
      if (type == "counter" && !name.ends_with("_total"))
        fault("the counter " + name + " is not named _total");
    }
  }

  PrometheusReading take() { return std::move(reading_); }

 private:
  void fault(const std::string& what) {
    reading_.faults.push_back(what + ": " + std::string(line_.substr(0, 120)));
  }

  static bool is_name(std::string_view name, bool colons) {
    if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
    for (const char c : name) {
      const bool letter =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colons && c == ':');
      if (!letter && !(c >= '0' && c <= '9')) return false;
    }
    return true;
  }

  std::string name_at(std::size_t at) const {
    return std::string(line_.substr(at, line_.find(' ', at) - at));
  }

  void comment(std::size_t at, std::map<std::string, std::string>& into) {
    const std::string name = name_at(at);
    if (!is_name(name, true)) fault("not a name");
    const auto text = line_.substr(std::min(line_.size(), at + name.size() + 1));
    if (text.empty()) fault("nothing said");
    if (!into.emplace(name, text).second) fault("said twice");
  }

  // `at` is behind the opening brace; returns where the value begins, or nothing.
  std::optional<std::size_t> labels(std::size_t at) {
    std::set<std::string_view> names;
    while (at < line_.size() && line_[at] != '}') {
      const auto equals = line_.find("=\"", at);
      if (equals == line_.npos) return std::nullopt;
      const std::string_view name = line_.substr(at, equals - at);
      if (!is_name(name, false) || !names.insert(name).second) fault("a label's name");
      at = equals + 2;
      for (; at < line_.size() && line_[at] != '"'; ++at) {
        if (line_[at] != '\\') continue;
        ++at;
        if (at >= line_.size() || std::string_view("\\\"n").find(line_[at]) == std::string_view::npos) {
          fault("a wrong escape");
        }
      }
      ++at;
      if (at < line_.size() && line_[at] == ',') ++at;
    }
    return at < line_.size() ? std::optional(at + 1) : std::nullopt;
  }

  void series() {
    const auto name_end = line_.find_first_of("{ ");
    if (name_end == line_.npos) return fault("a sample without a value");
    const std::string name(line_.substr(0, name_end));
    if (!belongs(name)) fault("a sample outside its block");
    auto at = std::optional(name_end);
    if (line_[name_end] == '{') at = labels(name_end + 1);
    if (!at || *at >= line_.size() || line_[*at] != ' ') return fault("labels that do not end");
    const std::string_view number = line_.substr(*at + 1);
    double value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc{} || end != number.data() + number.size()) return fault("not a number");
    if (reading_.types[family_] == "counter" && value < 0) fault("a counter below zero");
    if (!reading_.samples.emplace(line_.substr(0, *at), value).second) fault("a series twice");
  }

  bool belongs(const std::string& name) const {
    if (family_.empty()) return false;
    if (name == family_) return true;
    const auto type = reading_.types.find(family_);
    if (type == reading_.types.end() || type->second != "histogram") return false;
    return name == family_ + "_bucket" || name == family_ + "_sum" || name == family_ + "_count";
  }

  std::string_view rest_;
  std::string_view line_;
  std::string family_;
  std::set<std::string> finished_;
  PrometheusReading reading_;
};

}  // namespace

PrometheusReading read_prometheus(std::string_view text) {
  return Reader(text).take();
}

}  // namespace weir::test
