// mysql_query_rules_fast_routing: (user, schema, chain) to hostgroup, for installations with many thousands
// of schemas. Immutable once filled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

class FastRouting {
 public:
  // An empty username stands for any user. The first entry of a key stays. Not after the first find().
  void insert(std::string username, std::string schema, std::int64_t flag_in, int hostgroup);

  // The entry of this user, or else that of any user. No allocation; one or two probes, whatever the size.
  std::optional<int> find(std::string_view username, std::string_view schema, std::int64_t flag_in) const;

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string username, schema;
    std::int64_t flag_in;
    int hostgroup;
  };

  static std::uint64_t hash_of(std::string_view username, std::string_view schema, std::int64_t flag_in);
  const Entry* find_exact(std::string_view username, std::string_view schema, std::int64_t flag_in) const;
  void place(std::uint32_t number);
  void grow();

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;  // number of the entry, counted from 1; a power of two of them
};

}  // namespace weir
