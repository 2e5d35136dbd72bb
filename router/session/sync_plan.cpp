#include "router/session/sync_plan.hpp"

#include <algorithm>

#include "protocol/base/bytes.hpp"
#include "protocol/base/check.hpp"
#include "protocol/message/command.hpp"
#include "protocol/message/query.hpp"
#include "protocol/wire/frame.hpp"

namespace weir {
namespace {

bool needs_change_user(const SessionState& has, const SessionState& wants) {
  // No command but this one makes a connection forget its schema or a variable whose default is not known, or
  // (on MariaDB) gives it back the role of its login.
  return has.user() != wants.user() || (has.has_schema() && !wants.has_schema()) ||
         !has.others().within(wants.others()) || (!has.role().empty() && wants.role().empty());
}

bool carries(const SessionState& has, const SessionState& wants, CarryInsertId carry) {
  return carry == CarryInsertId::yes && has.last_insert_id() != wants.last_insert_id();
}

void add_assignment(std::string& sql, std::string_view name, std::string_view value) {
  sql += sql.empty() ? "SET " : ", ";
  sql += name;
  sql += '=';
  sql += value;
}

bool is_collated(std::string_view text) {
  return text.find(" COLLATE ") != std::string_view::npos;
}

bool set_by_names(VariableIndex variable) {
  const KnownVariables& known = known_variables();
  return variable == known.character_set_client || variable == known.character_set_results ||
         tracked_variable(variable).group == tracked_variable(known.collation_connection).group;
}

// Has NAMES with this text set the variable to what is wanted?
bool is_part_of(std::string_view names, const VariableValue& want) {
  const KnownVariables& known = known_variables();
  if (want.variable == known.character_set_results) return true;
  if (want.variable == known.character_set_client)
    return names.starts_with(want.text) && names.substr(want.text.size()).starts_with(" COLLATE ");
  return want.variable == known.collation_connection && names.ends_with(want.text);
}

// NAMES with a collation has given it to character_set_client, too, which does not show, but in parameters of
// prepared statements: only setting it takes it away.
bool collated_before(const SessionState& has, const SessionState& wants, VariableIndex variable) {
  const KnownVariables& known = known_variables();
  if (variable != known.character_set_client) return false;
  const std::string* had = has.find(known.character_set_results);
  const std::string* want = wants.find(known.character_set_results);
  return had != nullptr && is_collated(*had) && (want == nullptr || *want != *had);
}

// Setting what transactions of the session are like overrides what SET TRANSACTION has said of the next one.
bool overrides_next_transaction(const SessionState& has, const SessionState& wants) {
  const KnownVariables& known = known_variables();
  for (const VariableIndex variable : {known.isolation, known.access_mode}) {
    const std::string* had = has.find(variable);
    const std::string* want = wants.find(variable);
    if ((had == nullptr) != (want == nullptr) || (had != nullptr && *had != *want)) return true;
  }
  return false;
}

bool wants_group(const SessionState& wants, std::uint8_t group) {
  if (group == 0) return false;
  for (const VariableValue& value : wants.variables()) {
    if (tracked_variable(value.variable).group == group) return true;
  }
  return false;
}

void write_command(ByteQueue& queue, Command command, Bytes attributes, std::string_view text) {
  const std::size_t length = 1 + attributes.size() + text.size();
  WEIR_CHECK(length < kMaxFramePayload, "kMaxReplayText bounds each of a few hundred values");
  MutableBytes frame = queue.writable(kFrameHeaderBytes + length);
  encode_frame_header({static_cast<std::uint32_t>(length), 0}, frame.data());
  frame[kFrameHeaderBytes] = static_cast<std::uint8_t>(command);
  frame = frame.subspan(kFrameHeaderBytes + 1);
  std::ranges::copy(attributes, frame.begin());
  std::ranges::copy(as_bytes(text), frame.begin() + static_cast<std::ptrdiff_t>(attributes.size()));
  queue.wrote(kFrameHeaderBytes + length);
}

}  // namespace

SyncCost sync_cost(const SessionState& has, const SessionState& wants, CarryInsertId carry) {
  if (has.same_as(wants)) return carries(has, wants, carry) ? SyncCost::statement : SyncCost::none;
  return needs_change_user(has, wants) ? SyncCost::change_user : SyncCost::statement;
}

void SyncPlan::make(const SessionState& has, const SessionState& wants, CarryInsertId carry) {
  change_user_ = false;
  count_ = 0;
  if (has.same_as(wants) && !carries(has, wants, carry)) return;
  change_user_ = needs_change_user(has, wants);
  if (change_user_) return;
  const bool other_transaction = has.next_transaction() != wants.next_transaction();
  if (other_transaction && !has.next_transaction().none()) steps_[count_++] = Step::forget_transaction;
  if (has.role() != wants.role()) {  // it may be what the schema is allowed by
    role_sql_.assign("SET ROLE ").append(wants.role());
    steps_[count_++] = Step::set_role;
  }
  if (has.schema() != wants.schema()) {
    schema_ = wants.schema();
    steps_[count_++] = Step::init_db;
  }
  defaults_sql_.clear();
  sql_.clear();
  write_variables(has, wants);
  write_user_variables(has.user_variables(), wants.user_variables());
  if (has.autocommit() != wants.autocommit())
    add_assignment(sql_, "autocommit", wants.autocommit() ? "1" : "0");
  carries_insert_id_ = carries(has, wants, carry);
  if (carries_insert_id_) add_assignment(sql_, "last_insert_id", std::to_string(wants.last_insert_id()));
  if (!defaults_sql_.empty()) steps_[count_++] = Step::set_default;
  if (!sql_.empty()) steps_[count_++] = Step::set;
  // Where it has been said already a transaction may be under way.
  const NextTransaction& next = wants.next_transaction();
  if (next.nothing_said() || next.doubtful) return;
  if (!other_transaction && !overrides_next_transaction(has, wants)) return;
  next_transaction_sql_ = to_sql(next);
  steps_[count_++] = Step::set_transaction;
}

// NAMES, if the results' collation is wanted and not there: it sets the client's and the connection's as
// well. Returns what was written behind it, or null.
const std::string* SyncPlan::write_names(const SessionState& has, const SessionState& wants) {
  const KnownVariables& known = known_variables();
  const std::string* names = wants.find(known.character_set_results);
  if (names == nullptr || !is_collated(*names)) return nullptr;
  const std::string* had = has.find(known.character_set_results);
  if (had != nullptr && *had == *names) return nullptr;
  sql_.append("SET NAMES ").append(*names);
  if (wants.find(known.character_set_client) == nullptr)
    add_assignment(sql_, tracked_variable(known.character_set_client).name, "DEFAULT");
  if (!wants_group(wants, tracked_variable(known.collation_connection).group))
    add_assignment(sql_, tracked_variable(known.collation_connection).name, "DEFAULT");
  return names;
}

// Both lists are sorted: one walk over the two.
void SyncPlan::write_variables(const SessionState& has, const SessionState& wants) {
  const std::string* const names = write_names(has, wants);
  also_set_.reset();
  const auto had = has.variables();
  const auto wanted = wants.variables();
  std::size_t h = 0;
  for (std::size_t w = 0; h < had.size() || w < wanted.size();) {
    const bool only_had = w == wanted.size() || (h < had.size() && had[h].variable < wanted[w].variable);
    if (only_had) {
      const VariableIndex variable = had[h++].variable;
      if (names == nullptr || !set_by_names(variable)) back_to_default(tracked_variable(variable), wants);
      continue;
    }
    const VariableValue& want = wanted[w++];
    const bool both = h < had.size() && had[h].variable == want.variable;
    const bool same = names != nullptr && set_by_names(want.variable)
                          ? is_part_of(*names, want)
                          : both && had[h].text == want.text && !collated_before(has, wants, want.variable);
    h += both ? 1 : 0;
    if (!same || want.variable == also_set_) set_value(want, both);
  }
  if (also_set_ && has.find(*also_set_) == nullptr && wants.find(*also_set_) == nullptr)
    back_to_default(tracked_variable(*also_set_), wants);
  for (const OtherVariable& want : wants.others().all()) {
    const std::string* other = has.others().find(want.name);
    if (other == nullptr || *other != want.text) add_assignment(sql_, want.name, want.text);
  }
}

// Nobody sees another's: what is not wanted becomes NULL, as if it had never been set.
void SyncPlan::write_user_variables(const UserVariables& has, const UserVariables& wants) {
  if (has.settled() && wants.settled() && has.same_as(wants)) return;
  for (const UserVariable& had : has.all()) {
    if (wants.find(had.name) != nullptr) continue;
    const std::string name = written_user_variable(had.name);
    add_assignment(sql_, name, "X''");  // NULL alone would leave it a number, if it was one
    add_assignment(sql_, name, "NULL");
  }
  for (const UserVariable& want : wants.all()) {
    const std::string* had = has.find(want.name);
    // One whose value nobody knows is on this connection: the session keeps it.
    if (want.text.empty() || (had != nullptr && *had == want.text)) continue;
    add_assignment(sql_, written_user_variable(want.name), want.text);
  }
}

void SyncPlan::back_to_default(const TrackedVariable& variable, const SessionState& wants) {
  if (!wants_group(wants, variable.group)) add_assignment(sql_, variable.written(), variable.restored_by());
  note_written(variable);
}

void SyncPlan::set_value(const VariableValue& want, bool had_other) {
  if (want.text.empty())
    return;  // an expression's value; the session is pinned to the connection that has it
  const TrackedVariable& variable = tracked_variable(want.variable);
  // Flags change what is named and leave the rest, and a server reads the whole SET before it sets: DEFAULT
  // goes ahead.
  const bool flags = variable.kind == VariableKind::flags;
  if (flags && had_other) add_assignment(defaults_sql_, variable.written(), "DEFAULT");
  add_assignment(sql_, variable.written(), want.text);
  note_written(variable);
}

void SyncPlan::note_written(const TrackedVariable& variable) {
  if (!variable.also_sets.empty()) also_set_ = find_tracked_variable(variable.also_sets);
}

std::string_view SyncPlan::text(int index) const {
  switch (steps_[index]) {
    case Step::set_role:
      return role_sql_;
    case Step::init_db:
      return schema_;
    case Step::set_default:
      return defaults_sql_;
    case Step::set:
      return sql_;
    case Step::forget_transaction:
      return "COMMIT";
    case Step::set_transaction:
      return next_transaction_sql_;
  }
  unreachable();
}

std::string SyncPlan::describe(int index) const {
  const std::string_view prefix = steps_[index] == Step::init_db ? "USE " : "";
  return std::string(prefix).append(text(index));
}

void SyncPlan::write_to(ByteQueue& queue, Caps caps) const {
  for (int i = 0; i < count_; ++i) {
    if (steps_[i] == Step::init_db) {
      write_command(queue, Command::init_db, {}, text(i));
    } else {
      write_command(queue, Command::query, no_attributes(caps), text(i));
    }
  }
}

void SyncPlan::applied(int index, SessionState& has, const SessionState& wants) const {
  switch (steps_[index]) {
    case Step::set_role:
      has.take_role(wants);
      return;
    case Step::init_db:
      has.set_schema(wants.schema());
      return;
    case Step::set_default:
      has.forget_flags();
      return;
    case Step::set:
      has.take_variables(wants);
      if (carries_insert_id_) has.set_last_insert_id(wants.last_insert_id());
      return;
    case Step::forget_transaction:
      has.set_next_transaction({});
      return;
    case Step::set_transaction:
      has.set_next_transaction(wants.next_transaction());
      return;
  }
}

}  // namespace weir
