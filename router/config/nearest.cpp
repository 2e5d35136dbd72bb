#include "router/config/nearest.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace weir {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr std::size_t kLongest = 128;  // nobody mistypes a name of that length, and the work is quadratic

}  // namespace

// One row of the matrix at a time.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  if (std::max(a.size(), b.size()) > kLongest) return std::string_view::npos;
  std::array<std::size_t, kLongest + 1> costs;
  std::iota(costs.begin(), costs.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = costs[0];
    costs[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (lower(a[i]) != lower(b[j]));
      diagonal = costs[j + 1];
      costs[j + 1] = std::min({replaced, costs[j] + 1, costs[j + 1] + 1});
    }
  }
  return costs[b.size()];
}

std::string_view nearest_name(std::string_view unknown, std::span<const std::string_view> known) {
  std::string_view best;
  std::size_t best_distance = unknown.size() / 3 + 2;
  for (std::string_view name : known) {
    const std::size_t found = edit_distance(unknown, name);
    if (found >= best_distance || found >= name.size()) continue;
    best = name;
    best_distance = found;
  }
  return best;
}

std::string hint(std::string_view unknown, std::span<const std::string_view> known) {
  const std::string_view name = nearest_name(unknown, known);
  return name.empty() ? std::string{} : "; did you mean '" + std::string(name) + "'?";
}

}  // namespace weir
