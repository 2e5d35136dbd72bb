#include "monitor/gtid_set.hpp"

#include <algorithm>
#include <limits>

#include "protocol/base/number_text.hpp"

namespace weir {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kLastOfMysql = std::numeric_limits<std::int64_t>::max() - 1;  // GNO_END - 1
constexpr std::size_t kUuidChars = 36;
constexpr std::size_t kMaxTagChars = 32;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// What stands before `separator`, trimmed; `rest` goes on behind it.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view taken = trimmed(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return taken;
}

// Counts go no further than they can: what lies beyond must not become nothing.
std::uint64_t sum(std::uint64_t a, std::uint64_t b) {
  return a > kMost - b ? kMost : a + b;
}

std::string lower(std::string_view text) {
  std::string low(text);
  for (char& c : low) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return low;
}

bool is_uuid(std::string_view text) {
  if (text.size() != kUuidChars) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

// Tags of MySQL 8.3 and later begin with a letter or an underscore; intervals with a digit.
bool is_tag(std::string_view text) {
  if (text.empty() || text.size() > kMaxTagChars || (text[0] >= '0' && text[0] <= '9')) return false;
  return std::ranges::all_of(text, [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

}  // namespace

void GtidSet::normalize(Intervals& intervals) {
  std::ranges::sort(intervals, {}, &Interval::first);
  Intervals joined;
  for (const Interval& next : intervals) {
    const bool touches = !joined.empty() && next.first - 1 <= joined.back().last;
    if (touches) {
      joined.back().last = std::max(joined.back().last, next.last);
    } else {
      joined.push_back(next);
    }
  }
  intervals = std::move(joined);
}

std::optional<GtidSet::Interval> GtidSet::parse_interval(std::string_view text) {
  std::string_view rest = text;
  const auto first = to_integer<std::uint64_t>(take_until(rest, '-'));
  const bool has_end = text.find('-') != std::string_view::npos;
  const auto last = has_end ? to_integer<std::uint64_t>(trimmed(rest)) : first;
  if (!first || !last || *first == 0 || *last < *first || *last > kLastOfMysql) return std::nullopt;
  return Interval{*first, *last};
}

// "uuid:1-5:7", "uuid:tag:1-3:other_tag:4".
bool GtidSet::add_mysql_entry(std::string_view entry) {
  std::string_view rest = entry;
  const std::string_view uuid = take_until(rest, ':');
  if (!is_uuid(uuid)) return false;
  OfMysql& set = std::get<OfMysql>(set_);
  std::string source = lower(uuid);
  bool any = false;
  while (!trimmed(rest).empty()) {
    const std::string_view part = take_until(rest, ':');
    if (is_tag(part)) {
      source = lower(uuid) + ":" + lower(part);
      any = false;
      continue;
    }
    const auto interval = parse_interval(part);
    if (!interval) return false;
    set[source].push_back(*interval);
    any = true;
  }
  return any;
}

std::optional<GtidSet> GtidSet::from_mysql(std::string_view text) {
  GtidSet set;
  std::string_view rest = text;
  while (!trimmed(rest).empty()) {
    if (!set.add_mysql_entry(take_until(rest, ','))) return std::nullopt;
  }
  for (auto& [source, intervals] : std::get<OfMysql>(set.set_)) normalize(intervals);
  return set;
}

std::optional<GtidSet> GtidSet::from_mariadb(std::string_view text) {
  GtidSet set;
  OfMariadb& last = set.set_.emplace<OfMariadb>();
  std::string_view rest = text;
  while (!trimmed(rest).empty()) {
    std::string_view entry = take_until(rest, ',');
    const auto domain = to_integer<std::uint32_t>(take_until(entry, '-'));
    const auto server = to_integer<std::uint32_t>(take_until(entry, '-'));
    const auto sequence = to_integer<std::uint64_t>(trimmed(entry));
    if (!domain || !server || !sequence) return std::nullopt;
    if (*sequence == 0) continue;  // there is none of that number
    std::uint64_t& known = last[{*domain, *server}];
    known = std::max(known, *sequence);
  }
  return set;
}

bool GtidSet::empty() const {
  return std::visit([](const auto& set) { return set.empty(); }, set_);
}

std::uint64_t GtidSet::count_beyond(const Intervals& mine, const Intervals& others) {
  std::uint64_t beyond = 0;
  for (const Interval& interval : mine) {
    std::uint64_t from = interval.first;
    bool covered = false;
    for (const Interval& other : others) {
      if (other.last < from || other.first > interval.last) continue;
      if (other.first > from) beyond += other.first - from;
      if (other.last >= interval.last) {
        covered = true;
        break;
      }
      from = other.last + 1;
    }
    if (!covered) beyond += interval.last - from + 1;
  }
  return beyond;
}

std::uint64_t GtidSet::count_beyond(const GtidSet& other) const {
  std::uint64_t beyond = 0;
  if (const auto* mine = std::get_if<OfMysql>(&set_)) {
    const auto* others = std::get_if<OfMysql>(&other.set_);
    for (const auto& [source, intervals] : *mine) {
      const auto found = others == nullptr ? OfMysql::const_iterator() : others->find(source);
      const bool known = others != nullptr && found != others->end();
      beyond = sum(beyond, count_beyond(intervals, known ? found->second : Intervals()));
    }
    return beyond;
  }
  const auto* others = std::get_if<OfMariadb>(&other.set_);
  for (const auto& [key, last] : std::get<OfMariadb>(set_)) {
    const auto found = others == nullptr ? OfMariadb::const_iterator() : others->find(key);
    const std::uint64_t theirs = others != nullptr && found != others->end() ? found->second : 0;
    if (last > theirs) beyond = sum(beyond, last - theirs);
  }
  return beyond;
}

bool GtidSet::contains(const GtidSet& other) const {
  return set_.index() == other.set_.index() && other.count_beyond(*this) == 0;
}

bool GtidSet::reaches(const GtidSet& other) const {
  const auto* mine = std::get_if<OfMariadb>(&set_);
  const auto* others = std::get_if<OfMariadb>(&other.set_);
  if (mine == nullptr || others == nullptr) return contains(other);
  return std::ranges::all_of(*others, [&](const auto& wanted) {
    const auto& [domain_and_server, last] = wanted;
    const auto first = mine->lower_bound({domain_and_server.first, 0});
    return std::any_of(first, mine->end(), [&](const auto& known) {
      return known.first.first == domain_and_server.first && known.second >= last;
    });
  });
}

void GtidSet::merge(const GtidSet& other) {
  if (auto* mine = std::get_if<OfMysql>(&set_)) {
    if (const auto* others = std::get_if<OfMysql>(&other.set_)) {
      for (const auto& [source, intervals] : *others) {
        Intervals& into = (*mine)[source];
        into.insert(into.end(), intervals.begin(), intervals.end());
        normalize(into);
      }
    }
    return;
  }
  const auto* others = std::get_if<OfMariadb>(&other.set_);
  if (others == nullptr) return;
  for (const auto& [key, last] : *others) {
    std::uint64_t& known = std::get<OfMariadb>(set_)[key];
    known = std::max(known, last);
  }
}

}  // namespace weir
