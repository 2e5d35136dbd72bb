#include "protocol/machine/response_tracker.hpp"

#include <catch2/catch.hpp>

#include "protocol/message/prepared.hpp"
#include "protocol/wire/frame.hpp"
#include "protocol/wire/status.hpp"
#include "tests/support/allocation_count.hpp"
#include "tests/support/frames.hpp"
#include "tests/support/splits.hpp"
#include "tests/support/tracker_run.hpp"

namespace weir {

using namespace test;

namespace {

using enum PacketKind;

constexpr std::uint16_t kMore = kStatusAutocommit | kStatusMoreResults;
constexpr std::uint16_t kCursor = kStatusAutocommit | kStatusCursorExists;

const Blob kCount = "01"_hex;
const Blob kColumn = column_payload("a");
const Blob kRow = row_payload({"7"});
const Blob kBinaryRow = "00 00 07 00 00 00"_hex;

// A terminator of rows with DEPRECATE_EOF.
Blob ok_end(std::uint16_t status = kStatusAutocommit) {
  Blob payload = ok_payload(status);
  payload[0] = 0xfe;
  return payload;
}

Blob prepare_reply(std::uint16_t columns, std::uint16_t parameters) {
  ByteQueue out;
  std::uint8_t sequence = 0;
  encode_prepare_ok({.statement_id = 1, .columns = columns, .parameters = parameters, .warnings = 0}, out,
                    sequence);
  return to_blob(out.readable().subspan(kFrameHeaderBytes));
}

// An OK with session-track items of `bytes`.
Blob tracked_ok(std::size_t bytes) {
  return "00 00 00 02 40 00 00 00 fd"_hex +
         Blob{static_cast<std::uint8_t>(bytes), static_cast<std::uint8_t>(bytes >> 8),
              static_cast<std::uint8_t>(bytes >> 16)} +
         Blob(bytes, 'x');
}

struct Case {
  const char* name;
  Shape shape;
  Caps caps;
  std::vector<Blob> server;
  std::vector<PacketKind> kinds;
  std::uint16_t status = kStatusAutocommit;
  std::uint64_t rows = 0;
  std::uint16_t error_code = 0;
};

const std::vector<Case> kCases = {
    {"ok", Shape::ok, 0, {ok_payload()}, {ok}},
    {"ok answered by an error", Shape::ok, 0, {err_payload(1046)}, {err}, 0, 0, 1046},
    {"ok answered by an EOF", Shape::ok, 0, {eof_payload()}, {eof}},
    {"ok answered by an OK in place of an EOF", Shape::ok, kDeprecateEof, {ok_end()}, {ok}},
    {"one ok even if it says more results", Shape::ok, 0, {ok_payload(kMore)}, {ok}, kMore},
    {"text", Shape::text, 0, {"Uptime: 7"_bytes}, {}, 0},
    {"text that begins like an OK", Shape::text, 0, {"00 41"_hex}, {}, 0},
    {"empty text", Shape::text, 0, {""_bytes}, {}, 0},
    {"text answered by an error", Shape::text, 0, {err_payload(1047)}, {err}, 0, 0, 1047},
    {"no response", Shape::none, 0, {}, {}, 0},

    {"query: ok", Shape::result, 0, {ok_payload()}, {ok}},
    {"query: ok with 300 bytes of session track",
     Shape::result,
     kSessionTrack,
     {tracked_ok(300)},
     {ok},
     0x4002},
    {"query: ok with 70 KiB of session track",
     Shape::result,
     kSessionTrack,
     {tracked_ok(70 << 10)},
     {ok},
     0x4002},
    {"query: error", Shape::result, 0, {err_payload(1064)}, {err}, 0, 0, 1064},
    {"error without SQLSTATE", Shape::result, 0, {err_payload(1040, "")}, {err}, 0, 0, 1040},
    {"one row, with EOFs",
     Shape::result,
     0,
     {kCount, kColumn, eof_payload(), kRow, eof_payload()},
     {eof},
     2,
     1},
    {"one row, deprecate eof", Shape::result, kDeprecateEof, {kCount, kColumn, kRow, ok_end()}, {ok}, 2, 1},
    {"no row, with EOFs", Shape::result, 0, {kCount, kColumn, eof_payload(), eof_payload()}, {eof}},
    {"no row, deprecate eof", Shape::result, kDeprecateEof, {kCount, kColumn, ok_end()}, {ok}},
    {"a classic EOF ends rows in spite of deprecate eof",
     Shape::result,
     kDeprecateEof,
     {kCount, kColumn, kRow, eof_payload()},
     {eof},
     2,
     1},
    {"three columns",
     Shape::result,
     kDeprecateEof,
     {"03"_hex, kColumn, kColumn, kColumn, kRow, kRow, ok_end()},
     {ok},
     2,
     2},
    {"NULL in the first field",
     Shape::result,
     kDeprecateEof,
     {kCount, kColumn, "fb"_hex, ok_end()},
     {ok},
     2,
     1},
    {"an empty string in the first field",
     Shape::result,
     kDeprecateEof,
     {kCount, kColumn, "00"_hex, ok_end()},
     {ok},
     2,
     1},
    {"binary rows begin like an OK",
     Shape::result,
     0,
     {kCount, kColumn, eof_payload(), kBinaryRow, kBinaryRow, eof_payload()},
     {eof},
     2,
     2},
    {"binary rows, deprecate eof",
     Shape::result,
     kDeprecateEof,
     {kCount, kColumn, kBinaryRow, ok_end()},
     {ok},
     2,
     1},
    {"0xfe in nine bytes and more is a row, with EOFs",
     Shape::result,
     0,
     {kCount, kColumn, eof_payload(), "fe 01 00 00 00 00 00 00 00 41"_hex, "fe 00 00 00 00 00 00 00 00"_hex,
      eof_payload()},
     {eof},
     2,
     2},
    {"error after a row, with EOFs",
     Shape::result,
     0,
     {kCount, kColumn, eof_payload(), kRow, err_payload(1317)},
     {err},
     0,
     1,
     1317},
    {"error after a row, deprecate eof",
     Shape::result,
     kDeprecateEof,
     {kCount, kColumn, kRow, err_payload(1317)},
     {err},
     0,
     1,
     1317},
    {"error in place of a definition",
     Shape::result,
     0,
     {"02"_hex, kColumn, err_payload(1317)},
     {err},
     0,
     0,
     1317},
    {"error in place of the EOF of columns",
     Shape::result,
     0,
     {kCount, kColumn, err_payload(1317)},
     {err},
     0,
     0,
     1317},

    {"more results after ok", Shape::result, 0, {ok_payload(kMore), ok_payload()}, {ok, ok}},
    {"more results after rows, with EOFs",
     Shape::result,
     0,
     {kCount, kColumn, eof_payload(kMore), kRow, eof_payload(kMore), ok_payload()},
     {eof, ok},
     2,
     1},
    {"more results after rows, deprecate eof",
     Shape::result,
     kDeprecateEof,
     {kCount, kColumn, kRow, ok_end(kMore), kCount, kColumn, kRow, ok_end()},
     {ok, ok},
     2,
     2},
    {"more results after an empty result",
     Shape::result,
     kDeprecateEof,
     {kCount, kColumn, ok_end(kMore), kCount, kColumn, ok_end()},
     {ok, ok}},
    {"error ends a multi-result",
     Shape::result,
     kDeprecateEof,
     {kCount, kColumn, ok_end(kMore), err_payload(1064)},
     {ok, err},
     kMore,
     0,
     1064},

    {"cursor, with EOFs: one terminator",
     Shape::result,
     0,
     {kCount, kColumn, eof_payload(kCursor)},
     {eof},
     kCursor},
    {"cursor, deprecate eof: one terminator",
     Shape::result,
     kDeprecateEof,
     {kCount, kColumn, ok_end(kCursor)},
     {ok},
     kCursor},
    {"fetch, with EOFs", Shape::rows, 0, {kBinaryRow, kBinaryRow, eof_payload(kCursor)}, {eof}, kCursor, 2},
    // As MySQL 9 sends them: only the EOF after the columns says that more follows.
    {"OUT parameters, with EOFs",
     Shape::result,
     0,
     {kCount, kColumn, eof_payload(0x120a), kBinaryRow, eof_payload(), ok_payload()},
     {eof, ok},
     2,
     1},
    {"fetch, deprecate eof", Shape::rows, kDeprecateEof, {kBinaryRow, ok_end(kCursor)}, {ok}, kCursor, 1},
    {"fetch of nothing", Shape::rows, 0, {eof_payload(0x82)}, {eof}, 0x82},
    {"fetch without a cursor", Shape::rows, 0, {err_payload(1421)}, {err}, 0, 0, 1421},
    {"field list", Shape::rows, 0, {kColumn, kColumn, eof_payload()}, {eof}, 2, 2},
    {"rows ignore more results", Shape::rows, 0, {eof_payload(kMore)}, {eof}, kMore},

    {"prepare without parameters and columns", Shape::prepare, 0, {prepare_reply(0, 0)}, {prepare_ok}, 0},
    {"prepare with both, with EOFs",
     Shape::prepare,
     0,
     {prepare_reply(1, 2), kColumn, kColumn, eof_payload(), kColumn, eof_payload()},
     {prepare_ok},
     0},
    {"prepare with both, deprecate eof",
     Shape::prepare,
     kDeprecateEof,
     {prepare_reply(1, 2), kColumn, kColumn, kColumn},
     {prepare_ok},
     0},
    {"prepare with parameters only, with EOFs",
     Shape::prepare,
     0,
     {prepare_reply(0, 1), kColumn, eof_payload()},
     {prepare_ok},
     0},
    {"prepare with columns only, with EOFs",
     Shape::prepare,
     0,
     {prepare_reply(1, 0), kColumn, eof_payload()},
     {prepare_ok},
     0},
    {"prepare with columns only, deprecate eof",
     Shape::prepare,
     kDeprecateEof,
     {prepare_reply(1, 0), kColumn},
     {prepare_ok},
     0},
    {"prepare answered by an error", Shape::prepare, 0, {err_payload(1064)}, {err}, 0, 0, 1064},
    {"error among the definitions of a prepare",
     Shape::prepare,
     0,
     {prepare_reply(2, 0), kColumn, err_payload(1317)},
     {prepare_ok, err},
     0,
     0,
     1317},

    {"local infile, then ok", Shape::result, kLocalFiles, {"fb 2f 61"_hex, ok_payload()}, {local_infile, ok}},
    {"local infile, then error",
     Shape::result,
     kLocalFiles,
     {"fb 2f 61"_hex, err_payload(29)},
     {local_infile, err},
     0,
     0,
     29},
    {"local infile, then another result",
     Shape::result,
     kLocalFiles,
     {"fb 61"_hex, ok_payload(kMore), kCount, kColumn, eof_payload(), eof_payload()},
     {local_infile, ok, eof}},
};

Blob joined(const TrackerRun& run) {
  Blob all;
  std::size_t from = 0;
  for (std::size_t i = 0; i < run.packets.size(); ++i) {
    all.insert(all.end(), run.forwarded.begin() + static_cast<long>(from),
               run.forwarded.begin() + static_cast<long>(run.forwarded_before[i]));
    all = all + run.packets[i];
    from = run.forwarded_before[i];
  }
  all.insert(all.end(), run.forwarded.begin() + static_cast<long>(from), run.forwarded.end());
  return all;
}

std::optional<DecodeError> first_error(Shape shape, Caps caps, const Blob& wire) {
  ResponseTracker tracker;
  tracker.start(shape, caps);
  const Bytes chunk = wire;
  return run_tracker(tracker, {&chunk, 1}).error;
}

}  // namespace

TEST_CASE("response tracker finds the end of every response, in any split", "[protocol][tracker]") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    const Blob wire = packets(c.server, 1);
    for_every_split(
        wire,
        [&](std::span<const Bytes> chunks) {
          ResponseTracker tracker;
          tracker.start(c.shape, c.caps);
          const TrackerRun run = run_tracker(tracker, chunks);
          CHECK_FALSE(run.error);
          CHECK(run.kinds == c.kinds);
          CHECK(joined(run) == wire);
          CHECK(tracker.done());
          CHECK(tracker.status() == c.status);
          CHECK(tracker.error_code() == c.error_code);
          CHECK(tracker.rows() == c.rows);
          CHECK(tracker.next_sequence() == c.server.size() + 1);
          CHECK_FALSE(tracker.mid_packet());
        },
        64);
  }
}

TEST_CASE("response tracker is not done before the last byte, and refuses one more", "[protocol][tracker]") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    const Blob wire = packets(c.server, 1);
    for (std::size_t size = wire.size() > 200 ? wire.size() - 200 : 0; size < wire.size(); ++size) {
      const ExactBuffer prefix{Bytes(wire).first(size)};
      ResponseTracker tracker;
      tracker.start(c.shape, c.caps);
      const Bytes chunk = prefix;
      CHECK_FALSE(run_tracker(tracker, {&chunk, 1}).error);
      CHECK_FALSE(tracker.done());
    }
    CHECK(first_error(c.shape, c.caps, wire + "00"_hex) == DecodeError::out_of_order);
  }
}

TEST_CASE("response tracker refuses what no server may send", "[protocol][tracker]") {
  const struct {
    const char* name;
    Shape shape;
    Caps caps;
    std::vector<Blob> server;
    DecodeError error;
  } refused[] = {
      {"an empty packet in place of an OK", Shape::ok, 0, {""_bytes}, DecodeError::truncated},
      {"an empty packet in place of a result", Shape::result, 0, {""_bytes}, DecodeError::truncated},
      {"an empty row", Shape::rows, 0, {""_bytes}, DecodeError::truncated},
      {"a row in place of an OK", Shape::ok, 0, {kRow}, DecodeError::bad_value},
      {"an OK of two bytes", Shape::ok, 0, {"00 00"_hex}, DecodeError::truncated},
      {"an error of two bytes", Shape::ok, 0, {"ff 00"_hex}, DecodeError::truncated},
      {"an EOF of three bytes", Shape::rows, 0, {"fe 00 00"_hex}, DecodeError::truncated},
      {"a definition in place of a column count", Shape::result, 0, {kColumn}, DecodeError::bad_length},
      {"a column count with more behind it", Shape::result, 0, {"01 00"_hex}, DecodeError::trailing_bytes},
      {"a row in place of the EOF of columns",
       Shape::result,
       0,
       {kCount, kColumn, kRow},
       DecodeError::bad_value},
      {"an OK in place of the EOF of columns",
       Shape::result,
       0,
       {kCount, kColumn, ok_end()},
       DecodeError::bad_value},
      {"a row in place of a prepare reply", Shape::prepare, 0, {kRow}, DecodeError::bad_value},
      {"a request for a file of who has offered none",
       Shape::result,
       kDeprecateEof,
       {"fb 2f 61"_hex},
       DecodeError::bad_value},
      {"a prepare reply with more behind it",
       Shape::prepare,
       0,
       {prepare_reply(1, 0) + "00"_hex},
       DecodeError::trailing_bytes},
      {"a prepare reply without its warnings",
       Shape::prepare,
       0,
       {"00 01 00 00 00 00 00 00 00 00"_hex},
       DecodeError::truncated},
      {"a prepare reply without counts", Shape::prepare, 0, {"00 01 00 00 00"_hex}, DecodeError::truncated},
      {"a row in place of a prepare reply's EOF",
       Shape::prepare,
       0,
       {prepare_reply(1, 0), kColumn, kRow},
       DecodeError::bad_value},
  };
  for (const auto& c : refused) {
    CAPTURE(c.name);
    CHECK(first_error(c.shape, c.caps, packets(c.server, 1)) == c.error);
  }
}

TEST_CASE("a packet of interest over a mebibyte is refused by its header", "[protocol][tracker]") {
  CHECK_FALSE(first_error(Shape::ok, 0, "00 00 10 01 00"_hex));  // waits for the rest
  CHECK(first_error(Shape::ok, 0, "01 00 10 01 00"_hex) == DecodeError::too_large);
  CHECK(first_error(Shape::result, 0, "ff ff ff 01 ff"_hex) == DecodeError::too_large);
  CHECK(first_error(Shape::result, kDeprecateEof, packets({kCount, kColumn}, 1) + "fe ff ff 03 fe"_hex) ==
        DecodeError::too_large);
}

TEST_CASE("rows around 16 MB pass, whatever their first byte and their continuation's",
          "[protocol][tracker]") {
  const Blob head = packets({kCount, kColumn}, 1);
  for (int delta = -2; delta <= 2; ++delta) {
    CAPTURE(delta);
    Blob row(static_cast<std::size_t>(static_cast<long>(kMaxFramePayload) + delta),
             0xff);  // continuations look like errors
    const bool full = row.size() >= kMaxFramePayload;
    row[0] = full ? 0xfe : 0xfd;  // below, 0xfe would be a terminator
    const Blob wire = head + packet(row, 3) + packets({kRow, ok_end()}, full ? 5 : 4);
    const std::size_t second_frame = head.size() + kFrameHeaderBytes + kMaxFramePayload;
    for (std::size_t around : {head.size(), second_frame}) {
      for (std::size_t cut = around - 2; cut <= around + 6; ++cut) {
        CAPTURE(cut);
        ResponseTracker tracker;
        tracker.start(Shape::result, kDeprecateEof);
        const auto first = tracker.scan(Bytes(wire).first(cut));
        REQUIRE(first);
        const auto rest = tracker.scan(Bytes(wire).subspan(first->forward));
        REQUIRE(rest);
        CHECK(first->forward + rest->forward + rest->packet == wire.size());
        CHECK(rest->kind == ok);
        CHECK(tracker.rows() == 2);
        CHECK(tracker.done());
      }
    }
  }
}

TEST_CASE("the server may answer a LOCAL INFILE before the upload ends", "[protocol][tracker]") {
  ResponseTracker tracker;
  tracker.start(Shape::result, kLocalFiles);
  const Blob ask = packet("fb 61"_hex, 1);
  CHECK(tracker.scan(ask)->kind == local_infile);
  CHECK(tracker.awaiting_upload());
  CHECK_FALSE(tracker.done());
  const Blob answer = packet(err_payload(1290), 3);
  CHECK(tracker.scan(answer)->packet == answer.size());
  CHECK_FALSE(tracker.awaiting_upload());
  CHECK(tracker.done());
}

TEST_CASE("nothing is forwarded twice when nothing arrives", "[protocol][tracker]") {
  ResponseTracker tracker;
  tracker.start(Shape::ok, 0);
  CHECK(tracker.scan({})->forward == 0);
  const Blob wire = packet(ok_payload(), 1);
  CHECK(tracker.scan(wire)->packet == wire.size());
  CHECK(tracker.scan({})->packet == 0);
  CHECK(tracker.done());
}

TEST_CASE("response tracker does not allocate", "[protocol][tracker]") {
  std::vector<Blob> server{kCount, kColumn, eof_payload()};
  server.insert(server.end(), 100, kRow);
  server.push_back(eof_payload());
  const Blob wire = packets(server, 1);
  const AllocationCount count;
  ResponseTracker tracker;
  tracker.start(Shape::result, 0);
  std::size_t at = 0, end = 0;
  while (!tracker.done() && end < wire.size()) {
    end = std::min(wire.size(), end + 7);
    const auto scan = tracker.scan(Bytes(wire).subspan(at, end - at));
    at += scan->forward + scan->packet;
  }
  CHECK(tracker.done());
  CHECK(count.allocations() == 0);
}

}  // namespace weir
