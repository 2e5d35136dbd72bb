#include "router/config/hostgroup_settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "router/config/json_text.hpp"

namespace weir {
namespace {

constexpr std::array<std::string_view, 2> kAlgorithmWords{"zlib", "zstd"};

// What is asked of each value of the object, and what is complained of.
struct Reading {
  const JsonValue& object;
  std::vector<std::string>& problems;

  // A whole number in 0..`max`, or nothing.
  std::optional<std::int64_t> number(std::string_view key, std::int64_t max) {
    const JsonValue* value = object.find(key);
    if (value == nullptr) return std::nullopt;
    const double number = value->kind == JsonValue::Kind::number ? value->number : -1;
    if (number >= 0 && number <= static_cast<double>(max) && number == std::floor(number))
      return static_cast<std::int64_t>(number);
    problems.push_back(fmt::format("{} must be a whole number in 0..{}", key, max));
    return std::nullopt;
  }

  template <class Policy, std::size_t N>
  void word(std::string_view key, const std::array<std::string_view, N>& words, Policy& to) {
    const JsonValue* value = object.find(key);
    if (value == nullptr) return;
    const auto policy = find_policy<Policy>(words, value->string);
    if (policy) {
      to = *policy;
    } else {
      problems.push_back(fmt::format("{} must be one of {}", key, fmt::join(words, ", ")));
    }
  }
};

}  // namespace

HostgroupSettings parse_hostgroup_settings(std::string_view text, std::vector<std::string>& problems,
                                           std::vector<std::string>& without_effect) {
  HostgroupSettings settings;
  const auto object = text.empty() ? std::nullopt : parse_json(text);
  if (!object) return settings;
  Reading reading{*object, problems};
  reading.word("balance", kBalanceWords, settings.balance);
  reading.word("two_writers", kTwoWritersWords, settings.two_writers);
  reading.word("when_all_lag", kWhenAllLagWords, settings.when_all_lag);
  enum class Algorithm : std::uint8_t { zlib, zstd } algorithm = Algorithm::zlib;
  reading.word("compression_algorithm", kAlgorithmWords, algorithm);
  if (algorithm == Algorithm::zstd) settings.compression_algorithm = Compression::zstd;
  settings.slow_start_ms = reading.number("slow_start_ms", HostgroupSettings::kMaxSlowStartMs).value_or(0);
  settings.max_lag_ms =
      reading.number("max_replication_lag_ms", HostgroupSettings::kMaxLagS * 1000).value_or(0);
  settings.min_readers = reading.number("min_readers", HostgroupSettings::kMaxServers).value_or(0);
  settings.lag_when_null = reading.number("monitor_slave_lag_when_null", HostgroupSettings::kMaxLagS);
  settings.send_proxy_protocol = static_cast<int>(reading.number("send_proxy_protocol", 2).value_or(0));
  if (object->find("handle_warnings") != nullptr) without_effect.emplace_back("handle_warnings");
  return settings;
}

}  // namespace weir
