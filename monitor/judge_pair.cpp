// Moves are those of ProxySQL: a server that says read_only=0 is copied to the writer hostgroup, one that
// says 1 is taken out of it and put into the reader hostgroup. What ProxySQL leaves open is which of several
// writable servers writes: here one at most, unless two_writers is `all`.
#include "monitor/judge_pair.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace weir {
namespace {

// A better writer takes over from one that is writable, too, after so many readings in a row.
constexpr int kChallenges = 3;

enum class Word { none, unknown, dead, reads, writes };

struct Candidate {
  Host host;
  const ServerFacts* facts = nullptr;
  bool configured = false;  // in the writer hostgroup
  std::int64_t weight = 0;
  std::size_t followers = 0;  // servers of the pair that replicate from it
};

class PairJudge {
 public:
  PairJudge(const JudgeInput& input, const WatchPlan::Pair& pair)
      : input_(input), pair_(pair), policy_(input.plan.settings_of(pair.writer).two_writers) {
    if (const auto before = input.before.pairs.find(pair.writer); before != input.before.pairs.end()) {
      before_ = &before->second;
    }
  }

  PairJudgement judge() {
    find_places();
    if (policy_ == TwoWriters::all) {
      for (const Candidate& candidate : candidates_) promote(candidate.host);
    } else {
      now_.writer = choose();
      now_.writer ? promote(*now_.writer) : hold_unasked();
      fence_others();
    }
    for (auto& [host, place] : now_.places) {
      if (word_of(host) == Word::reads) demote(host, place);
    }
    remember_writer();
    return std::move(now_);
  }

 private:
  void find_places() {
    for (const ServerRow& row : input_.plan.rows) {
      const bool writer = row.hostgroup_id == pair_.writer;
      if (!writer && row.hostgroup_id != pair_.reader) continue;
      Placement& place = now_.places[host_of(row)];
      (writer ? place.configured_writer : place.configured_reader) = true;
    }
    find_out_of_operation();
    for (auto& [host, place] : now_.places) {
      place.writer = place.configured_writer;
      place.reader = place.configured_reader;
      keep_what_was_decided(host, place);
      if (std::exchange(place.awaited, false)) {
        place.writer = true;
        place.fenced = false;
      }
      note_step(host, place);
      if (word_of(host) != Word::writes) continue;
      now_.writable.insert(host);
      candidates_.push_back(candidate(host));
    }
  }

  // Of a server that is configured as both it is the writer's row that counts: one that is only not to read
  // may be writing all the same.
  void find_out_of_operation() {
    for (const ServerRow& row : input_.plan.rows) {
      const auto place = now_.places.find(host_of(row));
      if (in_operation(row) || place == now_.places.end()) continue;
      const bool counts = row.hostgroup_id == pair_.writer ||
                          (row.hostgroup_id == pair_.reader && !place->second.configured_writer);
      if (counts) out_of_operation_.insert(place->first);
    }
  }

  // It may be gone by the time that one of those which it has overtaken is the only one left. What it once
  // had says nothing if it has written unseen since.
  void remember_writer() {
    now_.last_writer = now_.writer ? now_.writer : last_writer();
    if (!now_.last_writer) return;
    const bool unseen = now_.writer ? !now_.compares : word_of(*now_.last_writer) == Word::unknown;
    if (unseen) return;
    const auto facts = input_.facts.find(*now_.last_writer);
    if (facts != input_.facts.end() && facts->second.position) {
      now_.last_position = facts->second.position;
    } else if (now_.last_writer == last_writer()) {
      now_.last_position = before_->last_position;
    }
  }

  std::optional<Host> last_writer() const { return before_ == nullptr ? std::nullopt : before_->last_writer; }

  // As long as the operator says the same.
  void keep_what_was_decided(const Host& host, Placement& place) const {
    if (before_ == nullptr) return;
    const auto was = before_->places.find(host);
    if (was == before_->places.end()) return;
    const bool same = was->second.configured_writer == place.configured_writer &&
                      was->second.configured_reader == place.configured_reader;
    if (same) place = was->second;
  }

  // A replica loses its writer when that one dies, and may be asked before anybody knows why. Only a writer
  // that has been heard of since is what the replica lacks.
  void note_step(const Host& host, Placement& place) const {
    const auto mine = input_.facts.find(host);
    const auto source = last_writer() ? input_.facts.find(*last_writer()) : input_.facts.end();
    const bool known = mine != input_.facts.end() && mine->second.replication && !mine->second.dead &&
                       source != input_.facts.end();
    if (!known || place.in_step_with != last_writer()) place.in_step_with.reset();
    if (!known) return;
    const bool runs = follows(host, source->first) && !mine->second.replication->io_stopped;
    const bool both_there =
        !source->second.dead && !source->second.silent && mine->second.replication_at >= mine->second.changed;
    if (runs) {
      if (both_there) place.in_step_with = source->first;
      place.out_of_step_at = kNever;
      return;
    }
    if (place.out_of_step_at == kNever) place.out_of_step_at = mine->second.replication_at;
    if (source->second.heard > place.out_of_step_at) place.in_step_with.reset();
  }

  Word word_of(const Host& host) const {
    if (out_of_operation_.contains(host)) return Word::none;
    const auto facts = input_.facts.find(host);
    if (facts == input_.facts.end()) return Word::unknown;
    if (facts->second.dead) return Word::dead;
    if (!facts->second.read_only) return Word::unknown;
    return *facts->second.read_only ? Word::reads : Word::writes;
  }

  Candidate candidate(const Host& host) const {
    Candidate candidate{.host = host, .facts = &input_.facts.at(host)};
    candidate.configured = now_.places.at(host).configured_writer;
    for (const ServerRow& row : input_.plan.rows) {
      const bool here = row.hostgroup_id == pair_.writer || row.hostgroup_id == pair_.reader;
      if (here && host_of(row) == host) candidate.weight = std::max(candidate.weight, row.weight);
    }
    for (const auto& [other, place] : now_.places) candidate.followers += follows(other, host);
    return candidate;
  }

  bool follows(const Host& replica, const Host& source) const {
    const auto facts = input_.facts.find(replica);
    if (facts == input_.facts.end() || !facts->second.replication) return false;
    return std::ranges::find(facts->second.replication->sources, source) !=
           facts->second.replication->sources.end();
  }

  const Candidate* find(const std::optional<Host>& host) const {
    const auto found = std::ranges::find_if(candidates_, [&](const Candidate& c) { return c.host == host; });
    return found == candidates_.end() ? nullptr : &*found;
  }

  std::optional<Host> choose() {
    if (candidates_.empty()) return std::nullopt;
    now_.compares = candidates_.size() > 1;
    if (candidates_.size() > 1) now_.conflict = fmt::format("{} are all writable", names(candidates_));
    if (candidates_.size() > 1 && policy_ == TwoWriters::refuse) return nobody("two_writers is refuse");
    if (const Candidate* current = find_current()) return keep_or_replace(*current);
    if (in_doubt() || not_all_asked()) return wait("not all servers have said whether they are");
    std::erase_if(candidates_, [&](const Candidate& c) { return !c.facts->word.steady(input_.now); });
    if (candidates_.empty()) return wait("its read_only changes too often");
    std::erase_if(candidates_, [&](const Candidate& c) { return !has_caught_up(c); });
    if (candidates_.empty()) return nobody_has_caught_up();
    if (candidates_.size() == 1 && now_.writable.size() == 1) return candidates_.front().host;
    return policy_ == TwoWriters::configured ? choose_configured() : choose_newest();
  }

  // The writer, or the one that was, for nobody has written since.
  const Candidate* find_current() const {
    const Candidate* last = find(last_writer());
    const bool writes = last != nullptr && before_->writer == last->host;
    return writes || (last != nullptr && last->facts->word.steady(input_.now)) ? last : nullptr;
  }

  // Whether nothing that is known to have been written gets lost if this one writes.
  bool has_caught_up(const Candidate& candidate) const {
    const Placement& place = now_.places.at(candidate.host);
    if (!place.overtaken || !last_writer()) return true;
    if (candidate.facts->position && before_->last_position)
      return candidate.facts->position->contains(*before_->last_position);
    const auto& reading = candidate.facts->replication;
    return place.in_step_with == last_writer() && reading && !reading->sql_stopped &&
           follows(candidate.host, *last_writer());
  }

  std::optional<Host> nobody_has_caught_up() {
    now_.compares = true;  // as soon as it is known that one has, it writes
    now_.conflict = fmt::format(
        "{} writable, but may lack what {}, the last writer, has written: nobody is the writer. "
        "A server whose read_only is set to 1 and back to 0 is taken for the one that you want",
        list(now_.writable) + (now_.writable.size() == 1 ? " is" : " are"), last_writer()->text());
    return std::nullopt;
  }

  // A server that may be writing, for all that is known: nobody is put beside it.
  bool in_doubt() const {
    return std::ranges::any_of(now_.places, [&](const auto& entry) {
      return entry.second.writer && word_of(entry.first) == Word::unknown;
    });
  }

  // The one that answers first is not the one to write for that.
  bool not_all_asked() const {
    return std::ranges::any_of(now_.places, [&](const auto& entry) { return is_unasked(entry.first); });
  }

  bool is_unasked(const Host& host) const {
    const auto facts = input_.facts.find(host);
    const bool asked = facts != input_.facts.end() && (facts->second.read_only_asked || facts->second.dead);
    return !asked && !out_of_operation_.contains(host);
  }

  // The writer stays the writer, unless another one has all that it has and the replicas follow that one.
  std::optional<Host> keep_or_replace(const Candidate& current) {
    const Candidate* better = policy_ == TwoWriters::newest ? find_challenger(current) : nullptr;
    if (better != nullptr) {
      const bool same = before_->challenger == better->host;
      const bool new_reading = !same || before_->challenge_reading != better->facts->readings;
      now_.challenger = better->host;
      now_.challenge_reading = better->facts->readings;
      now_.challenges = (same ? before_->challenges : 0) + (new_reading ? 1 : 0);
      if (now_.challenges >= kChallenges)
        return decided(*better, "it has all transactions of the one before, and the replicas follow it");
    }
    if (candidates_.size() > 1) decided(current, "it is the writer already");
    return current.host;
  }

  const Candidate* find_challenger(const Candidate& current) const {
    for (const Candidate& other : candidates_) {
      if (other.host == current.host || !other.facts->position || !current.facts->position) continue;
      const bool newer = other.facts->position->contains(*current.facts->position) &&
                         !current.facts->position->contains(*other.facts->position);
      if (newer && other.followers > current.followers && !follows(other.host, current.host)) return &other;
    }
    return nullptr;
  }

  std::optional<Host> choose_configured() {
    const Candidate* best = nullptr;
    for (const Candidate& candidate : candidates_) {
      if (candidate.configured && (best == nullptr || preferred(candidate, *best))) best = &candidate;
    }
    if (best == nullptr) return nobody("none of them is configured as the writer");
    return decided(*best, "it is configured as the writer");
  }

  static bool preferred(const Candidate& a, const Candidate& b) {
    return std::tuple(a.configured, a.followers, a.weight, b.host) >
           std::tuple(b.configured, b.followers, b.weight, a.host);
  }

  std::optional<Host> choose_newest() {
    for (const Candidate& candidate : candidates_) {
      const bool position_known = candidate.facts->position || !candidate.facts->position_error.empty();
      if (!position_known) return nobody("their transactions are being compared");
    }
    for (const auto& [host, place] : now_.places) {
      if (!tells_its_source(host)) return nobody("their replicas are being asked whom they follow");
    }
    const Candidate* best = nullptr;
    for (const Candidate& candidate : candidates_) {
      const bool has_all = std::ranges::all_of(
          candidates_, [&](const Candidate& other) { return has_all_of(candidate, other); });
      if (has_all && (best == nullptr || preferred(candidate, *best))) best = &candidate;
    }
    if (best != nullptr) return decided(*best, "it has all transactions of the others");
    return choose_followed();
  }

  // Or cannot tell.
  bool tells_its_source(const Host& host) const {
    const Word word = word_of(host);
    if (word != Word::reads && word != Word::writes) return true;
    const ServerFacts& facts = input_.facts.at(host);
    return facts.replication || !facts.replication_error.empty() || facts.silent;
  }

  // Or will have it in a moment: two that replicate from each other are equals.
  bool has_all_of(const Candidate& candidate, const Candidate& other) const {
    if (candidate.host == other.host) return true;
    const auto& reading = candidate.facts->replication;
    const bool runs = reading && !reading->sql_stopped && !reading->io_stopped;
    if (runs && follows(candidate.host, other.host)) return true;
    return candidate.facts->position && other.facts->position &&
           candidate.facts->position->contains(*other.facts->position);
  }

  // None has all that the others have, or they cannot say.
  std::optional<Host> choose_followed() {
    const auto most = std::ranges::max_element(candidates_, {}, &Candidate::followers);
    const bool alone = std::ranges::count(candidates_, most->followers, &Candidate::followers) == 1;
    if (alone && most->followers > 0) return decided(*most, "the replicas follow it");
    return nobody("each has transactions that the others lack, or does not tell; make all but one read_only");
  }

  std::optional<Host> decided(const Candidate& writer, std::string_view why) {
    now_.conflict = fmt::format("{} are all writable: {} is the writer, for {}", list(now_.writable),
                                writer.host.text(), why);
    return writer.host;
  }

  std::optional<Host> wait(std::string_view why) {
    waits_for_ = why;
    return std::nullopt;
  }

  std::optional<Host> nobody(std::string_view why) {
    now_.conflict =
        fmt::format("{} are all writable: nobody is the writer, for {}", list(now_.writable), why);
    return std::nullopt;
  }

  static std::string names(const std::vector<Candidate>& candidates) {
    std::set<Host> hosts;
    for (const Candidate& candidate : candidates) hosts.insert(candidate.host);
    return list(hosts);
  }
  static std::string list(const std::set<Host>& hosts) {
    std::vector<std::string> names;
    for (const Host& host : hosts) names.push_back(host.text());
    return fmt::format("{}", fmt::join(names, ", "));
  }

  void promote(const Host& host) {
    Placement& place = now_.places.at(host);
    place.overtaken = place.says_writable = false;
    if (place.writer) return;
    place.writer = true;
    place.reason = place.fenced ? "it is the writer again" : "read_only=0";
    place.fenced = false;
    const bool both = place.configured_writer && place.configured_reader;
    place.reader = place.reader && (both || input_.plan.settings.monitor_writer_is_also_reader);
  }

  void demote(const Host& host, Placement& place) const {
    const ServerFacts& facts = input_.facts.at(host);
    if (!facts.read_only_assumed) place.overtaken = false;
    if (!place.writer && !place.fenced && place.reader && !place.says_writable) return;
    place.writer = place.fenced = place.says_writable = false;
    place.reader = true;
    place.reason = facts.read_only_assumed
                       ? fmt::format("{} checks of read_only timed out", facts.read_only_timeouts)
                       : "read_only=1";
  }

  // Several that were put among the writers, and may all be writable: none of them writes before all have
  // been asked, but for the one that did.
  void hold_unasked() {
    const auto works = [&](const auto& entry) {
      return entry.second.writer && !out_of_operation_.contains(entry.first);
    };
    const bool several = std::ranges::count_if(now_.places, works) > 1;
    const bool unasked = std::ranges::any_of(
        now_.places, [&](const auto& entry) { return works(entry) && is_unasked(entry.first); });
    if (!several || !unasked || !input_.plan.settings.monitor_enabled) return;
    for (auto& entry : now_.places) {
      auto& [host, place] = entry;
      if (!works(entry) || host == last_writer()) continue;
      place.awaited = place.fenced = true;
      place.writer = false;
      place.reason = "not all that were put among the writers have been asked yet";
    }
  }

  // With a writer, nobody else is one, dead or alive; without one, none of several that are writable.
  void fence_others() {
    for (auto& [host, place] : now_.places) {
      const Word word = word_of(host);
      // Put there beside the writer, by a LOAD, before anybody knows it.
      if (word == Word::unknown && now_.writer && place.writer) fence(place, word);
      const bool rival = word == Word::writes || word == Word::dead;
      if (host == now_.writer || !rival) continue;
      place.overtaken |= now_.writer.has_value() && !was_read_only(host);
      const bool several = now_.writable.size() > 1 && word == Word::writes && !in_doubt();
      const bool another = !now_.writer && word == Word::dead && last_writer_stays() && host != last_writer();
      if (place.writer && (now_.writer || several || another)) fence(place, word);
      if (word == Word::writes) explain_demoted(place);
      if (word == Word::writes && now_.writer) keep_reader_in_line(host, place);
    }
  }

  // One that was moved while it was read-only, and is no more: why it stays where it is.
  void explain_demoted(Placement& place) const {
    const bool demoted = place.configured_writer && !place.writer && !place.fenced && place.reader;
    if (!demoted) return;
    place.says_writable = true;
    place.reason = now_.writer             ? rivalry()
                   : now_.conflict.empty() ? fmt::format("writable, but not the writer: {}", waits_for_)
                                           : now_.conflict;
  }
  std::string rivalry() const { return fmt::format("writable, but {} is the writer", now_.writer->text()); }

  // Dead ones may come back at the same moment, or be used again because the monitor is turned off: the last
  // writer is the one that writes then.
  bool last_writer_stays() const {
    const auto last = last_writer() ? now_.places.find(*last_writer()) : now_.places.end();
    return last != now_.places.end() && last->second.writer && word_of(last->first) != Word::reads;
  }

  // A replica that was gone, and comes back writable, has been promoted meanwhile.
  bool was_read_only(const Host& host) const {
    const ServerFacts& facts = input_.facts.at(host);
    return facts.read_only == true && !facts.read_only_assumed;
  }

  void fence(Placement& place, Word word) const {
    place.writer = false;
    place.fenced = true;
    place.reason = !now_.writer && word == Word::dead
                       ? fmt::format("{} is the last writer", last_writer()->text())
                   : !now_.writer ? now_.conflict
                   : word == Word::unknown
                       ? fmt::format("not known to be read-only, and {} is the writer", now_.writer->text())
                   : word == Word::dead ? fmt::format("{} has taken over", now_.writer->text())
                                        : rivalry();
  }

  // One that has what the writer lacks would tell readers of rows that are not there. What it has got since
  // the writer was asked, that one may have, too.
  void keep_reader_in_line(const Host& host, Placement& place) const {
    const ServerFacts& mine = input_.facts.at(host);
    const ServerFacts& writer = input_.facts.at(*now_.writer);
    if (!place.reader || !writer.position || !tells_its_source(host)) return;
    const GtidSet* has = mine.position_before(writer.position_asked);
    if (has == nullptr || follows(host, *now_.writer) || writer.position->contains(*has)) return;
    place.reader = false;
    place.says_writable = false;
    place.reason = fmt::format("it has transactions that the writer {} lacks", now_.writer->text());
  }

  const JudgeInput& input_;
  const WatchPlan::Pair& pair_;
  const TwoWriters policy_;
  const PairJudgement* before_ = nullptr;  // null: this pair is new
  PairJudgement now_;
  std::set<Host> out_of_operation_;
  std::vector<Candidate> candidates_;
  std::string_view waits_for_;  // what it takes for one of them to be chosen, if there is no conflict
};

}  // namespace

PairJudgement judge_pair(const JudgeInput& input, const WatchPlan::Pair& pair) {
  return PairJudge(input, pair).judge();
}

}  // namespace weir
