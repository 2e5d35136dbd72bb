// From what a connection has to what a session wants: the fewest commands that get there.
//
//   switch (sync_cost(has, wants, carry)) ...           // for the pool's choice among idle connections
//   plan.make(has, wants, carry);
//   if (plan.empty()) send the query;
//   else if (plan.change_user()) COM_CHANGE_USER to wants.user(), .schema(), .login_collation(); when that is
//     answered OK: has.start() with these and the collation that was sent, and make the plan again;
//   else { plan.write_to(queue); each step is answered by one OK or ERR, in order: after step i's OK call
//     plan.applied(i, has, wants); an ERR belongs to plan.describe(i) }
//
// sync_cost and a plan that is empty allocate nothing; a plan keeps its memory for the next one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/base/byte_queue.hpp"
#include "router/session/session_state.hpp"

namespace weir {

enum class SyncCost : std::uint8_t { none, statement, change_user };

// Whether LAST_INSERT_ID() must give the session's value on the connection: yes for a statement with
// Trait::calls_last_insert_id, and for one whose routines may call it. 0 is carried too: nobody sees
// another's id.
enum class CarryInsertId : std::uint8_t { no, yes };

SyncCost sync_cost(const SessionState& has, const SessionState& wants, CarryInsertId carry);

class SyncPlan {
 public:
  enum class Step : std::uint8_t {
    forget_transaction,  // what another session has said of its next one
    set_role,
    init_db,
    set_default,
    set,
    set_transaction
  };

  void make(const SessionState& has, const SessionState& wants, CarryInsertId carry);

  bool empty() const { return !change_user_ && count_ == 0; }
  // A change of user must come first, alone; there are no steps then.
  bool change_user() const { return change_user_; }

  // The steps, at most six. Each is one command and has one reply, OK or ERR.
  int count() const { return count_; }
  Step step(int index) const { return steps_[index]; }
  // What the step does, for errors and logs: "USE shop", "SET NAMES utf8mb4, sql_mode='ANSI'".
  std::string describe(int index) const;
  // Its SQL, or the schema of init_db. Valid until the next make().
  std::string_view text(int index) const;
  // Appends all steps as framed packets, each with sequence id 0, for a connection with these capabilities.
  void write_to(ByteQueue& queue, Caps caps) const;
  // Records in `has` that step `index` was answered OK. `wants` as given to make().
  void applied(int index, SessionState& has, const SessionState& wants) const;

 private:
  void write_variables(const SessionState& has, const SessionState& wants);
  const std::string* write_names(const SessionState& has, const SessionState& wants);
  void back_to_default(const TrackedVariable& variable, const SessionState& wants);
  void set_value(const VariableValue& want, bool had_other);
  void note_written(const TrackedVariable& variable);
  void write_user_variables(const UserVariables& has, const UserVariables& wants);

  bool change_user_ = false;
  bool carries_insert_id_ = false;         // the last step sets it
  std::optional<VariableIndex> also_set_;  // by a variable that was written; see TrackedVariable::also_sets
  int count_ = 0;
  Step steps_[6] = {};
  std::string role_sql_;
  std::string schema_;
  std::string defaults_sql_;  // of set_default: flags go back to the default before some of them are set
  std::string sql_;           // of set
  std::string next_transaction_sql_;
};

}  // namespace weir
