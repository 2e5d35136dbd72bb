#include "protocol/machine/request_tracker.hpp"

#include <catch2/catch.hpp>

#include "tests/support/allocation_count.hpp"
#include "tests/support/frames.hpp"
#include "tests/support/splits.hpp"

namespace weir {

using namespace test;

namespace {

// Feeds all chunks; how many bytes were consumed, or the error.
Result<std::size_t> feed_all(RequestTracker& tracker, std::span<const Bytes> chunks) {
  std::size_t consumed = 0;
  for (const Bytes chunk : chunks) {
    WEIR_TRY(const std::size_t count, tracker.feed(chunk));
    consumed += count;
  }
  return consumed;
}

}  // namespace

TEST_CASE("request tracker finds the end of a command, in any split", "[protocol][tracker]") {
  const struct {
    const char* name;
    Blob payload;
    std::optional<std::uint8_t> command;
  } cases[] = {
      {"one byte", "0e"_hex, 0x0e},
      {"a query", "\x03select 1"_bytes, 0x03},
      {"a first byte over 127", "fa 00"_hex, 0xfa},
      {"an empty packet has no command", ""_bytes, std::nullopt},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    const Blob request = packet(c.payload);
    const Blob wire = request + "01 00"_hex;  // a client that does not wait
    for_every_split(wire, [&](std::span<const Bytes> chunks) {
      RequestTracker tracker;
      CHECK(tracker.fresh());
      CHECK(feed_all(tracker, chunks) == request.size());
      CHECK(tracker.done());
      CHECK_FALSE(tracker.fresh());
      CHECK(tracker.command() == c.command);
      CHECK(tracker.payload_bytes() == c.payload.size());
      CHECK(tracker.next_sequence() == 1);
    });
    for (std::size_t size = 0; size < request.size(); ++size) {
      RequestTracker tracker;
      CHECK(tracker.feed(Bytes(request).first(size)) == size);
      CHECK_FALSE(tracker.done());
    }
  }
}

TEST_CASE("request tracker follows packets around 16 MB", "[protocol][tracker]") {
  for (int delta = -2; delta <= 2; ++delta) {
    CAPTURE(delta);
    Blob payload(static_cast<std::size_t>(static_cast<long>(kMaxFramePayload) + delta), 'x');
    payload[0] = 0x03;
    const Blob wire = packet(payload);
    for_every_split(
        wire,
        [&](std::span<const Bytes> chunks) {
          RequestTracker tracker;
          CHECK(feed_all(tracker, chunks) == wire.size());
          CHECK(tracker.done());
          CHECK(tracker.command() == 0x03);
          CHECK(tracker.payload_bytes() == payload.size());
          CHECK(tracker.next_sequence() == (delta < 0 ? 1 : 2));
        },
        3);
    RequestTracker tracker;
    CHECK(tracker.feed(Bytes(wire).first(wire.size() - 1)));
    CHECK_FALSE(tracker.done());
  }
}

TEST_CASE("an upload ends at its empty packet, not at an empty continuation", "[protocol][tracker]") {
  const Blob full(kMaxFramePayload, 'x');
  const Blob small = packets({"1\n"_bytes, "2\n"_bytes, ""_bytes}, 254);  // ids wrap
  const Blob large = packet(full, 2) + packet(""_bytes, 4);
  const struct {
    const char* name;
    Blob wire;
    std::uint8_t sequence;
    std::size_t dense;
  } cases[] = {
      {"two packets", small, 254, 100},
      {"nothing", packet(""_bytes, 2), 2, 100},
      {"a first byte that looks like a command's id of 0", packets({"1"_bytes, ""_bytes}, 0), 0, 100},
      {"a full frame", large, 2, 8},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    for_every_split(
        c.wire,
        [&](std::span<const Bytes> chunks) {
          RequestTracker tracker;
          tracker.start_upload(c.sequence);
          CHECK(feed_all(tracker, chunks) == c.wire.size());
          CHECK(tracker.done());
        },
        c.dense);
    RequestTracker tracker;
    tracker.start_upload(c.sequence);
    CHECK(tracker.feed(Bytes(c.wire).first(c.wire.size() - 1)));
    CHECK_FALSE(tracker.done());
  }
}

TEST_CASE("request tracker refuses a wrong sequence id", "[protocol][tracker]") {
  RequestTracker tracker;
  CHECK(tracker.feed(packet("0e"_hex, 1)).error() == DecodeError::out_of_order);
  tracker.start_upload(2);
  CHECK(tracker.feed(packet("0e"_hex, 0)).error() == DecodeError::out_of_order);
  tracker.start();
  Blob wire = packet(Blob(kMaxFramePayload + 5, 'x'));
  wire[kFrameHeaderBytes + kMaxFramePayload + 3] = 7;  // of the second frame
  CHECK(tracker.feed(wire).error() == DecodeError::out_of_order);
}

TEST_CASE("request tracker does not allocate", "[protocol][tracker]") {
  const Blob wire = packet("\x03select 1"_bytes);
  const AllocationCount count;
  RequestTracker tracker;
  for (const std::uint8_t& byte : wire) (void)tracker.feed({&byte, 1});
  const bool slowly = tracker.done();
  tracker.start();
  const bool at_once = tracker.feed(wire).has_value() && tracker.done();
  const std::size_t allocations = count.allocations();
  CHECK(slowly);
  CHECK(at_once);
  CHECK(allocations == 0);
}

}  // namespace weir
