// SimpleQuery reads what ReplyWriter writes, in both forms of the protocol.
#include "protocol/machine/simple_query.hpp"

#include <catch2/catch.hpp>

#include "protocol/machine/reply_writer.hpp"
#include "tests/support/frames.hpp"
#include "tests/support/splits.hpp"
#include "tests/support/tracker_run.hpp"

namespace weir {

using namespace test;

namespace {

using Want = SimpleQuery::Want;
const Caps kForms[] = {0, kDeprecateEof, kSessionTrack, kDeprecateEof | kSessionTrack};

template <class Write>
Blob reply(Caps caps, Write&& write) {
  ByteQueue out;
  ReplyWriter writer{out, caps};
  write(writer);
  return to_blob(out.readable());
}

Blob two_rows(Caps caps, std::uint16_t status = kStatusAutocommit) {
  return reply(caps, [&](ReplyWriter& writer) {
    writer.columns({{.name = "Name"}, {.name = "count", .type = ColumnType::longlong}});
    writer.row({"a", "1"});
    writer.row({"", std::nullopt});
    writer.end_rows(status, 3);
  });
}

SimpleQuery asked(Caps caps, std::size_t limit = SimpleQuery::kDefaultLimit) {
  SimpleQuery query;
  query.start("SELECT 1", caps, limit);
  return query;
}

}  // namespace

TEST_CASE("a query is sent as COM_QUERY", "[protocol][query]") {
  SimpleQuery query = asked(0);
  CHECK(to_blob(query.output().readable()) == packet("\x03SELECT 1"_bytes));
}

TEST_CASE("rows that were written are read back, in any split", "[protocol][query]") {
  for (const Caps caps : kForms) {
    CAPTURE(caps);
    for_every_split(two_rows(caps), [&](std::span<const Bytes> chunks) {
      SimpleQuery query = asked(caps);
      Want want = Want::read;
      for (const Bytes chunk : chunks) {
        CHECK(want == Want::read);
        want = query.on_bytes(chunk);
      }
      REQUIRE(want == Want::done);
      CHECK(query.columns() == std::vector<std::string>{"Name", "count"});
      REQUIRE(query.rows().size() == 2);
      CHECK(query.find_value(0, "NAME") == "a");
      CHECK(query.find_value(0, "Count") == "1");
      CHECK(query.find_value(1, "name") == "");
      CHECK(query.find_value(1, "count") == std::nullopt);
      CHECK(query.find_value(2, "name") == std::nullopt);
      CHECK(query.find_value(0, "other") == std::nullopt);
      CHECK(query.status() == kStatusAutocommit);
      CHECK(query.warnings() == 3);
    });
  }
}

TEST_CASE("what ReplyWriter writes ends where the tracker says", "[protocol][query]") {
  for (const Caps caps : kForms) {
    const Blob wire = two_rows(caps);
    const Bytes chunk = wire;
    ResponseTracker tracker;
    tracker.start(Shape::result, caps);
    CHECK_FALSE(run_tracker(tracker, {&chunk, 1}).error);
    CHECK(tracker.done());
    CHECK(tracker.rows() == 2);
  }
}

TEST_CASE("OK and ERR are read back", "[protocol][query]") {
  for (const Caps caps : kForms) {
    SimpleQuery changed = asked(caps);
    CHECK(changed.on_bytes(reply(
              caps, [](ReplyWriter& w) { w.ok(0x22, 300, 70'000, 2, "Rows matched: 300"); })) == Want::done);
    CHECK(changed.affected_rows() == 300);
    CHECK(changed.last_insert_id() == 70'000);
    CHECK(changed.status() == 0x22);
    CHECK(changed.warnings() == 2);

    SimpleQuery refused = asked(caps);
    CHECK(refused.on_bytes(reply(caps, [](ReplyWriter& w) { w.err(1146, "42S02", "no such table"); })) ==
          Want::failed);
    CHECK(refused.failure().from_server);
    CHECK(refused.failure().code == 1146);
    CHECK(refused.failure().sqlstate == "42S02");
    CHECK(refused.failure().message == "no such table");
  }
}

TEST_CASE("of several results the last with rows stays, and an error in any is the outcome",
          "[protocol][query]") {
  for (const Caps caps : kForms) {
    const std::uint16_t more = kStatusAutocommit | kStatusMoreResults;
    // The second result goes on with the first one's sequence ids.
    const auto several = [&](bool error) {
      return reply(caps, [&](ReplyWriter& writer) {
        writer.columns({{.name = "first"}});
        writer.row({"1"});
        writer.end_rows(more);
        writer.columns({{.name = "second"}});
        writer.end_rows(more);
        if (error)
          writer.err(1064, "42000", "bad");
        else
          writer.ok(kStatusAutocommit, 5);
      });
    };
    SimpleQuery query = asked(caps);
    CHECK(query.on_bytes(several(false)) == Want::done);
    CHECK(query.columns() == std::vector<std::string>{"second"});
    CHECK(query.rows().empty());
    CHECK(query.affected_rows() == 5);
    SimpleQuery failing = asked(caps);
    CHECK(failing.on_bytes(several(true)) == Want::failed);
    CHECK(failing.failure().code == 1064);
  }
}

TEST_CASE("a result beyond the limit, or beyond its end, closes the connection", "[protocol][query]") {
  const Blob wire = two_rows(0);
  const std::size_t kept = 2 * (sizeof(SimpleQuery::Row) + 2 * sizeof(SimpleQuery::Value));
  CHECK(asked(0, wire.size() + kept).on_bytes(wire) == Want::done);
  CHECK(asked(0, wire.size() + kept - 1).on_bytes(wire) == Want::failed);
  SimpleQuery longer = asked(0);
  CHECK(longer.on_bytes(wire + "00"_hex) == Want::failed);
  CHECK_FALSE(longer.failure().from_server);
}

TEST_CASE("many columns of NULL are not many times what has come", "[protocol][query]") {
  const std::size_t columns = 250, limit = 1 << 20;
  std::vector<Blob> head{Blob{static_cast<std::uint8_t>(columns)}};
  head.insert(head.end(), columns, column_payload("a"));
  SimpleQuery query = asked(kDeprecateEof, limit);
  Want want = query.on_bytes(packets(head, 1));
  std::size_t most = 0;
  for (auto sequence = static_cast<std::uint8_t>(1 + head.size()); want == Want::read && most < limit;
       ++sequence) {
    want = query.on_bytes(packet(Blob(columns, 0xfb), sequence));
    most = std::max(most, query.rows().size() * columns * sizeof(SimpleQuery::Value));
  }
  CHECK(want == Want::failed);
  CHECK(most <= limit);
  CHECK(query.rows().empty());
}

TEST_CASE("malformed results fail with a sentence", "[protocol][query]") {
  const Blob head = "01"_hex, column = column_payload("a");
  const struct {
    const char* name;
    std::vector<Blob> payloads;
  } cases[] = {
      {"an empty packet", {""_bytes}},
      {"a file is asked for", {"fb 61"_hex}},
      {"a bad column count", {"01 00"_hex}},
      {"a bad definition", {head, "03"_hex}},
      {"no EOF after the definitions", {head, column, row_payload({"1"})}},
      {"a row with too few fields", {"02"_hex, column, column, eof_payload(), row_payload({"1"})}},
      {"a row with too many fields", {head, column, eof_payload(), row_payload({"1", "2"})}},
      {"a bad OK", {"00 00"_hex}},
      {"a bad EOF", {head, column, eof_payload(), "fe 00"_hex}},
      {"a bad ERR", {"ff"_hex}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    SimpleQuery query = asked(0);
    CHECK(query.on_bytes(packets(c.payloads, 1)) == Want::failed);
    CHECK_FALSE(query.failure().from_server);
    CHECK_FALSE(query.failure().message.empty());
  }
}

TEST_CASE("a reply that says it is an EOF has the client's form", "[protocol][query]") {
  CHECK(reply(0, [](ReplyWriter& w) { w.eof(2); }) == packet(eof_payload(2), 1));
  CHECK(reply(kDeprecateEof, [](ReplyWriter& w) { w.eof(2); }) == packet("fe 00 00 02 00 00 00"_hex, 1));
}

TEST_CASE("sequence ids run on, and large packets are split", "[protocol][query]") {
  ByteQueue out;
  ReplyWriter writer{out, 0, 255};
  writer.ok(2);
  CHECK(writer.next_sequence() == 0);
  writer.packet(Blob(kMaxFramePayload, 'x'));
  CHECK(writer.next_sequence() == 2);
}

}  // namespace weir
