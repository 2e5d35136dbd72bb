// What the rows of commands.cpp run, by the file they are in.
#pragma once

#include "admin/commands.hpp"

namespace weir::commands {

// load_save.cpp: <module> is a module's name.
Reply load_to_runtime(CommandCall& call);
Reply load_to_memory(CommandCall& call);
Reply load_from_config(CommandCall& call);
Reply load_one_user(CommandCall& call);  // <name>
Reply save_to_memory(CommandCall& call);
Reply save_to_disk(CommandCall& call);
Reply show_config_diff(CommandCall& call);  // [<left>], [<right>]

// schema.cpp
Reply show_databases(CommandCall& call);
Reply show_tables(CommandCall& call);  // [<schema>], [<like>]
Reply show_create_table(CommandCall& call);
Reply show_table_status(CommandCall& call);  // [<schema>], [<like>]

// listings.cpp
Reply show_variables(CommandCall& call);         // [<like>] or [<condition>]
Reply show_global_variables(CommandCall& call);  // the same
Reply show_mysql_variables(CommandCall& call);
Reply show_admin_variables(CommandCall& call);
Reply show_no_variables(CommandCall& call);
Reply show_status(CommandCall& call);
Reply show_users(CommandCall& call);
Reply show_servers(CommandCall& call);
Reply show_server_status(CommandCall& call);
Reply show_query_rules(CommandCall& call);
Reply show_processlist(CommandCall& call);
Reply show_full_processlist(CommandCall& call);
Reply show_metrics(CommandCall& call);

// routes.cpp
Reply explain_route(CommandCall& call);  // <user>, [<schema>], [<client>], <sql>; nothing: it is incomplete

// topology.cpp
Reply show_topology(CommandCall& call);   // [<server>]
Reply check_topology(CommandCall& call);  // [<server>]

// process.cpp
Reply pause(CommandCall& call);
Reply resume(CommandCall& call);
Reply stop(CommandCall& call);
Reply start(CommandCall& call);
Reply restart(CommandCall& call);
Reply shut_down(CommandCall& call);
Reply shut_down_slowly(CommandCall& call);
Reply exit_now(CommandCall& call);
Reply set_read_only(CommandCall& call);
Reply set_read_write(CommandCall& call);
Reply flush_logs(CommandCall& call);
Reply flush_configdb(CommandCall& call);
Reply reload_tls(CommandCall& call);
Reply write_log_entry(CommandCall& call);  // <text>
Reply kill_connection(CommandCall& call);  // <id>
Reply kill_query(CommandCall& call);       // <id>
Reply clear_digests(CommandCall& call);    // TRUNCATE
Reply flush_query_cache(CommandCall& call);
Reply nothing_to_flush(CommandCall& call);  // OK, and a warning that this version has no such thing
Reply not_supported(CommandCall& call);     // error 1235

// checksum.cpp
Reply checksum_memory(CommandCall& call);  // <what>
Reply checksum_disk(CommandCall& call);
Reply global_checksum(CommandCall& call);

// config_out.cpp
Reply write_config_file(CommandCall& call);  // <path>
Reply show_config_file(CommandCall& call);

// variables.cpp
Reply set_variable(CommandCall& call);  // <assignment>

// help.cpp
Reply help(CommandCall& call);  // [<topic>]

}  // namespace weir::commands
