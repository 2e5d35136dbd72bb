// A result as SimpleQuery hands it to whoever asked, without a connection.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "protocol/machine/reply_writer.hpp"
#include "protocol/machine/simple_query.hpp"

namespace weir::test {

// Nothing is NULL. Each row has as many values as there are columns.
inline SimpleQuery query_answer(const std::vector<std::string>& columns,
                                const std::vector<std::vector<std::optional<std::string>>>& rows) {
  ByteQueue out;
  ReplyWriter writer{out, 0};
  std::vector<ReplyColumn> heads;
  for (const std::string& column : columns) heads.push_back({.name = column});
  writer.columns(heads);
  for (const auto& row : rows) {
    const std::vector<TextField> values(row.begin(), row.end());
    writer.row(values);
  }
  writer.end_rows(kStatusAutocommit);
  SimpleQuery query;
  query.start("SELECT 1", 0);
  if (query.on_bytes(out.readable()) != SimpleQuery::Want::done) throw std::runtime_error("no result");
  return query;
}

}  // namespace weir::test
