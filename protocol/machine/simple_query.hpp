// One COM_QUERY to rows in memory, on an established connection: for the monitor, tools and tests.
//
// Small by contract: everything received, and what rows are kept in, counts against a limit, and a packet is
// at most 64 KiB. LOCAL INFILE is refused. Of several results (a CALL, several statements) the last that had
// rows is kept; an ERR in any of them is the outcome. Not thread-safe.
//
// MySQL: page_protocol_com_query, page_protocol_com_query_response.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/byte_queue.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"
#include "protocol/message/resultset.hpp"
#include "protocol/wire/capabilities.hpp"
#include "protocol/wire/frame.hpp"

namespace weir {

class SimpleQuery {
 public:
  static constexpr std::size_t kMaxPacketBytes = 64 * 1024;
  static constexpr std::size_t kDefaultLimit = 1 << 20;

  enum class Want { read, done, failed };
  using Value = std::optional<std::string>;  // nothing is NULL
  using Row = std::vector<Value>;

  // Of a column, beside its name.
  struct Kind {
    ColumnType type = ColumnType::var_string;
    std::uint16_t flags = 0;
  };

  struct Failure {
    bool from_server = false;  // an ERR: the connection lives on. Otherwise it must be closed
    std::uint16_t code = 0;
    std::string sqlstate;
    std::string message;
  };

  // Appends the command to output(). `caps` are those of the connection.
  void start(std::string_view sql, Caps caps, std::size_t limit_bytes = kDefaultLimit);
  // Takes all of `bytes`. Bytes after the end are a failure.
  Want on_bytes(Bytes bytes);
  ByteQueue& output() { return output_; }

  // At Want::done.
  const std::vector<std::string>& columns() const { return columns_; }
  const std::vector<Kind>& kinds() const { return kinds_; }  // of the columns
  const std::vector<Row>& rows() const { return rows_; }
  std::uint64_t affected_rows() const { return affected_rows_; }
  std::uint64_t last_insert_id() const { return last_insert_id_; }
  std::uint16_t status() const { return status_; }
  std::uint16_t warnings() const { return warnings_; }
  // The value at `row` in the column of that name (any case), or nothing if there is none or it is NULL.
  std::optional<std::string_view> find_value(std::size_t row, std::string_view column) const;

  // At Want::failed.
  const Failure& failure() const { return failure_; }

 private:
  enum class Stage { idle, head, columns, columns_end, rows, done, failed };

  Want on_packet(Bytes payload);
  Want on_head(Bytes payload);
  Want on_column(Bytes payload);
  Want on_columns_end(Bytes payload);
  Want on_row(Bytes payload);
  Want on_ok(Bytes payload);
  Want on_terminator(Bytes payload);
  Want on_err(Bytes payload);
  Want end_of_result();
  Want fail(std::string message);

  Stage stage_ = Stage::idle;
  Caps caps_ = 0;
  std::size_t bytes_left_ = 0;
  std::uint64_t columns_left_ = 0;
  PacketReader reader_{kMaxPacketBytes};
  ByteQueue output_;
  std::vector<std::string> columns_;
  std::vector<Kind> kinds_;
  std::vector<Row> rows_;
  std::uint64_t affected_rows_ = 0;
  std::uint64_t last_insert_id_ = 0;
  std::uint16_t status_ = 0;
  std::uint16_t warnings_ = 0;
  Failure failure_;
};

}  // namespace weir
