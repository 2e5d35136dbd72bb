// How a hostgroup shares its work among its servers: `balance` in mysql_hostgroup_attributes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weir {

enum class Balance : std::uint8_t {
  weighted,         // by chance, in proportion to the weights, as ProxySQL does
  least_in_flight,  // of two drawn by weight, the one with fewer connections in use for its weight
  peak_ewma,  // of two drawn by weight, the one that has answered faster of late, for its load and weight
};

// The words of the configuration, in the order of the enumeration.
inline constexpr std::array<std::string_view, 3> kBalanceWords{"weighted", "least_in_flight", "peak_ewma"};

constexpr std::string_view to_text(Balance balance) {
  return kBalanceWords[static_cast<std::size_t>(balance)];
}

constexpr std::optional<Balance> find_balance(std::string_view word) {
  for (std::size_t i = 0; i < kBalanceWords.size(); ++i) {
    if (kBalanceWords[i] == word) return static_cast<Balance>(i);
  }
  return std::nullopt;
}

}  // namespace weir
