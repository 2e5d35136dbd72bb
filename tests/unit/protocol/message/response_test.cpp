#include "protocol/message/response.hpp"

#include <catch2/catch.hpp>

#include "protocol/message/session_track.hpp"
#include "protocol/wire/status.hpp"
#include "tests/support/frames.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/truncations.hpp"

namespace weir {
namespace {

using namespace test;

const char* const kServers[] = {"mariadb-10.11.hex", "mysql-9.7.hex"};

// Captured OKs: those with 0xfe end rows.
const char* const kOks[] = {"login_reply",   "init_db", "create", "insert",      "update",
                            "set_variables", "start",   "commit", "multi.second"};

Caps caps_of(const GoldenPacket& packet) {
  return packet.name.starts_with("tracked") ? kSessionTrack | kDeprecateEof : Caps{0};
}

bool has_info(std::string_view name) {
  return name.ends_with("insert") || name.ends_with("update");
}

TEST_CASE("captured OKs decode, and encode to the same bytes", "[protocol][response][golden]") {
  for (const char* server : kServers) {
    const GoldenFile golden(server);
    for (const char* const prefix : {"tracked.", "plain."}) {
      for (const char* const name : kOks) {
        const GoldenPacket& packet = golden.at(std::string(prefix) + name);
        CAPTURE(server, packet.name);
        const ExactBuffer payload(packet.payload());
        const auto ok = decode_ok(payload, caps_of(packet));
        REQUIRE(ok);
        CHECK(ok->info.empty() != has_info(packet.name));
        if (has_info(packet.name)) CHECK(ok->info.ends_with("Warnings: 0"));

        ByteQueue out;
        std::uint8_t sequence = packet.wire[3];
        encode_ok(*ok, caps_of(packet), out, sequence);
        CHECK(to_blob(out.readable()) == packet.wire);
      }
    }
  }
}

TEST_CASE("an OK that is cut short or too long is refused", "[protocol][response][golden]") {
  for (const char* server : kServers) {
    const GoldenFile golden(server);
    for (const char* const name : {"tracked.set_variables", "tracked.update"}) {
      const GoldenPacket& packet = golden.at(name);
      CAPTURE(server, packet.name);
      const bool tracked = !decode_ok(packet.payload(), caps_of(packet))->session_state.empty();
      for_every_shorter(packet.payload(), [&](Bytes shorter) {
        CAPTURE(shorter.size());
        const bool info_left_out = shorter.size() == 7;  // legal: servers omit an empty one
        CHECK(decode_ok(shorter, caps_of(packet)).has_value() == info_left_out);
      });
      if (tracked) {
        CHECK(decode_ok(with_one_byte_more(packet.payload()), caps_of(packet)).error() ==
              DecodeError::trailing_bytes);
      }
    }
  }
  CHECK(decode_ok("01 00 00 02 00 00 00"_hex, 0).error() == DecodeError::bad_value);
}

TEST_CASE("an OK for a client without session tracking says nothing of it", "[protocol][response][golden]") {
  for (const char* server : kServers) {
    const GoldenFile golden(server);
    for (const char* const name : {"set_variables", "init_db", "commit"}) {
      CAPTURE(server, name);
      const auto ok = decode_ok(golden.at(std::string("tracked.") + name).payload(), kSessionTrack);
      REQUIRE(ok);
      CHECK_FALSE(ok->session_state.empty());
      ByteQueue out;
      std::uint8_t sequence = 1;
      encode_ok(*ok, 0, out, sequence);
      CHECK(to_blob(out.readable()) == golden.at(std::string("plain.") + name).wire);
    }
  }
}

TEST_CASE("text after an OK is understood in the documented form too", "[protocol][response]") {
  const Blob documented = "00 01 00 02 00 00 00"_hex + "Rows matched: 1"_bytes;
  CHECK(decode_ok(documented, 0)->info == "Rows matched: 1");
  const Blob sent = "00 01 00 02 00 00 00 04"_hex + "Rows"_bytes;
  CHECK(decode_ok(sent, 0)->info == "Rows");
  CHECK(decode_ok(sent, kSessionTrack)->info == "Rows");
}

TEST_CASE("rows end with an EOF or an OK in its place", "[protocol][response][golden]") {
  for (const char* server : kServers) {
    const GoldenFile golden(server);
    const GoldenPacket& modern = golden.at("tracked.no_rows.next0");
    const auto ok = decode_ok(modern.payload(), kSessionTrack);
    REQUIRE(ok);
    CHECK((ok->status & kStatusInReadOnlyTransaction) != 0);
    ByteQueue out;
    std::uint8_t sequence = modern.wire[3];
    encode_end_of_rows({ok->warnings, ok->status}, kSessionTrack | kDeprecateEof, out, sequence);
    CHECK(to_blob(out.readable()) == modern.wire);

    const GoldenPacket& old = golden.at("plain.no_rows.next0");
    CHECK(is_eof(old.payload()));
    const auto eof = decode_eof(old.payload());
    REQUIRE(eof);
    CHECK((eof->status & kStatusInReadOnlyTransaction) != 0);
    out.clear();
    sequence = old.wire[3];
    encode_end_of_rows(*eof, 0, out, sequence);
    CHECK(to_blob(out.readable()) == old.wire);
    for_every_shorter(old.payload(), [](Bytes shorter) { CHECK_FALSE(decode_eof(shorter)); });
    CHECK(decode_eof(with_one_byte_more(old.payload())).error() == DecodeError::trailing_bytes);

    CHECK((decode_eof(golden.at("plain.cursor.columns_end").payload())->status & kStatusCursorExists) != 0);
    CHECK((decode_eof(golden.at("plain.multi.next1").payload())->status & kStatusMoreResults) != 0);
    CHECK((decode_ok(golden.at("tracked.multi.next1").payload(), kSessionTrack)->status &
           kStatusMoreResults) != 0);
  }
}

TEST_CASE("captured errors decode, and encode to the same bytes", "[protocol][response][golden]") {
  struct Case {
    const char* name;
    int code;
    const char* sqlstate;
  };
  const Case kCases[] = {
      {"tracked.error", 1146, "42S02"},
      {"tracked.error_in_rows.next1", 1242, "21000"},
      {"plain.prepare_error", 1064, "42000"},
      {"too_many.greeting", 1040, ""},
  };
  for (const char* server : kServers) {
    const GoldenFile golden(server);
    for (const Case& c : kCases) {
      const GoldenPacket& packet = golden.at(c.name);
      CAPTURE(server, packet.name);
      const ExactBuffer payload(packet.payload());
      CHECK(is_err(payload));
      const auto err = decode_err(payload);
      REQUIRE(err);
      CHECK(err->code == c.code);
      CHECK(err->sqlstate == c.sqlstate);
      CHECK_FALSE(err->message.empty());

      ByteQueue out;
      std::uint8_t sequence = packet.wire[3];
      encode_err(*err, out, sequence);
      CHECK(to_blob(out.readable()) == packet.wire);
    }
  }
}

TEST_CASE("an ERR is refused only before its text begins", "[protocol][response]") {
  const Blob wire = err_payload(1146, "42S02", "no");
  for_every_shorter(wire, [&](Bytes shorter) {
    CAPTURE(shorter.size());
    const bool whole_head =
        shorter.size() >= 9 || shorter.size() == 3;  // at three it looks like one without SQLSTATE
    CHECK(decode_err(shorter).has_value() == whole_head);
  });
}

struct Item {
  TrackType type;
  std::string name, value;
  bool operator==(const Item&) const = default;
};

std::vector<Item> items_of(std::string_view state, std::optional<DecodeError>* error = nullptr) {
  std::vector<Item> items;
  SessionTrackReader reader(state);
  while (const auto item = reader.next())
    items.push_back({item->type, std::string(item->name), std::string(item->value)});
  if (error) *error = reader.error();
  return items;
}

TEST_CASE("captured session changes are read item by item", "[protocol][track][golden]") {
  for (const char* server : kServers) {
    CAPTURE(server);
    const GoldenFile golden(server);
    const auto items = [&](const char* name) {
      return items_of(decode_ok(golden.at(name).payload(), kSessionTrack)->session_state);
    };
    CHECK(items("tracked.init_db") ==
          std::vector<Item>{{TrackType::schema, "", "golden"}, {TrackType::state_change, "", "1"}});
    CHECK(items("tracked.start") ==
          std::vector<Item>{{TrackType::transaction_state, "", "T_______"},
                            {TrackType::transaction_characteristics, "", "START TRANSACTION READ ONLY;"}});
    CHECK(items("tracked.commit") == std::vector<Item>{{TrackType::transaction_state, "", "________"},
                                                       {TrackType::transaction_characteristics, "", ""}});
    const auto variables = items("tracked.set_variables");
    REQUIRE(variables.size() == 3);
    CHECK(std::ranges::count(variables, Item{TrackType::system_variable, "autocommit", "OFF"}) == 1);
    CHECK(std::ranges::count(variables, Item{TrackType::system_variable, "time_zone", "+01:00"}) == 1);
  }
  const GoldenFile mysql("mysql-9.7.hex");
  const auto gtids = items_of(decode_ok(mysql.at("tracked.insert").payload(), kSessionTrack)->session_state);
  REQUIRE(gtids.size() == 1);
  CHECK(gtids[0].type == TrackType::gtids);
  CHECK(gtids[0].value.size() > 36);
}

TEST_CASE("unknown session changes are skipped by their length, long ones read whole", "[protocol][track]") {
  ByteQueue state;
  Writer writer{state};
  const std::string longer_than_a_byte(70'000, 'x');
  writer.fixed(42, 1);
  writer.lenenc_text(longer_than_a_byte);
  encode_track_item({TrackType::system_variable, "sql_mode", longer_than_a_byte}, writer);
  encode_track_item({TrackType::gtids, {}, "uuid:1-5"}, writer);
  std::optional<DecodeError> error;
  CHECK(items_of(as_text(state.readable()), &error) ==
        std::vector<Item>{{TrackType::system_variable, "sql_mode", longer_than_a_byte},
                          {TrackType::gtids, "", "uuid:1-5"}});
  CHECK_FALSE(error);
}

TEST_CASE("several variables may share an item", "[protocol][track]") {
  const Blob state = "00 08 01 61 01 31 01 62 01 32"_hex;
  CHECK(items_of(as_text(state)) ==
        std::vector<Item>{{TrackType::system_variable, "a", "1"}, {TrackType::system_variable, "b", "2"}});
}

TEST_CASE("an error instead of a greeting has no SQLSTATE", "[protocol][response]") {
  ByteQueue out;
  encode_greeting_error(1040, "Full", out);
  CHECK(to_blob(out.readable()) == "07 00 00 00 ff 10 04 46 75 6c 6c"_hex);
}

TEST_CASE("session changes that are cut short end with a fault", "[protocol][track]") {
  const Blob state = "00 04 01 61 01 31 01 03 02 64 62"_hex;
  CHECK(items_of(as_text(state)).size() == 2);
  for_every_shorter(state, [](Bytes shorter) {
    CAPTURE(shorter.size());
    std::optional<DecodeError> error;
    items_of(as_text(shorter), &error);
    CHECK(error.has_value() == (shorter.size() != 0 && shorter.size() != 6));
  });
  std::optional<DecodeError> error;
  CHECK(items_of(as_text("01 04 02 64 62 00"_hex), &error).empty());
  CHECK(error == DecodeError::trailing_bytes);
  CHECK(items_of(as_text("00 02 05 61"_hex), &error).empty());
  CHECK(error == DecodeError::bad_length);
}

}  // namespace
}  // namespace weir
