#include "monitor/check_log.hpp"

#include <cmath>

namespace weir {
namespace {

std::optional<std::int64_t> value_of(const Observation& seen) {
  if (seen.read_only) return *seen.read_only ? 1 : 0;
  if (seen.replication && seen.replication->replica && seen.replication->lag_s)
    return static_cast<std::int64_t>(std::llround(*seen.replication->lag_s));
  return std::nullopt;
}

}  // namespace

void CheckLog::add(const std::shared_ptr<const Host>& host, const Observation& seen, std::int64_t history_us,
                   std::optional<Millis> lag_ms) {
  CheckLogRow row{.host = host, .started_us = seen.started_us, .value = lag_ms ? lag_ms : value_of(seen)};
  if (seen.member) row.member = std::make_shared<const MemberReading>(*seen.member);
  if (seen.failure) {
    row.error = std::make_shared<const std::string>(seen.failure->message);
  } else {
    row.took_us = seen.took_us;
  }
  const std::lock_guard lock(mutex_);
  Kind& kind = kinds_[static_cast<std::size_t>(seen.check)];
  ++(seen.failure ? kind.counts.failed : kind.counts.ok);
  kind.rows.push_back(std::move(row));
  const std::int64_t oldest_us = seen.started_us - history_us;
  const std::size_t most = seen.check == CheckKind::timeline ? kMaxTimelineRows : kMaxRows;
  while (kind.rows.front().started_us < oldest_us || kind.rows.size() > most) kind.rows.pop_front();
}

std::vector<CheckLogRow> CheckLog::rows(CheckKind kind) const {
  const std::lock_guard lock(mutex_);
  const auto& rows = kinds_[static_cast<std::size_t>(kind)].rows;
  return {rows.begin(), rows.end()};
}

CheckLog::Counts CheckLog::counts(CheckKind kind) const {
  const std::lock_guard lock(mutex_);
  return kinds_[static_cast<std::size_t>(kind)].counts;
}

}  // namespace weir
