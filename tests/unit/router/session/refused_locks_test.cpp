#include "router/session/refused_locks.hpp"

#include <catch2/catch.hpp>

#include "protocol/message/response.hpp"
#include "protocol/message/resultset.hpp"

namespace weir {
namespace {

using Texts = std::vector<std::string>;

ByteQueue answer_of(const std::vector<TextField>& row) {
  ByteQueue out;
  std::uint8_t sequence = 1;
  encode_column_count(row.size(), out, sequence);
  for (std::size_t i = 0; i < row.size(); ++i) encode_column({}, out, sequence);
  encode_eof({}, out, sequence);
  encode_text_row(row, out, sequence);
  encode_eof({}, out, sequence);
  return out;
}

struct Case {
  const char* sql;
  std::vector<TextField> row;
  Texts refused;
};

const Case kCases[] = {
    {"SELECT GET_LOCK('a', 1)", {"1"}, {}},
    {"SELECT GET_LOCK('a', 1)", {"0"}, {"a"}},
    {"SELECT GET_LOCK('a', 1)", {std::nullopt}, {}},
    {"SELECT GET_LOCK('a', 0), GET_LOCK('b', 0)", {"1", "0"}, {"b"}},
    {"SELECT GET_LOCK('a', 0), GET_LOCK('a', 1)", {"0", "1"}, {}},
    {"SELECT GET_LOCK('a', 0), GET_LOCK('a', 1)", {"0", "0"}, {"a", "a"}},
    {"SELECT RELEASE_LOCK('b'), GET_LOCK('a', 0)", {"0", "0"}, {"a"}},
    {"SELECT GET_LOCK('a', 0)", {"0", "0"}, {}},
    {"SELECT GET_LOCK(@a, 0)", {"0"}, {}},
    {"SELECT GET_LOCK('a', 0) FROM t", {"0"}, {}},
};

TEST_CASE("locks that a SELECT did not get", "[router][pins]") {
  for (const Case& c : kCases) {
    INFO(c.sql);
    ByteQueue answer = answer_of(c.row);
    CHECK(refused_locks(c.sql, {}, answer.readable(), 0) == c.refused);
    for (std::size_t bytes = 0; bytes < answer.size(); ++bytes)
      CHECK(refused_locks(c.sql, {}, answer.readable().first(bytes), 0).empty());
  }
}

}  // namespace
}  // namespace weir
