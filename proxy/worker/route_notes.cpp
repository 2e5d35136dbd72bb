#include "proxy/worker/route_notes.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "proxy/worker/key_hash.hpp"

namespace weir {

bool RouteNoteIdentity::same_as(const RouteNoteKey& key) const {
  return digest == key.digest && hostgroup == key.hostgroup && reason == key.reason && schema == key.schema &&
         username == key.username;
}

std::uint64_t RouteNotes::hash_of(const RouteNoteKey& key) const {
  return KeyHash(seed_)
      .add(key.digest)
      .add(static_cast<std::uint64_t>(key.hostgroup))
      .add(key.schema)
      .add(key.username)
      .add(key.reason)
      .value();
}

RouteNotes::Entry* RouteNotes::find(const RouteNoteKey& key) {
  return table_.find(hash_of(key), [&](const Entry& entry) { return entry.note.identity->same_as(key); });
}

void RouteNotes::remember(RouteNote& note, const RouteOccasion& occasion) {
  note.hostname = occasion.hostname;
  note.port = occasion.port;
  note.error_code = occasion.error_code;
  note.detail = occasion.detail.substr(0, kDetailBytes);
}

bool RouteNotes::count(const RouteNoteKey& key, std::uint64_t now_us) {
  Entry* entry = find(key);
  if (entry == nullptr) return false;
  ++entry->note.count;
  entry->last_seen_us = now_us;
  return true;
}

bool RouteNotes::count(const RouteNoteKey& key, const RouteOccasion& occasion, std::uint64_t now_us) {
  Entry* entry = find(key);
  if (entry == nullptr) return false;
  ++entry->note.count;
  entry->last_seen_us = now_us;
  remember(entry->note, occasion);
  return true;
}

void RouteNotes::add(const RouteNoteKey& key, const RouteOccasion& occasion, std::string_view text,
                     std::uint64_t now_us) {
  Entry entry{.note = {}, .first_seen_us = now_us, .last_seen_us = now_us};
  entry.note.identity = std::make_shared<const RouteNoteIdentity>(
      RouteNoteIdentity{key.hostgroup, std::string(key.schema), std::string(key.username), key.digest,
                        key.reason, std::string(text.substr(0, kTextBytes))});
  entry.note.count = 1;
  remember(entry.note, occasion);
  table_.add(hash_of(key), std::move(entry), [](const Entry&) {});
}

std::vector<RouteNote> RouteNotes::copy(const ClockReading& clock) const {
  std::vector<RouteNote> notes;
  notes.reserve(table_.size());
  table_.for_each([&](const Entry& entry) {
    RouteNote& note = notes.emplace_back(entry.note);
    note.first_seen = clock.unix_s_of(entry.first_seen_us);
    note.last_seen = clock.unix_s_of(entry.last_seen_us);
  });
  return notes;
}

std::vector<RouteNote> RouteNotes::take(const ClockReading& clock) {
  std::vector<RouteNote> notes = copy(clock);
  table_.clear();
  return notes;
}

std::vector<RouteNote> merge(std::vector<std::vector<RouteNote>> parts) {
  using Key = std::tuple<int, std::string_view, std::string_view, std::uint64_t, std::string_view>;
  std::map<Key, RouteNote> merged;
  for (std::vector<RouteNote>& part : parts) {
    for (RouteNote& note : part) {
      const RouteNoteIdentity& identity = *note.identity;  // which stays where it is, whoever has the row
      const Key key{identity.hostgroup, identity.schema, identity.username, identity.digest, identity.reason};
      const auto [place, added] = merged.try_emplace(key);
      RouteNote& sum = place->second;
      if (added) {
        sum = std::move(note);
        continue;
      }
      const std::uint64_t count = sum.count + note.count;
      const std::int64_t first_seen = std::min(sum.first_seen, note.first_seen);
      if (note.last_seen >= sum.last_seen) {
        note.identity = sum.identity;  // which the key looks at
        sum = std::move(note);
      }
      sum.count = count;
      sum.first_seen = first_seen;
    }
  }
  std::vector<RouteNote> notes;
  notes.reserve(merged.size());
  for (auto& [key, note] : merged) notes.push_back(std::move(note));
  return notes;
}

}  // namespace weir
