#include "proxy/net/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>

#include "protocol/auth/pass_phrase.hpp"
#include "proxy/net/tls_filter.hpp"

namespace weir {
namespace {

// Of TLS 1.2: forward secrecy always; the last group for clients of ten years ago. TLS 1.3 has good ones
// only.
constexpr char kCiphers[] =
    "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDHE+AES:!aNULL:!eNULL:!MD5:!3DES:!PSK:!SRP:"
    "!CAMELLIA:!ARIA:!DSS";
// Of clients of TLS 1.2 that take no tickets, some 3 KiB each.
constexpr long kSessionsCached = 4096;
constexpr unsigned char kSessionContext[] = {'w', 'e', 'i', 'r'};
// A ticket of TLS 1.3 serves once, and servers give two: enough for a burst of connections.
constexpr std::size_t kSessionsKeptPerServer = 8;

std::string last_words() {
  const unsigned long error =
      ERR_peek_error();  // the first of them: those behind it say where it was noticed
  std::string text = "no reason given";
  if (ERR_SYSTEM_ERROR(error)) {
    text = std::strerror(static_cast<int>(ERR_GET_REASON(error)));
  } else if (const char* reason = ERR_reason_error_string(error); reason != nullptr) {
    text = reason;
  }
  ERR_clear_error();
  return text;
}

std::unexpected<std::string> refuse(std::string_view what, const std::string& name) {
  return std::unexpected(std::string(what) + " '" + name + "': " + last_words());
}

// OpenSSL's own words for a file that is not there are many, and misleading.
Result<void, std::string> readable(std::string_view what, const std::string& path, bool directory = false) {
  struct stat facts{};
  int error = ::stat(path.c_str(), &facts) == 0 ? 0 : errno;
  if (error == 0 && directory != S_ISDIR(facts.st_mode)) error = directory ? ENOTDIR : EISDIR;
  if (error == 0) return {};
  return std::unexpected(std::string(what) + " '" + path + "': " + std::strerror(error));
}

std::int64_t seconds_since_1970(const ASN1_TIME* time) {
  int days = 0, seconds = 0;
  const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> epoch(ASN1_TIME_set(nullptr, 0),
                                                                    ASN1_TIME_free);
  if (!epoch || ASN1_TIME_diff(&days, &seconds, epoch.get(), time) != 1) return 0;
  return std::int64_t{days} * 86400 + seconds;
}

// Once, with what the authorities have, if the certificate's file has nothing but the certificate: otherwise
// OpenSSL looks for its issuers, and checks their signatures, at each handshake. What peers get is the same.
void complete_chain(SSL_CTX* context) {
  STACK_OF(X509)* own = nullptr;
  SSL_CTX_get0_chain_certs(context, &own);
  if (own != nullptr && sk_X509_num(own) > 0) return;
  SSL_CTX_build_cert_chain(context, SSL_BUILD_CHAIN_FLAG_IGNORE_ERROR);
  SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);
  ERR_clear_error();
}

}  // namespace

// Sessions that servers let us go on with, newest last.
class TlsContext::KeptSessions {
 public:
  KeptSessions() = default;
  KeptSessions(const KeptSessions&) = delete;
  KeptSessions& operator=(const KeptSessions&) = delete;
  ~KeptSessions() {
    for (const auto& [server, sessions] : by_server_) {
      for (SSL_SESSION* session : sessions) SSL_SESSION_free(session);
    }
  }
  SSL_SESSION* take(const std::string& server) {
    const std::lock_guard lock(mutex_);
    const auto found = by_server_.find(server);
    if (found == by_server_.end() || found->second.empty()) return nullptr;
    SSL_SESSION* session = found->second.back();
    // Of TLS 1.3 each serves once, or somebody who listens could tell connections of one client.
    if (SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION) {
      found->second.pop_back();
    } else {
      SSL_SESSION_up_ref(session);
    }
    return session;
  }
  void keep(const std::string& server, SSL_SESSION* session) {
    const std::lock_guard lock(mutex_);
    auto& sessions = by_server_[server];
    sessions.push_back(session);
    if (sessions.size() <= kSessionsKeptPerServer) return;
    SSL_SESSION_free(sessions.front());
    sessions.pop_front();
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::deque<SSL_SESSION*>> by_server_;
};

void TlsContext::FreeContext::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

TlsContext::TlsContext(const TlsParameters& parameters)
    : parameters_(parameters), sessions_(std::make_unique<KeptSessions>()) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<const TlsContext>, std::string> TlsContext::for_clients(
    const TlsParameters& parameters) {
  std::shared_ptr<TlsContext> made(new TlsContext(parameters));
  if (auto configured = made->configure(true); !configured) return std::unexpected(configured.error());
  return made;
}

Result<std::shared_ptr<const TlsContext>, std::string> TlsContext::for_servers(
    const TlsParameters& parameters) {
  std::shared_ptr<TlsContext> made(new TlsContext(parameters));
  if (auto configured = made->configure(false); !configured) return std::unexpected(configured.error());
  return made;
}

Result<void, std::string> TlsContext::configure(bool for_clients) {
  ERR_clear_error();
  context_.reset(SSL_CTX_new(for_clients ? TLS_server_method() : TLS_client_method()));
  if (!context_) return std::unexpected("OpenSSL: " + last_words());
  SSL_CTX* const context = context_.get();
  SSL_CTX_set_default_passwd_cb(context, no_pass_phrase);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context,
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  if (auto used = use_versions(); !used) return used;
  if (auto used = use_ciphers(); !used) return used;
  if (!parameters_.cert.empty() || !parameters_.key.empty() || for_clients) {
    if (auto used = use_certificate(); !used) return used;
  }
  if (parameters_.verifies()) {
    if (auto used = use_authorities(for_clients); !used) return used;
  }
  if (auto used = use_revocations(); !used) return used;
  if (for_clients) {
    complete_chain(context);
    SSL_CTX_set_dh_auto(context, 1);
    SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
    SSL_CTX_sess_set_cache_size(context, kSessionsCached);
    return {};
  }
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, [](SSL* connection, SSL_SESSION* session) {
    const auto& filter = *static_cast<const TlsFilter*>(SSL_get_app_data(connection));
    filter.context_->keep_session(filter.session_key_, session);
    return 1;  // it is ours now
  });
  return {};
}

Result<void, std::string> TlsContext::use_certificate() {
  if (parameters_.cert.empty()) return std::unexpected("a key without a certificate");
  if (parameters_.key.empty()) return std::unexpected("a certificate without a key");
  if (auto there = readable("certificate", parameters_.cert); !there) return there;
  if (auto there = readable("key", parameters_.key); !there) return there;
  if (SSL_CTX_use_certificate_chain_file(context_.get(), parameters_.cert.c_str()) != 1)
    return refuse("certificate", parameters_.cert);
  const bool usable =
      SSL_CTX_use_PrivateKey_file(context_.get(), parameters_.key.c_str(), SSL_FILETYPE_PEM) == 1;
  // One of the same kind is refused at once, one of another kind is taken for another certificate's.
  if (const unsigned long error = ERR_peek_error();
      !usable && (ERR_GET_LIB(error) != ERR_LIB_X509 || ERR_GET_REASON(error) != X509_R_KEY_VALUES_MISMATCH))
    return refuse("key", parameters_.key);
  if (!usable || SSL_CTX_check_private_key(context_.get()) != 1) {
    ERR_clear_error();
    return std::unexpected("key '" + parameters_.key + "': it does not belong to the certificate '" +
                           parameters_.cert + "'");
  }
  if (const X509* const certificate = SSL_CTX_get0_certificate(context_.get()); certificate != nullptr)
    expires_at_ = seconds_since_1970(X509_get0_notAfter(certificate));
  return {};
}

Result<void, std::string> TlsContext::use_authorities(bool for_clients) {
  const std::string& file = parameters_.ca;
  const std::string& directory = parameters_.capath;
  if (!file.empty()) {
    if (auto there = readable("authorities", file); !there) return there;
    if (SSL_CTX_load_verify_file(context_.get(), file.c_str()) != 1) return refuse("authorities", file);
  }
  if (!directory.empty()) {
    if (auto there = readable("directory of authorities", directory, true); !there) return there;
    if (SSL_CTX_load_verify_dir(context_.get(), directory.c_str()) != 1)
      return refuse("directory of authorities", directory);
  }
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  if (!for_clients || file.empty()) return {};
  // What a client is told when it is asked for a certificate.
  SSL_CTX_set_client_CA_list(context_.get(), SSL_load_client_CA_file(file.c_str()));
  ERR_clear_error();
  return {};
}

// Once lists are given, they must cover each certificate of a chain that has one.
Result<void, std::string> TlsContext::use_revocations() {
  const std::string& file = parameters_.crl;
  const std::string& directory = parameters_.crlpath;
  if (file.empty() && directory.empty()) return {};
  X509_STORE* const store = SSL_CTX_get_cert_store(context_.get());
  if (!file.empty()) {
    if (auto there = readable("revoked certificates", file); !there) return there;
    X509_LOOKUP* const lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    if (lookup == nullptr || X509_load_crl_file(lookup, file.c_str(), X509_FILETYPE_PEM) < 1)
      return refuse("revoked certificates", file);
  }
  if (!directory.empty()) {
    if (auto there = readable("directory of revoked certificates", directory, true); !there) return there;
    X509_LOOKUP* const lookup = X509_STORE_add_lookup(store, X509_LOOKUP_hash_dir());
    if (lookup == nullptr || X509_LOOKUP_add_dir(lookup, directory.c_str(), X509_FILETYPE_PEM) != 1)
      return refuse("directory of revoked certificates", directory);
  }
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
  return {};
}

// TLS 1.3's have names of their own, and another function.
Result<void, std::string> TlsContext::use_ciphers() {
  std::string old_ones, new_ones;
  std::string_view rest = parameters_.cipher;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of(":, "), rest.size());
    const std::string_view name = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (name.empty()) continue;
    std::string& list = name.starts_with("TLS_") ? new_ones : old_ones;
    list.append(list.empty() ? "" : ":").append(name);
  }
  if (SSL_CTX_set_cipher_list(context_.get(), old_ones.empty() ? kCiphers : old_ones.c_str()) != 1)
    return refuse("ciphers", parameters_.cipher);
  if (!new_ones.empty() && SSL_CTX_set_ciphersuites(context_.get(), new_ones.c_str()) != 1)
    return refuse("ciphers", parameters_.cipher);
  return {};
}

Result<void, std::string> TlsContext::use_versions() {
  if (parameters_.version.empty()) return {};
  const bool has_2 = parameters_.version.find("TLSv1.2") != std::string::npos;
  const bool has_3 = parameters_.version.find("TLSv1.3") != std::string::npos;
  if (!has_2 && !has_3)
    return std::unexpected("tls_version '" + parameters_.version + "': TLSv1.2 and TLSv1.3 are known");
  SSL_CTX_set_min_proto_version(context_.get(), has_2 ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_max_proto_version(context_.get(), has_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
  return {};
}

ssl_session_st* TlsContext::take_session(const std::string& server) const {
  return sessions_->take(server);
}

void TlsContext::keep_session(const std::string& server, ssl_session_st* session) const {
  sessions_->keep(server, session);
}

}  // namespace weir
