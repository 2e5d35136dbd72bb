#include "tests/differential/step.hpp"

#include <array>
#include <sstream>

namespace weir::differential {
namespace {

constexpr std::array<std::string_view, 20> kNames = {"query",
                                                     "use",
                                                     "ping",
                                                     "reset",
                                                     "change_user",
                                                     "reconnect",
                                                     "prepare",
                                                     "execute",
                                                     "execute_again",
                                                     "cursor",
                                                     "fetch",
                                                     "long_data",
                                                     "reset_statement",
                                                     "close_statement",
                                                     "set_option",
                                                     "pipelined",
                                                     "statistics",
                                                     "field_list",
                                                     "kill_query",
                                                     "kill_connection"};

}  // namespace

std::string_view to_text(Action action) {
  return kNames[static_cast<std::size_t>(action)];
}

std::string to_line(const Step& step) {
  std::ostringstream out;
  out << step.session << ' ' << to_text(step.action) << ' ' << step.slot << ' ' << step.value << ' '
      << step.text;
  return out.str();
}

bool parse_line(std::string_view line, Step* step) {
  std::istringstream in{std::string(line)};
  std::string name;
  if (!(in >> step->session >> name >> step->slot >> step->value)) return false;
  in.get();
  std::getline(in, step->text);
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] != name) continue;
    step->action = static_cast<Action>(i);
    return true;
  }
  return false;
}

}  // namespace weir::differential
