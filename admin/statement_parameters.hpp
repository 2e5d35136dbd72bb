// The parameters of a COM_STMT_EXECUTE as the cells that SQL is run with.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "admin/reply.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"

namespace weir {

// What a client has prepared, and what it said since of its parameters.
struct AdminStatement {
  std::string sql;
  std::uint16_t parameters = 0;
  std::vector<std::uint8_t> types{};  // two bytes each, of the latest execution that carried them
  std::map<std::uint16_t, std::string> long_data{};  // sent ahead of the execution, by parameter
  std::size_t long_data_bytes = 0;                   // with what keeping them costs
  bool long_data_too_large = false;
};

// One cell per question mark. `payload` is the whole packet, command byte included. Numbers, dates and times
// become the text that MySQL would show. Remembers the types in `statement`; its long data is left as it is.
Result<std::vector<Cell>> decode_parameters(Bytes payload, AdminStatement& statement);

}  // namespace weir
