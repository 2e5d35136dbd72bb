#include "admin/commands.hpp"

#include <array>
#include <vector>

#include "admin/commands/topics.hpp"

namespace weir {
namespace {

using namespace commands;

constexpr CommandAccess kEveryone = CommandAccess::everyone;

// WEIR and PROXYSQL are the same word to us.
constexpr AdminCommand kAdminCommands[] = {
    // Between layers. <module> is MYSQL SERVERS, MYSQL USERS, ...: the rows of modules().
    {"LOAD MYSQL USER <name> TO RUNTIME|RUN", "LOAD MYSQL USER <name> FROM MEMORY|MEM", load_one_user,
     "Puts one user of memory in force, and leaves the others as they are."},
    {"LOAD <module...> TO RUNTIME|RUN", "LOAD <module...> FROM MEMORY|MEM", load_to_runtime,
     "Checks the tables of the module in memory and puts them in force: all of them, or nothing."},
    {"LOAD <module...> TO MEMORY|MEM", "LOAD <module...> FROM DISK", load_to_memory,
     "Replaces what is in memory by what was saved to disk."},
    {"LOAD <module...> FROM CONFIG", "", load_from_config,
     "Merges the section of the configuration file into memory; the file is read again."},
    {"SAVE CONFIG TO FILE <path>", "SELECT CONFIG INTO OUTFILE <path>", write_config_file,
     "Writes what is in memory as a configuration file, which only its owner may read."},
    {"SAVE MYSQL DIGEST TO DISK", "", not_supported, "Statistics are not kept on disk."},
    {"SAVE <module...> TO MEMORY|MEM", "SAVE <module...> FROM RUNTIME|RUN", save_to_memory,
     "Replaces what is in memory by what is in force."},
    {"SAVE <module...> TO DISK", "SAVE <module...> FROM MEMORY|MEM", save_to_disk,
     "Keeps what is in memory for the next start."},
    {"SELECT CONFIG FILE", "", show_config_file, "What is in memory, in the form of a configuration file."},
    {"SHOW CONFIG DIFF [FROM <left> TO <right>]", "", show_config_diff,
     "Where two layers differ (runtime, memory, disk, config): one row for each value. By default FROM "
     "runtime TO "
     "memory: what LOAD ... TO RUNTIME would change."},
    // What there is.
    {"SHOW DATABASES|SCHEMAS", "", show_databases, "The databases of the admin port.", kEveryone},
    {"SHOW [FULL] TABLES [FROM|IN <schema>] [LIKE <like>]", "", show_tables,
     "Tables of a database; main by default.", kEveryone},
    {"SHOW CREATE TABLE <table>", "", show_create_table, "The definition of a table, also as database.table.",
     kEveryone},
    {"SHOW TABLE STATUS [FROM|IN <schema>] [LIKE <like>]", "", show_table_status,
     "Tables in the columns of MySQL's statement; only rows of configuration tables are counted.", kEveryone},
    {"SHOW [ALL|SESSION|LOCAL] VARIABLES [LIKE <like>]",
     "SHOW [ALL|SESSION|LOCAL] VARIABLES WHERE <condition...>", show_variables, "Variables in memory.",
     kEveryone},
    {"SHOW GLOBAL VARIABLES [LIKE <like>]", "SHOW GLOBAL VARIABLES WHERE <condition...>",
     show_global_variables,
     "The same; LIKE 'read_only' and LIKE 'version' tell of the admin port, for who watches it as a server.",
     kEveryone},
    {"SHOW MYSQL VARIABLES [LIKE <like>]", "SHOW MYSQL VARIABLES WHERE <condition...>", show_mysql_variables,
     "Variables in memory that begin with mysql-.", kEveryone},
    {"SHOW ADMIN VARIABLES [LIKE <like>]", "SHOW ADMIN VARIABLES WHERE <condition...>", show_admin_variables,
     "Variables in memory that begin with admin-.", kEveryone},
    {"SHOW LDAP|CLICKHOUSE|SQLITESERVER|PGSQL VARIABLES", "", show_no_variables,
     "There are none of these in this version.", kEveryone},
    {"SHOW [MYSQL|GLOBAL|SESSION] STATUS [LIKE <like>]",
     "SHOW [MYSQL|GLOBAL|SESSION] STATUS WHERE <condition...>", show_status,
     "Counters of the whole process: stats_mysql_global.", kEveryone},
    {"SHOW MYSQL USERS", "", show_users, "mysql_users in memory."},
    {"SHOW MYSQL SERVERS", "", show_servers, "mysql_servers in memory."},
    {"SHOW MYSQL SERVERS STATUS", "", show_server_status,
     "In what state each server is, since when, and why."},
    {"SHOW TOPOLOGY [FROM <server>]", "", show_topology,
     "Who replicates from whom: all servers in use and those that they name, or those within reach of one "
     "('host:port'). They are asked now."},
    {"CHECK TOPOLOGY [FROM <server>]", "", check_topology,
     "Whether replication is set up so that replicas can be relied on and take over: OK, WARN or ERROR for "
     "each "
     "item, with what to do. Servers are asked now, as for SHOW TOPOLOGY."},
    {"SHOW MYSQL QUERY RULES", "", show_query_rules, "mysql_query_rules in memory."},
    {"SHOW PROCESSLIST", "", show_processlist,
     "Sessions of clients, the first 100 characters of what each runs.", kEveryone},
    {"SHOW FULL PROCESSLIST", "", show_full_processlist,
     "stats_mysql_processlist: sessions of clients, all that is known.", kEveryone},
    {"SHOW PROMETHEUS METRICS", "", show_metrics, "All metrics in Prometheus' text format.", kEveryone},
    {"EXPLAIN ROUTE FOR USER <user> [SCHEMA <schema>] [FROM <client>] <sql...>", "EXPLAIN ROUTE [<rest...>]",
     explain_route,
     "Where the statement would go by what is in force, and why: one row per step. FROM is a client's "
     "address."},
    // Variables.
    {"SET <assignment...>", "", commands::set_variable,
     "SET mysql-name=value: changes a variable in memory; LOAD MYSQL VARIABLES TO RUNTIME puts it in force."},
    // Sessions.
    {"KILL [CONNECTION] <id>", "", kill_connection,
     "Ends the session of a client; SHOW PROCESSLIST has the ids."},
    {"KILL QUERY <id>", "", kill_query, "Ends what the session runs, and not the session."},
    {"TRUNCATE [TABLE] <table>", "", clear_digests, "Empties stats_mysql_query_digest without reading it."},
    // The process.
    {"PROXYSQL|WEIR PAUSE", "", pause, "Closes the listeners; sessions go on."},
    {"PROXYSQL|WEIR RESUME", "", resume, "Opens the listeners again."},
    {"PROXYSQL|WEIR STOP", "", stop, "Ends all sessions and workers; only the admin port stays."},
    {"PROXYSQL|WEIR START", "", start, "Starts the workers, after STOP or --no-start."},
    {"PROXYSQL|WEIR RESTART", "", restart, "Ends everything and begins again from the disk layer."},
    {"PROXYSQL|WEIR SHUTDOWN SLOW", "", shut_down_slowly, "As SIGTERM: what runs may finish for a while."},
    {"PROXYSQL|WEIR SHUTDOWN", "", shut_down, "Ends at once, with status 0."},
    {"PROXYSQL|WEIR KILL", "", exit_now, "Ends the process without closing anything."},
    {"PROXYSQL|WEIR READONLY", "", set_read_only, "Sets admin-read_only: SQL that writes is refused."},
    {"PROXYSQL|WEIR READWRITE", "", set_read_write, "Ends READONLY."},
    {"PROXYSQL|WEIR FLUSH LOGS", "", flush_logs,
     "Opens the log again and begins another file of the query log, as SIGHUP does."},
    {"PROXYSQL|WEIR FLUSH CONFIGDB", "", flush_configdb,
     "Opens the file of the disk layer again, after it was replaced."},
    {"PROXYSQL|WEIR FLUSH QUERY CACHE", "", flush_query_cache,
     "Forgets the replies that rules keep by cache_ttl."},
    {"PROXYSQL|WEIR FLUSH MYSQL CLIENT HOSTS", "", nothing_to_flush,
     "Errors of client hosts are not kept in this version: a warning says so."},
    {"PROXYSQL|WEIR RELOAD TLS", "", reload_tls,
     "Reads all certificates and keys again, those towards servers, too. Who is connected stays; if a file "
     "is no "
     "good, all is as before."},
    {"PROXYSQL|WEIR CLUSTER_NODE_UUID <uuid> <interface>",
     "PROXYSQL|WEIR COREDUMP [<file>]; "
     "PROXYSQL|WEIR COMPRESSEDCOREDUMP [<file>]; PROXYSQL|WEIR MEMPROFILE START|STOP; "
     "PULL VERSION MYSQL SERVERS <version> <timeout>; DUMP EVENTSLOG FROM BUFFER TO MEMORY|DISK|BOTH; "
     "PROXYSQLTEST <arguments...>",
     not_supported, "Refused: this version has no such function."},
    {"SIGNAL MYSQL THREADS", "", nothing_to_flush, "Workers never wait for it: a warning says so."},
    {"LOGENTRY <text...>", "", write_log_entry, "Writes the text into the log."},
    // Checksums.
    {"CHECKSUM [MEMORY|MEM] MYSQL <what...>", "", checksum_memory,
     "A checksum of SERVERS, USERS, QUERY RULES, VARIABLES, REPLICATION HOSTGROUPS, ... in memory."},
    {"CHECKSUM DISK MYSQL <what...>", "", checksum_disk, "The same, of the disk layer."},
    {"SELECT GLOBAL_CHECKSUM ( )", "", global_checksum, "One checksum over all that is in force."},
    {"HELP [<topic...>]", "PROXYSQL|WEIR HELP [<topic...>]", help,
     "Commands of the admin port: all, or those with these words.", kEveryone},
};

struct CompiledRow {
  const AdminCommand* command;
  CommandPattern pattern;
};

std::vector<CompiledRow> compile() {
  std::vector<CompiledRow> compiled;
  for (const AdminCommand& command : kAdminCommands) {
    compiled.push_back({&command, CommandPattern(command.pattern)});
    for (std::string_view rest = command.synonyms; !rest.empty();) {
      const auto end = rest.find("; ");
      compiled.push_back({&command, CommandPattern(rest.substr(0, end))});
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
    }
  }
  return compiled;
}

}  // namespace

std::span<const AdminCommand> admin_commands() {
  return kAdminCommands;
}

FoundCommand find_command(std::string_view sql) {
  static const std::vector<CompiledRow> rows = compile();
  const CommandText text(sql);
  FoundCommand found;
  if (text.size() == 0) return found;
  for (const CompiledRow& row : rows) {
    if (!row.pattern.matches(text, found.captures)) continue;
    found.command = row.command;
    return found;
  }
  return found;
}

}  // namespace weir
