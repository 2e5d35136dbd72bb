#include "protocol/message/resultset.hpp"

#include <catch2/catch.hpp>

#include "protocol/message/prepared.hpp"
#include "tests/support/frames.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/truncations.hpp"

namespace weir {
namespace {

using namespace test;

const char* const kServers[] = {"mariadb-10.11.hex", "mysql-9.7.hex"};

TEST_CASE("captured columns decode, and encode to the same bytes", "[protocol][resultset][golden]") {
  for (const char* server : kServers) {
    int columns = 0;
    const GoldenFile golden(server);
    for (const GoldenPacket& packet : golden.packets()) {
      if (packet.name.find(".column") == std::string::npos || packet.name.ends_with("_end")) continue;
      ++columns;
      CAPTURE(server, packet.name);
      const ExactBuffer payload(packet.payload());
      const auto column = decode_column(payload);
      REQUIRE(column);
      ByteQueue out;
      std::uint8_t sequence = packet.wire[3];
      encode_column(*column, out, sequence);
      CHECK(to_blob(out.readable()) == packet.wire);
      for_every_shorter(payload, [](Bytes shorter) { CHECK_FALSE(decode_column(shorter)); });
      CHECK(decode_column(with_one_byte_more(payload)).error() == DecodeError::trailing_bytes);
    }
    CHECK(columns > 20);
    const ExactBuffer kept(golden.at("plain.rows.column1").payload());
    const auto name = decode_column(kept);
    CHECK(name->schema == "golden");
    CHECK(name->org_table == "t");
    CHECK(name->org_name == "name");
    CHECK(name->type == ColumnType::var_string);
    CHECK(name->length == 80);
    CHECK(name->collation == 45);
  }
}

TEST_CASE("captured rows decode, and encode to the same bytes", "[protocol][resultset][golden]") {
  const std::vector<std::vector<TextField>> kRows = {
      {"1", "one", "x"}, {"2", "zwei", "x"}, {"3", std::nullopt, "x"}};
  for (const char* server : kServers) {
    const GoldenFile golden(server);
    for (std::size_t row = 0; row < kRows.size(); ++row) {
      const GoldenPacket& packet = golden.at("plain.rows.next" + std::to_string(row));
      CAPTURE(server, packet.name);
      const ExactBuffer payload(packet.payload());
      TextRowReader in(payload);
      for (const TextField& field : kRows[row]) CHECK(in.next() == field);
      CHECK(in.done());
      CHECK_FALSE(in.finish());
      ByteQueue out;
      std::uint8_t sequence = packet.wire[3];
      encode_text_row(kRows[row], out, sequence);
      CHECK(to_blob(out.readable()) == packet.wire);

      for_every_shorter(payload, [](Bytes shorter) {
        TextRowReader cut(shorter);
        for (int field = 0; field < 3; ++field) cut.next();
        CHECK(cut.finish());
      });
      const ExactBuffer longer = with_one_byte_more(payload);
      TextRowReader more(longer);
      for (int field = 0; field < 3; ++field) more.next();
      CHECK(more.finish() == DecodeError::trailing_bytes);
    }
  }
}

TEST_CASE("empty text and NULL are different fields", "[protocol][resultset]") {
  ByteQueue out;
  std::uint8_t sequence = 0;
  const TextField kFields[] = {"", std::nullopt};
  encode_text_row(kFields, out, sequence);
  CHECK(to_blob(out.readable()) == "02 00 00 00 00 fb"_hex);
}

TEST_CASE("the column count is not zero and not a header", "[protocol][resultset]") {
  CHECK(decode_column_count("03"_hex) == 3u);
  CHECK(decode_column_count("fc 00 10"_hex) == 4096u);
  CHECK(decode_column_count("00"_hex).error() == DecodeError::bad_value);
  CHECK(decode_column_count("fb"_hex).error() == DecodeError::bad_length);
  CHECK(decode_column_count("03 00"_hex).error() == DecodeError::trailing_bytes);
  CHECK(decode_column_count({}).error() == DecodeError::truncated);
  ByteQueue out;
  std::uint8_t sequence = 1;
  encode_column_count(4096, out, sequence);
  CHECK(to_blob(out.readable()) == "03 00 00 01 fc 00 10"_hex);
}

TEST_CASE("captured prepare replies decode, and encode to the same bytes", "[protocol][prepared][golden]") {
  for (const char* server : kServers) {
    const GoldenFile golden(server);
    for (const char* const name : {"tracked.prepare.head", "plain.prepare.head", "plain.prepare_bare.head"}) {
      const GoldenPacket& packet = golden.at(name);
      CAPTURE(server, name);
      const ExactBuffer payload(packet.payload());
      const auto ok = decode_prepare_ok(payload);
      REQUIRE(ok);
      const bool bare = packet.name.find("bare") != std::string::npos;
      CHECK(ok->columns == (bare ? 0 : 2));
      CHECK(ok->parameters == (bare ? 0 : 2));
      CHECK(ok->statement_id != 0);
      ByteQueue out;
      std::uint8_t sequence = packet.wire[3];
      encode_prepare_ok(*ok, out, sequence);
      CHECK(to_blob(out.readable()) == packet.wire);
      for_every_shorter(payload, [](Bytes shorter) { CHECK_FALSE(decode_prepare_ok(shorter)); });
      CHECK(decode_prepare_ok(with_one_byte_more(payload)).error() == DecodeError::trailing_bytes);
    }
  }
  CHECK(decode_prepare_ok("ff 28 04 23 34 32 30 30 30 6e 6f 00"_hex).error() == DecodeError::bad_value);
}

TEST_CASE("statement ids are read and replaced", "[protocol][prepared]") {
  const Blob execute = "17 04 03 02 01 01 01 00 00 00 00 01"_hex;
  const auto header = decode_execute_header(execute);
  REQUIRE(header);
  CHECK(header->statement_id == 0x01020304);
  CHECK(header->flags == kCursorTypeReadOnly);
  CHECK(header->iterations == 1);
  CHECK(decode_statement_id(execute) == 0x01020304u);
  for_every_shorter(execute, [](Bytes shorter) {
    CHECK(decode_execute_header(shorter).has_value() == (shorter.size() >= 10));
    CHECK(decode_statement_id(shorter).has_value() == (shorter.size() >= 5));
  });

  ExactBuffer close("19 04 03 02 01"_hex);
  CHECK(replace_statement_id(close.bytes(), 7));
  CHECK(to_blob(close) == "19 07 00 00 00"_hex);
  ExactBuffer cut("19 04 03 02"_hex);
  CHECK(replace_statement_id(cut.bytes(), 7).error() == DecodeError::truncated);
}

}  // namespace
}  // namespace weir
