// Who is too far behind to be read from. Pure; see judge.hpp.
#pragma once

#include "monitor/judge.hpp"

namespace weir {

// Adds what it decides to `now`, whose overlay says already which servers are where, and which are dead.
void judge_lags(const JudgeInput& input, Judgement& now);

// How far behind a server says it is, or is to be taken for, in seconds; nothing: not known, so that nothing
// changes.
// `when_null` stands for a lag that the server does not know, because its replication has stopped; for as
// long as the stop lasts it grows. A server without a source is not behind.
std::optional<double> lag_of(const ServerFacts& facts, std::int64_t when_null, bool source_is_gone,
                             Instant now);

// Of a replica that is kept from nobody although its replication stands still, for its lag has no limit: a
// sentence for operators. Empty: it is none. Nothing: it cannot be told now, for its source does not answer.
std::optional<std::string> standstill(const ServerFacts& facts, const AllFacts& all);

}  // namespace weir
