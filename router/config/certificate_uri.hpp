// What a user's attribute spiffe_id demands: that the client's certificate names a certain URI.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/base/result.hpp"
#include "router/rules/pattern.hpp"

namespace weir {

class CertificateUri {
 public:
  // "spiffe://example.org/shop": this URI, byte for byte. "!expression": one that the whole of a regular
  // expression fits, as RE2 reads them. The error is a sentence's end: "... is empty".
  static Result<CertificateUri, std::string> parse(std::string_view text);

  // `uris` of a certificate that has been verified, one per line; empty: there is none.
  bool fits(std::string_view uris) const;

 private:
  std::string uri_;
  std::optional<Pattern> pattern_;
};

}  // namespace weir
