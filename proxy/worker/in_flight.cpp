#include "proxy/worker/in_flight.hpp"

#include <algorithm>
#include <vector>

namespace weir {

std::optional<InFlightTicket> InFlight::enter(std::uint64_t key, std::int64_t rule_id, std::int64_t limit,
                                              std::size_t worker, std::uint32_t session_id) {
  const std::scoped_lock lock(mutex_);
  Lane& lane = lanes_[key];
  lane.rule_id = rule_id;
  lane.limit = limit;
  if (lane.running < limit && lane.waiting.empty()) {
    ++lane.running;
    return std::nullopt;
  }
  const InFlightTicket ticket{worker, session_id, ++last_number_};
  lane.waiting.push_back(ticket);
  return ticket;
}

void InFlight::enter_anyway(std::uint64_t key, std::int64_t rule_id) {
  const std::scoped_lock lock(mutex_);
  Lane& lane = lanes_[key];
  lane.rule_id = rule_id;
  ++lane.running;
}

void InFlight::leave(std::uint64_t key) {
  std::vector<InFlightTicket> granted;  // more than one if the limit has been raised
  {
    const std::scoped_lock lock(mutex_);
    const auto place = lanes_.find(key);
    if (place == lanes_.end()) return;
    Lane& lane = place->second;
    --lane.running;
    while (!lane.waiting.empty() && lane.running < lane.limit) {
      granted.push_back(lane.waiting.front());
      lane.waiting.pop_front();
      ++lane.running;
    }
    if (lane.running == 0 && lane.waiting.empty()) lanes_.erase(place);
  }
  for (const InFlightTicket& ticket : granted) grant_(ticket);
}

void InFlight::cancel(std::uint64_t key, const InFlightTicket& ticket) {
  {
    const std::scoped_lock lock(mutex_);
    const auto place = lanes_.find(key);
    if (place == lanes_.end()) return;
    Lane& lane = place->second;
    const auto waiting = std::ranges::find(lane.waiting, ticket);
    if (waiting != lane.waiting.end()) {
      lane.waiting.erase(waiting);
      if (lane.running == 0 && lane.waiting.empty()) lanes_.erase(place);
      return;
    }
  }
  leave(key);
}

std::int64_t InFlight::running(std::uint64_t key) const {
  const std::scoped_lock lock(mutex_);
  const auto place = lanes_.find(key);
  return place == lanes_.end() ? 0 : place->second.running;
}

std::size_t InFlight::waiting(std::uint64_t key) const {
  const std::scoped_lock lock(mutex_);
  const auto place = lanes_.find(key);
  return place == lanes_.end() ? 0 : place->second.waiting.size();
}

std::map<std::int64_t, InFlightUse> InFlight::uses() const {
  std::map<std::int64_t, InFlightUse> all;
  const std::scoped_lock lock(mutex_);
  for (const auto& [key, lane] : lanes_) {
    InFlightUse& use = all[lane.rule_id];
    use.running += lane.running;
    use.waiting += static_cast<std::int64_t>(lane.waiting.size());
    ++use.keys;
  }
  return all;
}

}  // namespace weir
