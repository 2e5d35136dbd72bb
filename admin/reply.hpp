// What the admin port answers to one statement, before anything is encoded.
#pragma once

#include <cstdint>
#include <functional>
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

using Answer = std::variant<Done, Rows, Refusal>;

// One of the others, when it is known: somebody else must be asked first, and the admin thread does not wait
// for him.
struct Later {
  using Answered = std::function<void(Answer)>;
  // Called once, on the admin thread. It calls `answered` once, on the admin thread and never inside the
  // call, within a time limit of its own; whether anybody still waits then is not its concern.
  std::function<void(Answered answered)> ask;
};

using Reply = std::variant<Done, Rows, Refusal, Later>;

}  // namespace weir
