#include "router/config/credentials.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

}  // namespace

Result<std::vector<Credential>, std::string> parse_credentials(std::string_view text) {
  std::vector<Credential> credentials;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find(';');
    const std::string_view item = trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (item.empty()) continue;
    const auto colon = item.find(':');
    if (colon == std::string_view::npos || colon == 0) {
      return std::unexpected(
          fmt::format("account {} is not of the form name:password; several are separated by ;", number));
    }
    Credential credential{std::string(item.substr(0, colon)), std::string(item.substr(colon + 1))};
    if (std::ranges::find(credentials, credential.username, &Credential::username) != credentials.end()) {
      return std::unexpected(fmt::format("account '{}' is given twice", credential.username));
    }
    credentials.push_back(std::move(credential));
  }
  return credentials;
}

}  // namespace weir
