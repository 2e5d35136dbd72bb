#include "router/session/effect.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace weir {
namespace {

// "sql_mode='ANSI' time_zone=DEFAULT sql_mode=? autocommit=0 pins user_variables: @a"
std::string render(const Effect& effect) {
  std::string text;
  const auto word = [&](std::string_view add) {
    if (!text.empty()) text += ' ';
    text += add;
  };
  for (const Change& change : effect.changes) {
    word(tracked_variable(change.variable).name);
    text += '=';
    switch (change.form) {
      case Change::Form::value:
        text += change.value;
        break;
      case Change::Form::default_:
        text += "DEFAULT";
        break;
      case Change::Form::appended:
        for (char c : change.value) text += c == kSelf ? std::string("SELF") : std::string(1, c);
        break;
      case Change::Form::learnt:
        text += "?";
        break;
    }
  }
  for (const OtherVariable& variable : effect.others) word("other " + variable.name + "=" + variable.text);
  if (effect.autocommit) word(*effect.autocommit ? "autocommit=1" : "autocommit=0");
  if (!effect.role.empty()) word("role " + effect.role);
  if (!effect.next_transaction.none()) word("next: " + to_sql(effect.next_transaction));
  if (effect.last_insert_id) word("last_insert_id=" + std::to_string(*effect.last_insert_id));
  for (const UserVariable& variable : effect.user_variables) word("@" + variable.name + "=" + variable.text);
  if (!effect.pins.empty()) word("pins " + to_text(effect.pins) + ": " + effect.cause);
  return text;
}

struct Case {
  const char* sql;
  const char* effect;
};

const Case kDrivers[] = {
    // mariadb-dump, mysqldump
    {"/*!40101 SET NAMES utf8mb4 */",
     "character_set_client='utf8mb4' character_set_results='utf8mb4' character_set_connection='utf8mb4'"},
    {"/*!40103 SET TIME_ZONE='+00:00' */", "time_zone='+00:00'"},
    {"/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */",
     "pins user_variables: @OLD_CHARACTER_SET_CLIENT"},
    {"/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */",
     "unique_checks=0 pins user_variables: @OLD_UNIQUE_CHECKS"},
    {"/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */",
     "sql_mode='NO_AUTO_VALUE_ON_ZERO' pins user_variables: @OLD_SQL_MODE"},
    {"/*!40101 SET SQL_MODE=@OLD_SQL_MODE */", "sql_mode=?"},
    {"/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */", "sql_notes=?"},
    {"/*!40101 SET character_set_client = utf8 */", "character_set_client='utf8'"},
    {"/*!40101 SET @saved_cs_client     = @@character_set_client */",
     "pins user_variables: @saved_cs_client"},
    {"/*!50003 SET sql_mode              = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION' */ ;",
     "sql_mode='STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'"},
    {"/*!50003 SET collation_connection  = utf8mb4_general_ci */ ;",
     "collation_connection='utf8mb4_general_ci'"},
    {"/*!80000 SET SESSION information_schema_stats_expiry=0 */",
     "pins unknown_set: /*!80000 SET SESSION information_schema_stats_expiry=0 */"},
    {"SET SESSION NET_READ_TIMEOUT= 86400, SESSION NET_WRITE_TIMEOUT= 86400",
     "net_read_timeout=86400 net_write_timeout=86400"},
    {"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", "transaction_isolation='REPEATABLE-READ'"},
    {"SET SQL_QUOTE_SHOW_CREATE=1/*!40102 ,SQL_MODE=concat(@@sql_mode, _utf8 ',NO_KEY_OPTIONS') */",
     "pins unknown_set: SET SQL_QUOTE_SHOW_CREATE=1/*!40102 ,SQL_MODE=concat(@@sql_mode,"},
    {"SET @@SESSION.SQL_LOG_BIN= 0", "sql_log_bin=0"},
    {"SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ ''",
     "pins unknown_set: SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ ''"},
    // mysql, mariadb on the command line
    {"SET NAMES utf8",
     "character_set_client='utf8' character_set_results='utf8' character_set_connection='utf8'"},
    {"SET SQL_SAFE_UPDATES=1,SQL_SELECT_LIMIT=1000,MAX_JOIN_SIZE=1000000",
     "sql_safe_updates=1 sql_select_limit=1000 max_join_size=1000000 sql_big_selects=0"},
    {"set sql_big_selects = 1", "sql_big_selects=1"},
    // Connector/J, MariaDB's JDBC driver
    {"SET character_set_results = NULL", "character_set_results=NULL"},
    {"SET autocommit=1", "autocommit=1"},
    {"set autocommit=0", "autocommit=0"},
    {"SET sql_mode='STRICT_TRANS_TABLES'", "sql_mode='STRICT_TRANS_TABLES'"},
    {"/* mysql-connector-j-9.0.0 (Revision: ab) */SET character_set_results = NULL",
     "character_set_results=NULL"},
    {"SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci",
     "character_set_client='utf8mb4' character_set_results='utf8mb4' COLLATE 'utf8mb4_unicode_ci' "
     "collation_connection='utf8mb4_unicode_ci'"},
    {"SET SQL_SELECT_LIMIT=DEFAULT", "sql_select_limit=DEFAULT"},
    {"SET SQL_SELECT_LIMIT=5", "sql_select_limit=5"},
    {"SET SESSION TRANSACTION READ ONLY", "transaction_read_only=1"},
    {"set session transaction read write", "transaction_read_only=0"},
    {"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "transaction_isolation='READ-COMMITTED'"},
    {"set session_track_schema=1,session_track_system_variables='auto_increment_increment'",
     "session_track_schema=1 session_track_system_variables='auto_increment_increment'"},
    {"SET session_track_schema=1, session_track_system_variables = "
     "CONCAT(@@session_track_system_variables,',auto_increment_increment'), "
     "sql_mode=concat(@@sql_mode,',STRICT_TRANS_TABLES')",
     "session_track_schema=1 session_track_system_variables=CONCAT(SELF,',auto_increment_increment') "
     "sql_mode=CONCAT(SELF,',STRICT_TRANS_TABLES')"},
    {"set autocommit=1, sql_mode = concat(@@sql_mode,',STRICT_TRANS_TABLES'), session_track_schema=1",
     "sql_mode=CONCAT(SELF,',STRICT_TRANS_TABLES') session_track_schema=1 autocommit=1"},
    {"SET SESSION max_statement_time=5", "max_statement_time=5"},
    {"SET time_zone = '+01:00', character_set_client = utf8mb4",
     "time_zone='+01:00' character_set_client='utf8mb4'"},
    // PHP: PDO, mysqli, Doctrine, Laravel, WordPress, Drupal
    {"SET NAMES 'utf8mb4' COLLATE 'utf8mb4_unicode_520_ci'",
     "character_set_client='utf8mb4' character_set_results='utf8mb4' COLLATE 'utf8mb4_unicode_520_ci' "
     "collation_connection='utf8mb4_unicode_520_ci'"},
    {"set session sql_mode='NO_ENGINE_SUBSTITUTION'", "sql_mode='NO_ENGINE_SUBSTITUTION'"},
    {"SET SESSION sql_mode='ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
     "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
     "sql_mode='ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_"
     "ZERO,"
     "NO_ENGINE_SUBSTITUTION'"},
    {"set names utf8mb4, time_zone=\"+00:00\"",
     "character_set_client='utf8mb4' character_set_results='utf8mb4' character_set_connection='utf8mb4' "
     "time_zone='+00:00'"},
    {"SET SESSION sql_mode = 'ANSI,TRADITIONAL'", "sql_mode='ANSI,TRADITIONAL'"},
    {"SET FOREIGN_KEY_CHECKS=0;", "foreign_key_checks=0"},
    {"SET SQL_BIG_SELECTS=1", "sql_big_selects=1"},
    {"set session wait_timeout=600", "wait_timeout=600"},
    {"SET group_concat_max_len = 1000000", "group_concat_max_len=1000000"},
    {"SET character_set_connection=utf8mb4, character_set_results=utf8mb4, character_set_client=binary",
     "character_set_connection='utf8mb4' character_set_results='utf8mb4' character_set_client='binary'"},
    {"SET CHARACTER SET utf8",
     "character_set_client='utf8' character_set_results='utf8' collation_connection=?"},
    // Django, SQLAlchemy, PyMySQL, mysqlclient
    {"SET SQL_AUTO_IS_NULL = 0", "sql_auto_is_null=0"},
    {"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;", "transaction_isolation='READ-COMMITTED'"},
    {"SET AUTOCOMMIT = 0", "autocommit=0"},
    {"SET NAMES utf8mb4 COLLATE utf8mb4_general_ci;",
     "character_set_client='utf8mb4' character_set_results='utf8mb4' COLLATE 'utf8mb4_general_ci' "
     "collation_connection='utf8mb4_general_ci'"},
    {"SET SESSION sql_mode='STRICT_TRANS_TABLES'; SET SESSION time_zone='UTC'",
     "sql_mode='STRICT_TRANS_TABLES' pins unknown_set: SET SESSION time_zone='UTC'"},
    {"SET default_storage_engine=INNODB", "default_storage_engine='INNODB'"},
    {"SET storage_engine=INNODB", "default_storage_engine='INNODB'"},
    {"SET foreign_key_checks = 0", "foreign_key_checks=0"},
    {"SET sql_mode=CONCAT(@@sql_mode,',STRICT_ALL_TABLES')", "sql_mode=CONCAT(SELF,',STRICT_ALL_TABLES')"},
    // Rails
    {"SET NAMES utf8mb4,  @@SESSION.sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'),  "
     "@@SESSION.sql_auto_is_null = 0, @@SESSION.wait_timeout = 2147483",
     "character_set_client='utf8mb4' character_set_results='utf8mb4' character_set_connection='utf8mb4' "
     "sql_mode=CONCAT(SELF,',STRICT_ALL_TABLES') sql_auto_is_null=0 wait_timeout=2147483"},
    {"SET @@SESSION.sql_mode = CONCAT(CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'), ',NO_AUTO_VALUE_ON_ZERO'),  "
     "@@SESSION.sql_auto_is_null = 0, @@SESSION.wait_timeout = 2147483647",
     "sql_mode=CONCAT(CONCAT(SELF,',STRICT_ALL_TABLES'),',NO_AUTO_VALUE_ON_ZERO') sql_auto_is_null=0 "
     "wait_timeout=2147483647"},
    {"SET FOREIGN_KEY_CHECKS = 1", "foreign_key_checks=1"},
    {"SET @@SESSION.transaction_isolation = 'READ-COMMITTED'", "transaction_isolation='READ-COMMITTED'"},
    // Go
    {"SET NAMES utf8mb4,time_zone='+00:00',sql_mode=ANSI",
     "character_set_client='utf8mb4' character_set_results='utf8mb4' character_set_connection='utf8mb4' "
     "time_zone='+00:00' sql_mode='ANSI'"},
    {"SET tx_isolation=\"SERIALIZABLE\"", "transaction_isolation='SERIALIZABLE'"},
    {"SET transaction_isolation = 'READ-UNCOMMITTED'", "transaction_isolation='READ-UNCOMMITTED'"},
    {"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "next: SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"},
    {"SET max_execution_time=3000", "max_execution_time=3000"},
    {"SET innodb_lock_wait_timeout=5", "innodb_lock_wait_timeout=5"},
    {"SET interpolateParams=1", "other interpolateparams=1"},
    // Node: mysql, mysql2, Sequelize, TypeORM, Knex
    {"SET time_zone = '+00:00'", "time_zone='+00:00'"},
    {"SET autocommit = 1;", "autocommit=1"},
    {"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;", "transaction_isolation='REPEATABLE-READ'"},
    {"SET SESSION sql_mode = \"NO_BACKSLASH_ESCAPES\"", "sql_mode='NO_BACKSLASH_ESCAPES'"},
    {"SET TRANSACTION READ ONLY", "next: SET TRANSACTION READ ONLY"},
    {"SET @sum := 0, @N = 5", "@sum=0 @N=5"},
    {"SET @a = 1, @b = @a", "pins user_variables: @b"},
    {"SET @a = @b, @c = 1", "pins user_variables: @a, @c"},
    {"SET @a = 'text'", "pins user_variables: @a"},
    {"SET @a = -1", "pins user_variables: @a"},
    {"SET @a = 9999999999999999999", "pins user_variables: @a"},
    {"SET @`a b` = 1", "pins user_variables: @`a b`"},
    // .NET, Perl, ODBC, Workbench, HeidiSQL
    {"SET character_set_server='utf8'", "character_set_server='utf8'"},
    {"SET net_write_timeout=99999, net_read_timeout=99999", "net_write_timeout=99999 net_read_timeout=99999"},
    {"SET SESSION interactive_timeout=28800, @@session.wait_timeout=28800",
     "interactive_timeout=28800 wait_timeout=28800"},
    {"SET SQL_SAFE_UPDATES=1", "sql_safe_updates=1"},
    {"SET PROFILING=1", "pins unknown_set: PROFILING"},
    {"SET SESSION optimizer_switch='mrr=on,mrr_cost_based=off'",
     "optimizer_switch='mrr=on,mrr_cost_based=off'"},
    {"SET lc_messages='en_US', lc_time_names='de_DE'", "lc_messages='en_US' lc_time_names='de_DE'"},
};

const Case kForms[] = {
    {"SET foreign_key_checks=ON", "foreign_key_checks=1"},
    {"SET foreign_key_checks='off'", "foreign_key_checks=0"},
    {"SET foreign_key_checks=TRUE", "foreign_key_checks=1"},
    {"SET foreign_key_checks=`ON`", "foreign_key_checks=1"},
    {"SET foreign_key_checks=1", "foreign_key_checks=1"},
    {"SET foreign_key_checks=2", "foreign_key_checks=2"},
    {"SET foreign_key_checks=DEFAULT", "foreign_key_checks=DEFAULT"},
    {"SET sql_notes=DEFAULT", "sql_notes=DEFAULT"},
    {"SET Tidb_Mode=ON, @@session.rocksdb_x='it''s', LOCAL other_y=-5",
     "other tidb_mode='ON' other rocksdb_x='it''s' other other_y=-5"},
    {"SET tidb_mode=TRUE, rocksdb_x=NULL, other_y=DEFAULT",
     "other tidb_mode=1 other rocksdb_x=NULL other other_y="},
    {"SET tidb_mode=1+1", "pins unknown_set: tidb_mode"},
    {"SET tidb_mode='\xc3\xbc'", "pins unknown_set: tidb_mode"},
    {"SET `odd name`=1", "pins unknown_set: odd name"},
    {"SET GLOBAL tidb_mode=1", ""},
    {"SET max_join_size=18446744073709551615", "max_join_size=18446744073709551615 sql_big_selects=1"},
    {"SET max_join_size=DEFAULT", "max_join_size=DEFAULT sql_big_selects=DEFAULT"},
    {"SET max_join_size=@a", "max_join_size=? sql_big_selects=?"},
    {"SET sql_mode=CONCAT(@@sql_mode,@a)", "sql_mode=?"},
    {"SET sql_mode=CONCAT(@@time_zone)", "sql_mode=?"},
    {"SET sql_mode=CONCAT(@@sql_mode,'a\\b')", "sql_mode=?"},
    {"SET sql_mode=CONCAT(@@sql_mode,'\xc3\xbc')", "sql_mode=?"},
    {"SET sql_mode=CONCAT(@@sql_mode,_utf8 ',A')", "sql_mode=?"},
    {"SET sql_mode=CONCAT(@@sql_mode,',A')+1", "sql_mode=?"},
    {"SET sql_mode='', sql_mode=CONCAT(@@sql_mode,',A')", "sql_mode='' sql_mode=?"},
    {"SET group_concat_max_len=CONCAT(@@group_concat_max_len,'0')", "group_concat_max_len=?"},
    {"SET sql_big_selects=FALSE", "sql_big_selects=0"},
    {"SET query_cache_type=ON", "query_cache_type='ON'"},
    {"SET group_concat_max_len=-1", "group_concat_max_len=-1"},
    {"SET long_query_time=.5", "long_query_time=.5"},
    {"SET log_slow_query_time=.5", "long_query_time=.5"},
    {"SET group_concat_max_len=1+1", "group_concat_max_len=?"},
    {"SET time_zone=SYSTEM", "time_zone='SYSTEM'"},
    {"SET time_zone='it''s'", "time_zone='it''s'"},
    {"SET time_zone='a\\\\b'", "pins unknown_set: time_zone"},
    {"SET time_zone='Z\xc3\xbcrich'", "pins unknown_set: time_zone"},
    {"SET sql_mode=''", "sql_mode=''"},
    {"SET sql_mode=4", "sql_mode=4"},
    {"SET sql_mode=0x4", "sql_mode=?"},
    {"SET @@sql_mode='ANSI'", "sql_mode='ANSI'"},
    {"SET LOCAL sql_mode='ANSI'", "sql_mode='ANSI'"},
    {"SET @@local.sql_mode='ANSI'", "sql_mode='ANSI'"},
    {"SET sql_mode=NULL", "sql_mode=NULL"},
    {"SET sql_mode='a', sql_mode='b'", "sql_mode='a' sql_mode='b'"},
    {"SET GLOBAL sql_mode='ANSI'", ""},
    {"SET PERSIST max_connections=5", ""},
    {"SET @@global.unknown_to_us=5", ""},
    {"SET GLOBAL a=1, SESSION sql_mode='ANSI'", "sql_mode='ANSI'"},
    {"SET NAMES DEFAULT",
     "character_set_client=DEFAULT character_set_results=DEFAULT collation_connection=DEFAULT"},
    {"SET NAMES UTF8MB4 COLLATE UTF8MB4_BIN",
     "character_set_client='utf8mb4' character_set_results='utf8mb4' COLLATE 'utf8mb4_bin' "
     "collation_connection='utf8mb4_bin'"},
    {"SET NAMES utf8mb4 COLLATE uca1400_ai_ci",
     "character_set_client='utf8mb4' character_set_results='utf8mb4' COLLATE 'utf8mb4_uca1400_ai_ci' "
     "collation_connection='utf8mb4_uca1400_ai_ci'"},
    {"SET collation_connection=latin1_bin", "collation_connection='latin1_bin'"},
    {"SET character_set_database=utf8", "pins unknown_set: character_set_database"},
    {"SET autocommit=DEFAULT", ""},
    {"SET autocommit=@@global.autocommit", ""},
    {"SET autocommit='ON', sql_mode=''", "sql_mode='' autocommit=1"},
    {"SET autocommit=false", "autocommit=0"},
    {"SET last_insert_id=42", "last_insert_id=42"},
    {"SET @@identity=18446744073709551615", "last_insert_id=18446744073709551615"},
    {"SET last_insert_id=-1", "pins unknown_set: last_insert_id"},
    {"SET last_insert_id=18446744073709551616", "pins unknown_set: last_insert_id"},
    {"SET insert_id=5", "pins unknown_set: insert_id"},
    {"SET gtid_next='AUTOMATIC'", "pins unknown_set: gtid_next"},
    {"SET rand_seed1=1, rand_seed2=2", "pins unknown_set: rand_seed1, rand_seed2"},
    {"SET timestamp=1700000000.5", "timestamp=1700000000.5"},
    {"SET timestamp=DEFAULT", "timestamp=DEFAULT"},
    {"SET @@tx_isolation='SERIALIZABLE'", "next: SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"},
    {"SET @@tx_isolation='read-committed'", "next: SET TRANSACTION ISOLATION LEVEL READ COMMITTED"},
    {"SET @@tx_isolation=2", "next: SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"},
    {"SET @@tx_isolation=4", "pins one_shot_transaction: tx_isolation"},
    {"SET @@tx_isolation=DEFAULT", "pins one_shot_transaction: tx_isolation"},
    {"SET @@tx_isolation=@a", "pins one_shot_transaction: tx_isolation"},
    {"SET @@transaction_read_only=1", "next: SET TRANSACTION READ ONLY"},
    {"SET @@transaction_read_only='off'", "next: SET TRANSACTION READ WRITE"},
    {"SET @@transaction_read_only=2", "pins one_shot_transaction: transaction_read_only"},
    {"SET TRANSACTION READ WRITE, ISOLATION LEVEL READ UNCOMMITTED",
     "next: SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED, READ WRITE"},
    {"SET SESSION sql_mode='', @@transaction_read_only=1",
     "sql_mode='' pins unknown_set: transaction_read_only"},
    {"SET @@session.tx_read_only=ON", "transaction_read_only=1"},
    {"SET SESSION TRANSACTION READ ONLY, ISOLATION LEVEL READ COMMITTED",
     "transaction_read_only=1 transaction_isolation='READ-COMMITTED'"},
    {"SET GLOBAL TRANSACTION ISOLATION LEVEL READ COMMITTED", ""},
    {"SET max_allowed_packet=1", "max_allowed_packet=1"},
    {"SET no_such_variable=1", "other no_such_variable=1"},
    {"SET sql_mode='ANSI', no_such_variable=1", "sql_mode='ANSI' other no_such_variable=1"},
    {"SET PASSWORD = 'x'", ""},
    {"SET DEFAULT ROLE r TO u", ""},
    {"SET ROLE r", "role r"},
    {"SET ROLE NONE", "role NONE"},
    {"SET ROLE DEFAULT", "role DEFAULT"},
    {"SET ROLE ALL EXCEPT a, `b`@'%'", "role ALL EXCEPT a, `b`@'%'"},
    {"SET ROLE 'my-role' ;", "role 'my-role'"},
    {"SET ROLE 'a--b'", "pins role: ROLE"},
    {"SET ROLE 'a\\'b'", "pins role: ROLE"},
    {"SET ROLE a /* x */, b", "pins role: ROLE"},
    {"SET ROLE \"a\"", "pins role: ROLE"},
    {"SET ROLE '\xc3\xa9'", "pins role: ROLE"},
    {"SET STATEMENT max_statement_time=1 FOR SELECT 1", ""},
    {"SET STATEMENT max_statement_time=1 FOR SET sql_mode='ANSI'",
     "pins hidden_state: SET STATEMENT ... FOR"},
    {"SET sql_mode=(", "pins unknown_set: SET sql_mode=("},
};

void check_all(std::span<const Case> cases) {
  for (const Case& c : cases) {
    CAPTURE(c.sql);
    CHECK(render(effect_of(parse_set(c.sql, {}))) == c.effect);
  }
}

TEST_CASE("what drivers and tools set is carried along, or pins with a name", "[router][session]") {
  check_all(kDrivers);
}

TEST_CASE("each form of a value and a scope has its effect", "[router][session]") {
  check_all(kForms);
}

TEST_CASE("a value of any length is bounded", "[router][session]") {
  const std::string longest(kMaxReplayText - 2, 'x');
  CHECK(effect_of(parse_set("SET sql_mode='" + longest + "'", {})).pins.empty());
  CHECK(effect_of(parse_set("SET sql_mode='" + longest + "x'", {})).pins.has(Pin::unknown_set));
}

TEST_CASE("a beginning of a SET never has an effect without a pin that the whole has not",
          "[router][session]") {
  for (const Case& c : kDrivers) {
    const std::string_view whole = c.sql;
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const SetStatement set = parse_set(whole.substr(0, size), {});
      const Effect effect = effect_of(set);
      CHECK((set.understood() || effect.pins.has(Pin::unknown_set)));
    }
  }
}

}  // namespace
}  // namespace weir
