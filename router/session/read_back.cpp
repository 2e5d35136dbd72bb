#include "router/session/read_back.hpp"

#include "protocol/base/number_text.hpp"

namespace weir {

namespace {

// Where the servers' names differ, each reads one of two conditional comments.
std::string written(const TrackedVariable& variable) {
  if (variable.spelling.empty()) return "@@" + std::string(variable.name);
  return "/*M!@@" + std::string(variable.alias) + "*//*!50720 @@" + std::string(variable.name) + "*/";
}

}  // namespace

Pins readable_pins() {
  return Pins(Pin::user_variables) | Pin::unread_variables | Pin::last_insert_id | Pin::warnings_pending;
}

ReadBack::ReadBack(Pins pins, const SessionState& wants) {
  asks_insert_id_ = pins.has(Pin::last_insert_id);
  if (asks_insert_id_) ask("LAST_INSERT_ID()");
  for (const VariableValue& value : wants.variables()) {
    if (!value.text.empty()) continue;
    const TrackedVariable& variable = tracked_variable(value.variable);
    asked_.push_back(value.variable);
    ask(written(variable));
  }
  for (const UserVariable& variable : wants.user_variables().all()) {
    if (!variable.text.empty()) continue;
    const std::string name = written_user_variable(variable.name);
    asked_user_.push_back(variable.name);
    size_sql_ += size_sql_.empty() ? "SELECT " : " + ";
    size_sql_ += "COALESCE(LENGTH(" + name + "), 0)";
    ask(name);
    ask("HEX(" + name + ")");
    ask("COLLATION(" + name + ")");
  }
}

bool ReadBack::takes_size(const SimpleQuery& answer) {
  if (answer.rows().size() != 1 || answer.columns().size() != 1 || !answer.rows()[0][0]) return false;
  const auto size = to_integer<std::uint64_t>(*answer.rows()[0][0]);
  // A row has each value twice over, and a packet of it is to fit in what SimpleQuery takes.
  constexpr std::uint64_t kMost = SimpleQuery::kMaxPacketBytes / 4;
  return size && *size <= kMost;
}

void ReadBack::ask(std::string_view expression) {
  sql_ += sql_.empty() ? "SELECT " : ", ";
  sql_ += expression;
}

bool ReadBack::take(const SimpleQuery& answer) {
  const std::size_t columns = (asks_insert_id_ ? 1 : 0) + asked_.size() + 3 * asked_user_.size();
  // A session that has set sql_select_limit to 0 gets no row.
  if (answer.rows().size() != 1 || answer.columns().size() != columns) return false;
  const SimpleQuery::Row& row = answer.rows()[0];
  std::size_t at = 0;
  if (asks_insert_id_) {
    const auto id = row[at] ? to_integer<std::uint64_t>(*row[at]) : std::nullopt;
    if (!id) return false;
    insert_id_ = *id;
    ++at;
  }
  for (const VariableIndex variable : asked_) {
    if (!take_variable(variable, row[at++])) return false;
  }
  for (const std::string& name : asked_user_) {
    if (!take_user_variable(name, answer, at)) return false;
    at += 3;
  }
  return true;
}

bool ReadBack::take_variable(VariableIndex variable, const SimpleQuery::Value& value) {
  std::string text = "NULL";
  if (value && !replay_text(tracked_variable(variable), *value, text)) return false;
  variables_.push_back({variable, std::move(text)});
  return true;
}

bool ReadBack::take_user_variable(const std::string& name, const SimpleQuery& answer, std::size_t column) {
  const SimpleQuery::Row& row = answer.rows()[0];
  if (!row[column]) {
    user_variables_.push_back({name, {}});
    return true;
  }
  const auto text = user_variable_text(answer.kinds()[column], *row[column], row[column + 1].value_or(""),
                                       row[column + 2].value_or(""));
  if (!text) return false;
  user_variables_.push_back({name, *text});
  return true;
}

void ReadBack::apply_to(SessionState& state) const {
  if (insert_id_) state.set_last_insert_id(*insert_id_);
  for (const VariableValue& value : variables_) state.learn(value);
  for (const UserVariable& variable : user_variables_) state.learn(variable);
}

}  // namespace weir
