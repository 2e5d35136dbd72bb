#include "router/session/variables.hpp"

#include <algorithm>
#include <array>

#include "protocol/base/check.hpp"
#include "router/query/lexer.hpp"

namespace weir {
namespace {

constexpr std::string_view kUsedUp = "its value is used up by the statements that follow";
constexpr std::string_view kOfConnection = "what it leads to can be read on this connection only";
constexpr std::string_view kEndsConnection = "with RELEASE the server ends the connection behind a COMMIT";
constexpr std::string_view kChangesOthers = "setting it changes the meaning of other variables";

constexpr TrackedVariable row(std::string_view name, VariableKind kind) {
  return {name, {}, kind, Following::replayed, {}, 0, {}, {}, {}};
}
constexpr TrackedVariable boolean(std::string_view name) {
  return row(name, VariableKind::boolean);
}
constexpr TrackedVariable number(std::string_view name) {
  return row(name, VariableKind::number);
}
constexpr TrackedVariable text(std::string_view name) {
  return row(name, VariableKind::text);
}

// One variable under two names.
constexpr TrackedVariable also(std::string_view alias, TrackedVariable variable) {
  variable.alias = alias;
  return variable;
}
// Variables that overwrite each other.
constexpr TrackedVariable grouped(std::uint8_t group, TrackedVariable variable) {
  variable.group = group;
  return variable;
}
constexpr TrackedVariable pins(std::string_view why, TrackedVariable variable) {
  variable.following = Following::pins;
  variable.note = why;
  return variable;
}
constexpr TrackedVariable by_server(TrackedVariable variable) {
  variable.following = Following::by_server;
  variable.note = "the server sets it with each USE, or with each statement";
  return variable;
}
constexpr TrackedVariable inverted(std::string_view restored_by, TrackedVariable variable) {
  variable.default_text = restored_by;
  variable.note = "MySQL keeps it inverted, and DEFAULT gives the opposite of the default";
  return variable;
}
constexpr TrackedVariable also_setting(std::string_view other, TrackedVariable variable) {
  variable.also_sets = other;
  variable.note = "its greatest value turns the other on, and any other value turns that off";
  return variable;
}
// MySQL calls it `name`, MariaDB `mariadb`: each executes one of the two conditional comments.
constexpr TrackedVariable spelt(std::string_view spelling, std::string_view mariadb,
                                TrackedVariable variable) {
  variable.alias = mariadb;
  variable.spelling = spelling;
  variable.note = "MySQL and MariaDB differ in its name";
  return variable;
}

// clang-format off
constexpr TrackedVariable kTrackedVariables[] = {
    // In this order: what decides how text is read, then the character set group.
    text("sql_mode"),
    text("character_set_client"),
    text("character_set_results"),
    grouped(1, text("character_set_connection")),
    grouped(1, text("collation_connection")),
    grouped(2, text("character_set_server")),
    grouped(2, text("collation_server")),
    spelt("/*M!tx_isolation*//*!50720 transaction_isolation*/", "tx_isolation", text("transaction_isolation")),
    spelt("/*M!tx_read_only*//*!50720 transaction_read_only*/", "tx_read_only", boolean("transaction_read_only")),
    row("optimizer_switch", VariableKind::flags),

    // Known to have a state of their own: see SessionState.
    boolean("autocommit"),
    also("identity", number("last_insert_id")),

    // Two names.
    also("storage_engine", text("default_storage_engine")),
    also("log_slow_query", boolean("slow_query_log")),
    also("log_slow_query_time", number("long_query_time")),
    also("log_slow_min_examined_row_limit", number("min_examined_row_limit")),
    also("tmp_memory_table_size", number("tmp_table_size")),

    // What cannot follow a session.
    by_server(text("character_set_database")),
    by_server(text("collation_database")),
    by_server(number("statement_id")),
    pins(kUsedUp, text("gtid_next")),
    pins(kUsedUp, number("gtid_seq_no")),
    pins(kUsedUp, number("insert_id")),
    pins(kUsedUp, number("rand_seed1")),
    pins(kUsedUp, number("rand_seed2")),
    pins(kUsedUp, number("wsrep_gtid_seq_no")),
    pins(kUsedUp, number("sql_slave_skip_counter")),
    pins(kOfConnection, row("optimizer_trace", VariableKind::flags)),
    pins(kOfConnection, boolean("profiling")),
    pins(kOfConnection, number("pseudo_thread_id")),
    pins(kOfConnection, boolean("pseudo_slave_mode")),
    pins(kOfConnection, boolean("pseudo_replica_mode")),
    pins(kEndsConnection, text("completion_type")),
    pins(kOfConnection, number("original_commit_timestamp")),
    pins(kOfConnection, number("original_server_version")),
    pins(kOfConnection, number("immediate_server_version")),
    pins(kChangesOthers, text("old_mode")),
    pins(kChangesOthers, text("character_set_collations")),
    pins(kChangesOthers, text("default_collation_for_utf8mb4")),
    pins(kChangesOthers, boolean("wsrep_causal_reads")),

    // Everything else that a session may set, of either family.
    number("timestamp"),
    inverted("@@global.foreign_key_checks", boolean("foreign_key_checks")),
    inverted("@@global.unique_checks", boolean("unique_checks")),
    text("alter_algorithm"),
    number("analyze_max_length"),
    number("analyze_sample_percentage"),
    number("aria_repair_threads"),
    number("aria_sort_buffer_size"),
    text("aria_stats_method"),
    boolean("aurora_read_replica_read_committed"),
    number("auto_increment_increment"),
    number("auto_increment_offset"),
    boolean("big_tables"),
    boolean("binlog_alter_two_phase"),
    boolean("binlog_annotate_row_events"),
    boolean("binlog_direct_non_transactional_updates"),
    text("binlog_format"),
    text("binlog_row_image"),
    text("binlog_row_value_options"),
    boolean("binlog_rows_query_log_events"),
    boolean("binlog_transaction_compression"),
    number("binlog_transaction_compression_level_zstd"),
    text("block_encryption_mode"),
    number("bulk_insert_buffer_size"),
    text("character_set_filesystem"),
    boolean("check_constraint_checks"),
    number("column_compression_threshold"),
    number("column_compression_zlib_level"),
    text("column_compression_zlib_strategy"),
    boolean("column_compression_zlib_wrap"),
    number("connection_memory_chunk_size"),
    number("connection_memory_limit"),
    number("cte_max_recursion_depth"),
    number("deadlock_search_depth_long"),
    number("deadlock_search_depth_short"),
    number("deadlock_timeout_long"),
    number("deadlock_timeout_short"),
    text("default_master_connection"),
    text("default_regex_flags"),
    boolean("default_table_encryption"),
    text("default_tmp_storage_engine"),
    number("default_week_format"),
    number("div_precision_increment"),
    boolean("end_markers_in_json"),
    text("enforce_storage_engine"),
    number("eq_range_index_dive_limit"),
    number("expensive_subquery_limit"),
    text("explain_format"),
    number("explain_json_format_version"),
    boolean("explicit_defaults_for_timestamp"),
    text("external_table_secondary_storage_engine"),
    text("external_table_storage_engine"),
    number("generated_random_password_length"),
    boolean("global_connection_memory_tracking"),
    number("group_concat_max_len"),
    text("group_replication_consistency"),
    number("gtid_domain_id"),
    number("histogram_generation_max_mem_size"),
    number("histogram_size"),
    text("histogram_type"),
    number("idle_readonly_transaction_timeout"),
    number("idle_transaction_timeout"),
    number("idle_write_transaction_timeout"),
    number("in_predicate_conversion_threshold"),
    number("information_schema_stats_expiry"),
    boolean("innodb_compression_default"),
    number("innodb_ddl_buffer_size"),
    number("innodb_ddl_threads"),
    number("innodb_default_encryption_key_id"),
    boolean("innodb_ft_enable_stopword"),
    text("innodb_ft_user_stopword_table"),
    number("innodb_lock_wait_timeout"),
    number("innodb_parallel_read_threads"),
    boolean("innodb_snapshot_isolation"),
    boolean("innodb_strict_mode"),
    boolean("innodb_table_locks"),
    text("innodb_tmpdir"),
    number("interactive_timeout"),
    text("internal_tmp_disk_storage_engine"),
    text("internal_tmp_mem_storage_engine"),
    number("join_buffer_size"),
    number("join_buffer_space_limit"),
    number("join_cache_level"),
    boolean("keep_files_on_create"),
    text("lc_messages"),
    text("lc_time_names"),
    number("lock_wait_timeout"),
    text("log_disabled_statements"),
    boolean("log_queries_not_using_indexes"),
    boolean("log_slow_admin_statements"),
    text("log_slow_disabled_statements"),
    text("log_slow_filter"),
    number("log_slow_max_warnings"),
    number("log_slow_rate_limit"),
    boolean("log_slow_slave_statements"),
    text("log_slow_verbosity"),
    number("log_warnings"),
    boolean("low_priority_updates"),
    number("max_allowed_packet"),
    number("max_delayed_threads"),
    number("max_error_count"),
    number("max_execution_time"),
    number("max_heap_table_size"),
    number("max_insert_delayed_threads"),
    also_setting("sql_big_selects", number("max_join_size")),
    number("max_length_for_sort_data"),
    number("max_points_in_geometry"),
    number("max_recursive_iterations"),
    number("max_relay_log_size"),
    number("max_rowid_filter_size"),
    number("max_seeks_for_key"),
    number("max_session_mem_used"),
    number("max_sort_length"),
    number("max_sp_recursion_depth"),
    number("max_statement_time"),
    number("max_tmp_tables"),
    number("max_user_connections"),
    number("mrr_buffer_size"),
    number("myisam_repair_threads"),
    number("myisam_sort_buffer_size"),
    text("myisam_stats_method"),
    number("net_buffer_length"),
    number("net_read_timeout"),
    number("net_retry_count"),
    number("net_write_timeout"),
    boolean("new"),
    text("note_verbosity"),
    boolean("old"),
    text("old_alter_table"),
    boolean("old_passwords"),
    text("optimizer_adjust_secondary_key_costs"),
    number("optimizer_extra_pruning_depth"),
    number("optimizer_join_limit_pref_ratio"),
    number("optimizer_max_sel_arg_weight"),
    number("optimizer_max_sel_args"),
    number("optimizer_max_subgraph_pairs"),
    number("optimizer_prune_level"),
    number("optimizer_search_depth"),
    number("optimizer_selectivity_sampling_limit"),
    row("optimizer_trace_features", VariableKind::flags),
    number("optimizer_trace_limit"),
    number("optimizer_trace_max_mem_size"),
    number("optimizer_trace_offset"),
    number("optimizer_use_condition_selectivity"),
    number("parser_max_mem_size"),
    number("preload_buffer_size"),
    boolean("print_identified_with_as_hex"),
    number("profiling_history_size"),
    number("progress_report_time"),
    number("query_alloc_block_size"),
    boolean("query_cache_strip_comments"),
    text("query_cache_type"),
    boolean("query_cache_wlock_invalidate"),
    number("query_prealloc_size"),
    number("range_alloc_block_size"),
    number("range_optimizer_max_mem_size"),
    text("rbr_exec_mode"),
    number("read_buffer_size"),
    number("read_rnd_buffer_size"),
    boolean("require_row_format"),
    boolean("restrict_fk_on_non_standard_key"),
    text("resultset_metadata"),
    number("rowid_merge_buff_size"),
    number("secondary_engine_cost_threshold"),
    number("select_into_buffer_size"),
    boolean("select_into_disk_sync"),
    number("select_into_disk_sync_delay"),
    number("server_id"),
    text("session_track_gtids"),
    boolean("session_track_schema"),
    boolean("session_track_state_change"),
    text("session_track_system_variables"),
    text("session_track_transaction_info"),
    number("set_operations_buffer_size"),
    boolean("show_create_table_skip_secondary_engine"),
    boolean("show_create_table_verbosity"),
    boolean("show_gipk_in_create_table_and_information_schema"),
    boolean("show_old_temporals"),
    boolean("skip_parallel_replication"),
    boolean("skip_replication"),
    number("sort_buffer_size"),
    boolean("sql_auto_is_null"),
    boolean("sql_big_selects"),
    boolean("sql_buffer_result"),
    boolean("sql_generate_invisible_primary_key"),
    boolean("sql_if_exists"),
    boolean("sql_log_bin"),
    boolean("sql_log_off"),
    boolean("sql_notes"),
    boolean("sql_quote_show_create"),
    boolean("sql_require_primary_key"),
    boolean("sql_safe_updates"),
    number("sql_select_limit"),
    boolean("sql_warnings"),
    boolean("standard_compliant_cte"),
    text("system_versioning_alter_history"),
    text("system_versioning_asof"),
    boolean("system_versioning_insert_history"),
    boolean("tcp_nodelay"),
    text("terminology_use_previous"),
    text("thread_pool_priority"),
    text("time_zone"),
    number("tmp_disk_table_size"),
    number("transaction_alloc_block_size"),
    boolean("transaction_allow_batching"),
    number("transaction_prealloc_size"),
    text("transaction_write_set_extraction"),
    text("updatable_views_with_limit"),
    text("use_secondary_engine"),
    text("use_stat_tables"),
    number("wait_timeout"),
    boolean("windowing_use_high_precision"),
    boolean("wsrep_dirty_reads"),
    boolean("wsrep_on"),
    text("wsrep_osu_method"),
    number("wsrep_retry_autocommit"),
    number("wsrep_sync_wait"),
    number("wsrep_trx_fragment_size"),
    text("wsrep_trx_fragment_unit"),
    boolean("xa_detach_on_prepare"),
};
// clang-format on

constexpr VariableIndex index_of(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kTrackedVariables); ++i) {
    if (kTrackedVariables[i].name == name) return static_cast<VariableIndex>(i);
  }
  throw "no row of that name";
}

constexpr KnownVariables kKnownVariables{
    .sql_mode = index_of("sql_mode"),
    .character_set_client = index_of("character_set_client"),
    .character_set_results = index_of("character_set_results"),
    .character_set_connection = index_of("character_set_connection"),
    .collation_connection = index_of("collation_connection"),
    .isolation = index_of("transaction_isolation"),
    .access_mode = index_of("transaction_read_only"),
    .last_insert_id = index_of("last_insert_id"),
    .autocommit = index_of("autocommit"),
};

struct Name {
  std::string_view name;
  VariableIndex index;
};

constexpr std::size_t count_names() {
  std::size_t count = 0;
  for (const TrackedVariable& variable : kTrackedVariables) count += variable.alias.empty() ? 1 : 2;
  return count;
}

constexpr auto kNames = [] {
  std::array<Name, count_names()> names{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < std::size(kTrackedVariables); ++i) {
    const TrackedVariable& variable = kTrackedVariables[i];
    names[at++] = {variable.name, static_cast<VariableIndex>(i)};
    if (!variable.alias.empty()) names[at++] = {variable.alias, static_cast<VariableIndex>(i)};
  }
  std::sort(names.begin(), names.end(), [](const Name& a, const Name& b) { return a.name < b.name; });
  return names;
}();

bool decimal(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return !text.empty() && text.size() < 40 &&
         text.find_first_not_of("0123456789.eE+-") == std::string_view::npos;
}

}  // namespace

std::span<const TrackedVariable> tracked_variables() {
  return kTrackedVariables;
}

const TrackedVariable& tracked_variable(VariableIndex index) {
  WEIR_ASSERT(index < std::size(kTrackedVariables), "indexes come from find_tracked_variable");
  return kTrackedVariables[index];
}

const KnownVariables& known_variables() {
  return kKnownVariables;
}

std::optional<VariableIndex> find_tracked_variable(std::string_view name) {
  char lower[64];
  if (name.size() > sizeof lower) return std::nullopt;
  std::transform(name.begin(), name.end(), lower,
                 [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); });
  const std::string_view wanted{lower, name.size()};
  const auto found = std::lower_bound(kNames.begin(), kNames.end(), wanted,
                                      [](const Name& a, std::string_view b) { return a.name < b; });
  if (found == kNames.end() || found->name != wanted) return std::nullopt;
  return found->index;
}

std::string collated(std::string_view charset, std::string_view collation) {
  return quoted(charset) + " COLLATE " + quoted(collation);
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') out.push_back('\'');
    out.push_back(c);
  }
  out.push_back('\'');
  return out;
}

bool replay_text(const TrackedVariable& variable, std::string_view reported, std::string& text) {
  text.clear();
  if (variable.kind == VariableKind::number) {
    if (!decimal(reported)) return false;
    text = reported;
    return true;
  }
  if (variable.kind == VariableKind::boolean) {
    const bool on = reported == "1" || equals_caseless(reported, "on");
    const bool off = reported == "0" || equals_caseless(reported, "off");
    if (on || off) {
      text = on ? "1" : "0";
      return true;
    }
  }
  if (reported.size() > kMaxReplayText) return false;
  for (char c : reported) {
    if (c < 0x20 || c > 0x7e || c == '\\') return false;
  }
  text = quoted(reported);
  return true;
}

}  // namespace weir
