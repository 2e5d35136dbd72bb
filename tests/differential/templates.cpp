// The statements. {t} is the session's own table, {i} the session's number, {n} a small number, {v} some
// literal, {u} one of three names. SET CHARACTER SET is missing: it takes the collation of the current
// schema, which MariaDB forgets with COM_RESET_CONNECTION.
#include <array>

#include "tests/differential/generator.hpp"

namespace weir::differential {
namespace {

constexpr Template kTemplates[] = {
    // Reads.
    {Hold::none, 6, "SELECT 1"},
    {Hold::none, 6, "SELECT * FROM shared ORDER BY id LIMIT {n}"},
    {Hold::none, 4, "SELECT id, b FROM {t} ORDER BY id"},
    {Hold::none, 3, "SELECT COUNT(*), SUM(a), MAX(b) FROM {t}"},
    {Hold::none, 2,
     "SELECT s.id, t.a FROM shared s LEFT JOIN {t} t ON t.id = s.id ORDER BY s.id, t.id LIMIT 5"},
    {Hold::none, 2, "SELECT DATABASE(), USER() LIKE 'app@%', CURRENT_USER()"},
    {Hold::none, 3, "SELECT LENGTH('\xc3\xa9'), HEX('\xc3\xa9'), CHARSET('x'), COLLATION('x')"},
    {Hold::none, 2, "SELECT '\xc3\xa9\xe2\x82\xac' AS words"},
    {Hold::none, 2, "SELECT 'a' = 'A', 'a' < 'B'"},
    {Hold::soft, 2, "SELECT \"x\" || 'y', 7/3, 1 = 1"},
    {Hold::none, 2, "SHOW TABLES"},
    {Hold::none, 1, "SHOW CREATE TABLE shared"},
    {Hold::none, 1, "DESCRIBE shared"},
    {Hold::none, 1, "DO 1"},
    {Hold::hard, 1, "SELECT reads_only({n})"},
    {Hold::none, 1, "SELECT FROM_UNIXTIME({n})"},
    {Hold::soft, 1, "SELECT GROUP_CONCAT(b ORDER BY id) FROM shared"},
    {Hold::none, 1, "(SELECT 1 AS x) UNION ALL (SELECT {n}) ORDER BY x"},
    {Hold::none, 1, "WITH w AS (SELECT id FROM shared) SELECT COUNT(*) FROM w"},
    {Hold::hard, 1, "SELECT b FROM shared WHERE id = {n} FOR UPDATE"},
    // Writes.
    {Hold::soft, 6, "INSERT INTO {t} (a, b) VALUES ({n}, {v})"},
    {Hold::soft, 2, "INSERT INTO {t} (a, b) VALUES ({n}, {v}), (1, 'two'), (2, 'three')"},
    {Hold::soft, 1, "INSERT INTO {t} (a) SELECT {n} FROM (SELECT 1 UNION ALL SELECT 2) AS two"},
    {Hold::none, 3, "UPDATE {t} SET a = a + 1 WHERE a = {n}"},
    {Hold::none, 2, "DELETE FROM {t} WHERE a = {n}"},
    {Hold::none, 1, "TRUNCATE TABLE {t}"},
    {Hold::soft, 1, "REPLACE INTO {t} (a) VALUES (3)"},
    {Hold::soft, 1, "LOAD DATA LOCAL INFILE 'any' INTO TABLE {t} (a, b)"},
    {Hold::soft, 1, "LOAD DATA LOCAL INFILE 'empty' INTO TABLE {t} (a, b)"},
    {Hold::soft, 1, "INSERT INTO {t} (a) VALUES ({n}) RETURNING id", Engine::mariadb},
    {Hold::none, 1, "ALTER TABLE {t} COMMENT = 'c{n}'"},
    {Hold::none, 1, "ALTER TABLE {t} MODIFY b VARCHAR(2{n})"},
    // What the previous statement left.
    {Hold::soft, 4, "SELECT LAST_INSERT_ID()"},
    {Hold::soft, 2, "SELECT LAST_INSERT_ID() + 1, {n}"},
    {Hold::soft, 2, "INSERT INTO {t} (a) VALUES (LAST_INSERT_ID())"},
    {Hold::soft, 1, "SELECT LAST_INSERT_ID({n})"},
    {Hold::soft, 1, "SELECT @@last_insert_id, @@identity"},
    {Hold::none, 2, "SELECT ROW_COUNT()"},
    {Hold::none, 2, "SELECT ROW_COUNT() AS n, {n}"},
    {Hold::none, 1, "INSERT INTO {t} (a) SELECT ROW_COUNT() FROM shared WHERE id < 0"},
    {Hold::none, 1, "UPDATE {t} SET a = ROW_COUNT() WHERE a = {n}"},
    {Hold::soft, 2, "SELECT SQL_CALC_FOUND_ROWS id FROM shared ORDER BY id LIMIT {n}"},
    // Warnings and errors.
    {Hold::soft, 2, "SELECT 1/0"},
    {Hold::soft, 2, "SELECT CAST('12x' AS SIGNED), 'x' + {n}"},
    {Hold::soft, 1, "INSERT IGNORE INTO {t} (a, b) VALUES ('x', 1)"},
    {Hold::soft, 1, "INSERT INTO {t} (id) VALUES (1), (1)"},
    {Hold::soft, 1, "DROP TABLE IF EXISTS nothing_{n}"},
    {Hold::soft, 2, "SELECT * FROM no_such_table"},
    {Hold::soft, 1, "SELECT no_such_column FROM shared"},
    {Hold::soft, 1, "SELEKT {n}"},
    {Hold::soft, 1, "SELECT 1 FROM"},
    {Hold::soft, 1, "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'mine {n}', MYSQL_ERRNO = 30{n}1"},
    // Session variables.
    {Hold::none, 3, "SET NAMES utf8mb4"},
    {Hold::none, 2, "SET NAMES latin1"},
    {Hold::none, 1, "SET NAMES utf8mb4 COLLATE utf8mb4_bin"},
    {Hold::none, 1, "SET character_set_results = NULL"},
    {Hold::none, 1, "SET collation_connection = 'latin1_bin'"},
    {Hold::none, 2, "SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'"},
    {Hold::none, 2, "SET sql_mode = ''"},
    {Hold::none, 1, "SET sql_mode = DEFAULT"},
    {Hold::none, 1, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'"},
    {Hold::none, 1, "SET @@sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')"},
    {Hold::none, 2, "SET time_zone = '+0{n}:00'"},
    {Hold::none, 1, "SET time_zone = DEFAULT, div_precision_increment = {n}"},
    {Hold::none, 1, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"},
    {Hold::none, 1, "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE"},
    {Hold::none, 1, "SET SESSION TRANSACTION READ WRITE"},
    {Hold::none, 2, "SET foreign_key_checks = 0"},
    {Hold::soft, 1, "SET foreign_key_checks = DEFAULT"},
    {Hold::none, 1, "SET unique_checks = OFF"},
    {Hold::none, 1, "SET group_concat_max_len = {n}{n}"},
    {Hold::none, 1, "SET sql_select_limit = {n}"},
    {Hold::none, 1, "SET sql_select_limit = DEFAULT"},
    {Hold::none, 1, "SET sql_safe_updates = 0"},
    {Hold::none, 1, "SET lc_time_names = 'de_DE'"},
    {Hold::none, 1, "SET auto_increment_increment = {n}"},
    {Hold::none, 1, "SET auto_increment_increment = DEFAULT"},
    {Hold::none, 1, "SET optimizer_switch = 'mrr=on'"},
    {Hold::none, 1, "SET optimizer_switch = DEFAULT"},
    {Hold::none, 1, "SET autocommit = 1"},
    {Hold::none, 1, "SET max_statement_time = {n}{n}", Engine::mariadb},
    {Hold::none, 1, "SET max_execution_time = {n}000", Engine::mysql},
    {Hold::soft, 1, "SET sql_mode = 'NONSENSE'"},
    {Hold::soft, 1, "SET time_zone = 'Mars/Olympus'"},
    {Hold::soft, 1, "SET no_such_variable = 1"},
    {Hold::soft, 1, "SET foreign_key_checks = 1, sql_mode = 'NONSENSE'"},
    {Hold::none, 3, "SELECT @@sql_mode, @@time_zone, @@foreign_key_checks"},
    {Hold::none, 2, "SELECT @@character_set_client, @@character_set_results, @@collation_connection"},
    {Hold::none, 2,
     "SELECT @@autocommit, @@sql_select_limit, @@group_concat_max_len, @@div_precision_increment"},
    {Hold::none, 1,
     "SELECT @@auto_increment_increment, @@unique_checks, @@lc_time_names, @@optimizer_switch"},
    {Hold::none, 1, "SELECT @@tx_isolation, @@tx_read_only, @@max_statement_time", Engine::mariadb},
    {Hold::none, 1, "SELECT @@transaction_isolation, @@transaction_read_only, @@max_execution_time",
     Engine::mysql},
    {Hold::none, 1, "SHOW VARIABLES LIKE 'character_set_c%'"},
    // Schemas.
    {Hold::none, 2, "USE diff"},
    {Hold::none, 2, "USE diff2"},
    {Hold::soft, 1, "USE no_such_schema"},
    // Roles.
    {Hold::none, 1, "SET ROLE diff_role"},
    {Hold::none, 1, "SET ROLE NONE"},
    {Hold::soft, 1, "SET ROLE no_such_role"},
    {Hold::none, 2, "SELECT CURRENT_ROLE()"},
    // User variables.
    {Hold::soft, 3, "SET @{u} = {v}"},
    {Hold::soft, 1, "SET @{u} = {n}, @b = NULL"},
    {Hold::soft, 1, "SET @{u} = 1.50, @c := 2e3"},
    {Hold::soft, 2, "SET @{u} = (SELECT COUNT(*) FROM shared)"},
    {Hold::soft, 1, "SET @{u} = LAST_INSERT_ID()"},
    {Hold::soft, 1, "SELECT @{u} := {n}"},
    {Hold::soft, 1, "SELECT id, b FROM shared WHERE id = {n} INTO @a, @b"},
    {Hold::soft, 4, "SELECT @a, @b, @c"},
    {Hold::soft, 1,
     "SELECT IF(@a IS NULL, 0, CHARSET(@a)), IF(@b IS NULL, 0, COLLATION(@b)), IF(@c IS NULL, 0, "
     "COERCIBILITY(@c))"},
    {Hold::soft, 1, "SELECT COUNT(*) FROM shared WHERE id < @{u}"},
    {Hold::hard, 1, "CALL sets_out({n}, @{u})"},
    {Hold::hard, 1, "CALL two_results({n})"},
    {Hold::hard, 1, "SELECT writes({n})"},
    {Hold::hard, 1, "CALL begins({n})"},
    {Hold::hard, 1, "CALL ends()"},
    // Several statements in one text.
    {Hold::soft, 1, "SELECT 1; SELECT {n}"},
    {Hold::soft, 1, "SELECT SQL_CALC_FOUND_ROWS id FROM shared LIMIT {n}; SELECT FOUND_ROWS()"},
    {Hold::hard, 1, "SET @{u} = {n}; SELECT @{u}; INSERT INTO {t} (a) VALUES (@{u})"},
    {Hold::hard, 1, "SELECT 1; SELEKT 2; SELECT 3"},
    // Transactions.
    {Hold::hard, 4, "BEGIN"},
    {Hold::hard, 1, "START TRANSACTION READ ONLY"},
    {Hold::hard, 1, "START TRANSACTION WITH CONSISTENT SNAPSHOT"},
    {Hold::hard, 5, "COMMIT"},
    {Hold::hard, 3, "ROLLBACK"},
    {Hold::hard, 1, "COMMIT AND CHAIN"},
    {Hold::hard, 2, "SAVEPOINT s{n}"},
    {Hold::hard, 1, "ROLLBACK TO SAVEPOINT s{n}"},
    {Hold::hard, 1, "RELEASE SAVEPOINT s{n}"},
    {Hold::hard, 1, "SET autocommit = 0"},
    {Hold::hard, 1, "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"},
    {Hold::hard, 1, "SET TRANSACTION READ ONLY"},
    {Hold::hard, 1, "XA START 'xa{i}'"},
    {Hold::hard, 1, "XA END 'xa{i}'"},
    {Hold::hard, 1, "XA COMMIT 'xa{i}' ONE PHASE"},
    {Hold::hard, 1, "XA ROLLBACK 'xa{i}'"},
    // What lives on a connection.
    {Hold::hard, 2, "CREATE TEMPORARY TABLE IF NOT EXISTS tmp_{u} (x INT, y VARCHAR(20))"},
    {Hold::hard, 2, "INSERT INTO tmp_{u} VALUES ({n}, {v})"},
    {Hold::hard, 2, "SELECT * FROM tmp_{u} ORDER BY x, y"},
    {Hold::hard, 2, "DROP TEMPORARY TABLE IF EXISTS tmp_{u}"},
    {Hold::hard, 1, "DROP TABLE IF EXISTS tmp_{u}"},
    {Hold::hard, 1, "DROP TABLE tmp_{u}, nothing_{n}"},
    {Hold::hard, 1, "DROP TEMPORARY TABLE tmp_a, tmp_b"},
    {Hold::hard, 1, "ALTER TABLE tmp_{u} RENAME TO tmp_{u}"},
    {Hold::hard, 2, "SELECT GET_LOCK('lock{i}_{u}', 0)"},
    {Hold::hard, 2, "SELECT RELEASE_LOCK('lock{i}_{u}')"},
    {Hold::hard, 1, "SELECT RELEASE_ALL_LOCKS()"},
    {Hold::hard, 1, "SELECT IS_FREE_LOCK('lock{i}_{u}')"},
    {Hold::hard, 1, "LOCK TABLES {t} WRITE, shared READ"},
    {Hold::hard, 2, "UNLOCK TABLES"},
    {Hold::hard, 1, "HANDLER shared OPEN AS h"},
    {Hold::hard, 1, "HANDLER h READ NEXT"},
    {Hold::hard, 1, "HANDLER h CLOSE"},
    {Hold::hard, 2, "PREPARE ps_{u} FROM 'SELECT ? + {n}, ?'"},
    {Hold::hard, 1, "PREPARE ps_{u} FROM 'INSERT INTO {t} (a) VALUES (LENGTH(?))'"},
    {Hold::hard, 1, "PREPARE ps_{u} FROM 'COMMIT'"},
    {Hold::hard, 2, "EXECUTE ps_{u} USING @a, @b"},
    {Hold::hard, 1, "EXECUTE ps_{u} USING @a"},
    {Hold::hard, 1, "EXECUTE ps_{u}"},
    {Hold::hard, 1, "EXECUTE IMMEDIATE 'SELECT ?' USING @a", Engine::mariadb},
    {Hold::hard, 1, "DEALLOCATE PREPARE ps_{u}"},
    {Hold::hard, 1, "SET timestamp = 10{n}0"},
    {Hold::hard, 1, "SELECT NOW() > '2000-01-01'"},
    {Hold::hard, 1, "SET insert_id = 10{n}"},
};

}  // namespace

std::span<const Template> templates() {
  return kTemplates;
}

// The role's owner is named: in a binary log of MariaDB's, CURRENT_USER() of a GRANT is not the one who said
// it.
std::vector<std::string> setup_of(const Shape& shape) {
  std::vector<std::string> setup{
      "DROP DATABASE IF EXISTS diff", "DROP DATABASE IF EXISTS diff2", "DROP ROLE IF EXISTS diff_role",
      "CREATE ROLE diff_role", "GRANT diff_role TO app",
      "CREATE DATABASE diff CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
      "CREATE DATABASE diff2 CHARACTER SET latin1 COLLATE latin1_swedish_ci", "USE diff",
      "CREATE TABLE shared (id INT PRIMARY KEY, b VARCHAR(20), c DECIMAL(8,2), d DATETIME) ENGINE=InnoDB",
      "INSERT INTO shared VALUES (1, 'one', 1.10, '2024-01-01 00:00:01'), (2, 'two', NULL, NULL), "
      "(3, 'thr\xc3\xa9\xc3\xa9', -3.3, '2024-03-03'), (4, NULL, 4, NULL), (5, 'five', 5.55, '1999-12-31')",
      "CREATE FUNCTION reads_only(n INT) RETURNS INT READS SQL DATA RETURN (SELECT COUNT(*) FROM "
      "diff.shared) + n",
      "CREATE TABLE journal (id INT AUTO_INCREMENT PRIMARY KEY, n INT)",
      "CREATE FUNCTION writes(n INT) RETURNS INT DETERMINISTIC MODIFIES SQL DATA BEGIN INSERT INTO "
      "diff.journal (n) VALUES (n); "
      "RETURN n + 1; END",
      // MySQL answers CALL with the row count of the last statement, of before the CALL if none in it has
      // one.
      "CREATE PROCEDURE sets_out(IN n INT, OUT o INT) BEGIN DO 0; SET o = n * 2; END",
      "CREATE PROCEDURE begins(IN n INT) BEGIN START TRANSACTION; INSERT INTO diff.journal (n) VALUES (n); "
      "END",
      "CREATE PROCEDURE ends() BEGIN DO 0; COMMIT; END",
      "CREATE PROCEDURE two_results(IN n INT) BEGIN SELECT n; SELECT id FROM diff.shared ORDER BY id LIMIT "
      "2; END"};
  for (int i = 0; i < shape.sessions; ++i) {
    setup.push_back("CREATE TABLE t" + std::to_string(i) +
                    " (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(20), KEY (a)) ENGINE=InnoDB");
  }
  setup.push_back("USE diff2");
  setup.push_back("CREATE TABLE shared LIKE diff.shared");
  setup.push_back("INSERT INTO shared VALUES (1, 'other', 1, NULL)");
  return setup;
}

}  // namespace weir::differential
