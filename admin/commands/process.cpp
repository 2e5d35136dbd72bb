// The process and its sessions: PROXYSQL ..., KILL, LOGENTRY, TRUNCATE.
#include "admin/commands/topics.hpp"
#include "admin/refusals.hpp"
#include "protocol/base/log.hpp"
#include "router/config/table_spec.hpp"

namespace weir::commands {
namespace {

Reply reply_of(const Result<void, std::string>& result) {
  if (!result) return refuse(AdminError::other, result.error());
  return Done{};
}

void log_use(const CommandCall& call) {
  log::info("command of an administrator",
            {{"user", call.session.user}, {"from", call.session.address}, {"command", call.sql}});
}

Reply kill(CommandCall& call, KillTarget target) {
  const std::string_view text = call.captures["id"];
  const auto id = table_spec::parse_int(text);
  if (!id || *id < 0 || *id > 0xffff'ffff) {
    return refuse(AdminError::syntax,
                  "near \"" + std::string(text) + "\": syntax error: not the id of a session");
  }
  if (!call.tools.kill || !call.tools.kill(static_cast<std::uint32_t>(*id), target)) {
    return refuse(AdminError::unknown_session, "Unknown thread id: " + std::string(text));
  }
  return Done{};
}

Reply turn_read_only(CommandCall& call, bool on) {
  if (!call.tools.set_read_only)
    return refuse(AdminError::not_supported, "admin-read_only cannot be set here");
  call.tools.set_read_only(on);
  return Done{};
}

}  // namespace

Reply pause(CommandCall& call) {
  log_use(call);
  return reply_of(call.tools.process.pause());
}

Reply resume(CommandCall& call) {
  log_use(call);
  return reply_of(call.tools.process.resume());
}

Reply stop(CommandCall& call) {
  log_use(call);
  return reply_of(call.tools.process.stop());
}

Reply start(CommandCall& call) {
  log_use(call);
  return reply_of(call.tools.process.start());
}

Reply restart(CommandCall& call) {
  log_use(call);
  call.tools.process.restart();
  return Done{};
}

Reply shut_down(CommandCall& call) {
  log_use(call);
  call.tools.process.shut_down(false);
  return Done{};
}

Reply shut_down_slowly(CommandCall& call) {
  log_use(call);
  call.tools.process.shut_down(true);
  return Done{};
}

Reply exit_now(CommandCall& call) {
  log_use(call);
  call.tools.process.exit_now();
  return Done{};
}

Reply set_read_only(CommandCall& call) {
  return turn_read_only(call, true);
}

Reply set_read_write(CommandCall& call) {
  return turn_read_only(call, false);
}

Reply flush_logs(CommandCall& call) {
  return reply_of(call.tools.process.reopen_logs());
}

Reply reload_tls(CommandCall& call) {
  log_use(call);
  return reply_of(call.tools.process.reload_tls());
}

Reply flush_configdb(CommandCall& call) {
  if (!call.tools.reopen_disk) return refuse(AdminError::not_supported, "there is no file of the disk layer");
  return reply_of(call.tools.reopen_disk());
}

Reply write_log_entry(CommandCall& call) {
  log::info("entry of an administrator", {{"user", call.session.user}, {"text", call.captures["text"]}});
  return Done{};
}

Reply kill_connection(CommandCall& call) {
  return kill(call, KillTarget::connection);
}

Reply kill_query(CommandCall& call) {
  return kill(call, KillTarget::query);
}

Reply clear_digests(CommandCall& call) {
  std::string_view table = call.captures["table"];
  if (table.size() > 6 && equals_caseless(table.substr(0, 6), "stats.")) table.remove_prefix(6);
  if (!equals_caseless(table, "stats_mysql_query_digest") &&
      !equals_caseless(table, "stats_mysql_query_digest_reset")) {
    return refuse(AdminError::syntax,
                  "near \"TRUNCATE\": syntax error: only stats_mysql_query_digest can be truncated; DELETE "
                  "FROM empties "
                  "tables of the configuration");
  }
  if (!call.tools.clear_digests)
    return refuse(AdminError::not_supported, "this process has no query digests");
  return Done{.affected_rows = call.tools.clear_digests()};
}

Reply flush_query_cache(CommandCall& call) {
  if (!call.tools.flush_query_cache)
    return refuse(AdminError::not_supported, "this process has no query cache");
  return Done{.affected_rows = call.tools.flush_query_cache()};
}

Reply nothing_to_flush(CommandCall& call) {
  call.session.warnings.push_back({.table = {},
                                   .column = {},
                                   .text = "nothing was done: this version has no such thing",
                                   .severity = Severity::warning});
  return Done{};
}

Reply not_supported(CommandCall& call) {
  return refuse(AdminError::not_supported, "this version has no such function: " + std::string(call.sql));
}

}  // namespace weir::commands
