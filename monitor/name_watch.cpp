#include "monitor/name_watch.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <ranges>

#include "protocol/base/log.hpp"

namespace weir {
namespace {

std::set<std::string> names_in(const Snapshot& snapshot) {
  std::set<std::string> names;
  for (const Hostgroup& hostgroup : snapshot.hostgroups()) {
    for (const auto& server : hostgroup.servers) {
      if (is_name(server->hostname, server->port)) names.insert(server->hostname);
    }
  }
  return names;
}

std::string to_text(const std::vector<Address>& addresses) {
  return fmt::format("{}", fmt::join(addresses | std::views::transform(&Address::ip), ", "));
}

bool contains(const std::vector<Address>& addresses, const Address& address) {
  return std::ranges::find(addresses, address) != addresses.end();
}

// Those of `before` that are in `answer`, and then the others of it, each once.
std::vector<Address> in_stable_order(const std::vector<Address>& before, const std::vector<Address>& answer) {
  std::vector<Address> ordered;
  for (const Address& address : before) {
    if (contains(answer, address)) ordered.push_back(address);
  }
  for (const Address& address : answer) {
    if (!contains(ordered, address)) ordered.push_back(address);
  }
  return ordered;
}

}  // namespace

NameWatch::NameWatch(Loop& loop, NameBoard& board, std::unique_ptr<NameSource> source, Found on_found,
                     Moved on_moved)
    : loop_(loop),
      board_(board),
      source_(std::move(source)),
      on_found_(std::move(on_found)),
      on_moved_(std::move(on_moved)),
      next_(loop.deadlines(), *this) {}

void NameWatch::adopt(const Snapshot& snapshot) {
  const Settings& settings = snapshot.settings();
  kept_ms_ = settings.monitor_names_kept_ms;
  refresh_ms_ = settings.monitor_names_refresh_ms;
  const bool keeps = kept_ms_ > 0 && refresh_ms_ > 0;
  const std::set<std::string> wanted = keeps ? names_in(snapshot) : std::set<std::string>();
  std::erase_if(names_, [&](const auto& entry) {
    if (wanted.contains(entry.first)) return false;
    board_.forget(entry.first);
    return true;
  });
  for (const std::string& name : wanted) {
    const auto [place, is_new] = names_.try_emplace(name);
    Name& known = place->second;
    known.report.name = name;
    if (is_new && !under_way_.contains(name)) known.due = loop_.now();
    if (known.due != kNever) known.due = std::min(known.due, loop_.now() + refresh_ms_);
    report(known);
  }
  loop_.at_turn_end(*this);
}

void NameWatch::doubt(const std::string& name) {
  const auto place = names_.find(name);
  if (place == names_.end() || place->second.due == kNever) return;
  Name& known = place->second;
  known.due = std::min(known.due, std::max(loop_.now(), known.asked + kRetryMs));
  report(known);
  arm();
}

void NameWatch::on_deadline() noexcept {
  forget_stale();
  std::vector<std::pair<const std::string, Name>*> due;
  for (auto& entry : names_) {
    if (entry.second.due != kNever && entry.second.due <= loop_.now()) due.push_back(&entry);
  }
  std::ranges::stable_sort(due, {}, [](const auto* entry) { return entry->second.due; });
  for (auto* entry : due) {
    if (under_way_.size() == kMaxAtATime) break;  // the next answer brings us here again
    look_up(entry->first, entry->second);
  }
  arm();
}

void NameWatch::look_up(const std::string& name, Name& known) {
  known.asked = loop_.now();
  known.due = kNever;
  under_way_.insert(name);
  report(known);
  source_->look_up(name, [this, name](auto answer) { on_answer(name, std::move(answer)); });
}

void NameWatch::on_answer(const std::string& name, Result<std::vector<Address>, NetError> answer) {
  under_way_.erase(name);
  const auto place = names_.find(name);
  if (place != names_.end()) {
    Name& known = place->second;
    answer ? note_addresses(known, *std::move(answer)) : note_failure(known, answer.error());
    report(known);
  }
  loop_.at_turn_end(*this);
}

void NameWatch::note_addresses(Name& known, std::vector<Address> addresses) {
  NameReport& said = known.report;
  if (!said.error.empty()) {
    log::info("a server's name can be looked up again", {{"name", said.name}});
    said.error.clear();
    said.failures = 0;
  }
  said.answered = loop_.now();
  known.due = loop_.now() + std::min(refresh_ms_, kept_ms_);
  std::vector<Address> ordered = in_stable_order(known.addresses, addresses);
  const bool was_stale = std::exchange(known.stale, false);
  if (ordered == known.addresses && !was_stale) return;
  board_.count_news();
  if (!known.addresses.empty() && ordered != known.addresses) {
    said.changed = loop_.now();
    ++said.changes;
    moved_.push_back(said.name);
    log::warn("a server's name stands for other addresses",
              {{"name", said.name}, {"before", to_text(known.addresses)}, {"now", to_text(ordered)}});
  }
  known.addresses = std::move(ordered);
}

void NameWatch::note_failure(Name& known, NetError why) {
  NameReport& said = known.report;
  if (said.error.empty()) {
    log::warn("a server's name cannot be looked up", {{"name", said.name},
                                                      {"error", why.text()},
                                                      {"known", to_text(known.addresses)},
                                                      {"kept_for_ms", kept_ms_}});
  }
  said.error = why.text();
  ++said.failures;
  known.due = std::max(loop_.now(), known.asked + std::min(kRetryMs, refresh_ms_));
}

Instant NameWatch::stale_at(const Name& known) const {
  if (known.addresses.empty() || known.stale || known.report.error.empty()) return kNever;
  return known.report.answered + kept_ms_;
}

// Who connects looks the name up by himself then, and is told what comes of it.
void NameWatch::forget_stale() {
  for (auto& [name, known] : names_) {
    const Instant at = stale_at(known);
    if (at == kNever || at > loop_.now()) continue;
    log::warn("the addresses of a server's name are too old",
              {{"name", name}, {"forgotten", to_text(known.addresses)}});
    known.stale = true;
    report(known);
    loop_.at_turn_end(*this);
  }
}

void NameWatch::on_turn_end() noexcept {
  NameTable::Entries entries;
  for (const auto& [name, known] : names_) {
    if (!known.addresses.empty() && !known.stale) entries.emplace(name, known.addresses);
  }
  auto table = std::make_shared<const NameTable>(std::move(entries));
  if (*table != loop_.names()) {
    loop_.set_names(table);
    on_found_(std::move(table));
  }
  for (const std::string& name : std::exchange(moved_, {})) on_moved_(name);
  arm();
}

void NameWatch::report(const Name& known) {
  NameReport said = known.report;
  if (!known.stale) said.addresses = to_text(known.addresses);
  said.next = known.due;
  board_.set(std::move(said));
}

void NameWatch::arm() {
  Instant first = kNever;
  const auto consider = [&first](Instant at) {
    if (at != kNever && (first == kNever || at < first)) first = at;
  };
  for (const auto& [name, known] : names_) {
    if (under_way_.size() < kMaxAtATime) consider(known.due);
    consider(stale_at(known));
  }
  first == kNever ? next_.clear() : next_.set(first);
}

}  // namespace weir
