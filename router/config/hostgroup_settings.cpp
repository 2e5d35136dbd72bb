#include "router/config/hostgroup_settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "router/config/json_text.hpp"

namespace weir {

HostgroupSettings parse_hostgroup_settings(std::string_view text, std::vector<std::string>& problems,
                                           std::vector<std::string>& without_effect) {
  HostgroupSettings settings;
  const auto object = text.empty() ? std::nullopt : parse_json(text);
  if (!object) return settings;
  if (const JsonValue* value = object->find("balance")) {
    const auto balance = find_balance(value->string);
    if (!balance)
      problems.push_back(fmt::format("balance must be one of {}", fmt::join(kBalanceWords, ", ")));
    settings.balance = balance.value_or(Balance::weighted);
  }
  if (const JsonValue* value = object->find("slow_start_ms")) {
    const double number = value->kind == JsonValue::Kind::number ? value->number : -1;
    if (number >= 0 && number <= HostgroupSettings::kMaxSlowStartMs && number == std::floor(number)) {
      settings.slow_start_ms = static_cast<Millis>(number);
    } else {
      problems.push_back(
          fmt::format("slow_start_ms must be a whole number in 0..{}", HostgroupSettings::kMaxSlowStartMs));
    }
  }
  for (const char* key : {"handle_warnings", "monitor_slave_lag_when_null"}) {
    if (object->find(key) != nullptr) without_effect.emplace_back(key);
  }
  return settings;
}

}  // namespace weir
