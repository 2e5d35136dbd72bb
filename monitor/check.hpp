// The checks: what servers are asked, how often, and what their answers mean. One row each; pure.
//
// A statement that not every server knows has several forms: which of them a server takes is found out by
// asking, never by its version.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "monitor/observation.hpp"
#include "protocol/machine/simple_query.hpp"
#include "router/config/settings.hpp"

namespace weir {

// Why a server is asked.
struct CheckReasons {
  std::string check_type{};                 // of the replication hostgroups it is in; empty: it is in none
  bool in_operation = false;                // a row of it is
  bool limits_lag = false;                  // a row of it has a max_replication_lag
  bool compared = false;                    // its transactions must be known to choose a writer
  bool timed = false;                       // it is in a pair whose lag is limited in milliseconds
  ClusterKind cluster = ClusterKind::none;  // that it is a member of

  bool operator==(const CheckReasons&) const = default;
};

// Checks of one lane share a connection, and wait for each other.
enum class CheckLane : std::uint8_t { state, replication, timeline, connect };
inline constexpr std::size_t kCheckLanes = 4;

struct CheckSpec {
  using Statements = std::vector<std::string> (*)(const CheckReasons&, const Settings&);

  CheckKind kind;
  std::string_view name;  // in logs and metrics
  CheckLane lane;
  std::int64_t Settings::* interval_ms;
  std::int64_t Settings::* timeout_ms;
  bool (*wanted)(const CheckReasons&);
  // The forms of the statement, the first to be tried first; null: a login or a ping.
  Statements statements;
  // What the rows say; an error in words if they say nothing of the kind.
  std::string (*read)(const SimpleQuery& answer, Observation& seen);
};

std::span<const CheckSpec> all_checks();
const CheckSpec& check_spec(CheckKind kind);

// Whether this error means that the server does not know a form of a statement.
bool is_unknown_form(std::uint16_t code);

}  // namespace weir
