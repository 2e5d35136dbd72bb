// A stream of events: without an end once it has begun, and a response like others if it is refused.
#include <catch2/catch.hpp>

#include "protocol/machine/response_tracker.hpp"
#include "tests/support/exact_buffer.hpp"
#include "tests/support/frames.hpp"

namespace weir {

using namespace test;

TEST_CASE("a stream passes everything and has no end", "[protocol][tracker]") {
  ResponseTracker tracker;
  tracker.start(Shape::stream, 0);
  CHECK(tracker.scan("02 00 00 01"_hex)->forward == 0);
  CHECK_FALSE(tracker.streaming());
  CHECK(tracker.scan("02 00 00 01 00"_hex)->forward == 5);
  CHECK(tracker.streaming());
  CHECK(tracker.scan("ff ff ff"_hex)->forward == 3);
  CHECK_FALSE(tracker.done());
}

TEST_CASE("a stream that is refused is a response like others, at every split of it", "[protocol][tracker]") {
  const Blob wire = packet(err_payload(1227), 1);
  for (std::size_t cut = 0; cut < wire.size(); ++cut) {
    CAPTURE(cut);
    ResponseTracker tracker;
    tracker.start(Shape::stream, 0, 1);
    const auto first = tracker.scan(ExactBuffer(Bytes(wire).first(cut)));
    REQUIRE(first);
    CHECK(first->forward + first->packet == 0);
    const auto whole = tracker.scan(ExactBuffer(wire));
    REQUIRE(whole);
    CHECK(whole->packet == wire.size());
    CHECK(whole->kind == PacketKind::err);
    CHECK(tracker.done());
    CHECK_FALSE(tracker.streaming());
    CHECK(tracker.error_code() == 1227);
  }
}

}  // namespace weir
