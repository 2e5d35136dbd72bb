#include "router/rules/fast_routing.hpp"

#include "router/query/spooky_hash.hpp"

namespace weir {

std::uint64_t FastRouting::hash_of(std::string_view username, std::string_view schema, std::int64_t flag_in) {
  return spooky_hash64(schema, spooky_hash64(username, static_cast<std::uint64_t>(flag_in)));
}

void FastRouting::insert(std::string username, std::string schema, std::int64_t flag_in, int hostgroup) {
  if (find_exact(username, schema, flag_in) != nullptr) return;
  entries_.push_back({std::move(username), std::move(schema), flag_in, hostgroup});
  if (entries_.size() * 2 > slots_.size()) return grow();
  place(static_cast<std::uint32_t>(entries_.size()));
}

void FastRouting::grow() {
  slots_.assign(slots_.empty() ? 16 : slots_.size() * 2, 0);
  for (std::uint32_t number = 1; number <= entries_.size(); ++number) place(number);
}

void FastRouting::place(std::uint32_t number) {
  const Entry& entry = entries_[number - 1];
  std::size_t at = hash_of(entry.username, entry.schema, entry.flag_in) & (slots_.size() - 1);
  while (slots_[at] != 0) at = (at + 1) & (slots_.size() - 1);
  slots_[at] = number;
}

const FastRouting::Entry* FastRouting::find_exact(std::string_view username, std::string_view schema,
                                                  std::int64_t flag_in) const {
  if (slots_.empty()) return nullptr;
  std::size_t at = hash_of(username, schema, flag_in) & (slots_.size() - 1);
  for (; slots_[at] != 0; at = (at + 1) & (slots_.size() - 1)) {
    const Entry& entry = entries_[slots_[at] - 1];
    if (entry.flag_in == flag_in && entry.schema == schema && entry.username == username) return &entry;
  }
  return nullptr;
}

std::optional<int> FastRouting::find(std::string_view username, std::string_view schema,
                                     std::int64_t flag_in) const {
  const Entry* entry = find_exact(username, schema, flag_in);
  if (entry == nullptr && !username.empty()) entry = find_exact({}, schema, flag_in);
  if (entry == nullptr) return std::nullopt;
  return entry->hostgroup;
}

}  // namespace weir
