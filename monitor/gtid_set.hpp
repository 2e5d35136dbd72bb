// Which transactions a server has, as it says itself: gtid_executed of MySQL, or the positions of MariaDB.
//
// Only for comparing servers of one kind with each other; sets of different kinds contain nothing of each
// other. Pure values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weir {

class GtidSet {
 public:
  // "3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5:7, ...:tag:1-3", white space anywhere between; empty = none.
  // Nothing if it is something else.
  static std::optional<GtidSet> from_mysql(std::string_view text);
  // "0-1-100,1-2-30": domain, server, sequence number. Several entries of one domain, as in
  // gtid_binlog_state, say what is the last of each server. Nothing if it is something else.
  static std::optional<GtidSet> from_mariadb(std::string_view text);

  bool empty() const;
  // Whether everything in `other` is in this. Of MariaDB: per domain and server, for what came before the
  // last is there as well.
  bool contains(const GtidSet& other) const;
  // Whether one that replicates has got as far as `other`: of MariaDB by the last sequence number of each
  // domain alone, because a server without log_slave_updates names only the last of several servers there.
  bool reaches(const GtidSet& other) const;
  // Takes over what `other` has, which is of the same kind.
  void merge(const GtidSet& other);
  // How many transactions of this are not in `other`; of MariaDB an estimate, for sequence numbers may have
  // gaps.
  std::uint64_t count_beyond(const GtidSet& other) const;

  bool operator==(const GtidSet&) const = default;

 private:
  struct Interval {
    std::uint64_t first = 0;
    std::uint64_t last = 0;  // inclusive
    bool operator==(const Interval&) const = default;
  };
  using Intervals = std::vector<Interval>;           // ascending, not touching
  using OfMysql = std::map<std::string, Intervals>;  // by "uuid" or "uuid:tag", lower case
  using DomainAndServer = std::pair<std::uint32_t, std::uint32_t>;
  using OfMariadb = std::map<DomainAndServer, std::uint64_t>;  // the last sequence number

  static void normalize(Intervals& intervals);
  static std::uint64_t count_beyond(const Intervals& mine, const Intervals& others);
  static std::optional<Interval> parse_interval(std::string_view text);
  bool add_mysql_entry(std::string_view entry);

  std::variant<OfMysql, OfMariadb> set_;
};

}  // namespace weir
