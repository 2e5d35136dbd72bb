#include "monitor/topology/survey.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

void add_servers(const Snapshot& snapshot, const Hostgroup& hostgroup, ConfiguredServers& configured) {
  const auto& pairs = snapshot.servers_part().pairs;
  const auto pair_of = std::ranges::find_if(pairs, [&](const HostgroupPair& pair) {
    return pair.writer == hostgroup.id || pair.reader == hostgroup.id;
  });
  for (const auto& server : hostgroup.servers) {
    if (server->status == ServerStatus::offline_hard) continue;
    ConfiguredServer& place = configured[{server->hostname, server->port}];
    place.hostgroups.push_back(hostgroup.id);
    if (pair_of != pairs.end()) place.reader_hostgroup = pair_of->reader;
    const std::int64_t limit_s = server->max_replication_lag;
    if (limit_s > 0 && (place.lag_limit_s == 0 || limit_s < place.lag_limit_s)) place.lag_limit_s = limit_s;
  }
}

}  // namespace

SurveyPlan survey_plan(const Snapshot& snapshot, const std::optional<Host>& from) {
  const Settings& settings = snapshot.settings();
  SurveyPlan plan;
  for (const Hostgroup& hostgroup : snapshot.hostgroups()) add_servers(snapshot, hostgroup, plan.configured);
  if (from) {
    plan.seeds = {*from};
  } else {
    for (const auto& [host, place] : plan.configured) plan.seeds.push_back(host);
  }
  plan.account.user = settings.monitor_username;
  plan.account.cleartext = settings.monitor_password;
  plan.limits = {settings.monitor_connect_timeout_ms, settings.monitor_replication_lag_timeout_ms};
  return plan;
}

Survey::Survey(Loop& loop, SurveyPlan plan, Done done)
    : loop_(loop), plan_(std::move(plan)), done_(std::move(done)), limit_(loop.deadlines(), *this) {}

void Survey::start() {
  limit_.set(loop_.now() + plan_.limit_ms);
  for (const Host& host : plan_.seeds) add(host);
  loop_.at_turn_end(*this);
}

void Survey::add(const Host& host) {
  if (!known_.insert(host).second) return;
  InquiryOwner& owner = *this;
  inquiries_.push_back(std::make_unique<Inquiry>(loop_, owner, host, plan_.account, plan_.limits));
}

void Survey::on_inquired(Inquiry&) noexcept {
  --running_;
  loop_.at_turn_end(*this);
}

void Survey::on_deadline() noexcept {
  for (const auto& inquiry : inquiries_)
    inquiry->give_up(fmt::format("timeout: it had not answered everything within {} ms", plan_.limit_ms));
  running_ = 0;
  asked_ = inquiries_.size();
  stage_ = Stage::confirming;
  loop_.at_turn_end(*this);
}

void Survey::on_turn_end() noexcept {
  if (stage_ == Stage::ended) return;
  if (stage_ == Stage::asking) ask_more();
  if (running_ > 0) return;
  if (stage_ == Stage::asking) {
    if (add_found()) return ask_more();
    confirm();
    if (running_ > 0) return;
  }
  finish();
}

void Survey::ask_more() {
  for (; asked_ < inquiries_.size() && running_ < kAtOnce; ++asked_, ++running_) inquiries_[asked_]->start();
}

Topology Survey::topology() const {
  std::vector<ServerPortrait> portraits;
  for (std::size_t i = 0; i < asked_; ++i) portraits.push_back(inquiries_[i]->portrait());
  return {std::move(portraits), plan_.configured, guessed_};
}

// Whom those that were asked name; false if nobody is new.
bool Survey::add_found() {
  const Topology now = topology();
  const std::size_t before = inquiries_.size();
  for (const auto* hosts : {&now.unasked(), &now.guesses()}) {
    for (const Host& host : *hosts) {
      if (known_.contains(host)) continue;
      if (!plan_.configured.contains(host) && ++found_ > kFoundServers) continue;
      if (hosts == &now.guesses()) guessed_.insert(host);
      add(host);
    }
  }
  return inquiries_.size() > before;
}

// What a replica has and its source has not can only be told by what the source has later.
void Survey::confirm() {
  stage_ = Stage::confirming;
  std::set<Host> sources;
  const Topology now = topology();
  for (const TopologyEdge& edge : now.edges()) sources.insert(now.servers()[edge.source].host());
  for (const auto& inquiry : inquiries_) {
    if (!inquiry->portrait().answered() || !sources.contains(inquiry->portrait().host)) continue;
    ++running_;
    inquiry->ask_position_again();
  }
}

void Survey::finish() {
  stage_ = Stage::ended;
  limit_.clear();
  done_(topology());
}

void Surveys::start(SurveyPlan plan, std::function<void(Result<Topology, std::string>)> done) {
  const auto under_way = std::ranges::count_if(surveys_, [](const auto& survey) { return !survey->ended(); });
  if (static_cast<std::size_t>(under_way) >= kAtOnce) {
    done(std::unexpected(fmt::format("{} such statements are under way: try again in a moment", kAtOnce)));
    return;
  }
  surveys_.push_back(
      std::make_unique<Survey>(loop_, std::move(plan), [this, done = std::move(done)](Topology topology) {
        loop_.at_turn_end(*this);
        done(std::move(topology));
      }));
  surveys_.back()->start();
}

void Surveys::on_turn_end() noexcept {
  std::erase_if(surveys_, [](const auto& survey) { return survey->ended(); });
}

}  // namespace weir
