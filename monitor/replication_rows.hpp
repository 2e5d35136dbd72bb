// What servers say of their replication: from whom, and how far they are. In the words of all flavours; which
// of them a server knows is found out by asking. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "monitor/gtid_set.hpp"
#include "monitor/observation.hpp"
#include "protocol/machine/simple_query.hpp"

namespace weir {

struct ReplicationThread {
  std::string running{};  // "Yes", "No", "Connecting", "Preparing"
  std::uint32_t code = 0;
  std::string error{};  // of the last failure, in the server's words; empty: there is none

  bool runs() const { return running == "Yes"; }
  bool operator==(const ReplicationThread&) const = default;
};

// One source of a server, as that server tells: a row of SHOW REPLICA STATUS.
struct ReplicationLink {
  std::string channel{};      // or MariaDB's name of the connection; empty: the default one
  Host source{};              // as the server calls it; no name: it has none at present
  std::string source_uuid{};  // empty: not told, or never connected; MariaDB never tells
  std::uint32_t source_server_id = 0;
  ReplicationThread io{}, sql{};
  std::optional<double> lag_s{};  // nothing: NULL
  std::uint32_t delay_s = 0;      // on purpose
  bool by_gtid = false;
  std::string applied{};               // up to there, in the source's log: "binlog.000002:345"
  std::vector<std::string> filters{};  // "Replicate_Do_DB=shop"

  bool operator==(const ReplicationLink&) const = default;
};

// The forms of the statement, the first to be tried first: MariaDB shows all its sources by the first only,
// and MySQL from 8.4 on knows the second only.
std::span<const std::string_view> replication_status_forms();

// What a check looks at (source, threads, lag), or all of it. A server has 60 columns, and is asked often.
enum class LinkDetail { state, all };
std::vector<ReplicationLink> to_links(const SimpleQuery& answer, LinkDetail detail);

// Which transactions a server has: MySQL's statement, and MariaDB's.
std::span<const std::string_view> position_forms();
// Nothing if the answer is something else; empty if it has none, or counts none.
std::optional<GtidSet> to_position(const SimpleQuery& answer);

// A number, if all of the text is one, and not larger than servers have: signed integers of 64 bits hold it.
inline constexpr double kLargestNumber = 9e15;
std::optional<double> to_number(std::optional<std::string_view> text);

}  // namespace weir
