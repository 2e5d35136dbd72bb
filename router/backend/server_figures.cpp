#include "router/backend/server_figures.hpp"

namespace weir {

ServerShareFigures& ServerFigures::share(std::size_t worker) {
  const std::lock_guard lock(mutex_);
  if (shares_.size() <= worker) shares_.resize(worker + 1);
  if (!shares_[worker]) shares_[worker] = std::make_unique<ServerShareFigures>();
  return *shares_[worker];
}

ServerTotals ServerFigures::totals() const {
  const std::lock_guard lock(mutex_);
  return since_reset();
}

// most_used is the worker's to write. If it raises the mark in this very moment, one of the two values stays,
// and both are true of about now.
ServerTotals ServerFigures::reset() {
  const std::lock_guard lock(mutex_);
  const ServerTotals before = since_reset();
  at_reset_ = sum();
  for (const auto& share : shares_) {
    if (share) share->most_used.set(share->connections_used.value());
  }
  return before;
}

ServerTotals ServerFigures::sum() const {
  ServerTotals totals;
  for (const auto& share : shares_) {
    if (!share) continue;
    totals.connections_used += share->connections_used.value();
    totals.connections_idle += share->connections_idle.value();
    totals.most_used += share->most_used.value();
    totals.connects += share->connects.value();
    totals.connect_errors += share->connect_errors.value();
    totals.queries += share->queries.value();
    totals.bytes_sent += share->bytes_sent.value();
    totals.bytes_received += share->bytes_received.value();
  }
  return totals;
}

ServerTotals ServerFigures::since_reset() const {
  ServerTotals totals = sum();
  totals.connects -= at_reset_.connects;
  totals.connect_errors -= at_reset_.connect_errors;
  totals.queries -= at_reset_.queries;
  totals.bytes_sent -= at_reset_.bytes_sent;
  totals.bytes_received -= at_reset_.bytes_received;
  return totals;
}

}  // namespace weir
