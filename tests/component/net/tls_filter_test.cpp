// TLS between two channels of one loop.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <catch2/catch.hpp>

#include <memory>
#include <thread>

#include "proxy/net/tls_filter.hpp"
#include "tests/component/net/net_support.hpp"
#include "tests/support/tls_files.hpp"

using namespace weir;
using namespace weir::test;

namespace {

// A server's end and a client's, of these contexts.
struct TlsPair {
  TlsPair(std::shared_ptr<const TlsContext> server_context, std::shared_ptr<const TlsContext> client_context,
          const std::string& host = "db1.test")
      : server(loop, sockets.take(0)), client(loop, sockets.take(1)) {
    auto accepting = TlsFilter::accept(std::move(server_context));
    auto connecting = TlsFilter::connect(std::move(client_context), host, 3306);
    server_tls = accepting.get();
    client_tls = connecting.get();
    server.channel->add_filter(std::move(accepting));
    client.channel->add_filter(std::move(connecting));
  }
  // Whether both have what the other has sent.
  bool talk() {
    client.channel->send(as_bytes("from the client"));
    server.channel->send(as_bytes("from the server"));
    return run_until(loop,
                     [&] {
                       return client.closings + server.closings > 0 ||
                              (server.received == "from the client" && client.received == "from the server");
                     }) &&
           client.closings + server.closings == 0;
  }
  Loop loop;
  SocketPair sockets;
  Peer server, client;
  const TlsFilter* server_tls = nullptr;
  const TlsFilter* client_tls = nullptr;
};

struct Certificates {
  TemporaryDirectory directory;
  TlsFiles files{directory.path};
};

std::string why_refused(const Certificates& scene, const TlsParameters& server, TlsParameters client,
                        const std::string& host = "db1.test") {
  client.ca = scene.files.path("ca.pem");
  TlsPair pair(for_clients(server), for_servers(client), host);
  pair.client.channel->send(as_bytes("a secret"));
  CHECK(run_until(pair.loop, [&] { return pair.client.closings == 1 && pair.server.closings == 1; }));
  CHECK(pair.server.received.empty());
  return std::string(pair.client.closed->text());
}

}  // namespace

TEST_CASE("two ends agree on TLS 1.3, and what waited for that arrives", "[net][tls]") {
  Certificates scene;
  TlsPair pair(for_clients(scene.files.server()), for_servers(scene.files.trusting()));
  CHECK(pair.talk());
  CHECK(pair.server_tls->facts().version == "TLSv1.3");
  CHECK(pair.client_tls->facts().cipher == pair.server_tls->facts().cipher);
  CHECK_FALSE(pair.server_tls->facts().resumed);
  CHECK_FALSE(pair.server_tls->peer_has_certificate());
}

TEST_CASE("TLS 1.2 is spoken with who has nothing better, and nothing older", "[net][tls]") {
  Certificates scene;
  TlsParameters old = scene.files.trusting();
  old.version = "TLSv1.2";
  TlsPair pair(for_clients(scene.files.server()), for_servers(old));
  CHECK(pair.talk());
  CHECK(pair.server_tls->facts().version == "TLSv1.2");
  old.version = "TLSv1.1";
  CHECK(TlsContext::for_servers(old).error() == "tls_version 'TLSv1.1': TLSv1.2 and TLSv1.3 are known");
}

TEST_CASE("certificates that must not be trusted end the connection before a word is said", "[net][tls]") {
  Certificates scene;
  const TlsFiles& files = scene.files;
  TlsParameters client;
  SECTION("expired") {
    const auto server = files.issue("old", {.common_name = "db1.test",
                                            .hosts = {"db1.test"},
                                            .valid_from_s = -9 * kDay,
                                            .valid_until_s = -kDay});
    CHECK(why_refused(scene, server, client) ==
          "TLS: the peer's certificate is not accepted: certificate has expired");
  }
  SECTION("not valid yet") {
    const auto server = files.issue(
        "young",
        {.common_name = "db1.test", .hosts = {"db1.test"}, .valid_from_s = kDay, .valid_until_s = 9 * kDay});
    CHECK(why_refused(scene, server, client) ==
          "TLS: the peer's certificate is not accepted: certificate is not yet valid");
  }
  SECTION("for another name") {
    CHECK(why_refused(scene, files.server(), client, "db2.test") ==
          "TLS: the peer's certificate is not accepted: hostname mismatch (not for 'db2.test')");
  }
  SECTION("of an unknown authority") {
    const auto stranger = TlsFiles::make(
        {.common_name = "db1.test", .hosts = {"db1.test"}, .valid_from_s = -kDay, .valid_until_s = kDay},
        nullptr);
    TlsParameters server;
    server.cert = files.write("stranger-cert.pem", stranger.certificate);
    server.key = files.write("stranger-key.pem", stranger.key);
    CHECK(why_refused(scene, server, client) ==
          "TLS: the peer's certificate is not accepted: self-signed certificate");
  }
}

TEST_CASE("a name is not asked for where it is switched off, or an address, or no authority is named",
          "[net][tls]") {
  Certificates scene;
  TlsParameters client = scene.files.trusting();
  std::string host = "db2.test";
  SECTION("switched off") {
    client.verify_host = false;
  }
  SECTION("an address") {
    host = "10.0.0.1";
  }
  SECTION("no authority") {
    client.ca.clear();
  }
  TlsPair pair(for_clients(scene.files.server()), for_servers(client), host);
  CHECK(pair.talk());
}

TEST_CASE("a client shows its certificate to who asks, and a wrong one is refused", "[net][tls]") {
  Certificates scene;
  TlsParameters server = scene.files.server();
  server.ca = scene.files.path("ca.pem");
  const bool good = GENERATE(true, false);
  TlsParameters client;
  if (good) {
    client = scene.files.issue(
        "ann",
        {.common_name = "ann", .uris = {"spiffe://test/ann"}, .valid_from_s = -kDay, .valid_until_s = kDay});
  } else {
    const auto own =
        TlsFiles::make({.common_name = "ann", .valid_from_s = -kDay, .valid_until_s = kDay}, nullptr);
    client.cert = scene.files.write("own-cert.pem", own.certificate);
    client.key = scene.files.write("own-key.pem", own.key);
  }
  client.ca = scene.files.path("ca.pem");
  TlsPair pair(for_clients(server), for_servers(client));
  CHECK(pair.talk() == good);
  if (good) {
    CHECK(pair.server_tls->peer_has_certificate());
    CHECK(pair.server_tls->peer_uris() == "spiffe://test/ann\n");
  } else {
    CHECK(run_until(pair.loop, [&] { return pair.server.closings == 1; }));
    CHECK(pair.server.closed->text() ==
          "TLS: the peer's certificate is not accepted: self-signed certificate");
    CHECK(pair.server.received.empty());
  }
}

TEST_CASE("sessions are resumed, with both versions, but not by another context", "[net][tls]") {
  Certificates scene;
  TlsParameters parameters = scene.files.trusting();
  parameters.version = GENERATE("TLSv1.2", "TLSv1.3");
  const auto server = for_clients(scene.files.server());
  const auto client = for_servers(parameters);
  const auto resumed = [&](const std::shared_ptr<const TlsContext>& theirs, const std::string& host) {
    TlsPair pair(theirs, client, host);
    CHECK(pair.talk());
    CHECK(pair.client_tls->facts().resumed == pair.server_tls->facts().resumed);
    return pair.client_tls->facts().resumed;
  };
  CHECK_FALSE(resumed(server, "db1.test"));
  CHECK(resumed(server, "db1.test"));
  CHECK(resumed(server, "db1.test"));
  CHECK_FALSE(resumed(server, "127.0.0.1"));  // another server, as far as anybody knows
  CHECK_FALSE(resumed(for_clients(scene.files.server()), "db1.test"));
}

TEST_CASE("records may come in pieces of any size", "[net][tls]") {
  Certificates scene;
  const auto server_context = for_clients(scene.files.server());
  TlsParameters anybody;
  const auto careless = for_servers(anybody);
  for (std::size_t piece : {1u, 2u, 3u, 7u, 100u, 1000u}) {
    CAPTURE(piece);
    auto client = TlsFilter::connect(careless, "", static_cast<std::uint16_t>(piece));
    auto server = TlsFilter::accept(server_context);
    ByteQueue to_server, to_client;
    client->start(to_server);
    server->start(to_client);
    client->encode(as_bytes("hello"), to_server);
    std::string heard;
    std::uint8_t room[64];
    const auto pass = [&](TlsFilter& from_filter, ByteQueue& wire, ByteQueue& reply) {
      std::vector<std::uint8_t> all(wire.readable().begin(), wire.readable().end());
      wire.clear();
      for (std::size_t at = 0; at < all.size(); at += piece) {
        Bytes part = Bytes(all).subspan(at, std::min(piece, all.size() - at));
        while (const std::size_t made = from_filter.decode(part, room, reply))
          heard += as_text(Bytes(room, made));
        CHECK(part.empty());
      }
    };
    for (int round = 0; round < 6; ++round) {
      pass(*server, to_server, to_client);
      pass(*client, to_client, to_server);
    }
    CHECK(heard == "hello");
  }
}

TEST_CASE("an end within the handshake is a failure, and behind it the end of the stream", "[net][tls]") {
  Certificates scene;
  const bool early = GENERATE(true, false);
  TlsPair pair(for_clients(scene.files.server()), for_servers(scene.files.trusting()));
  if (!early) REQUIRE(pair.talk());
  ::shutdown(pair.client.channel->fd(), SHUT_WR);
  CHECK(run_until(pair.loop, [&] { return pair.server.closings == 1; }));
  CHECK(pair.server.closed->end_of_stream() == !early);
  if (early) CHECK(pair.server.closed->text() == "TLS: the peer closed the connection during the handshake");
}

TEST_CASE("last words are followed by a farewell of TLS", "[net][tls]") {
  Certificates scene;
  TlsPair pair(for_clients(scene.files.server()), for_servers(scene.files.trusting()));
  REQUIRE(pair.talk());
  pair.server.channel->send(as_bytes(std::string(500'000, 'x')));
  pair.server.channel->close_when_sent();
  CHECK(run_until(pair.loop, [&] { return pair.client.closings == 1 && pair.server.closings == 1; }));
  CHECK(pair.client.received.size() == 500'015);
  CHECK(pair.client.closed->end_of_stream());
}

TEST_CASE("what is no handshake of TLS ends the connection", "[net][tls]") {
  Certificates scene;
  const auto [name, bytes] = GENERATE(table<std::string, std::string>({
      {"zeros", std::string(100, '\0')},
      {"HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"a login in plain", std::string("\x20\0\0\x02", 4) + std::string(32, 'x')},
      {"an endless record", std::string("\x16\x03\x01\xff\xff", 5) + std::string(70'000, 'x')},
      {"an alert", std::string("\x15\x03\x01\0\x02\x02\x28", 7)},
      {"TLS 1.0 only", std::string("\x16\x03\x01\0\x2f\x01\0\0\x2b\x03\x01", 11) + std::string(32, 'r') +
                           std::string("\0\0\x04\xc0\x14\0\x35\x01\0", 9)},
  }));
  CAPTURE(name);
  Loop loop;
  SocketPair sockets;
  Peer server(loop, sockets.take(0));
  server.channel->add_filter(TlsFilter::accept(for_clients(scene.files.server())));
  ::send(sockets.fds[1], bytes.data(), bytes.size(), MSG_NOSIGNAL);
  CHECK(run_until(loop, [&] { return server.closings == 1; }));
  CHECK(server.received.empty());
  CHECK(server.closed->text().starts_with("TLS: "));
}

TEST_CASE("a byte that was changed under way ends the connection", "[net][tls]") {
  Certificates scene;
  auto server = TlsFilter::accept(for_clients(scene.files.server()));
  auto client = TlsFilter::connect(for_servers(scene.files.trusting()), "db1.test", 1);
  ByteQueue up, down;
  std::uint8_t room[256];
  client->start(up);
  for (int round = 0; round < 4; ++round) {
    Bytes bytes = up.readable();
    ByteQueue next;
    server->decode(bytes, room, down);
    up.clear();
    bytes = down.readable();
    client->decode(bytes, room, up);
    down.clear();
  }
  REQUIRE(server->established());
  client->encode(as_bytes("transfer 100"), up);
  up.readable()[up.size() / 2] ^= 1;
  Bytes bytes = up.readable();
  CHECK(server->decode(bytes, room, down) == 0);
  CHECK(server->condition() == StreamFilter::Condition::failed);
  CHECK_FALSE(down.empty());  // the alert
}

TEST_CASE("64 MiB to a slow reader stay within the marks, through TLS", "[net][tls]") {
  constexpr std::size_t kTotal = 64 << 20;
  Certificates scene;
  TlsPair pair(for_clients(scene.files.server()), for_servers(scene.files.trusting()));
  pair.client.keep = false;
  std::size_t sent = 0, taken = 0, most = 0;
  bool equal = true;
  struct Resume final : TurnEnd {
    explicit Resume(Channel& to_resume) : channel(to_resume) {}
    void on_turn_end() noexcept override { channel.resume_reading(); }
    Channel& channel;
  } resume(*pair.client.channel);
  pair.client.when_bytes = [&](MutableBytes bytes) {
    for (const std::uint8_t byte : bytes)
      equal = equal && byte == static_cast<std::uint8_t>(taken++ * 31 >> 4);
    pair.client.channel->pause_reading();
    pair.loop.at_turn_end(resume);
  };
  std::vector<std::uint8_t> chunk(50'000);
  const auto pump = [&] {
    while (sent < kTotal && !pair.server.channel->congested()) {
      const std::size_t count = std::min(chunk.size(), kTotal - sent);
      for (std::size_t i = 0; i < count; ++i) chunk[i] = static_cast<std::uint8_t>((sent + i) * 31 >> 4);
      pair.server.channel->send(Bytes(chunk).first(count));
      sent += count;
      most = std::max(most, pair.server.channel->queued_bytes());
    }
  };
  pair.server.when_drained = pump;
  REQUIRE(run_until(pair.loop, [&] { return pair.server_tls->established(); }));
  pump();
  CHECK(run_until(pair.loop, [&] { return taken == kTotal; }));
  CHECK(equal);
  CHECK(most <= Channel::kHighBytes + Channel::kReadBytes);
}

TEST_CASE("an end of TLS moves to another thread, with its connection", "[net][tls][threads]") {
  Certificates scene;
  TlsPair pair(for_clients(scene.files.server()), for_servers(scene.files.trusting()));
  REQUIRE(pair.talk());
  run_turns(pair.loop, 5);
  std::unique_ptr<StreamFilter> filter;
  const int fd = pair.client.channel->detach(filter);
  REQUIRE(fd >= 0);
  std::string heard;
  std::thread thread([&, moved = std::move(filter)]() mutable {
    Loop loop;
    Peer heir(loop);
    heir.channel->adopt(fd, std::move(moved));
    heir.channel->send(as_bytes(" again"));
    run_until(loop, [&] { return heir.received == "again, too"; });
    heard = heir.received;
  });
  CHECK(run_until(pair.loop, [&] { return pair.server.received == "from the client again"; }));
  pair.server.channel->send(as_bytes("again, too"));
  thread.join();
  CHECK(heard == "again, too");
}

TEST_CASE("a client gets who stands between the certificate and what he trusts", "[net][tls]") {
  Certificates scene;
  const auto made = [](const char* name, const TlsIdentity* issuer, bool authority) {
    return TlsFiles::make({.common_name = name,
                           .hosts = {name},
                           .valid_from_s = -kDay,
                           .valid_until_s = kDay,
                           .authority = authority},
                          issuer);
  };
  const TlsIdentity root = made("root", nullptr, true);
  const TlsIdentity between = made("between", &root, true);
  const TlsIdentity own = made("db1.test", &between, false);
  TlsParameters server, client;
  server.cert = scene.files.write("own-cert.pem", own.certificate);
  server.key = scene.files.write("own-key.pem", own.key);
  client.ca = scene.files.write("root.pem", root.certificate);
  bool there = true;
  SECTION("from the file of authorities") {
    server.ca = scene.files.write("both.pem", between.certificate + root.certificate);
  }
  SECTION("from that file, without the root") {
    server.ca = scene.files.write("between.pem", between.certificate);
  }
  SECTION("from the certificate's own file") {
    server.cert = scene.files.write("chain.pem", own.certificate + between.certificate);
  }
  SECTION("from nowhere") {
    there = false;
  }
  TlsPair pair(for_clients(server), for_servers(client));
  CHECK(pair.talk() == there);
}

// Of another kind than those of `Certificates`.
std::string rsa_key() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_RSA_gen(2048), EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  REQUIRE(PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* text = nullptr;
  const long bytes = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(bytes)};
}

TEST_CASE("a context tells which file is wrong, and why", "[net][tls]") {
  Certificates scene;
  const TlsParameters good = scene.files.server();
  const std::string missing = scene.files.path("missing.pem");
  const std::string garbage = scene.files.write("garbage.pem", "no certificate");
  const auto refusal = [&](auto change) {
    TlsParameters parameters = good;
    change(parameters);
    const auto made = TlsContext::for_clients(parameters);
    return made ? std::string() : made.error();
  };
  CHECK(refusal([&](TlsParameters& p) { p.cert = missing; }) ==
        "certificate '" + missing + "': No such file or directory");
  CHECK(refusal([&](TlsParameters& p) { p.cert = garbage; }) ==
        "certificate '" + garbage + "': no start line");
  CHECK(refusal([&](TlsParameters& p) { p.key = garbage; }).starts_with("key '" + garbage + "': "));
  CHECK(refusal([&](TlsParameters& p) { p.key.clear(); }) == "a certificate without a key");
  CHECK(refusal([&](TlsParameters& p) { p.ca = missing; }) ==
        "authorities '" + missing + "': No such file or directory");
  CHECK(refusal([&](TlsParameters& p) { p.ca = garbage; }).starts_with("authorities '" + garbage + "': "));
  CHECK(refusal([&](TlsParameters& p) { p.capath = garbage; }) ==
        "directory of authorities '" + garbage + "': Not a directory");
  CHECK(refusal([&](TlsParameters& p) {
          p.crl = garbage;
        }).starts_with("revoked certificates '" + garbage + "': "));
  CHECK(refusal([&](TlsParameters& p) { p.cipher = "NONE-SUCH"; }) == "ciphers 'NONE-SUCH': no cipher match");
  const auto other =
      scene.files.issue("other", {.common_name = "x", .valid_from_s = 0, .valid_until_s = kDay});
  for (const std::string& key : {other.key, scene.files.write("rsa.pem", rsa_key())}) {
    CHECK(refusal([&](TlsParameters& p) { p.key = key; }) ==
          "key '" + key + "': it does not belong to the certificate '" + good.cert + "'");
  }
  CHECK(refusal([](TlsParameters&) {}).empty());
}
