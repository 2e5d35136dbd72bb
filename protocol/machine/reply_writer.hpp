// Writes the answers that we produce ourselves: OK, ERR, or a result set in text form, as the client's
// capabilities want them. Appends to a ByteQueue; keeps the running sequence id. Not thread-safe.
//
//   ReplyWriter reply{channel_out, caps, 1};
//   reply.columns({{"Variable_name"}, {"Value"}});
//   reply.row({{"version", "8.0"}});
//   reply.end_rows(status);
//
// MySQL: page_protocol_com_query_response_text_resultset, page_protocol_basic_ok_packet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/base/byte_queue.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/message/resultset.hpp"
#include "protocol/wire/capabilities.hpp"
#include "protocol/wire/charsets.hpp"
#include "protocol/wire/status.hpp"

namespace weir {

// A column of a result of our own.
struct ReplyColumn {
  std::string_view name;
  ColumnType type = ColumnType::var_string;
  std::uint32_t max_bytes = 1024;  // some clients allocate this much for a value
  std::uint16_t flags = 0;
  std::uint16_t collation = kCollationUtf8mb4General;
  bool of_expression = false;  // it has no name of its own behind `name`
};

class ReplyWriter {
 public:
  // `caps` of the client; `sequence` of the first packet: 1 for the answer to a one-frame command.
  ReplyWriter(ByteQueue& out, Caps caps, std::uint8_t sequence = 1)
      : out_(out), caps_(caps), sequence_(sequence) {}

  void ok(std::uint16_t status, std::uint64_t affected_rows = 0, std::uint64_t last_insert_id = 0,
          std::uint16_t warnings = 0, std::string_view info = {});
  // For the few commands whose answer is an EOF (SET_OPTION), or an OK in its place with DEPRECATE_EOF.
  void eof(std::uint16_t status, std::uint16_t warnings = 0);
  void err(std::uint16_t code, std::string_view sqlstate, std::string_view message);

  // The head of a result set: the column count, the definitions and, without DEPRECATE_EOF, an EOF.
  void columns(std::span<const ReplyColumn> columns, std::uint16_t status = kStatusAutocommit);
  void columns(std::initializer_list<ReplyColumn> list, std::uint16_t status = kStatusAutocommit) {
    columns(std::span(list.begin(), list.size()), status);
  }
  // One row; as many values as there are columns.
  void row(std::span<const TextField> values);
  void row(std::initializer_list<TextField> list) { row(std::span(list.begin(), list.size())); }
  // The terminator: EOF, or OK with DEPRECATE_EOF.
  void end_rows(std::uint16_t status, std::uint16_t warnings = 0);

  // One packet with this payload, split into frames if it needs several.
  void packet(Bytes payload);

  std::uint8_t next_sequence() const { return sequence_; }

 private:
  ByteQueue& out_;
  Caps caps_;
  std::uint8_t sequence_;
};

}  // namespace weir
