#include "router/session/refused_locks.hpp"

#include "protocol/machine/simple_query.hpp"
#include "router/session/held_names.hpp"

namespace weir {
namespace {

bool takes(const LockCall& call) {
  return call.does == LockCall::Does::take;
}

// By another call of the same statement, or perhaps.
bool got_elsewhere(const std::vector<LockCall>& calls, const SimpleQuery::Row& row, std::string_view name) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (takes(calls[i]) && calls[i].name == name && row[i] != "0") return true;
  }
  return false;
}

}  // namespace

std::vector<std::string> refused_locks(std::string_view sql, LexMode mode, Bytes answer, Caps caps) {
  std::vector<std::string> refused;
  const auto calls = lock_calls(sql, mode);
  SimpleQuery reply;
  reply.start({}, caps);
  if (!calls || answer.empty() || answer.size() > kLockAnswerBytes ||
      reply.on_bytes(answer) != SimpleQuery::Want::done)
    return refused;
  if (reply.rows().size() != 1 || reply.columns().size() != calls->size()) return refused;
  const SimpleQuery::Row& row = reply.rows()[0];
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (takes((*calls)[i]) && row[i] == "0" && !got_elsewhere(*calls, row, (*calls)[i].name))
      refused.push_back((*calls)[i].name);
  }
  return refused;
}

}  // namespace weir
