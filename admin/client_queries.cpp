#include "admin/client_queries.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "admin/client_listings.hpp"
#include "admin/command_pattern.hpp"
#include "admin/information_schema.hpp"
#include "admin/refusals.hpp"
#include "admin/sql_translation.hpp"
#include "admin/system_variables.hpp"
#include "router/query/lexer.hpp"

namespace weir {
namespace {

using client_listings::Captured;
using MaybeReply = std::optional<Reply>;

// ---- statements that change nothing here

Reply accepted(ClientQueryContext&, Captured) {
  return Done{};
}

// Names of tables mean the same wherever one is: only DATABASE() tells.
Reply use_database(ClientQueryContext& context, Captured captured) {
  context.session.database = captured["name"];
  return Done{};
}

Reply rolled_back(ClientQueryContext& context, Captured) {
  context.session.warnings.push_back({.table = {},
                                      .column = {},
                                      .text = "nothing is taken back: there are no transactions here, every "
                                              "statement takes effect by itself",
                                      .severity = Severity::warning});
  return Done{};
}

// ---- questions with one answer

Reply time_zone_offset(ClientQueryContext& context, Captured) {
  return context.run_sql(
      "SELECT printf('%s%02d:%02d:00', iif(s < 0, '-', ''), abs(s) / 3600, abs(s) / 60 % 60) AS "
      "\"TIMEDIFF(NOW(), "
      "UTC_TIMESTAMP())\" FROM (SELECT strftime('%s', 'now', 'localtime') - strftime('%s', 'now') AS s)");
}

Reply version_with_comment(ClientQueryContext&, Captured) {
  return Rows{{"concat(@@version, ' ', @@version_comment)"},
              {{std::string(kCompatibleVersion) + " " + std::string(kVersionComment)}}};
}

// The mysql client asks it to learn whether a server takes $$ for a name.
Reply dollar_signs(ClientQueryContext&, Captured) {
  return refuse(AdminError::unknown_column, "no such column: $$");
}

struct ClientQueryRow {
  std::string_view pattern;
  Reply (*answer)(ClientQueryContext& context, Captured captured);
};

namespace list = client_listings;

constexpr ClientQueryRow kQueries[] = {
    {"USE <name>", use_database},
    {"BEGIN [WORK|TRANSACTION|IMMEDIATE|EXCLUSIVE|DEFERRED] [TRANSACTION]", accepted},
    {"START TRANSACTION [<options...>]", accepted},
    {"COMMIT [<options...>]", accepted},
    {"ROLLBACK [<options...>]", rolled_back},
    {"SAVEPOINT <name>", accepted},
    {"RELEASE SAVEPOINT <name>", accepted},
    {"LOCK TABLE|TABLES|INSTANCE <tables...>", accepted},
    {"UNLOCK TABLE|TABLES|INSTANCE", accepted},
    {"FLUSH [LOCAL|NO_WRITE_TO_BINLOG] TABLE|TABLES|STATUS|PRIVILEGES [<tables...>]", accepted},
    {"SET NAMES <charset...>", accepted},
    {"SET CHARACTER SET <charset...>", accepted},
    {"SET CHARSET <charset...>", accepted},
    {"SET [SESSION|GLOBAL|LOCAL] TRANSACTION <options...>", accepted},
    {"SHOW WARNINGS [LIMIT <limit...>]", list::warnings},
    {"SHOW ERRORS [LIMIT <limit...>]", list::errors},
    {"SHOW COUNT ( * ) WARNINGS", list::warning_count},
    {"SHOW COUNT ( * ) ERRORS", list::error_count},
    {"SELECT @@warning_count|@@session.warning_count [LIMIT 1]", list::warning_count},
    {"SELECT @@error_count|@@session.error_count [LIMIT 1]", list::error_count},
    {"SELECT CONCAT ( @@version , <blank...> , @@version_comment ) [LIMIT 1]", version_with_comment},
    {"SELECT TIMEDIFF ( NOW ( ) , UTC_TIMESTAMP ( ) )", time_zone_offset},
    {"SELECT $$", dollar_signs},
    {"SHOW FULL COLUMNS|FIELDS FROM|IN <table> [FROM|IN <schema>] [LIKE <like>]", list::full_columns},
    {"SHOW FULL COLUMNS|FIELDS FROM|IN <table> [FROM|IN <schema>] WHERE <condition...>", list::full_columns},
    {"SHOW [EXTENDED] COLUMNS|FIELDS FROM|IN <table> [FROM|IN <schema>] [LIKE <like>]", list::columns},
    {"SHOW [EXTENDED] COLUMNS|FIELDS FROM|IN <table> [FROM|IN <schema>] WHERE <condition...>", list::columns},
    {"DESCRIBE|DESC <table> [<column>]", list::columns},
    {"SHOW INDEX|INDEXES|KEYS FROM|IN <table> [FROM|IN <schema>] [WHERE <condition...>]", list::indexes},
    {"SHOW FULL TABLES [FROM|IN <schema>] [LIKE <like>]", list::full_tables},
    {"SHOW FULL TABLES [FROM|IN <schema>] WHERE <condition...>", list::full_tables},
    {"SHOW DATABASES|SCHEMAS LIKE <like>", list::databases},
    {"SHOW DATABASES|SCHEMAS WHERE <condition...>", list::databases},
    {"SHOW CREATE DATABASE|SCHEMA [IF NOT EXISTS] <schema>", list::create_database},
    {"SHOW CHARSET [LIKE <like>]", list::charsets},
    {"SHOW CHARSET WHERE <condition...>", list::charsets},
    {"SHOW CHARACTER SET [LIKE <like>]", list::charsets},
    {"SHOW CHARACTER SET WHERE <condition...>", list::charsets},
    {"SHOW COLLATION [LIKE <like>]", list::collations},
    {"SHOW COLLATION WHERE <condition...>", list::collations},
    {"SHOW [STORAGE] ENGINES", list::engines},
    {"SHOW GRANTS [FOR <account...>]", list::grants},
};

// Things that do not exist here, with the columns in which MySQL lists them.
struct EmptyListRow {
  std::string_view pattern, columns;
};
constexpr EmptyListRow kEmptyLists[] = {
    {"SHOW PLUGINS", "Name,Status,Type,Library,License"},
    {"SHOW [FULL] TRIGGERS [<filter...>]", "Trigger,Event,Table,Statement,Timing,Created,sql_mode,Definer"},
    {"SHOW EVENTS [<filter...>]", "Db,Name,Definer,Time zone,Type,Status"},
    {"SHOW FUNCTION|PROCEDURE|PACKAGE STATUS [<filter...>]",
     "Db,Name,Type,Definer,Modified,Created,Security_type"},
    {"SHOW OPEN TABLES [<filter...>]", "Database,Table,In_use,Name_locked"},
    {"SHOW PRIVILEGES", "Privilege,Context,Comment"},
    {"SHOW PROFILES", "Query_ID,Duration,Query"},
    {"SHOW MASTER STATUS", "File,Position,Binlog_Do_DB,Binlog_Ignore_DB"},
    {"SHOW BINARY LOG STATUS", "File,Position,Binlog_Do_DB,Binlog_Ignore_DB,Executed_Gtid_Set"},
    {"SHOW BINARY|MASTER LOGS", "Log_name,File_size"},
    {"SHOW [ALL] SLAVE|SLAVES|REPLICA|REPLICAS STATUS", "Slave_IO_State,Master_Host,Master_User,Master_Port"},
    {"SHOW SLAVE HOSTS", "Server_id,Host,Port,Master_id"},
    {"SHOW REPLICAS", "Server_Id,Host,Port,Source_Id,Replica_UUID"},
};

template <class RowType>
struct Compiled {
  const RowType* row;
  CommandPattern pattern;
};

template <class RowType, std::size_t kCount>
std::vector<Compiled<RowType>> compile(const RowType (&rows)[kCount]) {
  std::vector<Compiled<RowType>> compiled;
  for (const RowType& row : rows) compiled.push_back({&row, CommandPattern(row.pattern)});
  return compiled;
}

template <class RowType>
const RowType* find_row(const std::vector<Compiled<RowType>>& rows, const CommandText& text,
                        Captures& captures) {
  for (const Compiled<RowType>& candidate : rows) {
    if (candidate.pattern.matches(text, captures)) return candidate.row;
  }
  return nullptr;
}

MaybeReply answer_by_row(ClientQueryContext& context, const CommandText& text) {
  static const auto kCompiledQueries = compile(kQueries);
  static const auto kCompiledLists = compile(kEmptyLists);
  Captures captures;
  if (const auto* row = find_row(kCompiledQueries, text, captures)) return row->answer(context, captures);
  const auto* list = find_row(kCompiledLists, text, captures);
  if (list == nullptr) return std::nullopt;
  Rows empty;
  for (std::string_view rest = list->columns; !rest.empty();) {
    const auto end = std::min(rest.find(','), rest.size());
    empty.columns.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return empty;
}

// SHOW VARIABLES of names that no configuration variable has: clients ask for MySQL's. (Not read_only, of
// which the command tells with GLOBAL only, as ProxySQL does.)
MaybeReply answer_show_variables(ClientQueryContext& context, const CommandText& text) {
  static const CommandPattern kLike("SHOW [GLOBAL|SESSION|LOCAL] VARIABLES LIKE <like>");
  static const CommandPattern kWhere("SHOW [GLOBAL|SESSION|LOCAL] VARIABLES WHERE <condition...>");
  constexpr std::string_view kOfMysql =
      "SELECT VARIABLE_NAME AS Variable_name, VARIABLE_VALUE AS Value FROM "
      "information_schema.SESSION_VARIABLES "
      "WHERE VARIABLE_NAME <> 'read_only'";
  const std::string configured =
      std::string("SELECT variable_name AS Variable_name, variable_value AS Value FROM ") +
      (context.session.stats_only ? "stats" : "main") + ".global_variables";
  Captures captures;
  if (kWhere.matches(text, captures)) {
    return context.run_sql(fmt::format("SELECT * FROM ({} UNION ALL {}){} ORDER BY Variable_name", configured,
                                       kOfMysql, list::filter(captures, "")));
  }
  if (!kLike.matches(text, captures) || equals_caseless(captures["like"], "read_only")) return std::nullopt;
  const std::string filter = list::filter(captures, "Variable_name");
  const Rows ours = context.store.rows(fmt::format("SELECT 1 FROM ({}){} LIMIT 1", configured, filter));
  if (!ours.rows.empty()) return std::nullopt;
  return context.run_sql(fmt::format("SELECT * FROM ({}){}", kOfMysql, filter));
}

// SET of what belongs to a session of MySQL: its variables, and variables of users.
bool sets_session_only(const CommandText& text) {
  if (text.size() < 2 || !text.token(0).is(Word::set)) return false;
  Lexer lexer(text.sql(), {});
  lexer.next();
  bool expects_name = true;
  int depth = 0;
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    if (token.is('(')) ++depth;
    if (token.is(')')) --depth;
    if (depth == 0 && token.is(',')) expects_name = true;
    if (!expects_name || token.is(',')) continue;
    if (token.is_any({Word::session, Word::local, Word::global})) continue;
    if (token.kind == TokenKind::user_variable) {
      expects_name = false;
      continue;
    }
    const bool system = token.kind == TokenKind::system_variable;
    if (!is_session_variable(system ? token.text.substr(2) : token.text)) return false;
    expects_name = false;
  }
  return !expects_name;
}

bool may_need_translation(const CommandText& text) {
  return text.token(0).is_any({Word::select, Word::with, Word::insert, Word::replace, Word::update,
                               Word::delete_, Word::values, Word::explain});
}

// Code for MySQL only, in /*!40000 ... */: dumps consist of it. To SQLite it is a comment.
bool all_conditional(const CommandText& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!text.token(i).conditional) return false;
  }
  return text.complete();
}

// "admin" as ProxySQL says, until the client has chosen a database that there is: then it looks for tables of
// DATABASE() in information_schema.
std::string current_database(const AdminSession& session) {
  if (is_schema(session.database)) return session.database;
  return session.stats_only ? "stats" : "admin";
}

MaybeReply answer_translated(ClientQueryContext& context, std::string_view sql) {
  const AdminSession& session = context.session;
  const TranslationNames names{
      .variable = [&](std::string_view name) { return system_variable(context.store, session, name); },
      .database = current_database(session),
      .user = session.user + "@" + session.address,
      .connection_id = std::to_string(session.id),
      .version = std::string(kCompatibleVersion)};
  auto translated = translate_for_sqlite(sql, names);
  if (!translated) {
    return refuse(AdminError::unknown_variable, "Unknown system variable '" + translated.error() + "'");
  }
  if (!*translated) return std::nullopt;
  return context.run_sql(**translated);
}

}  // namespace

MaybeReply answer_client_query(ClientQueryContext& context, std::string_view sql) {
  const CommandText text(sql);
  if (text.size() == 0) return std::nullopt;
  if (auto reply = answer_by_row(context, text)) return reply;
  if (auto reply = answer_show_variables(context, text)) return reply;
  if (sets_session_only(text)) return Done{};
  if (may_need_translation(text)) return answer_translated(context, sql);
  if (all_conditional(text)) return Done{};
  return std::nullopt;
}

bool asks_for_warnings(std::string_view sql) {
  static const std::array kPatterns = {
      CommandPattern("SHOW WARNINGS|ERRORS [LIMIT <limit...>]"),
      CommandPattern("SHOW COUNT ( * ) WARNINGS|ERRORS"),
      CommandPattern(
          "SELECT @@warning_count|@@session.warning_count|@@error_count|@@session.error_count [LIMIT 1]")};
  const CommandText text(sql);
  Captures captures;
  for (const CommandPattern& pattern : kPatterns) {
    if (pattern.matches(text, captures)) return true;
  }
  return false;
}

}  // namespace weir
