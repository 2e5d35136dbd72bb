// Certificates of our own making: an authority, and what it vouches for. For installations that have none.
//
// Keys are of P-256: made in no time, and a handshake costs a twentieth of what it does with RSA.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/base/result.hpp"

namespace weir {

struct TlsIdentity {
  std::string certificate;  // PEM
  std::string key;          // PEM
};

struct CertificateOrder {
  std::string common_name;
  std::vector<std::string> hosts{};  // names and addresses that it is for
  std::vector<std::string> uris{};
  std::int64_t valid_from_s = 0;  // from now; may be negative
  std::int64_t valid_until_s = 0;
  bool authority = false;
};

// Signed by `issuer`, or by itself. Fails only if OpenSSL does, or with an order that makes no sense.
Result<TlsIdentity, std::string> make_certificate(const CertificateOrder& order,
                                                  const TlsIdentity* issuer = nullptr);

}  // namespace weir
