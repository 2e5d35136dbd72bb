// Certificates for a test, as files: an authority, a server's, and others that are wrong in one way each.
#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "proxy/net/tls_certificate.hpp"
#include "proxy/net/tls_context.hpp"

namespace weir::test {

inline constexpr std::int64_t kDay = 86400;

class TlsFiles {
 public:
  explicit TlsFiles(std::filesystem::path directory) : directory_(std::move(directory)) {
    authority_ =
        make({.common_name = "authority", .valid_from_s = -kDay, .valid_until_s = kDay, .authority = true},
             nullptr);
    write("ca.pem", authority_.certificate);
  }

  static TlsIdentity make(const CertificateOrder& order, const TlsIdentity* issuer) {
    auto made = make_certificate(order, issuer);
    INFO((made ? "" : made.error()));
    REQUIRE(made);
    return *made;
  }
  // Writes <name>-cert.pem and <name>-key.pem, signed by the authority; the parameters of who shows it.
  TlsParameters issue(const std::string& name, const CertificateOrder& order) const {
    const TlsIdentity made = make(order, &authority_);
    TlsParameters parameters;
    parameters.cert = write(name + "-cert.pem", made.certificate);
    parameters.key = write(name + "-key.pem", made.key);
    return parameters;
  }
  TlsParameters server() const {
    return issue("server", {.common_name = "db1.test",
                            .hosts = {"db1.test", "127.0.0.1"},
                            .valid_from_s = -kDay,
                            .valid_until_s = kDay});
  }
  // Of a client that trusts the authority.
  TlsParameters trusting() const {
    TlsParameters parameters;
    parameters.ca = path("ca.pem");
    return parameters;
  }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    return path(name);
  }

 private:
  std::filesystem::path directory_;
  TlsIdentity authority_;
};

inline std::shared_ptr<const TlsContext> taken(Result<std::shared_ptr<const TlsContext>, std::string> made) {
  INFO((made ? "" : made.error()));
  REQUIRE(made);
  return *made;
}
inline std::shared_ptr<const TlsContext> for_clients(const TlsParameters& parameters) {
  return taken(TlsContext::for_clients(parameters));
}
inline std::shared_ptr<const TlsContext> for_servers(const TlsParameters& parameters) {
  return taken(TlsContext::for_servers(parameters));
}

}  // namespace weir::test
