#include "router/query/function.hpp"

#include <array>
#include <iterator>
#include <span>

#include "router/query/lexer.hpp"
#include "router/query/name_table.hpp"

namespace weir {
namespace {

// The functions of MySQL 5.7-9 and MariaDB 10-12, by kind. What is not listed is unknown: a stored or
// loadable function, which may do anything, or a built-in whose answer belongs to one server.
// clang-format off

// Same answer everywhere, no effect outside the statement (uuid, rand and sleep included).
constexpr std::string_view kPure[] = {
    "abs", "acos", "addtime", "aes_decrypt", "aes_encrypt", "asin", "atan", "atan2", "benchmark", "bin",
    "bit_count", "bit_length", "ceil", "ceiling", "char", "char_length", "character_length", "charset",
    "coalesce", "coercibility", "collation", "compress", "concat", "concat_ws", "conv", "convert",
    "convert_tz", "cos", "cot", "crc32", "current_date", "current_role", "current_time",
    "current_timestamp", "current_user", "database", "date", "date_format", "datediff", "day", "dayname",
    "dayofmonth", "dayofweek", "dayofyear", "default", "degrees", "elt", "exp", "export_set",
    "extractvalue", "field", "find_in_set", "floor", "format", "from_base64", "from_days", "from_unixtime",
    "geometrycollection", "get_format", "greatest", "hex", "hour", "if", "ifnull", "inet6_aton",
    "inet6_ntoa", "inet_aton", "inet_ntoa", "insert", "instr", "interval", "is_ipv4", "is_ipv4_compat",
    "is_ipv4_mapped", "is_ipv6", "isnull", "json_array", "json_array_append", "json_array_insert",
    "json_contains", "json_contains_path", "json_depth", "json_extract", "json_insert", "json_keys",
    "json_length", "json_merge", "json_merge_patch", "json_merge_preserve", "json_object", "json_overlaps",
    "json_pretty", "json_quote", "json_remove", "json_replace", "json_schema_valid", "json_search",
    "json_set", "json_table", "json_type", "json_unquote", "json_valid", "json_value", "last_day",
    "last_value", "lcase", "least", "left", "length", "linestring", "ln", "localtime", "localtimestamp",
    "locate", "log", "log10", "log2", "lower", "lpad", "ltrim", "make_set", "makedate", "maketime",
    "mbrcontains", "mbrdisjoint", "mbrequals", "mbrintersects", "mbroverlaps", "mbrtouches", "mbrwithin",
    "md5", "microsecond", "minute", "mod", "month", "monthname", "multilinestring", "multipoint",
    "multipolygon", "name_const", "nullif", "oct", "octet_length", "ord", "password", "period_add",
    "period_diff", "pi", "point", "polygon", "pow", "power", "quarter", "quote", "radians", "rand",
    "random_bytes", "regexp_instr", "regexp_replace", "regexp_substr", "repeat", "replace", "reverse",
    "right", "round", "row_number", "rpad", "rtrim", "schema", "sec_to_time", "second", "sha", "sha1",
    "sha2", "sign", "sin", "sleep", "soundex", "space", "sqrt", "st_area", "st_asbinary", "st_asgeojson",
    "st_astext", "st_aswkb", "st_aswkt", "st_buffer", "st_centroid", "st_contains", "st_convexhull",
    "st_crosses", "st_difference", "st_dimension", "st_disjoint", "st_distance", "st_distance_sphere",
    "st_endpoint", "st_envelope", "st_equals", "st_exteriorring", "st_geohash", "st_geomcollfromtext",
    "st_geomcollfromwkb", "st_geometrycollectionfromtext", "st_geometrycollectionfromwkb",
    "st_geometryfromtext", "st_geometryfromwkb", "st_geometryn", "st_geometrytype", "st_geomfromgeojson",
    "st_geomfromtext", "st_geomfromwkb", "st_interiorringn", "st_intersection", "st_intersects",
    "st_isclosed", "st_isempty", "st_issimple", "st_isvalid", "st_latfromgeohash", "st_latitude",
    "st_length", "st_linefromtext", "st_linefromwkb", "st_linestringfromtext", "st_linestringfromwkb",
    "st_longfromgeohash", "st_longitude", "st_mlinefromtext", "st_mlinefromwkb", "st_mpointfromtext",
    "st_mpointfromwkb", "st_mpolyfromtext", "st_mpolyfromwkb", "st_multilinestringfromtext",
    "st_multilinestringfromwkb", "st_multipointfromtext", "st_multipointfromwkb", "st_multipolygonfromtext",
    "st_multipolygonfromwkb", "st_numgeometries", "st_numinteriorrings", "st_numpoints", "st_overlaps",
    "st_pointfromgeohash", "st_pointfromtext", "st_pointfromwkb", "st_pointn", "st_polyfromtext",
    "st_polyfromwkb", "st_polygonfromtext", "st_polygonfromwkb", "st_simplify", "st_srid", "st_startpoint",
    "st_symdifference", "st_touches", "st_union", "st_validate", "st_within", "st_x", "st_y", "str_to_date",
    "strcmp", "substring_index", "subtime", "tan", "time", "time_format", "time_to_sec", "timediff",
    "timestamp", "timestampadd", "timestampdiff", "to_base64", "to_days", "to_seconds", "truncate", "ucase",
    "uncompress", "uncompressed_length", "unhex", "unix_timestamp", "updatexml", "upper", "user",
    "utc_date", "utc_time", "utc_timestamp", "uuid", "uuid_short", "value", "values", "version", "week",
    "weekday", "weekofyear", "weight_string", "year", "yearweek",
};

// The same, of MySQL only: in MariaDB these names may be stored functions.
constexpr std::string_view kMysql[] = {
    "any_value", "bin_to_uuid", "format_bytes", "format_pico_time", "from_vector", "geomcollection",
    "grouping", "gtid_subset", "gtid_subtract", "icu_version", "is_uuid", "json_schema_validation_report",
    "json_storage_free", "json_storage_size", "mbrcoveredby", "mbrcovers", "regexp_like",
    "st_buffer_strategy", "st_frechetdistance", "st_geomcollfromtxt", "st_hausdorffdistance",
    "st_lineinterpolatepoint", "st_lineinterpolatepoints", "st_makeenvelope", "st_numinteriorring",
    "st_pointatdistance", "st_swapxy", "st_transform", "statement_digest", "statement_digest_text",
    "string_to_vector", "to_vector", "uuid_to_bin", "validate_password_strength", "vector_dim",
    "vector_to_string",
};

// The same, of MariaDB only.
constexpr std::string_view kMariadb[] = {
    "add_months", "chr", "column_add", "column_check", "column_create", "column_delete", "column_exists",
    "column_get", "column_json", "column_list", "crc32c", "decode", "decode_histogram", "des_decrypt",
    "des_encrypt", "encode", "encrypt", "geometryn", "geometrytype", "json_array_intersect", "json_compact",
    "json_detailed", "json_equals", "json_exists", "json_key_value", "json_loose", "json_normalize",
    "json_object_filter_keys", "json_object_to_array", "json_query", "kdf", "lengthb", "natural_sort_key",
    "nvl", "nvl2", "old_password", "ora_hash", "sformat", "st_boundary", "st_isring", "st_pointonsurface",
    "st_relate", "substrb", "sys_guid", "to_char", "to_date", "to_number", "trunc", "uuid_v4", "uuid_v7",
    "vec_distance", "vec_distance_cosine", "vec_distance_euclidean", "vec_fromtext", "vec_totext",
};

// The same, but only without a blank before the parenthesis.
constexpr std::string_view kAdjacent[] = {
    "adddate", "avg", "bit_and", "bit_or", "bit_xor", "cast", "count", "curdate",
    "curtime", "date_add", "date_sub", "extract", "group_concat", "json_arrayagg", "json_objectagg", "max",
    "mid", "min", "now", "position", "session_user", "st_collect", "std", "stddev", "stddev_pop",
    "stddev_samp", "subdate", "substr", "substring", "sum", "sysdate", "system_user", "trim", "var_pop",
    "var_samp", "variance",
};

// MySQL allows the blank, MariaDB does not.
constexpr std::string_view kMariadbAdjacent[] = {
    "cume_dist", "dense_rank", "first_value", "lag", "lead", "nth_value", "ntile", "percent_rank", "rank",
};

// MariaDB only, and without a blank.
constexpr std::string_view kOnlyMariadbAdjacent[] = {
    "median", "percentile_cont", "percentile_disc",
};

// Words that precede a parenthesis without being called: operators, clauses, types in CAST.
constexpr std::string_view kSyntax[] = {
    "all", "and", "any", "as", "between", "binary", "by", "case", "cross", "decimal", "desc", "describe",
    "distinct", "distinctrow", "div", "do", "double", "else", "except", "exists", "explain", "float", "for",
    "from", "group", "having", "high_priority", "in", "index", "inner", "intersect", "is", "join", "key",
    "like", "limit", "match", "not", "numeric", "on", "or", "order", "over", "partition", "range", "regexp",
    "rlike", "row", "select", "separator", "some", "sql_big_result", "sql_buffer_result", "sql_no_cache",
    "sql_small_result", "straight_join", "then", "union", "unsigned", "using", "varchar", "varying", "when",
    "where", "window", "xor",
};

// Reserved by MySQL only.
constexpr std::string_view kMysqlSyntax[] = {"lateral"};

struct Special {
  std::string_view name;
  FunctionKind kind;
};
constexpr Special kSpecial[] = {
    {"last_insert_id", FunctionKind::last_insert_id},
    {"found_rows", FunctionKind::found_rows},
    {"row_count", FunctionKind::row_count},
    {"get_lock", FunctionKind::takes_lock},
    {"release_all_locks", FunctionKind::releases_lock},
    {"release_lock", FunctionKind::releases_lock},
    {"is_free_lock", FunctionKind::tests_lock},
    {"is_used_lock", FunctionKind::tests_lock},
    {"connection_id", FunctionKind::connection_id},
    {"lastval", FunctionKind::sequence},
    {"nextval", FunctionKind::sequence},
    {"setval", FunctionKind::sequence},
    {"binlog_gtid_pos", FunctionKind::acts_on_server},
    {"load_file", FunctionKind::acts_on_server},
    {"master_gtid_wait", FunctionKind::acts_on_server},
    {"master_pos_wait", FunctionKind::acts_on_server},
    {"source_pos_wait", FunctionKind::acts_on_server},
    {"wait_for_executed_gtid_set", FunctionKind::acts_on_server},
    {"wait_until_sql_thread_after_gtids", FunctionKind::acts_on_server},
    {"wsrep_last_seen_gtid", FunctionKind::acts_on_server},
    {"wsrep_last_written_gtid", FunctionKind::acts_on_server},
    {"wsrep_sync_wait_upto_gtid", FunctionKind::acts_on_server},
};
// clang-format on

// What a name is on each family; on a server of which the family is not known, what it is on both.
struct Meaning {
  FunctionKind mysql;
  FunctionKind mariadb;
};

constexpr FunctionKind of_both(Meaning meaning) {
  if (meaning.mysql == meaning.mariadb) return meaning.mysql;
  const bool unknown_to_one =
      meaning.mysql == FunctionKind::unknown || meaning.mariadb == FunctionKind::unknown;
  return unknown_to_one ? FunctionKind::unknown : FunctionKind::pure_if_adjacent;
}

struct Group {
  std::span<const std::string_view> names;
  Meaning meaning;
};
constexpr Group kGroups[] = {
    {kPure, {FunctionKind::pure, FunctionKind::pure}},
    {kMysql, {FunctionKind::pure, FunctionKind::unknown}},
    {kMariadb, {FunctionKind::unknown, FunctionKind::pure}},
    {kAdjacent, {FunctionKind::pure_if_adjacent, FunctionKind::pure_if_adjacent}},
    {kMariadbAdjacent, {FunctionKind::pure, FunctionKind::pure_if_adjacent}},
    {kOnlyMariadbAdjacent, {FunctionKind::unknown, FunctionKind::pure_if_adjacent}},
    {kSyntax, {FunctionKind::syntax, FunctionKind::syntax}},
    {kMysqlSyntax, {FunctionKind::syntax, FunctionKind::unknown}},
};

constexpr std::size_t kNames = [] {
  std::size_t names = std::size(kSpecial);
  for (const Group& group : kGroups) names += group.names.size();
  return names;
}();

struct Known {
  std::array<std::string_view, kNames> names;
  std::array<std::array<FunctionKind, 3>, kNames> kinds;  // by ServerFamily
};
constexpr Known kKnown = [] {
  Known known{};
  std::size_t at = 0;
  const auto add = [&](std::string_view name, Meaning meaning) {
    known.names[at] = name;
    known.kinds[at++] = {of_both(meaning), meaning.mysql, meaning.mariadb};
  };
  for (const Group& group : kGroups) {
    for (const std::string_view name : group.names) add(name, group.meaning);
  }
  for (const Special& special : kSpecial) add(special.name, {special.kind, special.kind});
  return known;
}();

constexpr NameTable<kNames, 2048> kTable(kKnown.names);

}  // namespace

FunctionKind find_function(std::string_view name, ServerFamily family) {
  const int found = kTable.find(name);
  if (found < 0) return FunctionKind::unknown;
  return kKnown.kinds[static_cast<std::size_t>(found)][static_cast<std::size_t>(family)];
}

ServerFamily family_of(std::string_view server_version) {
  constexpr std::string_view kMariadbMark = "mariadb";
  for (std::size_t i = 0; i + kMariadbMark.size() <= server_version.size(); ++i) {
    if (equals_caseless(server_version.substr(i, kMariadbMark.size()), kMariadbMark))
      return ServerFamily::mariadb;
  }
  return ServerFamily::mysql;
}

}  // namespace weir
