#include "proxy/net/tls_certificate.hpp"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>

#include "protocol/auth/pass_phrase.hpp"

namespace weir {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

std::string text_of(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  return {text, static_cast<std::size_t>(size)};
}

Bio memory_of(const std::string& pem) {
  return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free};
}

// "DNS:db1,IP:10.0.0.1,URI:spiffe://x", as OpenSSL's configuration files have it.
std::string alternative_names(const CertificateOrder& order) {
  std::string names;
  for (const std::string& host : order.hosts) {
    in6_addr room{};
    const bool address =
        inet_pton(AF_INET, host.c_str(), &room) == 1 || inet_pton(AF_INET6, host.c_str(), &room) == 1;
    names += (names.empty() ? "" : ",") + std::string(address ? "IP:" : "DNS:") + host;
  }
  for (const std::string& uri : order.uris) names += (names.empty() ? "URI:" : ",URI:") + uri;
  return names;
}

bool add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()), X509_EXTENSION_free);
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool add_extensions(X509* certificate, X509* issuer, const CertificateOrder& order) {
  const std::string names = alternative_names(order);
  return add_extension(certificate, issuer, NID_basic_constraints,
                       order.authority ? "critical,CA:TRUE" : "critical,CA:FALSE") &&
         add_extension(certificate, issuer, NID_key_usage,
                       order.authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature") &&
         add_extension(certificate, issuer, NID_subject_key_identifier, "hash") &&
         add_extension(certificate, issuer, NID_authority_key_identifier, "keyid") &&
         (names.empty() || add_extension(certificate, issuer, NID_subject_alt_name, names));
}

bool give_number(X509* certificate) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);  // positive, and as long as it looks
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(BN_bin2bn(bytes, sizeof bytes, nullptr), BN_free);
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool fill_in(X509* certificate, X509* issuer, EVP_PKEY* key, const CertificateOrder& order) {
  X509_NAME* const subject = X509_get_subject_name(certificate);
  std::time_t now = std::time(nullptr);
  return X509_set_version(certificate, 2) == 1 && give_number(certificate) &&
         X509_time_adj_ex(X509_getm_notBefore(certificate), 0, static_cast<long>(order.valid_from_s), &now) !=
             nullptr &&
         X509_time_adj_ex(X509_getm_notAfter(certificate), 0, static_cast<long>(order.valid_until_s), &now) !=
             nullptr &&
         X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(order.common_name.c_str()), -1, -1,
                                    0) == 1 &&
         X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
         X509_set_pubkey(certificate, key) == 1 && add_extensions(certificate, issuer, order);
}

}  // namespace

Result<TlsIdentity, std::string> make_certificate(const CertificateOrder& order, const TlsIdentity* issuer) {
  const auto failed = [&] {
    const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
    std::string text = "no certificate could be made for '" + order.common_name + "'";
    if (reason != nullptr) text += std::string(": ") + reason;
    ERR_clear_error();
    return std::unexpected(std::move(text));
  };
  const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const Certificate certificate(X509_new(), X509_free);
  if (!key || !certificate) return failed();
  Certificate signer(nullptr, X509_free);
  Key signing_key(nullptr, EVP_PKEY_free);
  if (issuer != nullptr) {
    signer.reset(PEM_read_bio_X509(memory_of(issuer->certificate).get(), nullptr, no_pass_phrase, nullptr));
    signing_key.reset(
        PEM_read_bio_PrivateKey(memory_of(issuer->key).get(), nullptr, no_pass_phrase, nullptr));
    if (!signer || !signing_key) return failed();
  }
  X509* const issuing = signer ? signer.get() : certificate.get();
  if (!fill_in(certificate.get(), issuing, key.get(), order) ||
      X509_sign(certificate.get(), signing_key ? signing_key.get() : key.get(), EVP_sha256()) == 0) {
    return failed();
  }
  const Bio certificate_pem(BIO_new(BIO_s_mem()), BIO_free);
  const Bio key_pem(BIO_new(BIO_s_mem()), BIO_free);
  if (!certificate_pem || !key_pem || PEM_write_bio_X509(certificate_pem.get(), certificate.get()) != 1 ||
      PEM_write_bio_PKCS8PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return failed();
  }
  return TlsIdentity{text_of(certificate_pem.get()), text_of(key_pem.get())};
}

}  // namespace weir
