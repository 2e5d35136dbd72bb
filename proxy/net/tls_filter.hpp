// TLS between a channel and its socket: one connection's end of it.
//
// What is sent before the handshake is over waits, and goes out encrypted behind it; a certificate that is
// not accepted ends the connection before anything of ours has been sent. Idle, it keeps what OpenSSL needs
// (some 10 KiB) and no buffers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/net/stream_filter.hpp"
#include "proxy/net/tls_context.hpp"

struct bio_st;
struct ssl_st;

namespace weir {

// What a connection has agreed on. Texts are static.
struct TlsFacts {
  std::string_view version{};  // "TLSv1.3"; empty: there is no TLS
  std::string_view cipher{};
  bool resumed = false;
};

class TlsFilter final : public StreamFilter {
 public:
  // We are the server; the context is one for_clients().
  static std::unique_ptr<TlsFilter> accept(std::shared_ptr<const TlsContext> context);
  // We are the client; the context is one for_servers(). `host` is the name that the server is configured by,
  // for SNI and for what its certificate says (an address is neither); `port` tells servers of one host
  // apart.
  static std::unique_ptr<TlsFilter> connect(std::shared_ptr<const TlsContext> context, std::string host,
                                            std::uint16_t port);
  TlsFilter(const TlsFilter&) = delete;
  TlsFilter& operator=(const TlsFilter&) = delete;
  ~TlsFilter() override;

  bool established() const { return established_; }
  TlsFacts facts() const;  // once established()
  // The subject alternative URIs of the client's verified certificate, one per line; empty without a
  // certificate.
  std::string peer_uris() const;
  bool peer_has_certificate() const;

  void start(ByteQueue& wire) override;
  std::size_t decode(Bytes& wire, MutableBytes plain, ByteQueue& reply) override;
  void encode(Bytes plain, ByteQueue& wire) override;
  void finish(ByteQueue& wire) override;
  void on_cut() override;
  Condition condition() const override { return condition_; }
  std::string_view failure() const override { return failure_; }

 private:
  friend struct TlsBio;
  friend class TlsContext;

  TlsFilter(std::shared_ptr<const TlsContext> context, std::string host, std::uint16_t port);
  bool shake_hands();
  void write(Bytes plain);
  void fail();
  void fail(std::string why);
  std::string reason() const;

  std::shared_ptr<const TlsContext> context_;
  ssl_st* ssl_ = nullptr;
  Bytes* incoming_ = nullptr;      // during a call of OpenSSL
  ByteQueue* outgoing_ = nullptr;  // the same
  ByteQueue waiting_;              // for the end of the handshake
  std::string host_;
  std::string session_key_;  // of a server
  std::string failure_;
  Condition condition_ = Condition::open;
  bool established_ = false;
};

}  // namespace weir
