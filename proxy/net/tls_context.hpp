// What all TLS connections of one configuration share: certificates, authorities, and what sessions can be
// resumed.
//
// Immutable but for the kept sessions (behind OpenSSL's locks and one of ours, touched by handshakes only):
// any number of threads may use one. Connections keep it alive, so that a reload drops nobody.
//
// TLS 1.2 and 1.3; no renegotiation, no compression, no early data. Sessions are resumed by tickets, and of
// TLS 1.2 from a cache, too.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "protocol/base/result.hpp"
#include "router/config/tls_parameters.hpp"

struct ssl_ctx_st;
struct ssl_session_st;

namespace weir {

class TlsContext {
 public:
  // We are the server: `cert` and `key` are needed. With authorities a client that presents a certificate
  // must have it from one of them; none is demanded. Errors name the file and what is wrong with it.
  static Result<std::shared_ptr<const TlsContext>, std::string> for_clients(const TlsParameters& parameters);
  // We are the client: without authorities the server is not identified (only somebody who listens is kept
  // out).
  static Result<std::shared_ptr<const TlsContext>, std::string> for_servers(const TlsParameters& parameters);

  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();

  const TlsParameters& parameters() const { return parameters_; }
  // When our certificate ends, in seconds since 1970; 0 without one.
  std::int64_t expires_at() const { return expires_at_; }

 private:
  friend class TlsFilter;
  class KeptSessions;
  struct FreeContext {
    void operator()(ssl_ctx_st* context) const;
  };

  explicit TlsContext(const TlsParameters& parameters);
  Result<void, std::string> configure(bool for_clients);
  Result<void, std::string> use_certificate();
  Result<void, std::string> use_authorities(bool for_clients);
  Result<void, std::string> use_revocations();
  Result<void, std::string> use_ciphers();
  Result<void, std::string> use_versions();

  // Of servers, by name: a session to go on with, or null; the caller frees it.
  ssl_session_st* take_session(const std::string& server) const;
  void keep_session(const std::string& server, ssl_session_st* session) const;  // takes it over

  const TlsParameters parameters_;
  std::unique_ptr<ssl_ctx_st, FreeContext> context_;
  std::unique_ptr<KeptSessions> sessions_;
  std::int64_t expires_at_ = 0;
};

}  // namespace weir
