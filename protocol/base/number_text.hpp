// A number, if all of a text is one: what std::from_chars() leaves to be asked for.
#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <optional>
#include <string_view>
#include <system_error>

namespace weir {

// Nothing if there is anything else in it, blanks and a plus included, or more than Number can hold.
template <std::integral Number>
std::optional<Number> to_integer(std::string_view text, int base = 10) {
  Number number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number, base);
  return error == std::errc() && at == end ? std::optional(number) : std::nullopt;
}

// In decimal, with or without an exponent. Nothing for "nan" and "inf", too: there is no calculating with
// them.
inline std::optional<double> to_double(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  const bool whole = error == std::errc() && at == end;
  return whole && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

}  // namespace weir
