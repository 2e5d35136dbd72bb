#include "router/config/certificate_uri.hpp"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("a certificate's URI is the one that is demanded, or fits the expression as a whole") {
  const struct {
    const char* demanded;
    const char* uris;
    bool fits;
  } cases[] = {
      {"spiffe://a/shop", "spiffe://a/shop\n", true},
      {"spiffe://a/shop", "spiffe://a/shop", true},
      {"spiffe://a/shop", "https://x\nspiffe://a/shop\n", true},
      {"spiffe://a/shop", "", false},
      {"spiffe://a/shop", "\n", false},
      {"spiffe://a/shop", "spiffe://a/shop/more\n", false},
      {"spiffe://a/shop", "spiffe://A/shop\n", false},
      {"spiffe://a/shop.*", "spiffe://a/shop.x\n", false},
      {"!spiffe://a/.*", "spiffe://a/shop\n", true},
      {"!spiffe://a/(shop|till)", "spiffe://a/till\n", true},
      {"!spiffe://a/shop|https://b", "https://b\n", true},
      {"!^spiffe://a/shop$", "spiffe://a/shop\n", true},
      {"!spiffe://a/shop", "spiffe://a/shop/more\n", false},
      {"!spiffe://a/shop", "xspiffe://a/shop\n", false},
      {"!spiffe://a/SHOP", "spiffe://a/shop\n", false},
      {"!.*", "", false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.demanded, c.uris);
    CHECK(CertificateUri::parse(c.demanded)->fits(c.uris) == c.fits);
  }
}

TEST_CASE("what demands nothing, or cannot be read, is told") {
  CHECK(CertificateUri::parse("").error() == "is empty");
  CHECK(CertificateUri::parse("!").error() == "is empty");
  CHECK(CertificateUri::parse("!a[").error().starts_with("is no regular expression: "));
}

}  // namespace
}  // namespace weir
