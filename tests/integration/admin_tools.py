"""What programs send to an admin port, each as one session of it; see admin_statements.py for the form."""

from .admin_statements import COMMAND_COLUMNS, DESCRIBED, OK, POOL_COLUMNS, ROWS, columns, error, ok, table

VERSION = "2.7.0"
NO_VARIABLE = table("Variable_name,Value")

SCRIPTS = {
    "mysql client": [
        ("select @@version_comment limit 1", columns("@@version_comment")),
        ("select $$", error(1054)),
        ("SELECT DATABASE()", table("DATABASE()", ("admin",))),
        ("select DATABASE(), USER() limit 1", columns("DATABASE(),USER()")),
        ("select @@character_set_client, @@character_set_connection, @@character_set_server, "
         "@@character_set_database limit 1", ROWS),
        ("show databases", ROWS),
        ("show tables", ROWS),
        ("SHOW WARNINGS", ROWS),
        ("help", ROWS),
        ("help 'load'", ROWS),
    ],
    "mycli": [
        ("SET NAMES utf8mb4", OK),
        ("SET AUTOCOMMIT = 1", OK),
        ("select connection_id()", columns("connection_id()")),
        ("SELECT @@VERSION", table("@@VERSION", (VERSION,))),
        ("SELECT @@VERSION_COMMENT", ROWS),
        ("SHOW DATABASES", ROWS),
        ("SHOW VARIABLES LIKE 'hostname'", ROWS),
        ("SELECT current_user()", ROWS),
        ("SELECT CONCAT(\"'\", user, \"'@'\",host,\"'\") FROM mysql.user", error(1146)),
        ("SELECT name from mysql.help_topic WHERE name like \"SHOW %\"", error(1146)),
        ("select TABLE_NAME, COLUMN_NAME from information_schema.columns where table_schema = 'main' "
         "order by table_name,ordinal_position", columns("TABLE_NAME,COLUMN_NAME")),
        ("SELECT ROUTINE_NAME FROM INFORMATION_SCHEMA.ROUTINES WHERE ROUTINE_TYPE=\"FUNCTION\" "
         "AND ROUTINE_SCHEMA = \"main\"", table("ROUTINE_NAME")),
    ],
    "mysqldump": [
        ("/*!40100 SET @@SQL_MODE='' */", OK),
        ("/*!40103 SET TIME_ZONE='+00:00' */", OK),
        ("/*!80000 SET SESSION information_schema_stats_expiry=0 */", OK),
        ("SET SESSION NET_READ_TIMEOUT= 86400, SESSION NET_WRITE_TIMEOUT= 86400", OK),
        ("SHOW STATUS LIKE 'binlog_snapshot_gtid_executed'", NO_VARIABLE),
        ("SHOW VARIABLES LIKE 'gtid\\_mode'", NO_VARIABLE),
        ("SHOW VARIABLES LIKE 'ndbinfo\\_version'", NO_VARIABLE),
        ("SELECT LOGFILE_GROUP_NAME, FILE_NAME, TOTAL_EXTENTS, INITIAL_SIZE, ENGINE, EXTRA FROM "
         "INFORMATION_SCHEMA.FILES WHERE ENGINE = 'ndbcluster' AND FILE_TYPE = 'UNDO LOG' AND FILE_NAME IS NOT NULL "
         "AND LOGFILE_GROUP_NAME IS NOT NULL ORDER BY LOGFILE_GROUP_NAME", ROWS),
        ("SELECT DISTINCT TABLESPACE_NAME, FILE_NAME, LOGFILE_GROUP_NAME, EXTENT_SIZE, INITIAL_SIZE, ENGINE FROM "
         "INFORMATION_SCHEMA.FILES WHERE FILE_TYPE = 'DATAFILE' ORDER BY TABLESPACE_NAME, LOGFILE_GROUP_NAME", ROWS),
        ("SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE table_schema = 'performance_schema' AND "
         "table_name = 'session_variables'", table("COUNT(*)", ("0",))),
        ("SHOW CREATE DATABASE IF NOT EXISTS `main`", ROWS),
        ("USE `main`", OK),
        ("show tables", ROWS),
        ("LOCK TABLES `mysql_users` READ /*!32311 LOCAL */", OK),
        ("show table status like 'mysql\\_users'", ROWS),
        ("SET SQL_QUOTE_SHOW_CREATE=1", OK),
        ("SET SESSION character_set_results = 'binary'", OK),
        ("show create table `mysql_users`", ROWS),
        ("show fields from `mysql_users`", columns(DESCRIBED)),
        ("show triggers like 'mysql\\_users'", ROWS),
        ("SELECT /*!40001 SQL_NO_CACHE */ * FROM `mysql_users`", ROWS),
        ("SELECT COLUMN_NAME, JSON_EXTRACT(HISTOGRAM, '$.\"number-of-buckets-specified\"') FROM "
         "information_schema.COLUMN_STATISTICS WHERE SCHEMA_NAME = 'main' AND TABLE_NAME = 'mysql_users'", ROWS),
        ("select @@collation_database", table("@@collation_database", ("utf8_general_ci",))),
        ("SHOW FUNCTION STATUS WHERE Db = 'main'", ROWS),
        ("SHOW EVENTS", ROWS),
        ("UNLOCK TABLES", OK),
        ("/*!40000 ALTER TABLE `mysql_users` DISABLE KEYS */", OK),
        ("/*!50503 SET character_set_client = utf8mb4 */", OK),
        ("/*!40101 SET @saved_cs_client     = @@character_set_client */", OK),
        ("/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */", OK),
        ("/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */", OK),
        ("/*!50717 PREPARE s FROM @rocksdb_get_is_supported */", OK),
        ("/*!40101 SET character_set_client = @saved_cs_client */", OK),
        ("/*M!100616 SET @OLD_NOTE_VERBOSITY=@@NOTE_VERBOSITY, NOTE_VERBOSITY=0 */", OK),
    ],
    "Connector/J": [
        ("/* mysql-connector-j-8.3.0 (Revision: 805f872a57875f311cb82487efcfb070411a3fa0) */SELECT  "
         "@@session.auto_increment_increment AS auto_increment_increment, @@character_set_client AS "
         "character_set_client, @@character_set_connection AS character_set_connection, @@character_set_results AS "
         "character_set_results, @@character_set_server AS character_set_server, @@collation_server AS "
         "collation_server, @@collation_connection AS collation_connection, @@init_connect AS init_connect, "
         "@@interactive_timeout AS interactive_timeout, @@license AS license, @@lower_case_table_names AS "
         "lower_case_table_names, @@max_allowed_packet AS max_allowed_packet, @@net_write_timeout AS "
         "net_write_timeout, @@performance_schema AS performance_schema, @@sql_mode AS sql_mode, "
         "@@system_time_zone AS system_time_zone, @@time_zone AS time_zone, @@transaction_isolation AS "
         "transaction_isolation, @@wait_timeout AS wait_timeout", ROWS),
        ("/* mysql-connector-java-5.1.49 */SELECT  @@session.auto_increment_increment AS auto_increment_increment, "
         "@@query_cache_size AS query_cache_size, @@query_cache_type AS query_cache_type, @@tx_isolation AS "
         "tx_isolation", ROWS),
        ("SET character_set_results = NULL", OK),
        ("SET NAMES utf8mb4", OK),
        ("SET autocommit=1", OK),
        ("SET sql_mode='NO_BACKSLASH_ESCAPES,STRICT_TRANS_TABLES'", OK),
        ("SELECT @@session.transaction_read_only", ROWS),
        ("SELECT @@session.tx_isolation", ROWS),
        ("SET SESSION TRANSACTION READ ONLY", OK),
        ("SHOW WARNINGS", ROWS),
        ("SHOW VARIABLES WHERE Variable_name = 'language' OR Variable_name = 'net_write_timeout'", ROWS),
        ("SHOW COLLATION", ROWS),
        ("SHOW FULL TABLES FROM `main` LIKE '%'", columns("Tables_in_main,Table_type")),
        ("SHOW FULL COLUMNS FROM `mysql_users` FROM `main` LIKE '%'", ROWS),
        ("SHOW KEYS FROM `mysql_users` FROM `main`", ROWS),
        ("SELECT 1", table("1", ("1",))),
    ],
    "MariaDB Connector/J": [
        ("SHOW VARIABLES WHERE Variable_name in ('max_allowed_packet','system_time_zone','time_zone','sql_mode')",
         ROWS),
        ("SHOW VARIABLES WHERE Variable_name in ('max_allowed_packet','system_time_zone','time_zone','sql_mode',"
         "'auto_increment_increment')", ROWS),
        ("set autocommit=1, sql_mode = concat(@@sql_mode,',STRICT_TRANS_TABLES')", OK),
        ("SELECT @@max_allowed_packet, @@wait_timeout", ROWS),
        ("select @@version, @@version_comment", ROWS),
        ("SELECT TABLE_SCHEMA TABLE_CAT, NULL TABLE_SCHEM, TABLE_NAME, IF(TABLE_TYPE='BASE TABLE' or "
         "TABLE_TYPE='SYSTEM VERSIONED', 'TABLE', IF(TABLE_TYPE='TEMPORARY', 'LOCAL TEMPORARY', TABLE_TYPE)) as "
         "TABLE_TYPE, TABLE_COMMENT REMARKS FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'main' ORDER BY "
         "TABLE_TYPE, TABLE_SCHEMA, TABLE_NAME", ROWS),
    ],
    ".NET": [
        ("SELECT @@max_allowed_packet, @@character_set_client, @@character_set_connection, @@license, @@sql_mode, "
         "@@lower_case_table_names", ROWS),
        ("SELECT TIMEDIFF(NOW(), UTC_TIMESTAMP())", ROWS),
        ("SHOW COLLATION", ROWS),
        ("SHOW VARIABLES", ROWS),
        ("SELECT CONNECTION_ID(), VERSION()", ROWS),
    ],
    "PyMySQL and Ansible": [
        ("SET NAMES utf8mb4", OK),
        ("SET AUTOCOMMIT = 0", OK),
        ("select version();", table("version()", (VERSION,))),
        ("SELECT count(*) AS `host_count` FROM mysql_servers WHERE hostgroup_id = '1' AND hostname = 'mysql01' "
         "AND port = 3306", table("host_count", ("0",))),
        ("INSERT INTO mysql_servers ( hostgroup_id, hostname, port, status, weight, compression, max_connections, "
         "max_replication_lag, use_ssl, max_latency_ms, comment) VALUES ('1', 'mysql01', 3306, 'ONLINE', 1, 0, 1000, "
         "0, 0, 0, 'it''s')", ok(1)),
        ("UPDATE mysql_servers SET weight = 2, comment = 'x' WHERE hostgroup_id = '1' AND hostname = 'mysql01' "
         "AND port = 3306", ok(1)),
        ("DELETE FROM mysql_servers WHERE hostgroup_id = '1' AND hostname = 'mysql01' AND port = 3306", ok(1)),
        ("SELECT count(*) AS `variable_count` FROM global_variables WHERE variable_name = 'mysql-max_connections'",
         table("variable_count", ("1",))),
        ("UPDATE global_variables SET variable_value = '4096' WHERE variable_name = 'mysql-max_connections'", ok(1)),
        ("SAVE mysql VARIABLES TO DISK", OK),
        ("LOAD mysql VARIABLES TO RUNTIME", OK),
        ("show tables", ROWS),
        ("select * from mysql_collations", columns("Id,Collation,Charset,Default")),
        ("SELECT count(*) AS `schedule_count` FROM scheduler WHERE active = 1 AND interval_ms = 1000 AND "
         "filename = '/opt/maintenance.py'", table("schedule_count", ("0",))),
        ("INSERT INTO mysql_galera_hostgroups (writer_hostgroup, backup_writer_hostgroup, reader_hostgroup, "
         "offline_hostgroup, active, max_writers, writer_is_also_reader, max_transactions_behind, comment) "
         "VALUES (10, 20, 30, 9999, 1, 1, 0, 0, '')", ok(1)),
        ("SELECT * FROM mysql_galera_hostgroups WHERE writer_hostgroup = 10", ROWS),
        ("DELETE FROM mysql_galera_hostgroups WHERE writer_hostgroup = 10", ok(1)),
        ("SELECT count(*) AS `rule_count` FROM mysql_query_rules_fast_routing WHERE username = 'a' AND "
         "schemaname = 'b' AND flagIN = 0", table("rule_count", ("0",))),
        ("COMMIT", OK),
    ],
    "Puppet": [
        ("SHOW GLOBAL VARIABLES", columns("Variable_name,Value")),
        ("SELECT `hostname`, `port`, `hostgroup_id` FROM `mysql_servers`", table("hostname,port,hostgroup_id")),
        ("SELECT `hostname`, `port` FROM `proxysql_servers`", table("hostname,port")),
        ("INSERT INTO proxysql_servers (`hostname`, `port`, `weight`, `comment`) VALUES ('p1', 6032, 0, '')", ok(1)),
        ("LOAD PROXYSQL SERVERS TO RUNTIME", OK),
        ("SAVE PROXYSQL SERVERS TO DISK", OK),
        ("DELETE FROM `proxysql_servers` WHERE `hostname` = 'p1' AND `port` = 6032", ok(1)),
        ("SELECT `rule_id` FROM `mysql_query_rules`", table("rule_id")),
        ("SELECT `writer_hostgroup`, `reader_hostgroup`, `comment` FROM `mysql_replication_hostgroups`",
         table("writer_hostgroup,reader_hostgroup,comment")),
        ("SELECT `id` FROM `scheduler`", table("id")),
        ("INSERT INTO `scheduler` (`id`, `active`, `interval_ms`, `filename`, `arg1`, `arg2`, `arg3`, `arg4`, `arg5`, "
         "`comment`) VALUES (1, 0, 1000, '/bin/true', NULL, NULL, NULL, NULL, NULL, '')", ok(1)),
        ("UPDATE `scheduler` SET `active` = 0 WHERE `id` = '1'", ok(1)),
        ("LOAD SCHEDULER TO RUNTIME", OK),
        ("SAVE SCHEDULER TO DISK", OK),
        ("DELETE FROM `scheduler` WHERE `id` = 1", ok(1)),
        ("SELECT variable_value FROM global_variables WHERE variable_name='admin-admin_credentials'",
         table("variable_value", ("admin:admin",))),
        ("SELECT variable_value FROM global_variables WHERE variable_name='admin-mysql_ifaces'",
         columns("variable_value")),
    ],
    "Chef": [
        (f"LOAD {module} FROM CONFIG", OK) for module in
        ("MYSQL USERS", "MYSQL SERVERS", "MYSQL QUERY RULES", "MYSQL VARIABLES", "ADMIN VARIABLES",
         "PROXYSQL SERVERS")
    ] + [("LOAD ADMIN VARIABLES FROM DISK", OK), ("LOAD ADMIN VARIABLES TO RUNTIME", OK)],
    "proxysql-admin": [
        ("SELECT * FROM runtime_global_variables WHERE variable_name='mysql-interfaces'", ROWS),
        ("select variable_value from global_variables where variable_name like 'mysql-max_connections'", ROWS),
        ("select variable_value from global_variables where variable_name = "
         "'mysql-monitor_galera_healthcheck_interval'", ROWS),
        ("SAVE ADMIN VARIABLES FROM RUNTIME", OK),
        ("SAVE MYSQL SERVERS FROM RUNTIME", OK),
        ("SAVE MYSQL QUERY RULES FROM RUNTIME", OK),
        ("SAVE MYSQL USERS FROM RUNTIME", OK),
        ("SAVE MYSQL VARIABLES FROM RUNTIME", OK),
        ("SHOW TABLES FROM monitor", ROWS),
        ("SHOW TABLES LIKE 'runtime%'", ROWS),
        ("DELETE FROM mysql_servers WHERE hostgroup_id IN (10,11,12,13)", ok(0)),
        ("select @@global.read_only", table("@@global.read_only", ("0",))),
    ],
    "DBeaver": [
        ("SELECT @@GLOBAL.character_set_server,@@GLOBAL.collation_server", ROWS),
        ("SHOW ENGINES", ROWS),
        ("SHOW CHARSET", ROWS),
        ("SHOW COLLATION", ROWS),
        ("SHOW PLUGINS", ROWS),
        ("SHOW VARIABLES LIKE 'lower_case_table_names'", ROWS),
        ("show databases", ROWS),
        ("SELECT * FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'main'", ROWS),
        ("SELECT * FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA = 'information_schema' AND t.TABLE_NAME = "
         "'CHECK_CONSTRAINTS'", ROWS),
        ("SHOW FULL TABLES FROM `main`", ROWS),
        ("SHOW TABLE STATUS FROM `main`", ROWS),
        ("SHOW FULL COLUMNS FROM `main`.`mysql_users`", ROWS),
        ("SHOW INDEX FROM `mysql_users` FROM `main`", ROWS),
        ("SELECT * FROM information_schema.STATISTICS WHERE TABLE_SCHEMA='main' ORDER BY INDEX_NAME, SEQ_IN_INDEX",
         ROWS),
        ("SELECT cc.CONSTRAINT_NAME, cc.CHECK_CLAUSE, tc.TABLE_NAME FROM (SELECT CONSTRAINT_NAME, CHECK_CLAUSE FROM "
         "information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA='main' ORDER BY CONSTRAINT_NAME) cc, (SELECT "
         "TABLE_NAME, CONSTRAINT_NAME from information_schema.TABLE_CONSTRAINTS WHERE TABLE_SCHEMA='main') tc WHERE "
         "cc.CONSTRAINT_NAME = tc.CONSTRAINT_NAME ORDER BY cc.CONSTRAINT_NAME", ROWS),
        ("SELECT kc.CONSTRAINT_NAME,kc.TABLE_NAME,kc.COLUMN_NAME,kc.ORDINAL_POSITION FROM "
         "INFORMATION_SCHEMA.KEY_COLUMN_USAGE kc WHERE kc.TABLE_SCHEMA='main' AND kc.REFERENCED_TABLE_NAME IS NULL "
         "ORDER BY kc.CONSTRAINT_NAME,kc.ORDINAL_POSITION", ROWS),
        ("SELECT * FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA='main' ORDER BY ROUTINE_NAME", ROWS),
        ("SELECT * FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA='main' ORDER BY TRIGGER_NAME", ROWS),
        ("SELECT * FROM information_schema.EVENTS WHERE EVENT_SCHEMA='main' ORDER BY EVENT_NAME", ROWS),
        ("SHOW FULL PROCESSLIST", ROWS),
        ("SHOW GLOBAL STATUS", ROWS),
        ("SHOW SESSION STATUS", ROWS),
        ("SHOW VARIABLES", ROWS),
        ("SHOW PRIVILEGES", ROWS),
        ("SHOW GRANTS", ROWS),
        ("EXPLAIN SELECT * FROM mysql_users", ROWS),
        ("SELECT x.* FROM main.mysql_users x LIMIT 0, 200", ROWS),
    ],
    "Workbench": [
        ("SET CHARACTER SET utf8", OK),
        ("SET SQL_SAFE_UPDATES=1", OK),
        ("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", OK),
        ("SELECT CONNECTION_ID()", ROWS),
        ("SHOW SESSION STATUS LIKE 'Ssl_cipher'", NO_VARIABLE),
        ("SHOW SESSION VARIABLES LIKE 'sql_mode'", ROWS),
        ("SHOW SESSION VARIABLES LIKE 'lower_case_table_names'", ROWS),
        ("SHOW GLOBAL VARIABLES", ROWS),
        ("SELECT current_user()", ROWS),
        ("select concat(@@version, ' ', @@version_comment)", ROWS),
        ("SHOW DATABASES", ROWS),
        ("SELECT st.* FROM performance_schema.events_statements_current st", error(1146)),
        ("SHOW FULL TABLES FROM `main`", ROWS),
        ("SHOW PROCEDURE STATUS WHERE Db='main'", ROWS),
        ("SHOW FUNCTION STATUS WHERE Db='main'", ROWS),
        ("SELECT * FROM main.mysql_servers LIMIT 0, 1000", ROWS),
        ("SHOW INDEX FROM `main`.`mysql_servers`", ROWS),
        ("SHOW COLUMNS FROM `main`.`mysql_servers`", columns(DESCRIBED)),
    ],
    "HeidiSQL": [
        ("SET NAMES utf8mb4", OK),
        ("SHOW VARIABLES", ROWS),
        ("SHOW /*!50002 GLOBAL */ STATUS", ROWS),
        ("SELECT NOW()", columns("NOW()")),
        ("SELECT CONNECTION_ID()", ROWS),
        ("SHOW DATABASES", ROWS),
        ("SELECT `DEFAULT_COLLATION_NAME` FROM `information_schema`.`SCHEMATA` WHERE `SCHEMA_NAME`='main'", ROWS),
        ("SHOW TABLE STATUS FROM `main`", ROWS),
        ("SHOW FUNCTION STATUS WHERE `Db`='main'", ROWS),
        ("SHOW TRIGGERS FROM `main`", ROWS),
        ("SELECT *, EVENT_SCHEMA AS `Db`, EVENT_NAME AS `Name` FROM information_schema.`EVENTS` WHERE "
         "`EVENT_SCHEMA`='main'", ROWS),
        ("SELECT * FROM `information_schema`.`COLUMNS` WHERE TABLE_SCHEMA='main' AND TABLE_NAME='mysql_users' ORDER "
         "BY ORDINAL_POSITION", ROWS),
        ("SHOW INDEXES FROM `mysql_users` FROM `main`", ROWS),
        ("SELECT * FROM `main`.`mysql_users` LIMIT 1000", ROWS),
    ],
    "phpMyAdmin and Adminer": [
        ("SET collation_connection = 'utf8mb4_unicode_ci'", OK),
        ("SET lc_messages = 'en_US'", OK),
        ("SET sql_mode = ''", OK),
        ("SELECT @@version, @@version_comment", ROWS),
        ("SELECT CURRENT_USER()", ROWS),
        ("SELECT CURRENT_USER", ROWS),
        ("SELECT @@lower_case_table_names", ROWS),
        ("SELECT `SCHEMA_NAME` FROM `INFORMATION_SCHEMA`.`SCHEMATA`", ROWS),
        ("SELECT 1 FROM (SELECT `GRANTEE`, `IS_GRANTABLE` FROM `INFORMATION_SCHEMA`.`COLUMN_PRIVILEGES` UNION SELECT "
         "`GRANTEE`, `IS_GRANTABLE` FROM `INFORMATION_SCHEMA`.`USER_PRIVILEGES`) t WHERE `IS_GRANTABLE` = 'YES' "
         "LIMIT 1", ROWS),
        ("SELECT *, `TABLE_SCHEMA` AS `Db`, `TABLE_NAME` AS `Name` FROM `information_schema`.`TABLES` t WHERE "
         "`TABLE_SCHEMA` COLLATE utf8_bin IN ('main') ORDER BY Name ASC LIMIT 250 OFFSET 0", ROWS),
        ("SHOW TABLES FROM `main`", ROWS),
        ("SHOW FULL COLUMNS FROM `main`.`mysql_users`", ROWS),
        ("SHOW INDEXES FROM `main`.`mysql_users`", ROWS),
        ("SHOW CREATE TABLE `main`.`mysql_users`", ROWS),
        ("SHOW SESSION VARIABLES LIKE 'FOREIGN_KEY_CHECKS'", ROWS),
        ("SELECT * FROM `mysql_users` LIMIT 0, 25", ROWS),
        ("SELECT COUNT(*) FROM `main`.`mysql_users`", ROWS),
        ("SHOW MASTER STATUS", ROWS),
        ("SHOW REPLICA STATUS", ROWS),
        ("SELECT DATABASE()", ROWS),
        ("SELECT SQL_CALC_FOUND_ROWS * FROM mysql_users LIMIT 1", ROWS),
    ],
    "DataGrip": [
        ("set session transaction read write", OK),
        ("select database()", ROWS),
        ("select @@event_scheduler", ROWS),
        ("select schema_name, default_collation_name from information_schema.schemata", ROWS),
        ("select table_name, table_type, table_comment, engine, table_collation, create_options from "
         "information_schema.tables where table_schema = 'main'", ROWS),
        ("select ordinal_position, column_name, column_type, column_default, generation_expression, table_name, "
         "column_comment, is_nullable, extra, collation_name from information_schema.columns where table_schema = "
         "'main' order by table_name, ordinal_position", ROWS),
        ("select table_name, auto_increment from information_schema.tables where table_schema = 'main' and "
         "auto_increment is not null", ROWS),
        ("select name from information_schema.parameters", error(1054)),
        ("select table_name, view_definition, definer from information_schema.views where table_schema = 'main'",
         ROWS),
        ("select grantee, privilege_type, is_grantable from information_schema.schema_privileges", ROWS),
        ("select table_name, partition_name from information_schema.partitions where partition_name is not null and "
         "table_schema = 'main'", ROWS),
    ],
    "Go, Node, PHP, Ruby": [
        ("SELECT @@max_allowed_packet", ROWS),
        ("SET NAMES utf8mb4 COLLATE utf8mb4_general_ci", OK),
        ("SET time_zone = '+00:00'", OK),
        ("SET @@SESSION.sql_auto_is_null = 0, @@SESSION.wait_timeout = 2147483, @@SESSION.sql_mode = "
         "'STRICT_ALL_TABLES'", OK),
        ("SET  @@SESSION.sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'),  @@SESSION.sql_auto_is_null = 0", OK),
        ("START TRANSACTION", OK),
        ("ROLLBACK", OK.warns("nothing is taken back")),
        ("SELECT NOW(), CURRENT_TIMESTAMP, CURDATE()", ROWS),
    ],
    "orchestrators and other proxies": [
        ("SELECT @@global.read_only", table("@@global.read_only", ("0",))),
        ("SHOW GLOBAL VARIABLES LIKE 'read_only'", table("Variable_name,Value", ("read_only", "OFF"))),
        ("SHOW SLAVE STATUS", ROWS),
        ("SHOW ALL SLAVES STATUS", ROWS),
        ("REPLACE INTO mysql_servers(hostgroup_id,hostname,port,weight) VALUES(0,'db1',3306,1)", OK),
        ("UPDATE mysql_servers SET status='OFFLINE_SOFT' WHERE hostname='db1'", ok(1)),
        ("LOAD MYSQL SERVERS TO RUNTIME", OK),
        ("DELETE FROM mysql_servers WHERE hostname = \"db1\"", ok(1)),
        ("LOAD MYSQL SERVERS TO RUNTIME", OK),
        ("SAVE MYSQL SERVERS TO DISK", OK),
        ("SELECT COUNT(hostname) FROM stats_proxysql_servers_metrics WHERE last_check_ms > 30000 AND Uptime_s > 0",
         table("COUNT(hostname)", ("0",))),
        ("SELECT Client_Connections_connected FROM mysql_connections ORDER BY timestamp DESC LIMIT 1", error(1146)),
    ],
}

OF_STATISTICS = {
    "proxysql_exporter and PMM": [
        ("SELECT Variable_Name, Variable_Value FROM stats_mysql_global", columns("Variable_Name,Variable_Value")),
        ("SELECT hostgroup, srv_host, srv_port, * FROM stats_mysql_connection_pool",
         columns("hostgroup,srv_host,srv_port," + POOL_COLUMNS)),
        ("SELECT COUNT(cli_host) as connection_count, cli_host FROM stats_mysql_processlist GROUP BY cli_host",
         columns("connection_count,cli_host")),
        ("SELECT user, db, cli_host, hostgroup, COUNT(*) as count from stats_mysql_processlist group by user, db, "
         "cli_host, hostgroup", columns("user,db,cli_host,hostgroup,count")),
        ("select Variable_Name, Variable_Value  from stats_memory_metrics", columns("Variable_Name,Variable_Value")),
    ],
    "monitoring agents": [
        ("SHOW MYSQL STATUS", columns("Variable_name,Value")),
        ("SHOW STATUS LIKE 'Questions'", ROWS),
        ("SELECT * FROM stats_mysql_commands_counters", columns(COMMAND_COLUMNS)),
        ("SELECT * FROM stats.stats_mysql_users", ROWS),
        ("SELECT COUNT(*) FROM stats_mysql_query_digest", table("COUNT(*)", ("0",))),
        ("SELECT SUM(ConnUsed) FROM stats_mysql_connection_pool WHERE status='ONLINE'", ROWS),
        ("SELECT * FROM stats_mysql_free_connections", ROWS),
        ("SELECT * FROM monitor.mysql_server_ping_log", ROWS),
        ("SHOW PROMETHEUS METRICS", columns("Data")),
        ("SELECT * FROM mysql_users", error(1045)),
        ("select version()", table("version()", (VERSION,))),
    ],
}
