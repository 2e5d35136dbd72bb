// What one server says of itself and of those it replicates from and to, and by which questions that is
// learnt. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "monitor/probe_failure.hpp"
#include "monitor/replication_rows.hpp"

namespace weir {

// A replica as its source lists it.
struct ListedReplica {
  Host host{};  // as its report_host says; no name: it has none
  std::uint32_t server_id = 0;
  std::string uuid{};  // MariaDB has none

  bool operator==(const ListedReplica&) const = default;
};

// A question that the server does not answer for this account, or does not know.
struct RefusedQuestion {
  std::string question;
  std::uint16_t code = 0;
  std::string message;
};

struct ServerPortrait {
  using Named = std::map<std::string, std::string, std::less<>>;

  Host host;                              // where it was asked
  std::optional<ProbeFailure> failure{};  // it could not be asked: nothing else is known
  Named variables{};                      // by names in lower case
  Named status{};                         // of semi-synchronous replication
  std::optional<double> server_time_s{};  // since 1970
  std::optional<double> clock_ahead_s{};  // of this machine's clock
  double clock_error_s = 0;               // at most
  std::vector<ReplicationLink> links{};
  std::vector<ListedReplica> listed{};
  std::vector<std::string> dump_addresses{};  // whose connections read its log; without ports
  std::string log_position{};                 // of its own log: "binlog.000002:345"
  std::vector<std::string> log_filters{};     // "Binlog_Do_DB=shop"
  std::optional<GtidSet> position{};
  std::optional<GtidSet> later_position{};  // read again after everybody else was asked
  std::vector<RefusedQuestion> refused{};

  bool answered() const { return !failure; }
  // The first of these that there is; empty if there is none.
  std::string_view variable(std::initializer_list<std::string_view> names) const;
  bool on(std::initializer_list<std::string_view> names) const;
  std::optional<std::int64_t> number(std::initializer_list<std::string_view> names) const;
  bool mariadb() const;
  std::string uuid() const { return std::string(variable({"server_uuid"})); }
  std::uint32_t server_id() const;
  // Equal of two portraits of one server, however it was reached. Empty: it cannot be known.
  std::string identity() const;
  const RefusedQuestion* find_refused(std::string_view question) const;
};

struct PortraitQuestion {
  std::string_view name;
  std::span<const std::string_view> forms;  // of the statement; the first to be tried first
  void (*read)(const SimpleQuery& answer, ServerPortrait& portrait);
  bool (*wanted)(const ServerPortrait& portrait);
};

// In the order in which they are asked.
std::span<const PortraitQuestion> portrait_questions();
// What fills `position`; asked again, `later_position`.
const PortraitQuestion& position_question();

}  // namespace weir
