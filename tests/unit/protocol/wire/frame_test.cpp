#include "protocol/wire/frame.hpp"

#include <catch2/catch.hpp>

#include "protocol/wire/writer.hpp"
#include "tests/support/allocation_count.hpp"
#include "tests/support/exact_buffer.hpp"
#include "tests/support/frames.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/splits.hpp"

namespace weir {
namespace {

using namespace test;

constexpr std::size_t kNoLimit = std::size_t{1} << 40;

Blob pattern(std::size_t size) {
  Blob bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
  return bytes;
}

// All packets in the chunks, and the failure that ended them, if any.
struct Outcome {
  std::vector<Blob> packets;
  std::optional<DecodeError> error;
};

Outcome read_all(PacketReader& reader, std::span<const Bytes> chunks) {
  Outcome outcome;
  for (Bytes chunk : chunks) {
    for (;;) {
      const auto packet = reader.next(chunk);
      if (!packet) {
        outcome.error = packet.error();
        return outcome;
      }
      if (!*packet) break;
      outcome.packets.push_back(to_blob(**packet));
    }
    CHECK(chunk.empty());
  }
  return outcome;
}

TEST_CASE("frame headers are three bytes of length and one of sequence", "[protocol][frame]") {
  const ExactBuffer wire("01 02 03 ff"_hex);
  const FrameHeader header = decode_frame_header(wire.bytes().data());
  CHECK(header.length == 0x030201);
  CHECK(header.sequence == 0xff);
  CHECK_FALSE(header.continued());
  std::uint8_t encoded[kFrameHeaderBytes];
  encode_frame_header(header, encoded);
  CHECK(to_blob(encoded) == to_blob(wire));
  CHECK(FrameHeader{kMaxFramePayload, 0}.continued());
}

TEST_CASE("packets of any size survive framing, at every boundary", "[protocol][frame]") {
  const std::size_t kFull = kMaxFramePayload;
  const std::size_t kSizes[] = {0,         1,         kFull - 2, kFull - 1,     kFull,         kFull + 1,
                                kFull + 2, kFull * 2, kFull * 3, kFull * 3 - 1, kFull * 3 + 1, 250};
  for (const std::size_t size : kSizes) {
    CAPTURE(size);
    const Blob payload = pattern(size);
    const std::size_t frames = size / kFull + 1;
    ByteQueue out;
    std::uint8_t sequence = 254;
    write_packet(out, payload, sequence);
    CHECK(sequence == static_cast<std::uint8_t>(254 + frames));
    CHECK(out.size() == size + frames * kFrameHeaderBytes);

    ByteQueue in_place;
    std::uint8_t same_sequence = 254;
    {
      PacketWriter packet{in_place, same_sequence};
      packet.bytes(payload);
    }
    CHECK(same_sequence == sequence);
    CHECK(std::ranges::equal(in_place.readable(), out.readable()));

    PacketReader reader(kNoLimit);
    reader.expect_sequence(254);
    Bytes input = out.readable();
    const auto packet = reader.next(input);
    REQUIRE(packet);
    REQUIRE(*packet);
    CHECK(std::ranges::equal(**packet, payload));
    CHECK(input.empty());
    CHECK(reader.sequence() == sequence);
    CHECK_FALSE(reader.mid_packet());
  }
}

TEST_CASE("a packet writer leaves what stood before it alone", "[protocol][frame]") {
  ByteQueue out;
  std::uint8_t sequence = 7;
  out.append("aa bb"_hex);
  {
    PacketWriter(out, sequence).text("x");
  }
  {
    PacketWriter(out, sequence).text("yz");
  }
  CHECK(to_blob(out.readable()) == "aa bb 01 00 00 07 78 02 00 00 08 79 7a"_hex);
  CHECK(sequence == 9);
}

TEST_CASE("every split of a stream gives the same packets", "[protocol][frame]") {
  const std::vector<Blob> payloads = {"00"_hex, {}, pattern(300), {}, "ff 01"_hex};
  const Blob wire = packets(payloads, 253);
  for_every_split(wire, [&](std::span<const Bytes> chunks) {
    PacketReader reader(300);
    reader.expect_sequence(253);
    const Outcome outcome = read_all(reader, chunks);
    CHECK_FALSE(outcome.error);
    CHECK(outcome.packets == payloads);
    CHECK_FALSE(reader.mid_packet());
  });
}

TEST_CASE("a packet of two frames survives a cut near each header", "[protocol][frame]") {
  const Blob payload = pattern(kMaxFramePayload + 3);
  const Blob wire = packet(payload);
  const std::size_t second_header = kFrameHeaderBytes + kMaxFramePayload;
  for (std::size_t cut : {std::size_t{1}, std::size_t{4}, std::size_t{5}, second_header - 1, second_header,
                          second_header + 2, second_header + 4, second_header + 5}) {
    CAPTURE(cut);
    const Bytes chunks[] = {Bytes(wire).first(cut), Bytes(wire).subspan(cut)};
    PacketReader reader(kNoLimit);
    const Outcome outcome = read_all(reader, chunks);
    CHECK_FALSE(outcome.error);
    REQUIRE(outcome.packets.size() == 1);
    CHECK(std::ranges::equal(outcome.packets[0], payload));
  }
}

TEST_CASE("whole packets are handed out where they lie, without allocation", "[protocol][frame]") {
  const ExactBuffer wire(packets({"01 02"_hex, "03"_hex}));
  Bytes input = wire;
  PacketReader reader(16);
  const AllocationCount count;
  const auto first = reader.next(input);
  const auto second = reader.next(input);
  CHECK(count.allocations() == 0);
  CHECK((*first)->data() == wire.bytes().data() + 4);
  CHECK((*second)->data() == wire.bytes().data() + 10);
  CHECK(reader.held_bytes() == 0);
}

TEST_CASE("an unexpected sequence id ends the stream", "[protocol][frame]") {
  const Blob wire = packet("01"_hex, 0) + packet("02"_hex, 2);
  for_every_split(wire, [&](std::span<const Bytes> chunks) {
    PacketReader reader(16);
    const Outcome outcome = read_all(reader, chunks);
    CHECK(outcome.error == DecodeError::out_of_order);
    CHECK(outcome.packets == std::vector<Blob>{"01"_hex});
  });
  PacketReader reader(16);
  Bytes input = wire;
  CHECK(reader.next(input).has_value());
  CHECK(reader.next(input).error() == DecodeError::out_of_order);
  const Blob good = packet("03"_hex, 1);
  input = good;
  CHECK(reader.next(input).error() == DecodeError::out_of_order);
}

TEST_CASE("a packet over the limit is refused by its header alone, and nothing is reserved",
          "[protocol][frame]") {
  const Blob claim = "ff ff ff 00"_hex;
  PacketReader reader(kMaxFramePayload - 1);
  Bytes input = claim;
  const AllocationCount count;
  CHECK(reader.next(input).error() == DecodeError::too_large);
  CHECK(count.allocations() == 0);

  PacketReader exact(5);
  const Blob five = packet("01 02 03 04 05"_hex);
  input = five;
  CHECK(exact.next(input)->has_value());
  const Blob six = packet("01 02 03 04 05 06"_hex, 1);
  input = six;
  CHECK(exact.next(input).error() == DecodeError::too_large);
}

TEST_CASE("the limit holds for the joined packet, not for each frame", "[protocol][frame]") {
  const Blob wire = packet(pattern(kMaxFramePayload + 2));
  PacketReader reader(kMaxFramePayload + 1);
  Bytes input = wire;
  CHECK(reader.next(input).error() == DecodeError::too_large);
}

TEST_CASE("memory follows what has arrived, not what was promised", "[protocol][frame]") {
  PacketReader reader(kNoLimit);
  const Blob start = "fe ff ff 00 01 02 03"_hex;
  Bytes input = start;
  const AllocationCount count;
  CHECK(*reader.next(input) == std::nullopt);
  CHECK(reader.mid_packet());
  CHECK(count.allocated_bytes() < 64);
}

TEST_CASE("the memory of a large packet is given back", "[protocol][frame]") {
  const Blob wire = packets({pattern(100'000), "01"_hex});
  PacketReader reader(kNoLimit);
  Bytes half = Bytes(wire).first(50'000);
  CHECK(*reader.next(half) == std::nullopt);
  Bytes rest = Bytes(wire).subspan(50'000);
  CHECK((*reader.next(rest))->size() == 100'000);
  CHECK(reader.held_bytes() >= 100'000);
  CHECK((*reader.next(rest))->size() == 1);
  CHECK(reader.held_bytes() == 0);
}

}  // namespace
}  // namespace weir
