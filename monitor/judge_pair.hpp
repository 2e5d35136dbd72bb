// Which servers of a pair of hostgroups write, and which read. Pure; see judge.hpp.
#pragma once

#include "monitor/judge.hpp"

namespace weir {

PairJudgement judge_pair(const JudgeInput& input, const WatchPlan::Pair& pair);

}  // namespace weir
