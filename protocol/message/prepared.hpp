// Prepared statements: the head of the reply to COM_STMT_PREPARE, and what we read of the commands that use
// one.
//
// MySQL: page_protocol_com_stmt_prepare, page_protocol_com_stmt_execute.
#pragma once

#include <cstdint>

#include "protocol/base/byte_queue.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"

namespace weir {

// COM_STMT_PREPARE_OK. It has no status flags; definitions of `parameters` and of `columns` follow, each list
// that is not empty with its own EOF unless kDeprecateEof.
struct PrepareOk {
  std::uint32_t statement_id = 0;
  std::uint16_t columns = 0;
  std::uint16_t parameters = 0;
  std::uint16_t warnings = 0;
};

inline constexpr std::size_t kPrepareOkBytes = 12;  // of the payload

Result<PrepareOk> decode_prepare_ok(Bytes payload);
void encode_prepare_ok(const PrepareOk& ok, ByteQueue& out, std::uint8_t& sequence);

inline constexpr std::uint8_t kCursorTypeReadOnly = 0x01;
inline constexpr std::uint8_t kParameterCountAvailable = 0x08;  // with kQueryAttributes

// The fixed part of COM_STMT_EXECUTE; parameters follow.
struct ExecuteHeader {
  std::uint32_t statement_id = 0;
  std::uint8_t flags = 0;
  std::uint32_t iterations = 1;
};

// `payload` starts with the command byte; bytes after the fixed part are not looked at.
Result<ExecuteHeader> decode_execute_header(Bytes payload);

// Of EXECUTE, FETCH, CLOSE, RESET and SEND_LONG_DATA, which all have it behind the command byte.
Result<std::uint32_t> decode_statement_id(Bytes payload);
// Puts another id into such a command, in place.
Result<void> replace_statement_id(MutableBytes payload, std::uint32_t statement_id);

}  // namespace weir
