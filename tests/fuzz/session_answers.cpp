// What sessions make of answers to their own questions: values that are read back to be carried elsewhere,
// diagnostics that are kept, locks that were refused. Whatever is taken can be used.
// Input: which questions, then the reply as a server sends it.
#include <string>

#include "protocol/base/bytes.hpp"
#include "protocol/machine/simple_query.hpp"
#include "router/query/statement.hpp"
#include "router/session/effect.hpp"
#include "router/session/kept_diagnostics.hpp"
#include "router/session/read_back.hpp"
#include "router/session/refused_locks.hpp"
#include "router/session/sync_plan.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace weir;

// A session that has set what only its connection knows.
SessionState state_after(std::uint8_t which) {
  SessionState state;
  state.start("ann", "s", 45);
  if ((which & 1) != 0) state.note_user_variables("SELECT x INTO @a FROM t", {});
  if ((which & 2) != 0) state.apply(effect_of(parse_set("SET sql_select_limit = @y", {})));
  if ((which & 4) != 0) state.apply(effect_of(parse_set("SET time_zone = @x", {})));
  return state;
}

bool read(Bytes reply, Caps caps, SimpleQuery& answer) {
  answer.start("SELECT 1", caps);
  return answer.on_bytes(reply) == SimpleQuery::Want::done;
}

void read_back(std::uint8_t which, const SimpleQuery& answer) {
  ReadBack::takes_size(answer);
  SessionState state = state_after(which);
  ReadBack reading((which & 8) != 0 ? Pins(Pin::last_insert_id) : Pins(), state);
  if (!reading.take(answer)) return;
  reading.apply_to(state);
  SessionState other;
  other.start("ann", "", 8);
  SyncPlan plan;
  plan.make(other, state, CarryInsertId::yes);
  for (int i = 0; i < plan.count(); ++i) {
    if (!plan.text(i).starts_with("SET ")) continue;
    const Statement set = classify(plan.text(i), {});
    fuzz::require(set.kind == StatementKind::set && !set.has(Trait::multi_statement),
                  "what was read is carried by one SET");
  }
}

void keep(std::uint8_t which, Bytes reply, Caps caps) {
  KeptDiagnostics kept((which & 1) != 0 ? ServerFamily::mariadb : ServerFamily::mysql);
  bool all = true;
  for (std::size_t question = 0; question < KeptDiagnostics::kCount; ++question)
    all &= kept.keep(question, reply, caps);
  if (!all) return;
  for (const std::string_view sql : {"SHOW WARNINGS", "SHOW ERRORS LIMIT 1,2", "SHOW COUNT(*) WARNINGS",
                                     "SELECT @@warning_count, @@error_count"}) {
    ByteQueue out;
    if (!kept.answer(sql, {}, 1, out)) continue;
    SimpleQuery again;
    fuzz::require(read(out.readable(), caps, again), "the answer is a result");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  if (size == 0) return 0;
  const Bytes reply(input + 1, size - 1);
  const Caps caps = (input[0] & 16) != 0 ? kDeprecateEof : 0;
  if (SimpleQuery answer; read(reply, caps, answer)) {
    read_back(input[0], answer);
    keep(input[0], reply, caps);
  }
  const auto refused = refused_locks("SELECT GET_LOCK('a', 1), GET_LOCK('b', 0)", {}, reply, caps);
  for (const std::string& name : refused)
    fuzz::require(name == "a" || name == "b", "only what was asked for is refused");
  return 0;
}
