#include "router/config/certificate_uri.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

namespace weir {

Result<CertificateUri, std::string> CertificateUri::parse(std::string_view text) {
  CertificateUri demanded;
  if (!text.starts_with('!')) {
    if (text.empty()) return std::unexpected("is empty");
    demanded.uri_ = text;
    return demanded;
  }
  static constexpr std::string_view kBegin = "^(?:", kEnd = ")$";
  const std::string expression = fmt::format("{}{}{}", kBegin, text.substr(1), kEnd);
  auto pattern = Pattern::compile(expression, {.caseless = false, .like_re2 = true});
  if (text.size() == 1) return std::unexpected("is empty");
  if (!pattern) {
    const std::size_t position =
        std::min(std::max(pattern.error().position, kBegin.size()) - kBegin.size() + 1, text.size());
    return std::unexpected(
        fmt::format("is no regular expression: {} (at byte {})", pattern.error().text, position));
  }
  demanded.pattern_ = *std::move(pattern);
  return demanded;
}

bool CertificateUri::fits(std::string_view uris) const {
  MatchContext context;
  return std::ranges::any_of(uris | std::views::split('\n'), [&](auto part) {
    const std::string_view uri(part.begin(), part.end());
    if (uri.empty()) return false;
    return pattern_ ? pattern_->search(uri, context) == MatchOutcome::match : uri == uri_;
  });
}

}  // namespace weir
