#include "monitor/server_watch.hpp"

#include <algorithm>
#include <functional>

#include "monitor/wall_clock.hpp"

namespace weir {
namespace {

// The first round of all servers is spread over no more than this.
constexpr Millis kFirstRoundMs = 250;
// Servers are asked in so many groups per interval: a thread that wakes up for each of hundreds of questions
// and each of their answers spends more time on waking than on them.
constexpr Millis kGroups = 20;
constexpr Millis kGroupMs = 50;  // between two of them, at most

Endpoint endpoint_of(const Host& host) {
  return host.port == 0 ? Endpoint{"", 0, host.name} : Endpoint{host.name, host.port, ""};
}

}  // namespace

ServerWatch::Lane::Lane(ServerWatch& owner, Loop& loop, CheckLane lane, Endpoint endpoint,
                        Credentials credentials)
    : watch(owner),
      which(lane),
      probe(loop, std::move(endpoint), std::move(credentials)),
      next(loop.deadlines(), *this) {}

ServerWatch::ServerWatch(Loop& loop, ServerWatchOwner& owner, Host host, Credentials credentials)
    : loop_(loop), owner_(owner), host_(std::move(host)), spread_(std::hash<std::string>{}(host_.text())) {
  for (std::size_t i = 0; i < kCheckLanes; ++i) {
    lanes_[i] =
        std::make_unique<Lane>(*this, loop, static_cast<CheckLane>(i), endpoint_of(host_), credentials);
  }
}

void ServerWatch::set(const CheckReasons& reasons, const Settings& settings) {
  const bool other_form = settings_ != nullptr && (reasons.check_type != reasons_.check_type ||
                                                   reasons.compared != reasons_.compared);
  if (other_form) form_.fill(0);
  reasons_ = reasons;
  settings_ = &settings;
  for (const CheckSpec& spec : all_checks()) plan(spec);
  for (const auto& lane : lanes_) arm(*lane);
}

// Keeps what is due at the time at which it is due, unless a shorter interval makes it due before.
void ServerWatch::plan(const CheckSpec& spec) {
  Instant& at = due(spec.kind);
  const Lane& lane = lane_of(spec.kind);
  if (!spec.wanted(reasons_)) {
    at = kNever;
  } else if (at != kNever) {
    at = std::min(at, next_due(spec));
  } else if (!lane.probe.busy() || lane.asked != spec.kind) {
    at = loop_.now() + phase(std::min(kFirstRoundMs, interval_of(spec)));
  }
}

void ServerWatch::set_pace(Pace pace) {
  if (pace == pace_) return;
  pace_ = pace;
  for (const CheckSpec& spec : all_checks()) {
    if (!haste_of(spec.kind) || due(spec.kind) == kNever) continue;
    due(spec.kind) = std::min(due(spec.kind), loop_.now() + interval_of(spec));
    arm(lane_of(spec.kind));
  }
}

void ServerWatch::ask_at(CheckKind kind, Instant at) {
  if (!check_spec(kind).wanted(reasons_)) return;
  due(kind) = due(kind) == kNever ? at : std::min(due(kind), at);
  arm(lane_of(kind));
}

void ServerWatch::ask_elsewhere() {
  for (const auto& lane : lanes_) {
    lane->probe.connect_anew();
    lane->fresh = true;
  }
  for (const CheckSpec& spec : all_checks()) {
    if (due(spec.kind) != kNever) ask_now(spec.kind);
  }
}

void ServerWatch::stop() {
  for (const auto& lane : lanes_) {
    lane->next.clear();
    lane->probe.close();
  }
  due_.fill(kNever);
}

std::optional<Millis> ServerWatch::haste_of(CheckKind kind) const {
  if (kind == CheckKind::ping && pace_ == Pace::hurry) return kHurryMs;
  if (kind == CheckKind::ping && pace_ == Pace::dead) return kTroubleMs;
  if (kind == CheckKind::connect && pace_ == Pace::trouble) return kTroubleMs;
  return std::nullopt;
}

Millis ServerWatch::interval_of(const CheckSpec& spec) const {
  const Millis interval_ms = std::max(settings_->*spec.interval_ms, denied_ ? kDeniedMs : 0);
  return std::min(interval_ms, haste_of(spec.kind).value_or(interval_ms));
}

Millis ServerWatch::phase(Millis interval_ms) const {
  const auto at = static_cast<Millis>(spread_ % static_cast<std::size_t>(std::max<Millis>(1, interval_ms)));
  return at - at % std::clamp<Millis>(interval_ms / kGroups, 1, kGroupMs);
}

Instant ServerWatch::next_due(const CheckSpec& spec) const {
  const Instant now = loop_.now();
  const Millis interval_ms = interval_of(spec);
  if (haste_of(spec.kind)) return now + interval_ms;
  const Millis beyond = (now - phase(interval_ms)) % interval_ms;
  return now + (interval_ms - beyond);
}

void ServerWatch::arm(Lane& lane) {
  if (lane.probe.busy()) return;
  Instant first = kNever;
  for (const CheckSpec& spec : all_checks()) {
    const Instant at = due(spec.kind);
    if (spec.lane == lane.which && at != kNever && (first == kNever || at < first)) first = at;
  }
  first == kNever ? lane.next.clear() : lane.next.set(first);
}

void ServerWatch::Lane::on_deadline() noexcept {
  if (probe.busy()) return;  // who asks arms again
  const CheckSpec* spec = watch.find_due(which);
  spec == nullptr ? watch.arm(*this) : watch.ask(*this, *spec);
}

// The one that has been due for longest, or null.
const CheckSpec* ServerWatch::find_due(CheckLane lane) {
  const CheckSpec* earliest = nullptr;
  for (const CheckSpec& spec : all_checks()) {
    Instant& at = due(spec.kind);
    if (spec.lane != lane || at == kNever || at > loop_.now()) continue;
    if (pace_ == Pace::dead && spec.kind != CheckKind::ping) {
      at = next_due(spec);
    } else if (earliest == nullptr || at < due(earliest->kind)) {
      earliest = &spec;
    }
  }
  return earliest;
}

void ServerWatch::ask(Lane& lane, const CheckSpec& spec) {
  due(spec.kind) = kNever;
  lane.asked = spec.kind;
  lane.started_us = wall_clock_us();
  lane.loop_started_us = loop_.now_us();
  lane.fresh = spec.kind == CheckKind::connect || !lane.probe.connected();
  const ProbeLimits limits{.timeout_ms = settings_->*spec.timeout_ms};
  if (spec.kind == CheckKind::connect) return lane.probe.connect(lane, limits);
  if (spec.statements == nullptr) return lane.probe.ping(lane, limits);
  const auto statements = spec.statements(reasons_, *settings_);
  const std::size_t form = form_[static_cast<std::size_t>(spec.kind)] % statements.size();
  lane.probe.query(statements[form], lane, limits);
}

void ServerWatch::Lane::on_probe_answer(ServerProbe&) noexcept {
  Observation seen;
  const CheckSpec& spec = check_spec(asked);
  if (spec.read != nullptr) {
    if (std::string problem = spec.read(probe.result(), seen); !problem.empty())
      seen.failure = ProbeFailure{ProbeFault::server_error, 0, std::move(problem)};
  }
  watch.conclude(*this, std::move(seen));
}

void ServerWatch::Lane::on_probe_failed(ServerProbe&, const ProbeFailure& failure) noexcept {
  if (watch.try_next_form(*this, failure)) return;
  watch.conclude(*this, {.failure = failure});
}

// All forms are tried again at the next interval: the server behind an address may be another one by then.
bool ServerWatch::try_next_form(Lane& lane, const ProbeFailure& failure) {
  const CheckSpec& spec = check_spec(lane.asked);
  if (spec.statements == nullptr || !is_unknown_form(failure.code)) return false;
  std::size_t& form = form_[static_cast<std::size_t>(spec.kind)];
  const auto statements = spec.statements(reasons_, *settings_);
  form = (form + 1) % statements.size();
  if (form == 0) return false;
  lane.probe.query(statements[form], lane, {.timeout_ms = settings_->*spec.timeout_ms});
  return true;
}

void ServerWatch::conclude(Lane& lane, Observation seen) {
  seen.check = lane.asked;
  seen.at = loop_.now();
  seen.started_us = lane.started_us;
  seen.took_us = static_cast<std::int64_t>(loop_.now_us() - lane.loop_started_us);
  seen.fresh = lane.fresh;
  denied_ = seen.failure && seen.failure->fault == ProbeFault::access_denied;
  const CheckSpec& spec = check_spec(lane.asked);
  if (spec.kind == CheckKind::connect) lane.probe.close();
  if (spec.wanted(reasons_) && due(spec.kind) == kNever) due(spec.kind) = next_due(spec);
  owner_.on_observation(host_, seen);
  arm(lane);
}

}  // namespace weir
