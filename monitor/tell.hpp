// What people are told of judgements, in the log.
#pragma once

#include <map>
#include <string>

#include "monitor/judge.hpp"

namespace weir {

// What is decided otherwise than before.
void log_decisions(const ServerOverlay& before, const ServerOverlay& now);

// Hostgroups of writers of which it is not clear, or no longer unclear, who writes.
void log_conflicts(const Judgement& before, const Judgement& now);

// By writer hostgroup, of those where it is not clear who writes.
std::map<int, std::string> conflicts_of(const Judgement& judgement);

// Once when checks begin to fail, and once when they succeed again. `before` is the trouble there was.
void log_trouble(const Host& host, const std::string& before, const ServerFacts& facts);

}  // namespace weir
