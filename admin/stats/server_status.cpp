// In what state each server is, since when, why, and what will happen next.
#include <algorithm>
#include <cmath>

#include "admin/stats/stat_table.hpp"
#include "admin/stats/tables.hpp"
#include "monitor/monitor_board.hpp"
#include "router/backend/server_reasons.hpp"
#include "router/backend/status_word.hpp"

namespace weir {
namespace {

// A server of a hostgroup in force, or one that the monitor has taken out of it.
struct Status {
  ServerKey key;
  std::string status{};
  std::string reason{};
  Millis since_ms = -1;  // -1: not known
  Millis next_ms = -1;   // the same
  std::string last_error{};
  HostReport report{};
  Instant now = kNever;
};

Cell age(const Status& status, Instant at) {
  return at == kNever ? Cell() : to_cell(status.now - at);
}

constexpr StatColumn<Status> kColumns[] = {
    {"hostgroup", "INT NOT NULL", [](const Status& s) { return to_cell(s.key.hostgroup); }, "Hostgroup."},
    {"hostname", "VARCHAR NOT NULL", [](const Status& s) { return to_cell(s.key.hostname); },
     "Name, address, or socket path."},
    {"port", "INT NOT NULL", [](const Status& s) { return to_cell(s.key.port); }, "Port; 0 = a Unix socket."},
    {"status", "VARCHAR NOT NULL", [](const Status& s) { return to_cell(s.status); },
     "ONLINE, SHUNNED, OFFLINE_SOFT, OFFLINE_HARD, SHUNNED_REPLICATION_LAG, DEAD (it does not answer), "
     "SILENT (a "
     "check had no answer), READ_ONLY (it refused a write, and is being asked), FENCED (another one is the "
     "writer), SPARE (it could write, but max_writers others do), LEAVING (it goes into maintenance), "
     "SEVERED (it is cut off from its cluster), MOVED (the monitor has put it into another hostgroup of the "
     "pair or cluster)."},
    {"reason", "VARCHAR", [](const Status& s) { return text_or_null(s.reason); },
     "Why, or of a replica that is read from what is wrong with it; NULL = as configured."},
    {"since_ms", "INT", [](const Status& s) -> Cell { return s.since_ms < 0 ? Cell() : to_cell(s.since_ms); },
     "How long that has been so, milliseconds; NULL = since it was loaded."},
    {"next_retry_ms", "INT",
     [](const Status& s) -> Cell { return s.next_ms < 0 ? Cell() : to_cell(s.next_ms); },
     "When it will be tried again, milliseconds from now; NULL = it is in use, or waits for an operator."},
    {"last_error", "VARCHAR", [](const Status& s) { return text_or_null(s.last_error); },
     "Of the monitor's latest checks or, if they were fine, of the latest attempt to connect."},
    {"read_only", "INT",
     [](const Status& s) -> Cell {
       return s.report.read_only ? to_cell(*s.report.read_only ? 1 : 0) : Cell();
     },
     "As it said last; NULL = it was not asked, or did not say."},
    {"lag_s", "INT",
     [](const Status& s) -> Cell {
       return s.report.replica && s.report.lag_s ? to_cell(std::llround(*s.report.lag_s)) : Cell();
     },
     "Seconds behind its source; NULL = it is no replica, its replication is stopped, or it was not asked."},
    {"lag_ms", "INT",
     [](const Status& s) -> Cell { return s.report.lag_ms ? to_cell(*s.report.lag_ms) : Cell(); },
     "Milliseconds behind the writer of its pair, by its GTIDs; NULL = its hostgroup has no "
     "max_replication_lag_ms, it is the writer, or it cannot say."},
    {"heard_ms", "INT", [](const Status& s) { return age(s, s.report.heard); },
     "Milliseconds since it last answered the monitor; NULL = it never did."},
};
constexpr StatTable<Status> kTable{"stats_mysql_server_status",
                                   "In what state each server is, since when, and why; also those that the "
                                   "monitor has moved elsewhere. SHOW MYSQL SERVERS STATUS shows it.",
                                   kColumns, "PRIMARY KEY (hostgroup, hostname, port)"};

std::string_view word_of(const Server& server, const HealthView& health) {
  switch (server.hold) {
    case Hold::dead:
      return "DEAD";
    case Hold::fenced:
      return "FENCED";
    case Hold::lagging:
      return "SHUNNED_REPLICATION_LAG";
    case Hold::spare:
      return "SPARE";
    case Hold::leaving:
      return "LEAVING";
    case Hold::severed:
      return "SEVERED";
    case Hold::unjudged:
      return "UNJUDGED";
    case Hold::none:
    case Hold::silent:
      break;
  }
  if (server.status == ServerStatus::online) {
    if (health.refuses_writes) return "READ_ONLY";
    if (health.silent) return "SILENT";
  }
  return to_text(shown_status(server));
}

void add_decision(const Snapshot& snapshot, std::int64_t now_us, Status& status) {
  const auto decided = snapshot.overlay().find(status.key);
  if (decided == snapshot.overlay().end()) return;
  if (status.reason.empty()) status.reason = decided->second.reason;
  if (decided->second.since_us != 0)
    status.since_ms = std::max<std::int64_t>(0, (now_us - decided->second.since_us) / 1000);
}

Status status_of(const Server& server, const ServerReason& reason, Instant now) {
  const HealthView health = server.health().view();
  Status status{.key = {server.hostgroup, server.hostname, server.port}, .now = now};
  status.status = word_of(server, health);
  status.last_error = server.health().last_error();
  const bool ours = health.shunned || health.silent || health.refuses_writes;
  status.reason = server.hold == Hold::none ? to_text(reason) : server.hold_reason;
  if (ours && health.since != kNever) status.since_ms = now - health.since;
  if (reason.objection == Objection::shunned) status.next_ms = reason.for_ms;
  return status;
}

std::vector<Status> statuses(StatsSources& sources) {
  std::vector<Status> all;
  const auto snapshot = sources.snapshot();
  const Instant now = sources.now();
  const std::int64_t now_us = sources.wall_clock_us();
  for (const Hostgroup& hostgroup : snapshot->hostgroups()) {
    for (const ServerReason& reason : server_reasons(hostgroup, now))
      all.push_back(status_of(*reason.server, reason, now));
  }
  for (const auto& [key, decision] : snapshot->overlay()) {
    if (decision.presence == ServerDecision::Presence::removed)
      all.push_back({.key = key, .status = "MOVED", .now = now});
  }
  const auto reports =
      sources.monitor_board() == nullptr ? std::map<Host, HostReport>() : sources.monitor_board()->reports();
  for (Status& status : all) {
    add_decision(*snapshot, now_us, status);
    const auto report = reports.find({status.key.hostname, status.key.port});
    if (report == reports.end()) continue;
    status.report = report->second;
    if (!status.report.error.empty()) status.last_error = status.report.error;
    if (status.reason.empty()) status.reason = status.report.standstill;
    const bool out = status.status == "DEAD" || status.status == "SILENT";
    if (out && status.report.next_ping != kNever)
      status.next_ms = std::max<Millis>(0, status.report.next_ping - now);
  }
  std::ranges::sort(all, {}, &Status::key);
  return all;
}

}  // namespace

std::vector<LiveTable> server_status_tables(Store&, StatsSources& sources) {
  return {live_table(kTable, [&sources] { return statuses(sources); })};
}

}  // namespace weir
