#include "proxy/net/tls_filter.hpp"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>

#include "protocol/base/check.hpp"

namespace weir {
namespace {

bool is_address(const std::string& host) {
  in6_addr room{};
  return inet_pton(AF_INET, host.c_str(), &room) == 1 || inet_pton(AF_INET6, host.c_str(), &room) == 1;
}

}  // namespace

// Where OpenSSL reads and writes: the bytes of the call under way.
struct TlsBio {
  static int read(BIO* bio, char* to, int size) {
    auto& filter = *static_cast<TlsFilter*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (filter.incoming_ == nullptr || filter.incoming_->empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const Bytes taken =
        filter.incoming_->first(std::min(filter.incoming_->size(), static_cast<std::size_t>(size)));
    std::memcpy(to, taken.data(), taken.size());
    *filter.incoming_ = filter.incoming_->subspan(taken.size());
    return static_cast<int>(taken.size());
  }
  static int write(BIO* bio, const char* from, int size) {
    auto& filter = *static_cast<TlsFilter*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    WEIR_CHECK(filter.outgoing_ != nullptr, "OpenSSL writes during calls that have a place for it");
    filter.outgoing_->append({reinterpret_cast<const std::uint8_t*>(from), static_cast<std::size_t>(size)});
    return size;
  }
  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }
  static int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }
  static const BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "weir");
      WEIR_CHECK(fresh != nullptr, "OpenSSL has memory at the first connection");
      BIO_meth_set_read(fresh, read);
      BIO_meth_set_write(fresh, write);
      BIO_meth_set_ctrl(fresh, control);
      BIO_meth_set_create(fresh, create);
      return fresh;
    }();
    return made;
  }
};

TlsFilter::TlsFilter(std::shared_ptr<const TlsContext> context, std::string host, std::uint16_t port)
    : context_(std::move(context)), ssl_(SSL_new(context_->context_.get())), host_(std::move(host)) {
  session_key_ = host_ + ':' + std::to_string(port);
  BIO* const bio = BIO_new(TlsBio::method());
  WEIR_CHECK(ssl_ != nullptr && bio != nullptr, "OpenSSL fails here for want of memory only");
  BIO_set_data(bio, this);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_app_data(ssl_, this);
}

// Ends without an alert are usual, and no reason to forget the session.
TlsFilter::~TlsFilter() {
  SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl_);
}

std::unique_ptr<TlsFilter> TlsFilter::accept(std::shared_ptr<const TlsContext> context) {
  std::unique_ptr<TlsFilter> made(new TlsFilter(std::move(context), {}, 0));
  SSL_set_accept_state(made->ssl_);
  return made;
}

std::unique_ptr<TlsFilter> TlsFilter::connect(std::shared_ptr<const TlsContext> context, std::string host,
                                              std::uint16_t port) {
  std::unique_ptr<TlsFilter> made(new TlsFilter(std::move(context), std::move(host), port));
  SSL* const ssl = made->ssl_;
  SSL_set_connect_state(ssl);
  const bool has_name = !made->host_.empty() && !is_address(made->host_);
  if (has_name) SSL_set_tlsext_host_name(ssl, made->host_.c_str());
  const TlsParameters& parameters = made->context_->parameters();
  if (has_name && parameters.verifies() && parameters.verify_host) {
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(ssl, made->host_.c_str());
  }
  if (SSL_SESSION* const session = made->context_->take_session(made->session_key_); session != nullptr) {
    SSL_set_session(ssl, session);
    SSL_SESSION_free(session);
  }
  return made;
}

TlsFacts TlsFilter::facts() const {
  return {.version = SSL_get_version(ssl_),
          .cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(ssl_)),
          .resumed = SSL_session_reused(ssl_) == 1};
}

bool TlsFilter::peer_has_certificate() const {
  return SSL_get0_peer_certificate(ssl_) != nullptr && SSL_get_verify_result(ssl_) == X509_V_OK;
}

std::string TlsFilter::peer_uris() const {
  std::string uris;
  if (!peer_has_certificate()) return uris;
  auto* const names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(SSL_get0_peer_certificate(ssl_), NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_URI) continue;
    const ASN1_STRING* const text = name->d.uniformResourceIdentifier;
    const std::string_view uri(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                               static_cast<std::size_t>(ASN1_STRING_length(text)));
    // No URI has a control character; a line feed would make two of one.
    if (std::ranges::any_of(uri, [](char c) { return static_cast<unsigned char>(c) < ' '; })) continue;
    uris.append(uri).append("\n");
  }
  GENERAL_NAMES_free(names);
  return uris;
}

// A server has nothing to say yet, and OpenSSL's buffers are not for clients who never begin.
void TlsFilter::start(ByteQueue& wire) {
  if (SSL_is_server(ssl_) == 1) return;
  outgoing_ = &wire;
  shake_hands();
  outgoing_ = nullptr;
}

// True: the handshake is over.
bool TlsFilter::shake_hands() {
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl_);
  if (done == 1) {
    established_ = true;
    write(waiting_.readable());
    waiting_.clear();
    waiting_.release();
    return true;
  }
  if (SSL_get_error(ssl_, done) != SSL_ERROR_WANT_READ) fail();
  return false;
}

std::size_t TlsFilter::decode(Bytes& wire, MutableBytes plain, ByteQueue& reply) {
  if (condition_ != Condition::open) return 0;
  incoming_ = &wire;
  outgoing_ = &reply;
  std::size_t made = 0;
  if (established_ || shake_hands()) {
    while (made < plain.size()) {
      std::size_t got = 0;
      ERR_clear_error();
      const int read = SSL_read_ex(ssl_, plain.data() + made, plain.size() - made, &got);
      made += got;
      if (read == 1) continue;
      const int error = SSL_get_error(ssl_, read);
      if (error == SSL_ERROR_ZERO_RETURN) condition_ = Condition::ended;
      if (error != SSL_ERROR_ZERO_RETURN && error != SSL_ERROR_WANT_READ) fail();
      break;
    }
  }
  incoming_ = nullptr;
  outgoing_ = nullptr;
  return made;
}

void TlsFilter::encode(Bytes plain, ByteQueue& wire) {
  if (condition_ == Condition::failed) return;
  if (!established_) return waiting_.append(plain);
  outgoing_ = &wire;
  write(plain);
  outgoing_ = nullptr;
}

// There is always room: what OpenSSL writes goes into a queue.
void TlsFilter::write(Bytes plain) {
  if (plain.empty()) return;
  std::size_t written = 0;
  ERR_clear_error();
  if (SSL_write_ex(ssl_, plain.data(), plain.size(), &written) != 1) fail();
}

void TlsFilter::finish(ByteQueue& wire) {
  if (!established_ || condition_ == Condition::failed) return;
  outgoing_ = &wire;
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
  outgoing_ = nullptr;
}

// Once connected, messages tell by themselves whether they are whole.
void TlsFilter::on_cut() {
  if (!established_) fail("TLS: the peer closed the connection during the handshake");
}

void TlsFilter::fail() {
  fail(reason());
}

void TlsFilter::fail(std::string why) {
  condition_ = Condition::failed;
  failure_ = std::move(why);
  ERR_clear_error();
}

// The certificate's fault first: OpenSSL's word for all of them is that it could not be verified.
std::string TlsFilter::reason() const {
  if (const long verdict = SSL_get_verify_result(ssl_); verdict != X509_V_OK) {
    const bool wrong_name = verdict == X509_V_ERR_HOSTNAME_MISMATCH;
    return "TLS: the peer's certificate is not accepted: " +
           std::string(X509_verify_cert_error_string(verdict)) +
           (wrong_name ? " (not for '" + host_ + "')" : "");
  }
  const char* const text = ERR_reason_error_string(ERR_peek_error());
  return std::string("TLS: ") + (text == nullptr ? "the peer broke the protocol" : text);
}

}  // namespace weir
