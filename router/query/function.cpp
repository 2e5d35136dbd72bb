#include "router/query/function.hpp"

#include <algorithm>
#include <array>

#include "router/query/name_table.hpp"

namespace weir {
namespace {

// The functions of MySQL 5.7-9 and MariaDB 10-12, by kind. What is not listed is unknown: a stored or
// loadable function, which may do anything, or a built-in whose answer belongs to one server.
// clang-format off

// Same answer everywhere, no effect outside the statement (uuid, rand and sleep included).
constexpr std::string_view kPure[] = {
    "abs", "acos", "add_months", "addtime", "aes_decrypt", "aes_encrypt", "any_value", "asin", "atan",
    "atan2", "benchmark", "bin", "bin_to_uuid", "bit_count", "bit_length", "ceil", "ceiling", "char",
    "char_length", "character_length", "charset", "chr", "coalesce", "coercibility", "collation",
    "column_add", "column_check", "column_create", "column_delete", "column_exists", "column_get",
    "column_json", "column_list", "compress", "concat", "concat_ws", "conv", "convert", "convert_tz",
    "cos", "cot", "crc32", "crc32c", "cume_dist", "current_date", "current_role", "current_time",
    "current_timestamp", "current_user", "database", "date", "date_format", "datediff", "day", "dayname",
    "dayofmonth", "dayofweek", "dayofyear", "decode", "decode_histogram", "default", "degrees",
    "dense_rank", "des_decrypt", "des_encrypt", "distance_spherical", "elt", "encode", "encrypt", "exp",
    "export_set", "extractvalue", "field", "find_in_set", "first_value", "floor", "format",
    "format_bytes", "format_pico_time", "from_base64", "from_days", "from_unixtime", "from_vector",
    "geomcollection", "geometrycollection", "geometryn", "geometrytype", "get_format", "greatest",
    "grouping", "gtid_subset", "gtid_subtract", "hex", "hour", "icu_version", "if", "ifnull",
    "inet6_aton", "inet6_ntoa", "inet_aton", "inet_ntoa", "insert", "instr", "interval", "is_ipv4",
    "is_ipv4_compat", "is_ipv4_mapped", "is_ipv6", "is_uuid", "isnull", "json_array",
    "json_array_append", "json_array_insert", "json_array_intersect", "json_arrayagg", "json_compact",
    "json_contains", "json_contains_path", "json_depth", "json_detailed", "json_equals", "json_exists",
    "json_extract", "json_insert", "json_key_value", "json_keys", "json_length", "json_loose",
    "json_merge", "json_merge_patch", "json_merge_preserve", "json_normalize", "json_object",
    "json_object_filter_keys", "json_object_to_array", "json_objectagg", "json_overlaps", "json_pretty",
    "json_query", "json_quote", "json_remove", "json_replace", "json_schema_valid",
    "json_schema_validation_report", "json_search", "json_set", "json_storage_free", "json_storage_size",
    "json_table", "json_type", "json_unquote", "json_valid", "json_value", "kdf", "lag", "last_day",
    "last_value", "lcase", "lead", "least", "left", "length", "lengthb", "linestring", "ln", "localtime",
    "localtimestamp", "locate", "log", "log10", "log2", "lower", "lpad", "ltrim", "make_set", "makedate",
    "maketime", "mbrcontains", "mbrcoveredby", "mbrcovers", "mbrdisjoint", "mbrequals", "mbrintersects",
    "mbroverlaps", "mbrtouches", "mbrwithin", "md5", "median", "microsecond", "minute", "mod", "month",
    "monthname", "multilinestring", "multipoint", "multipolygon", "name_const", "natural_sort_key",
    "nth_value", "ntile", "nullif", "nvl", "nvl2", "oct", "octet_length", "old_password", "ora_hash",
    "ord", "password", "percent_rank", "percentile_cont", "percentile_disc", "period_add", "period_diff",
    "pi", "point", "polygon", "pow", "power", "quarter", "quote", "radians", "rand", "random_bytes",
    "rank", "regexp_instr", "regexp_like", "regexp_replace", "regexp_substr", "repeat", "replace",
    "reverse", "right", "round", "row_number", "rpad", "rtrim", "schema", "sec_to_time", "second",
    "sformat", "sha", "sha1", "sha2", "sign", "sin", "sleep", "soundex", "space", "sqrt", "st_area",
    "st_asbinary", "st_asgeojson", "st_astext", "st_aswkb", "st_aswkt", "st_boundary", "st_buffer",
    "st_buffer_strategy", "st_centroid", "st_collect", "st_contains", "st_convexhull", "st_crosses",
    "st_difference", "st_dimension", "st_disjoint", "st_distance", "st_distance_sphere", "st_endpoint",
    "st_envelope", "st_equals", "st_exteriorring", "st_frechetdistance", "st_geohash",
    "st_geomcollfromtext", "st_geomcollfromtxt", "st_geomcollfromwkb", "st_geometrycollectionfromtext",
    "st_geometrycollectionfromwkb", "st_geometryfromtext", "st_geometryfromwkb", "st_geometryn",
    "st_geometrytype", "st_geomfromgeojson", "st_geomfromtext", "st_geomfromwkb", "st_hausdorffdistance",
    "st_interiorringn", "st_intersection", "st_intersects", "st_isclosed", "st_isempty", "st_isring",
    "st_issimple", "st_isvalid", "st_latfromgeohash", "st_latitude", "st_length", "st_linefromtext",
    "st_linefromwkb", "st_lineinterpolatepoint", "st_lineinterpolatepoints", "st_linestringfromtext",
    "st_linestringfromwkb", "st_longfromgeohash", "st_longitude", "st_makeenvelope", "st_mlinefromtext",
    "st_mlinefromwkb", "st_mpointfromtext", "st_mpointfromwkb", "st_mpolyfromtext", "st_mpolyfromwkb",
    "st_multilinestringfromtext", "st_multilinestringfromwkb", "st_multipointfromtext",
    "st_multipointfromwkb", "st_multipolygonfromtext", "st_multipolygonfromwkb", "st_numgeometries",
    "st_numinteriorring", "st_numinteriorrings", "st_numpoints", "st_overlaps", "st_pointatdistance",
    "st_pointfromgeohash", "st_pointfromtext", "st_pointfromwkb", "st_pointn", "st_pointonsurface",
    "st_polyfromtext", "st_polyfromwkb", "st_polygonfromtext", "st_polygonfromwkb", "st_relate",
    "st_simplify", "st_srid", "st_startpoint", "st_swapxy", "st_symdifference", "st_touches",
    "st_transform", "st_union", "st_validate", "st_within", "st_x", "st_y", "statement_digest",
    "statement_digest_text", "str_to_date", "strcmp", "string_to_vector", "substrb", "substring_index",
    "subtime", "sys_guid", "tan", "time", "time_format", "time_to_sec", "timediff", "timestamp",
    "timestampadd", "timestampdiff", "to_base64", "to_char", "to_date", "to_days", "to_number",
    "to_seconds", "to_vector", "trunc", "truncate", "ucase", "uncompress", "uncompressed_length",
    "unhex", "unix_timestamp", "updatexml", "upper", "user", "utc_date", "utc_time", "utc_timestamp",
    "uuid", "uuid_short", "uuid_to_bin", "uuid_v4", "uuid_v7", "validate_password_strength", "value",
    "values", "vec_distance", "vec_distance_cosine", "vec_distance_euclidean", "vec_fromtext",
    "vec_totext", "vector_dim", "vector_to_string", "version", "week", "weekday", "weekofyear",
    "weight_string", "year", "yearweek",
};

// The same, but only without a blank before the parenthesis.
constexpr std::string_view kAdjacent[] = {
    "adddate", "approx_count_distinct", "avg", "bit_and", "bit_or", "bit_xor", "cast", "count",
    "curdate", "curtime", "date_add", "date_sub", "extract", "group_concat", "max", "mid", "min", "now",
    "position", "session_user", "std", "stddev", "stddev_pop", "stddev_samp", "subdate", "substr",
    "substring", "sum", "sysdate", "system_user", "trim", "var_pop", "var_samp", "variance",
};

// Words that precede a parenthesis without being called: operators, clauses, types in CAST.
constexpr std::string_view kSyntax[] = {
    "row",
    "against", "desc", "describe", "explain", "all", "and", "any", "as", "between", "binary", "by", "case", "columns", "cross",
    "decimal", "distinct", "distinctrow", "div", "double", "else", "except",
    "exists", "float", "for", "from", "full", "group", "having", "high_priority", "in", "index", "inner",
    "intersect", "is", "join", "key", "lateral", "like", "limit", "match",
    "not", "numeric", "of", "on", "or", "order", "over", "partition", "qualify",
    "range", "regexp", "rlike", "select", "separator",
    "some", "sql_big_result", "sql_buffer_result", "sql_no_cache",
    "sql_small_result", "straight_join", "system_time", "then", "union", "unsigned", "using", "varchar",
    "varying", "when", "where", "window", "xor",
};

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
    {"load_file", FunctionKind::acts_on_server},
    {"master_gtid_wait", FunctionKind::acts_on_server},
    {"master_pos_wait", FunctionKind::acts_on_server},
    {"source_pos_wait", FunctionKind::acts_on_server},
    {"wait_for_executed_gtid_set", FunctionKind::acts_on_server},
    {"wait_until_sql_thread_after_gtids", FunctionKind::acts_on_server},
};
// clang-format on

constexpr std::size_t kPureEnd = std::size(kPure);
constexpr std::size_t kAdjacentEnd = kPureEnd + std::size(kAdjacent);
constexpr std::size_t kSyntaxEnd = kAdjacentEnd + std::size(kSyntax);
constexpr std::size_t kNames = kSyntaxEnd + std::size(kSpecial);

constexpr std::array<std::string_view, kNames> all_names() {
  std::array<std::string_view, kNames> names;
  auto at = std::copy(std::begin(kPure), std::end(kPure), names.begin());
  at = std::copy(std::begin(kAdjacent), std::end(kAdjacent), at);
  at = std::copy(std::begin(kSyntax), std::end(kSyntax), at);
  for (const Special& special : kSpecial) *at++ = special.name;
  return names;
}

constexpr NameTable<kNames, 2048> kTable(all_names());

}  // namespace

FunctionKind find_function(std::string_view name) {
  const int found = kTable.find(name);
  if (found < 0) return FunctionKind::unknown;
  const auto position = static_cast<std::size_t>(found);
  if (position < kPureEnd) return FunctionKind::pure;
  if (position < kAdjacentEnd) return FunctionKind::pure_if_adjacent;
  if (position < kSyntaxEnd) return FunctionKind::syntax;
  return kSpecial[position - kSyntaxEnd].kind;
}

}  // namespace weir
