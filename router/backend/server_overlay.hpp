// What the monitor has decided about servers, apart from what the operator wrote.
//
// The configuration in force is the operator's rows with these decisions on top, each time that either
// changes: a LOAD of other rows keeps the decisions, and a decision changes no row. Pure values.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "router/config/host_port.hpp"
#include "router/config/rows.hpp"

namespace weir {

// A server in one of its hostgroups.
struct ServerKey {
  int hostgroup = 0;
  std::string hostname;
  std::uint16_t port = 0;  // 0 = hostname is the path of a Unix socket

  auto operator<=>(const ServerKey&) const = default;
};
ServerKey key_of(const ServerRow& row);

// What keeps a server of a hostgroup from new work.
enum class Hold : std::uint8_t {
  none,
  silent,    // a check had no answer, the next will tell: used if there is nothing else
  lagging,   // too far behind; what runs there may finish
  dead,      // does not answer: its connections end
  fenced,    // another server of the hostgroup is the writer: its connections end
  spare,     // could write, but enough others do; what runs there may finish
  leaving,   // goes into maintenance; what runs there may finish
  severed,   // cut off from its cluster: its connections end
  unjudged,  // put among the writers by a LOAD, and not judged there yet; what runs there may finish
};
inline constexpr int kHolds = static_cast<int>(Hold::unjudged) + 1;
// Whether connections to such a server, wherever it was when they were opened, are taken from who uses them.
bool ends_connections(Hold hold);
std::string_view to_text(Hold hold);

struct ServerDecision {
  enum class Presence : std::uint8_t {
    as_configured,
    added,    // without a row of its own: as the row of `like`, the same server in another hostgroup
    removed,  // in spite of its row
  };

  Presence presence = Presence::as_configured;
  int like = -1;
  Hold hold = Hold::none;
  std::string reason{};       // a sentence for operators
  std::int64_t since_us = 0;  // when it was decided, microseconds since 1970; 0: just now

  // The same decision, whenever and with whatever figures in its reason.
  bool same_effect(const ServerDecision& other) const {
    return presence == other.presence && like == other.like && hold == other.hold;
  }
  // The same to an operator, too. Of what holds a server back the words change with its figures.
  bool says_the_same(const ServerDecision& other) const {
    return same_effect(other) && (hold != Hold::none || reason == other.reason);
  }
  bool operator==(const ServerDecision&) const = default;
};

// No entry: as configured.
using ServerOverlay = std::map<ServerKey, ServerDecision>;

bool says_the_same(const ServerOverlay& a, const ServerOverlay& b);

// Why connections to a server are taken from who uses them, in whatever hostgroup they were opened, and
// whatever the operator says of it there. Null: they are not.
const ServerDecision* find_end(const ServerOverlay& overlay, std::string_view hostname, std::uint16_t port);

// The rows that are in force, those that are added last. Their status is the operator's.
std::vector<ServerRow> running_rows(const ServerOverlay& overlay, const std::vector<ServerRow>& rows);

}  // namespace weir
