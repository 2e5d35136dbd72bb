#include "protocol/machine/compressed_stream.hpp"

#include <catch2/catch.hpp>

#include "tests/support/allocation_count.hpp"
#include "tests/support/compressed.hpp"
#include "tests/support/frames.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/splits.hpp"
#include "tests/support/truncations.hpp"

namespace weir {
namespace {

using namespace test;
using Side = PacketNumbers::Side;
using Fault = CompressionFault;

Blob query_of(std::size_t bytes) {
  Blob text{3};
  for (std::size_t i = 1; i < bytes; ++i) text.push_back(static_cast<std::uint8_t>('a' + i / 7 % 20));
  return packet(text);
}

Blob encoded(CompressedStream& stream, Bytes plain, Codecs& codecs) {
  ByteQueue wire;
  stream.encode(plain, wire, codecs);
  return to_blob(wire.readable());
}

// What becomes of `wire`, and how it ends.
struct Outcome {
  Blob plain;
  std::optional<Fault> fault;
  bool operator==(const Outcome&) const = default;
};

Outcome served(Bytes wire, Compression algorithm, Side side = Side::server) {
  Codecs codecs;
  CompressedStream server(side, algorithm, 3);
  Outcome outcome;
  outcome.plain = decode_all(server, wire, codecs);
  server.on_cut();
  outcome.fault = server.fault();
  return outcome;
}

TEST_CASE("what one end sends arrives at the other, by each algorithm and in any pieces",
          "[protocol][compressed]") {
  const auto algorithm = GENERATE(Compression::zlib, Compression::zstd);
  CAPTURE(to_text(algorithm));
  Codecs codecs;
  CompressedStream client(Side::client, algorithm, 3);
  const Blob small = query_of(5), large = query_of(3000);
  const Blob plain = small + large + query_of(49);
  const Blob wire = encoded(client, plain, codecs);
  CHECK(wire.size() < plain.size());
  for_every_split(wire, [&](std::span<const Bytes> chunks) {
    CompressedStream server(Side::server, algorithm, 3);
    Blob got;
    for (const Bytes chunk : chunks) got = got + decode_all(server, chunk, codecs, 700);
    CHECK(got == plain);
    CHECK_FALSE(server.fault());
  });
  for_every_split(plain, [&](std::span<const Bytes> chunks) {
    CompressedStream sender(Side::client, algorithm, 3), server(Side::server, algorithm, 3);
    Blob got;
    for (const Bytes chunk : chunks) got = got + decode_all(server, encoded(sender, chunk, codecs), codecs);
    CHECK(got == plain);
    CHECK_FALSE(server.fault());
  });
}

TEST_CASE("short packets, and those that would grow, go as they are", "[protocol][compressed]") {
  Codecs codecs;
  CompressedStream client(Side::client, Compression::zlib, 3);
  const Blob short_one = query_of(CompressedStream::kMinCompressedBytes - kFrameHeaderBytes - 1);
  CHECK(encoded(client, short_one, codecs) == claimed_packet(short_one, 0, 0));
  const Blob long_enough = query_of(CompressedStream::kMinCompressedBytes - kFrameHeaderBytes);
  CHECK(encoded(client, long_enough, codecs) == compressed_packet(long_enough, 0, Compression::zlib));
  Blob noise{3};
  for (std::size_t i = 0; i < 80; ++i)
    noise.push_back(static_cast<std::uint8_t>(i * i * 37 + i * 101 + (i >> 3)));
  CHECK(encoded(client, packet(noise), codecs) == claimed_packet(packet(noise), 0, 0));
}

TEST_CASE("a packet that is cut short anywhere is not whole", "[protocol][compressed]") {
  const auto as_it_is = GENERATE(true, false);
  const auto algorithm = GENERATE(Compression::zlib, Compression::zstd);
  const Blob plain = query_of(300);
  const Blob wire = compressed_packet(plain, 0, as_it_is ? Compression::none : algorithm);
  for_every_shorter(wire, [&](Bytes part) {
    const Outcome outcome = served(part, algorithm, Side::client);
    CHECK(outcome.plain.size() < plain.size() + (as_it_is ? 0 : 1));  // a checksum may be what is missing
    if (part.size() <= CompressedStream::kHeaderBytes) CHECK(outcome.plain.empty());
    CHECK(outcome.fault == (part.empty() ? std::optional<Fault>() : Fault::cut));
    CHECK(served(part, algorithm, Side::server) == Outcome{outcome.plain, {}});  // clients may leave
  });
  CHECK(served(wire, algorithm, Side::client) == Outcome{plain, {}});
}

TEST_CASE("a packet that is not what it says ends the stream, and nothing of it is delivered",
          "[protocol][compressed]") {
  const auto algorithm = GENERATE(Compression::zlib, Compression::zstd);
  CAPTURE(to_text(algorithm));
  const Blob plain = query_of(300);
  const Blob block = block_of(plain, algorithm);
  Blob broken = block;
  broken[0] ^= 0xff;
  const Blob before = claimed_packet(query_of(5), 0, 0);
  struct Case {
    const char* name;
    Blob wire;
    Fault fault;
  };
  const Blob half(block.begin(), block.end() - 5);
  const Case cases[] = {
      {"becomes less", claimed_packet(block, 0, plain.size() + 1), Fault::too_short},
      {"becomes much less", claimed_packet(block, 0, 0xffffff), Fault::too_short},
      {"becomes more", claimed_packet(block, 0, plain.size() - 1), Fault::too_long},
      {"becomes one byte", claimed_packet(block, 0, 1), Fault::too_long},
      {"nothing that becomes something", claimed_packet({}, 0, 10), Fault::too_short},
      {"half of a block", claimed_packet(half, 0, plain.size()), Fault::too_short},
      {"bytes behind the block", claimed_packet(block + "x"_bytes, 0, plain.size()), Fault::surplus},
      {"two blocks", claimed_packet(block + block, 0, plain.size() * 2), Fault::surplus},
      {"no block", claimed_packet(plain, 0, plain.size() * 2), Fault::bad_block},
      {"a broken block", claimed_packet(broken, 0, plain.size()), Fault::bad_block},
      {"a wrong id", compressed_packet(plain, 2, algorithm), Fault::wrong_id},
  };
  for (const Case& c : cases) {
    INFO(c.name);
    const Outcome outcome = served(before + c.wire + before, algorithm);
    CHECK(outcome.plain == query_of(5));
    REQUIRE(outcome.fault);
    CHECK((*outcome.fault == c.fault || (c.fault == Fault::surplus && *outcome.fault == Fault::too_short)));
    CHECK_FALSE(to_text(*outcome.fault).empty());
  }
}

TEST_CASE("a wrong checksum is found", "[protocol][compressed]") {
  const Blob plain = query_of(300);
  Blob block = block_of(plain, Compression::zlib);
  block.back() ^= 1;
  CHECK(served(claimed_packet(block, 0, plain.size()), Compression::zlib) == Outcome{{}, Fault::bad_block});
}

TEST_CASE("of zstd only its one format is taken", "[protocol][compressed]") {
  const Blob plain(1000, 'x');
  const Blob block = block_of(plain, Compression::zstd);
  REQUIRE_FALSE(served(claimed_packet(block, 0, plain.size()), Compression::zstd).fault);
  Blob older = block;
  older[0] = 0x27;  // zstd 0.7
  const Blob skipped = "50 2a 4d 18 01 00 00 00 00"_hex;
  for (const Blob& other : {older, skipped + block}) {
    CHECK(served(claimed_packet(other, 0, plain.size()), Compression::zstd) == Outcome{{}, Fault::bad_block});
  }
}

TEST_CASE("a byte that is changed is found, and at the worst makes another text that is no longer",
          "[protocol][compressed]") {
  const auto algorithm = GENERATE(Compression::zlib, Compression::zstd);
  const Blob plain = query_of(120);
  const Blob wire = compressed_packet(plain, 0, algorithm);
  for (std::size_t at = 0; at < wire.size(); ++at) {
    for (const std::uint8_t flip : {std::uint8_t{0x01}, std::uint8_t{0x80}, std::uint8_t{0xff}}) {
      Blob changed = wire;
      changed[at] ^= flip;
      const Outcome outcome = served(changed, algorithm);
      if (!outcome.fault) CHECK(outcome.plain.size() <= std::max(plain.size(), wire.size()));
      if (algorithm == Compression::zlib && at >= 4 && !outcome.fault)
        CHECK(outcome.plain == plain);  // padding
    }
  }
}

TEST_CASE("nothing follows a fault", "[protocol][compressed]") {
  Codecs codecs;
  CompressedStream server(Side::server, Compression::zlib, 3);
  decode_all(server, claimed_packet("garbage!"_bytes, 0, 5), codecs);
  REQUIRE(server.fault() == Fault::bad_block);
  CHECK(decode_all(server, compressed_packet(query_of(300), 0, Compression::zlib), codecs).empty());
  server.on_cut();
  CHECK(server.fault() == Fault::bad_block);
}

TEST_CASE("empty packets are counted, and mean nothing", "[protocol][compressed]") {
  const Blob plain = query_of(5);
  const Blob whole = claimed_packet({}, 0, 0) + claimed_packet({}, 1, 0);
  CHECK(served(whole + claimed_packet(plain, 0, 0), Compression::zlib) == Outcome{plain, {}});
  CHECK(served(whole + claimed_packet(plain, 7, 0), Compression::zlib) == Outcome{{}, Fault::wrong_id});
}

TEST_CASE("a bomb comes out in the pieces that there is room for, and never more than it claims",
          "[protocol][compressed]") {
  const auto algorithm = GENERATE(Compression::zlib, Compression::zstd);
  const std::size_t size = 0xffffff;
  const Blob block = block_of(Blob(size, 0), algorithm);
  REQUIRE(block.size() < 100'000);
  Codecs codecs;
  CompressedStream server(Side::server, algorithm, 3);
  const Blob whole = claimed_packet(block, 0, size);
  Bytes wire = whole;
  Blob room(65536);
  std::size_t all = 0;
  const AllocationCount count;
  for (std::size_t made = 1; made > 0; all += made) made = server.decode(wire, room, codecs);
  CHECK(all == size);
  CHECK_FALSE(server.fault());
  CHECK(count.allocated_bytes() < 1000);  // the library's own memory is not operator new's
  CompressedStream cheated(Side::server, algorithm, 3);
  CHECK(decode_all(cheated, claimed_packet(block, 0, 100'000), codecs).size() <= 100'000);
  CHECK(cheated.fault());
}

TEST_CASE("between packets a stream holds nothing, and compressing allocates nothing of its own",
          "[protocol][compressed]") {
  const auto algorithm = GENERATE(Compression::zlib, Compression::zstd);
  Codecs codecs;
  CompressedStream client(Side::client, algorithm, 3), server(Side::server, algorithm, 3);
  const Blob plain = query_of(3000);
  ByteQueue wire;
  Blob room(4096);
  const auto once = [&] {
    client.encode(plain, wire, codecs);
    Bytes bytes = wire.readable();
    while (server.decode(bytes, room, codecs) > 0) {
    }
    wire.clear();
  };
  once();
  const AllocationCount count;
  for (int i = 0; i < 10; ++i) once();
  CHECK(count.allocations() == 0);
  CHECK(sizeof(CompressedStream) <= 136);
}

TEST_CASE("commands that are sent together go in packets of their own", "[protocol][compressed]") {
  Codecs codecs;
  CompressedStream client(Side::client, Compression::zlib, 3);
  const Blob one = query_of(5), two = query_of(9);
  CHECK(encoded(client, one + two, codecs) == claimed_packet(one, 0, 0) + claimed_packet(two, 0, 0));
}

TEST_CASE("bytes are counted as they are above and below", "[protocol][compressed]") {
  Counter with_clients[4], with_servers[4];
  Codecs codecs;
  codecs.count_in({with_clients[0], with_clients[1], with_clients[2], with_clients[3]},
                  {with_servers[0], with_servers[1], with_servers[2], with_servers[3]});
  CompressedStream client(Side::client, Compression::zlib, 3), server(Side::server, Compression::zlib, 3);
  const Blob plain = query_of(3000);
  const Blob wire = encoded(client, plain, codecs);
  decode_all(server, wire, codecs);
  CHECK(with_servers[3].value() == plain.size());
  CHECK(with_servers[2].value() == wire.size());
  CHECK(with_clients[1].value() == plain.size());
  CHECK(with_clients[0].value() == wire.size());
  CHECK(with_clients[3].value() + with_servers[0].value() == 0);
}

// The sequence ids of the frames in `wire`.
std::vector<int> ids_of(Bytes wire) {
  std::vector<int> ids;
  for (std::size_t at = 0; at < wire.size();) {
    ids.push_back(wire[at + 3]);
    at += kFrameHeaderBytes + decode_frame_header(wire.data() + at).length;
  }
  return ids;
}

// An exchange of a capture, played through both ends of ours: what was sent and received, without
// compression.
struct Played {
  Blob sent, received;
  std::vector<int> received_ids;
};

Played play(const GoldenFile& file, const std::string& prefix, Compression algorithm) {
  Codecs codecs;
  CompressedStream client(Side::client, algorithm, 3), server(Side::server, algorithm, 3);
  Played played;
  for (const GoldenPacket& packet : file.packets()) {
    if (!packet.name.starts_with(prefix)) continue;
    INFO(packet.name);
    const bool is_sent = packet.name.starts_with(prefix + "sent");
    const Blob plain = decode_all(is_sent ? server : client, packet.wire, codecs);
    CHECK_FALSE((is_sent ? server : client).fault());
    CHECK_FALSE(plain.empty());
    const Blob again = encoded(is_sent ? client : server, plain, codecs);
    CHECK(again[3] == packet.wire[3]);  // the ids are those that a real client and a real server have given
    (is_sent ? played.sent : played.received) = (is_sent ? played.sent : played.received) + plain;
  }
  played.received_ids = ids_of(played.received);
  return played;
}

TEST_CASE("what real servers and we say is understood, with the ids that it has without compression",
          "[protocol][compressed][golden]") {
  const auto* const name = GENERATE("compressed-mariadb-10.11.hex", "compressed-mysql-9.7.hex");
  const GoldenFile file(name);
  for (const auto algorithm : {Compression::zlib, Compression::zstd}) {
    const std::string prefix = std::string(to_text(algorithm)) + ".";
    if (algorithm == Compression::zstd && std::string_view(name).find("mariadb") != std::string_view::npos)
      continue;
    CAPTURE(name, prefix);
    CHECK(play(file, prefix + "short.", algorithm).sent == packet("\x03"
                                                                  "DO 1"_bytes));
    const Played rows = play(file, prefix + "rows.", algorithm);
    REQUIRE(rows.received.size() > 4400);
    CHECK(rows.received_ids == std::vector<int>{1, 2, 3, 4, 5, 6, 7});
    const Played results = play(file, prefix + "results.", algorithm);
    REQUIRE(results.received_ids.size() == 9);
    for (int i = 0; i < 9; ++i) CHECK(results.received_ids[static_cast<std::size_t>(i)] == i + 1);
    const Played upload = play(file, prefix + "file.", algorithm);
    CHECK(upload.received_ids == std::vector<int>{1, 4});
    CHECK(ids_of(upload.sent) == std::vector<int>{0, 2, 3});
  }
}

}  // namespace
}  // namespace weir
