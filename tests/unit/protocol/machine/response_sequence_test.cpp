// Sequence ids of a server's frames: what is not due is refused, and what came before it is sound.
#include <catch2/catch.hpp>

#include "protocol/machine/response_tracker.hpp"
#include "protocol/wire/frame.hpp"
#include "tests/support/frames.hpp"
#include "tests/support/tracker_run.hpp"

namespace weir {

using namespace test;

namespace {

const Blob kCount = "01"_hex;
const Blob kColumn = column_payload("a");
const Blob kRow = row_payload({"7"});

// A terminator of rows with DEPRECATE_EOF.
Blob ok_end() {
  Blob payload = ok_payload();
  payload[0] = 0xfe;
  return payload;
}

}  // namespace

TEST_CASE("a frame that is not due is refused, and what was there before it is sound",
          "[protocol][tracker]") {
  const Blob good = packets({kCount, kColumn, kRow, kRow}, 1);
  const Blob next[] = {packet(kRow, 4), packet(kRow, 6), packet(ok_end(), 4), packet(ok_end(), 0)};
  for (const Blob& wrong : next) {
    CAPTURE(hex(wrong));
    for (std::size_t cut = 0; cut <= good.size(); ++cut) {
      ResponseTracker tracker;
      tracker.start(Shape::result, kDeprecateEof, 1);
      const Blob wire = good + wrong;
      const auto first = tracker.scan(Bytes(wire).first(cut));
      REQUIRE(first);
      const auto rest = tracker.scan(Bytes(wire).subspan(first->forward));
      REQUIRE_FALSE(rest);
      CHECK(rest.error() == DecodeError::out_of_order);
      CHECK(first->forward + tracker.sound_bytes() == good.size());
      CHECK(tracker.next_sequence() == 5);
      CHECK_FALSE(tracker.mid_packet());
    }
  }
}

TEST_CASE("the first frame of a response is the one that is due, if that is known", "[protocol][tracker]") {
  for (const int due : {1, 3, 255}) {
    for (const int number : {0, 1, 3, 255}) {
      CAPTURE(due, number);
      ResponseTracker tracker;
      tracker.start(Shape::ok, 0, static_cast<std::uint8_t>(due));
      CHECK(tracker.scan(packet(ok_payload(), static_cast<std::uint8_t>(number))).has_value() ==
            (due == number));
      // A server that ends the connection says so whenever it likes.
      tracker.start(Shape::ok, 0, static_cast<std::uint8_t>(due));
      CHECK(tracker.scan(packet(err_payload(1053), static_cast<std::uint8_t>(number))).has_value());
    }
  }
}

TEST_CASE("sequence ids wrap within a large result", "[protocol][tracker]") {
  std::vector<Blob> server{kCount, kColumn};
  server.insert(server.end(), 600, kRow);
  server.push_back(ok_end());
  const Blob wire = packets(server, 1);
  ResponseTracker tracker;
  tracker.start(Shape::result, kDeprecateEof);
  const Bytes chunk = wire;
  CHECK_FALSE(run_tracker(tracker, {&chunk, 1}).error);
  CHECK(tracker.done());
  CHECK(tracker.rows() == 600);
  CHECK(tracker.next_sequence() == (603 + 1) % 256);
}

}  // namespace weir
