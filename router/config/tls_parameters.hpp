// How one end of a TLS connection is set up: what mysql-ssl_p2s_* and mysql_servers_ssl_params say. Pure.
#pragma once

#include <compare>
#include <string>

namespace weir {

struct TlsParameters {
  // Files in PEM; empty = none.
  std::string ca;      // of authorities that are trusted
  std::string capath;  // a directory of such, as c_rehash makes it
  std::string cert;    // ours, with its chain
  std::string key;
  std::string crl;          // of revoked certificates
  std::string crlpath;      // the same, a directory
  std::string cipher;       // as OpenSSL's ciphers(1), TLS 1.3's names among them; empty = Weir's choice
  std::string version;      // "TLSv1.2,TLSv1.3", either of them; empty = both
  bool verify_host = true;  // if there are authorities: the certificate must be for the server's name, too

  bool verifies() const { return !ca.empty() || !capath.empty(); }

  friend auto operator<=>(const TlsParameters&, const TlsParameters&) = default;
};

}  // namespace weir
