// Bytes as they may come to the admin port: in any pieces, and from anyone.
#include <catch2/catch.hpp>
#include <random>

#include "protocol/wire/frame.hpp"
#include "tests/component/admin/port_scene.hpp"
#include "tests/support/frames.hpp"
#include "tests/support/splits.hpp"

namespace weir::test {
namespace {

// A client that sends bytes as it is told and keeps what comes.
class RawClient final : ChannelEvents {
 public:
  explicit RawClient(PortScene& scene) : scene_(scene), channel_(scene.loop) {
    if (!scene.state.accounts) scene.apply_accounts();
    channel_.set_events(this);
    channel_.connect(scene.address());
    scene.until([this] { return !received_.empty() || ended_; });
  }
  void send(Bytes bytes) {
    channel_.send(bytes);
    for (int i = 0; i < 2; ++i) scene_.turn();
  }
  Blob take() { return std::exchange(received_, {}); }
  const Blob& received() const { return received_; }
  bool ended() const { return ended_; }

 private:
  void on_bytes(MutableBytes bytes) noexcept override {
    received_.insert(received_.end(), bytes.begin(), bytes.end());
  }
  void on_drained() noexcept override {}
  void on_closed(NetError) noexcept override { ended_ = true; }

  PortScene& scene_;
  Channel channel_;
  Blob received_;
  bool ended_ = false;
};

// Sends what the handshake wants to send, cut at `cut` (counted over the whole login), or byte by byte if
// that is 0.
class CutLogin {
 public:
  CutLogin(PortScene& scene, const std::string& user, const std::string& password, std::size_t cut)
      : scene_(scene), client_(scene), cut_(cut) {
    ConnectRequest request;
    request.credentials = {.user = user, .cleartext = password, .sha1_stage1 = {}};
    request.want = kUsualClient;
    handshake_.start(request);
  }
  bool succeeds() {
    for (;;) {
      scene_.until([this] { return !client_.received().empty() || client_.ended(); });
      if (client_.received().empty()) return false;
      const auto want = handshake_.on_bytes(client_.take());
      const Blob out = to_blob(handshake_.output().readable());
      handshake_.output().clear();
      if (want == ClientHandshake::Want::done) return true;
      if (want == ClientHandshake::Want::failed) return false;
      send(out);
    }
  }
  std::size_t sent() const { return sent_; }
  RawClient& client() { return client_; }

 private:
  void send(Bytes out) {
    for (std::size_t at = 0; at < out.size();) {
      const std::size_t rest = out.size() - at;
      const std::size_t part = cut_ == 0 ? 1 : cut_ > sent_ ? std::min(rest, cut_ - sent_) : rest;
      client_.send(out.subspan(at, part));
      at += part;
      sent_ += part;
    }
  }

  PortScene& scene_;
  RawClient client_;
  ClientHandshake handshake_;
  std::size_t cut_;
  std::size_t sent_ = 0;
};

// How many packets `wire` is, whatever their ids; nothing if the last one is not whole.
std::optional<std::size_t> packets_in(Bytes wire) {
  std::size_t count = 0;
  while (wire.size() >= kFrameHeaderBytes) {
    const std::size_t size = kFrameHeaderBytes + decode_frame_header(wire.data()).length;
    if (size > wire.size()) return std::nullopt;
    wire = wire.subspan(size);
    ++count;
  }
  return wire.empty() ? std::optional(count) : std::nullopt;
}

TEST_CASE("a login may be cut anywhere, and come byte by byte") {
  const std::string plugin = GENERATE("mysql_native_password", "caching_sha2_password");
  CAPTURE(plugin);
  PortScene scene;
  scene.state.settings.default_authentication_plugin = plugin;
  CutLogin whole(scene, "radmin", "secret", std::size_t{1} << 20);
  REQUIRE(whole.succeeds());
  REQUIRE(whole.sent() > 40);
  for (std::size_t cut = 0; cut < whole.sent(); ++cut) {
    CAPTURE(cut);
    CHECK(CutLogin(scene, "radmin", "secret", cut).succeeds());
  }
}

TEST_CASE("commands may be cut anywhere, and come byte by byte") {
  PortScene scene;
  scene.executor.answers = {{"SELECT 'x'", Rows{.columns = {"x"}, .rows = {{"x"}}}}};
  const Blob stream = packet("\x16SELECT ?"_bytes) +
                      packet("17 01000000 00 01000000 00 01 fd00 03 616263"_hex) + packet("\x0e"_bytes) +
                      packet("\x03SELECT 'x'"_bytes) + packet("\x19"_bytes + "01000000"_hex) +
                      packet("\x0e"_bytes);
  Blob expected;
  for_every_split(stream, [&](std::span<const Bytes> chunks) {
    CutLogin login(scene, "radmin", "secret", std::size_t{1} << 20);
    REQUIRE(login.succeeds());
    for (const Bytes chunk : chunks) login.client().send(chunk);
    if (expected.empty()) {
      for (int i = 0; i < 10; ++i) scene.turn();
      expected = login.client().received();
      CHECK(packets_in(expected) > 10);
    }
    scene.until(
        [&] { return login.client().received().size() >= expected.size() || login.client().ended(); });
    CHECK(login.client().received() == expected);
  });
}

TEST_CASE("bytes of anyone before the login end that connection, and no other") {
  PortScene scene;
  ScriptedClient& witness = scene.log_in();
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    RawClient client(scene);
    Blob garbage(1 + random() % 300);
    for (std::uint8_t& byte : garbage) byte = static_cast<std::uint8_t>(random());
    if (round % 2 == 0) garbage = packet(garbage, 1);  // as the answer to the greeting
    client.send(garbage);
  }
  CHECK(scene.ask(witness, "SELECT 1") == "SELECT 1");
  CHECK(scene.executor.ran.size() == 1);
}

TEST_CASE("a login that claims to be large is refused before it comes") {
  PortScene scene;
  RawClient client(scene);
  client.send("ff ff ff 01"_hex + Blob(1000, 'x'));
  scene.until([&] { return client.ended(); });
}

TEST_CASE("any payload of any command gets an answer or an end, and harms no other session") {
  PortScene scene;
  ScriptedClient& witness = scene.log_in();
  std::mt19937 random(11);
  for (int command = 0; command < 256; ++command) {
    CAPTURE(command);
    CutLogin login(scene, "radmin", "secret", std::size_t{1} << 20);
    REQUIRE(login.succeeds());
    for (const std::size_t size : {0uz, 1uz, 3uz, 4uz, 5uz, 9uz, 10uz, 40uz}) {
      Blob payload{static_cast<std::uint8_t>(command)};
      for (std::size_t i = 0; i < size; ++i) payload.push_back(static_cast<std::uint8_t>(random()));
      login.client().send(packet(payload));
    }
    CHECK(packets_in(login.client().received()));
  }
  CHECK(scene.ask(witness, "SELECT 1") == "SELECT 1");
}

TEST_CASE("a client that takes nothing of its result is let go after wait_timeout") {
  PortScene scene;
  Rows large{.columns = {"text"}};
  for (int i = 0; i < 20'000; ++i) large.rows.push_back({std::string(500, 'x')});
  scene.executor.answers = {{"SELECT large", large}};
  ScriptedClient& client = scene.log_in();
  scene.state.settings.wait_timeout = 20;
  client.stop_reading();
  client.query("SELECT large");
  scene.until([&] { return scene.connections.empty(); });
}

}  // namespace
}  // namespace weir::test
