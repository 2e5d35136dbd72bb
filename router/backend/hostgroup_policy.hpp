// What the monitor does with the servers of a hostgroup when there is more than one answer: words of
// hostgroup_settings.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weir {

// Several servers of a pair say that they may be written to. Of the writer's hostgroup.
enum class TwoWriters : std::uint8_t {
  newest,      // the one whose transactions contain the others'
  configured,  // the one that the operator has put into the writer hostgroup
  refuse,      // none
  all,         // all of them, as ProxySQL
};
inline constexpr std::array<std::string_view, 4> kTwoWritersWords{"newest", "configured", "refuse", "all"};

// All servers of a hostgroup lag too far behind.
enum class WhenAllLag : std::uint8_t {
  writer,        // the writer of the pair reads, too
  least_behind,  // the one that is the least behind
  error,         // nobody reads
};
inline constexpr std::array<std::string_view, 3> kWhenAllLagWords{"writer", "least_behind", "error"};

// The value of a word, or nothing.
template <class Policy, std::size_t N>
std::optional<Policy> find_policy(const std::array<std::string_view, N>& words, std::string_view word) {
  for (std::size_t i = 0; i < N; ++i) {
    if (words[i] == word) return static_cast<Policy>(i);
  }
  return std::nullopt;
}

}  // namespace weir
