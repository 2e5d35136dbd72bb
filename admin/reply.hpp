// What the admin port answers to one statement, before anything is encoded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weir {

// A value of a result or a parameter; nothing stands for NULL. Every column of the admin port is text.
using Cell = std::optional<std::string>;
using Row = std::vector<Cell>;

// An OK packet.
struct Done {
  std::uint64_t affected_rows = 0;
  std::string info{};
};

// A result set; every row has as many cells as there are columns.
struct Rows {
  std::vector<std::string> columns;
  std::vector<Row> rows{};
};

// An ERR packet.
struct Refusal {
  std::uint16_t code = 0;
  std::string sqlstate;  // five characters
  std::string message;
};

using Reply = std::variant<Done, Rows, Refusal>;

}  // namespace weir
