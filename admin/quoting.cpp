#include "admin/quoting.hpp"

namespace weir {
namespace {

std::string quoted_with(char quote, std::string_view text) {
  std::string result(1, quote);
  for (const char c : text) {
    if (c == quote) result += quote;
    result += c;
  }
  return result + quote;
}

}  // namespace

std::string quoted_text(std::string_view text) {
  return quoted_with('\'', text);
}

std::string quoted_name(std::string_view name) {
  return quoted_with('"', name);
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

}  // namespace weir
