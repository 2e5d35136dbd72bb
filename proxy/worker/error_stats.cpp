#include "proxy/worker/error_stats.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "proxy/worker/key_hash.hpp"

namespace weir {
namespace {

bool same_as(const ErrorRow& row, const ErrorKey& key) {
  return row.code == key.code && row.port == key.port && row.hostgroup == key.hostgroup &&
         row.hostname == key.hostname && row.username == key.username && row.schema == key.schema;
}

}  // namespace

void ErrorStats::count(const ErrorKey& key, std::string_view client_address, std::string_view message,
                       std::uint64_t now_us) {
  const std::uint64_t hash = KeyHash(seed_)
                                 .add(std::uint64_t{key.code} << 16 | key.port)
                                 .add(static_cast<std::uint64_t>(key.hostgroup))
                                 .add(key.hostname)
                                 .add(key.username)
                                 .add(key.schema)
                                 .value();
  Entry* entry = table_.find(hash, [&](const Entry& candidate) { return same_as(candidate.row, key); });
  if (entry == nullptr) {
    Entry made;
    made.row.hostgroup = key.hostgroup;
    made.row.hostname = key.hostname;
    made.row.port = key.port;
    made.row.username = key.username;
    made.row.schema = key.schema;
    made.row.code = key.code;
    made.first_seen_us = now_us;
    entry = &table_.add(hash, std::move(made), [](const Entry&) {});
  }
  ++entry->row.count;
  entry->row.client_address = client_address;
  entry->row.last_error = message.substr(0, kMessageBytes);
  entry->last_seen_us = now_us;
}

std::vector<ErrorRow> ErrorStats::copy(const ClockReading& clock) const {
  std::vector<ErrorRow> rows;
  rows.reserve(table_.size());
  table_.for_each([&](const Entry& entry) {
    ErrorRow& row = rows.emplace_back(entry.row);
    row.first_seen = clock.unix_s_of(entry.first_seen_us);
    row.last_seen = clock.unix_s_of(entry.last_seen_us);
  });
  return rows;
}

std::vector<ErrorRow> ErrorStats::take(const ClockReading& clock) {
  std::vector<ErrorRow> rows = copy(clock);
  table_.clear();
  return rows;
}

std::vector<ErrorRow> merge(std::vector<std::vector<ErrorRow>> parts) {
  using Key = std::tuple<int, std::string, std::uint16_t, std::string, std::string, std::uint16_t>;
  std::map<Key, ErrorRow> merged;
  for (std::vector<ErrorRow>& part : parts) {
    for (ErrorRow& row : part) {
      const auto [place, added] =
          merged.try_emplace({row.hostgroup, row.hostname, row.port, row.username, row.schema, row.code});
      ErrorRow& sum = place->second;
      if (added) {
        sum = std::move(row);
        continue;
      }
      sum.count += row.count;
      sum.first_seen = std::min(sum.first_seen, row.first_seen);
      if (row.last_seen < sum.last_seen) continue;
      sum.last_seen = row.last_seen;
      sum.client_address = std::move(row.client_address);
      sum.last_error = std::move(row.last_error);
    }
  }
  std::vector<ErrorRow> rows;
  rows.reserve(merged.size());
  for (auto& [key, row] : merged) rows.push_back(std::move(row));
  return rows;
}

}  // namespace weir
