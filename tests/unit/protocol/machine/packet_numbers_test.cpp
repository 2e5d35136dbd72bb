#include "protocol/machine/packet_numbers.hpp"

#include <catch2/catch.hpp>

#include "tests/support/frames.hpp"
#include "tests/support/splits.hpp"

namespace weir {
namespace {

using namespace test;
using Side = PacketNumbers::Side;

// The sequence ids of the frames in `wire`.
std::vector<int> ids_of(Bytes wire) {
  std::vector<int> ids;
  for (std::size_t at = 0; at + kFrameHeaderBytes <= wire.size();) {
    ids.push_back(wire[at + 3]);
    at += kFrameHeaderBytes + decode_frame_header(wire.data() + at).length;
  }
  return ids;
}

// The ids of the compressed packets in which `frames` leave, one byte string of frames each.
std::vector<int> sent(PacketNumbers& numbers, Bytes frames) {
  std::vector<int> ids;
  while (!frames.empty()) {
    const std::size_t taken = numbers.take(frames);
    REQUIRE(taken > 0);
    ids.push_back(numbers.next_id());
    frames = frames.subspan(taken);
  }
  return ids;
}

// The ids that `frames`, which have come in one compressed packet, get; nothing if the packet was not due.
std::optional<std::vector<int>> came(PacketNumbers& numbers, std::uint8_t id, Blob frames) {
  if (!numbers.came(id) || !numbers.number(frames)) return std::nullopt;
  return ids_of(frames);
}

using Ids = std::vector<int>;

const Blob kQuery = packet("\x03SELECT 1"_bytes);
const Blob kOk = packet(ok_payload(), 1);

TEST_CASE("a client's command begins at 0, and the reply counts on", "[protocol][numbers]") {
  PacketNumbers client(Side::client);
  for (int round = 0; round < 3; ++round) {
    CHECK(sent(client, kQuery) == Ids{0});
    CHECK(came(client, 1, packets({"\x01"_bytes, "column"_bytes, "row"_bytes}, 1)) == Ids{1, 2, 3});
    CHECK(came(client, 2, packets({"row"_bytes, "\xfe"_bytes}, 2)) ==
          Ids{4, 5});  // a server counts anew here
  }
}

TEST_CASE("a command in several compressed packets is answered behind the last of them",
          "[protocol][numbers]") {
  PacketNumbers client(Side::client);
  CHECK(sent(client, Bytes(kQuery).first(6)) == Ids{0});
  CHECK(sent(client, Bytes(kQuery).subspan(6)) == Ids{1});
  CHECK(came(client, 2, packet(ok_payload(), 2)) == Ids{1});
}

TEST_CASE("a wrong id is refused on the way from a server, but for an error", "[protocol][numbers]") {
  for (const std::uint8_t id : {std::uint8_t{0}, std::uint8_t{2}, std::uint8_t{255}}) {
    PacketNumbers client(Side::client);
    sent(client, kQuery);
    CHECK_FALSE(came(client, id, kOk));
    PacketNumbers told(Side::client);
    sent(told, kQuery);
    CHECK(came(told, id, packet(err_payload(1927), 0)));
  }
  PacketNumbers client(Side::client);
  sent(client, kQuery);
  CHECK_FALSE(came(client, 2, packet({})));
}

TEST_CASE("within a packet nothing but the next id will do", "[protocol][numbers]") {
  const auto side = GENERATE(Side::client, Side::server);
  PacketNumbers numbers(side);
  if (side == Side::client) sent(numbers, kQuery);
  const std::uint8_t first = side == Side::client ? 1 : 0;
  const Blob frame = side == Side::client ? packet(err_payload(1), 1) : kQuery;
  for (std::size_t cut = 1; cut < frame.size(); ++cut) {
    PacketNumbers trial = numbers;
    Blob part(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(cut));
    REQUIRE(trial.came(first));
    REQUIRE(trial.number(part));
    CHECK_FALSE(trial.between_packets());
    PacketNumbers wrong = trial;
    CHECK_FALSE(wrong.came(0));
    CHECK_FALSE(PacketNumbers(trial).came(static_cast<std::uint8_t>(first + 2)));
    CHECK(trial.came(static_cast<std::uint8_t>(first + 1)));
  }
}

TEST_CASE("commands that are sent ahead begin at 0 each, and so do their replies", "[protocol][numbers]") {
  PacketNumbers client(Side::client);
  CHECK(sent(client, kQuery + kQuery + kQuery) == Ids{0, 0, 0});
  CHECK(came(client, 1, kOk) == Ids{1});
  CHECK(came(client, 1, kOk) == Ids{1});
  CHECK(came(client, 1, packets({"\x01"_bytes, "column"_bytes}, 1)) == Ids{1, 2});
  CHECK(came(client, 2, packet("\xfe"_bytes, 2)) == Ids{3});
  CHECK_FALSE(came(client, 1, kOk));  // nothing is due any more
}

TEST_CASE("a reply to what was sent ahead in several packets begins with their count",
          "[protocol][numbers]") {
  PacketNumbers client(Side::client);
  sent(client, kQuery);
  sent(client, Bytes(kQuery).first(9));
  sent(client, Bytes(kQuery).subspan(9));
  CHECK(came(client, 1, kOk) == Ids{1});
  CHECK(came(client, 2, kOk) == Ids{1});
}

TEST_CASE("commands without a reply leave the next one's place as it is", "[protocol][numbers]") {
  PacketNumbers client(Side::client);
  const Blob close = packet("\x19\x01\0\0\0"_bytes);
  CHECK(sent(client, close + close + kQuery) == Ids{0, 0, 0});
  PacketNumbers other = client;
  CHECK_FALSE(came(other, 2, kOk));
  CHECK(came(client, 1, kOk) == Ids{1});
}

TEST_CASE("a client gets the ids of his own commands, whatever he writes", "[protocol][numbers]") {
  PacketNumbers server(Side::server);
  CHECK(came(server, 0, packet("\x03odd"_bytes, 77)) == Ids{0});
  CHECK(sent(server, kOk) == Ids{1});
  CHECK(came(server, 0, kQuery + kQuery) == Ids{0, 0});
  CHECK_FALSE(came(server, 2, kQuery));
}

TEST_CASE("a file that is uploaded counts on, past 255, and then a command begins", "[protocol][numbers]") {
  const auto side = GENERATE(Side::client, Side::server);
  PacketNumbers numbers(side);
  const Blob ask = packet(
      "\xfb"
      "file"_bytes,
      1);
  if (side == Side::server) {
    came(numbers, 0, kQuery);
    sent(numbers, ask);
  } else {
    sent(numbers, kQuery);
    came(numbers, 1, ask);
  }
  for (int i = 0; i < 600; ++i) {
    const auto id = static_cast<std::uint8_t>(2 + i);
    if (side == Side::server) {
      CHECK(came(numbers, id, packet("line"_bytes, 99)) == Ids{id});
    } else {
      CHECK(sent(numbers, packet("line"_bytes, id)) == Ids{id});
    }
  }
  const auto last = static_cast<std::uint8_t>(602);
  const auto behind = static_cast<std::uint8_t>(603);
  if (side == Side::server) {
    CHECK(came(numbers, last, packet({}, 5)) == Ids{last});
    CHECK(sent(numbers, packet(ok_payload(), behind)) == Ids{behind});
    CHECK(came(numbers, 0, kQuery) == Ids{0});
  } else {
    CHECK(sent(numbers, packet({}, last)) == Ids{last});
    CHECK(came(numbers, behind, packet(ok_payload())) == Ids{behind});
    CHECK(sent(numbers, kQuery) == Ids{0});
  }
}

TEST_CASE("the end of a file and a command in one packet", "[protocol][numbers]") {
  PacketNumbers server(Side::server);
  came(server, 0, kQuery);
  sent(server, packet("\xfb"
                      "f"_bytes,
                      1));
  CHECK(came(server, 2, packet("a"_bytes) + packet({}) + kQuery) == Ids{2, 3, 0});
}

TEST_CASE("a change of user is a conversation", "[protocol][numbers]") {
  PacketNumbers server(Side::server), client(Side::client);
  const Blob change = packet("\x11user"_bytes), ask = packet("\xfeplugin"_bytes, 1),
             answer = packet("proof"_bytes, 2);
  CHECK(came(server, 0, change) == Ids{0});
  CHECK(sent(server, ask) == Ids{1});
  CHECK(came(server, 2, answer) == Ids{2});
  CHECK(sent(server, packet(ok_payload(), 3)) == Ids{3});
  CHECK(sent(client, change) == Ids{0});
  CHECK(came(client, 1, ask) == Ids{1});
  CHECK(sent(client, answer) == Ids{2});
  CHECK(came(client, 3, packet(ok_payload(), 3)) == Ids{3});
}

TEST_CASE("whoever sends ahead to us is answered as if each had come alone", "[protocol][numbers]") {
  PacketNumbers server(Side::server);
  CHECK(came(server, 0, kQuery) == Ids{0});
  CHECK(came(server, 0, kQuery) == Ids{0});
  CHECK(sent(server, packets({"\x01"_bytes, "c"_bytes, "\xfe"_bytes}, 1)) == Ids{1});
  CHECK(sent(server, kOk) == Ids{1});
}

TEST_CASE("replies of more than 256 packets go on", "[protocol][numbers]") {
  PacketNumbers client(Side::client), server(Side::server);
  sent(client, kQuery);
  came(server, 0, kQuery);
  for (int i = 1; i < 1000; ++i) {
    const auto id = static_cast<std::uint8_t>(i);
    CHECK(came(client, id, packet("row"_bytes, 3)) == Ids{id});
    CHECK(sent(server, packet("row"_bytes, id)) == Ids{id});
  }
}

TEST_CASE("a packet of several frames is one, however it is cut", "[protocol][numbers]") {
  const Blob large = packet(Blob(kMaxFramePayload + 5, 'x'));
  PacketNumbers client(Side::client);
  CHECK(sent(client, large) == Ids{0});
  CHECK(came(client, 1, packet(ok_payload(), 1)) == Ids{2});  // behind two frames
  PacketNumbers server(Side::server);
  CHECK(came(server, 0, large) == Ids{0, 1});
  CHECK(sent(server, packet(ok_payload(), 2)) == Ids{1});
}

TEST_CASE("less than a header waits for its rest", "[protocol][numbers]") {
  PacketNumbers client(Side::client);
  for (std::size_t size = 0; size < kFrameHeaderBytes; ++size)
    CHECK(client.take(Bytes(kQuery).first(size)) == 0);
  const Blob two = kQuery + kQuery;
  CHECK(client.take(Bytes(two).first(kQuery.size() + 2)) == kQuery.size());
  CHECK(client.next_id() == 0);
}

}  // namespace
}  // namespace weir
