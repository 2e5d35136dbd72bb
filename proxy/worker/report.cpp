// Worker: what it tells of its present state.
#include "proxy/worker/report.hpp"

#include <chrono>
#include <map>

#include "proxy/session/session.hpp"
#include "proxy/worker/worker.hpp"

namespace weir {
namespace {

// By user, and by text as connections tell texts apart.
class PreparedUses {
 public:
  PreparedUse& of(const PreparedTextPtr& text, const std::string& username) {
    auto [place, end] = places_.equal_range(text->hash);
    for (; place != end; ++place) {
      PreparedUse& use = uses_[place->second];
      if (use.username == username && use.text->same_as(*text)) return use;
    }
    places_.emplace(text->hash, uses_.size());
    return uses_.emplace_back(PreparedUse{.text = text, .username = username});
  }
  std::vector<PreparedUse> take() { return std::move(uses_); }

 private:
  std::vector<PreparedUse> uses_;
  std::unordered_multimap<std::uint64_t, std::size_t> places_;
};

}  // namespace

ClockReading Worker::clock() const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {loop_.now_us(), std::chrono::duration_cast<std::chrono::microseconds>(now).count()};
}

std::vector<ProcessRow> Worker::processes(std::size_t text_bytes) const {
  std::vector<ProcessRow> rows;
  rows.reserve(sessions_.size());
  for (const auto& [id, session] : sessions_) {
    if (session->stage() != Session::Stage::closing) rows.push_back(session->process_row(text_bytes));
  }
  return rows;
}

std::vector<PreparedUse> Worker::prepared_uses() const {
  PreparedUses uses;
  for (const auto& [id, session] : sessions_) {
    session->statements().for_each([&](const ClientStatement& statement) {
      PreparedUse& use = uses.of(statement.text, session->username());
      ++use.client_handles;
      use.columns = statement.columns;
      use.parameters = statement.parameters;
    });
  }
  pool_.for_each_connection([&](const BackendConnection& connection) {
    connection.prepared().for_each([&](const PreparedHandle& handle) {
      ++uses.of(handle.text, connection.has().user()).server_handles;
    });
  });
  return uses.take();
}

std::vector<PinUse> Worker::pin_uses() const {
  std::vector<PinUse> uses = pin_stats_.uses();
  for (const auto& [id, session] : sessions_)
    for_each_pin(session->pins(), [&](Pin pin) { ++uses[index_of(pin)].sessions; });
  for (PinUse& use : uses) use.text = digest_stats_.text_of(use.digest);
  return uses;
}

std::vector<RuleHits> Worker::rule_hits() const {
  std::vector<RuleHits> all;
  const std::span<const Rule> rules = snapshot_->rules().rules();
  const std::span<const std::uint64_t> hits = match_scratch_.hits();
  for (std::size_t i = 0; i < rules.size(); ++i) all.push_back({rules[i].rule_id, hits[i]});
  return all;
}

WorkerGauges Worker::gauges() const {
  WorkerGauges gauges;
  for (const auto& [id, session] : sessions_) session->add_to(gauges);
  pool_.add_to(gauges);
  gauges.mirrors_running = mirrors_.running();
  gauges.mirrors_waiting = mirrors_.waiting();
  gauges.digests = digest_stats_.size();
  gauges.digests_evicted = digest_stats_.evictions();
  gauges.digest_bytes = digest_stats_.bytes();
  gauges.errors_evicted = error_stats_.evictions();
  gauges.route_doubts_evicted = route_doubts_.evictions();
  gauges.route_surprises_evicted = route_surprises_.evictions();
  gauges.rule_searches_given_up = match_scratch_.limits_reached;
  return gauges;
}

}  // namespace weir
