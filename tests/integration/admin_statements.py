"""Statements of tutorials, people and tools on the admin port, with what they must be answered.

A script is a list of (statement, expectation), run in order on one connection. Expectations:
    OK, ok(n)               an OK packet; of n changed rows
    error(code)             an error
    columns("a,b")          a result set with these titles
    table("a,b", rows...)   with these titles and rows
    ROWS                    a result set
Each may be followed by .warns("text"): SHOW WARNINGS has a row with this text.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Expectation:
    kind: str
    affected: int | None = None
    code: int | None = None
    titles: tuple | None = None
    rows: tuple | None = None
    warning: str = ""

    def warns(self, text):
        return replace(self, warning=text)

    def problem(self, seen, warnings):
        """What is wrong with the answer {kind, affected, code, titles, rows}, or an empty text."""
        for name in ("kind", "affected", "code", "titles", "rows"):
            wanted = getattr(self, name)
            if wanted is not None and seen.get(name) != wanted:
                return f"{name} {wanted!r} expected, got {seen}"
        if self.warning and not any(self.warning in text for text in warnings):
            return f"a warning with {self.warning!r} expected, got {warnings}"
        return ""


OK = Expectation("ok")
ROWS = Expectation("rows")


def ok(affected):
    return Expectation("ok", affected=affected)


def error(code):
    return Expectation("error", code=code)


def columns(titles):
    return Expectation("rows", titles=tuple(titles.split(",")))


def table(titles, *rows):
    return Expectation("rows", titles=tuple(titles.split(",")), rows=rows)


SERVER_COLUMNS = "hostgroup_id,hostname,port,gtid_port,status,weight,compression,max_connections,max_replication_lag," \
                 "use_ssl,max_latency_ms,comment"
RULE_COLUMNS = "rule_id,active,username,schemaname,flagIN,client_addr,proxy_addr,proxy_port,digest,match_digest," \
               "match_pattern,negate_match_pattern,re_modifiers,flagOUT,replace_pattern,destination_hostgroup," \
               "cache_ttl,cache_empty_result,cache_timeout,reconnect,timeout,retries,delay,next_query_flagIN," \
               "mirror_flagOUT,mirror_hostgroup,error_msg,OK_msg,sticky_conn,multiplex,gtid_from_hostgroup,log,apply," \
               "attributes,comment"
POOL_COLUMNS = "hostgroup,srv_host,srv_port,status,ConnUsed,ConnFree,ConnOK,ConnERR,MaxConnUsed,Queries," \
               "Queries_GTID_sync,Bytes_data_sent,Bytes_data_recv,Latency_us"
DIGEST_COLUMNS = "hostgroup,schemaname,username,client_address,digest,digest_text,count_star,first_seen,last_seen," \
                 "sum_time,min_time,max_time,sum_rows_affected,sum_rows_sent"
COMMAND_COLUMNS = "Command,Total_Time_us,Total_cnt,cnt_100us,cnt_500us,cnt_1ms,cnt_5ms,cnt_10ms,cnt_50ms,cnt_100ms," \
                  "cnt_500ms,cnt_1s,cnt_5s,cnt_10s,cnt_INFs"
DESCRIBED = "Field,Type,Null,Key,Default,Extra"

# How tutorials have set ProxySQL up for fifteen years, in their letter cases.
TUTORIAL = [
    ("show databases", columns("seq,name,file")),
    ("SELECT name FROM pragma_database_list WHERE name IN ('main','disk','stats','monitor') ORDER BY name",
     table("name", ("disk",), ("main",), ("monitor",), ("stats",))),
    ("SELECT COUNT(*) FROM sqlite_master WHERE name IN ('global_variables','mysql_collations',"
     "'mysql_query_rules','mysql_replication_hostgroups','mysql_servers','mysql_users','runtime_global_variables',"
     "'runtime_mysql_query_rules','runtime_mysql_replication_hostgroups','runtime_mysql_servers',"
     "'runtime_mysql_users','runtime_scheduler','scheduler')", table("COUNT(*)", ("13",))),
    ("show tables", columns("tables")),
    ("select * from mysql_servers", table(SERVER_COLUMNS)),
    ("insert into mysql_servers(hostgroup_id,hostname,port) values(0,'192.168.1.101',3306)",
     ok(1).warns("LOAD MYSQL SERVERS TO RUNTIME")),
    ("insert into mysql_servers(hostgroup_id,hostname,port) values(1,'192.168.1.102',3306),(1,'192.168.1.103',3306)",
     ok(2)),
    ("delete from mysql_servers where hostname='192.168.1.103'", ok(1)),
    ("INSERT INTO MySQL_users(username,password,default_hostgroup,transaction_persistent) "
     "VALUES('proxysql','123456',0,1)", ok(1).warns("LOAD MYSQL USERS TO RUNTIME")),
    ("UPDATE global_variables SET variable_value='proxysql' WHERE variable_name='MySQL-monitor_username'",
     ok(0).warns("did you mean 'mysql-monitor_username'")),
    ("UPDATE global_variables SET variable_value='proxysql' WHERE variable_name='mysql-monitor_username'",
     ok(1).warns("LOAD MYSQL VARIABLES TO RUNTIME")),
    ("LOAD MYSQL SERVERS TO RUNTIME", ok(0)),
    ("LOAD MYSQL USERS TO RUNTIME", ok(0)),
    ("load mysql variables to runtime", ok(0)),
    ("SAVE MYSQL SERVERS TO DISK", ok(0)),
    ("SAVE MYSQL USERS TO DISK", ok(0)),
    ("save mysql variables to disk", ok(0)),
    ("select hostgroup_id,hostname,port,status from runtime_mysql_servers order by hostgroup_id",
     table("hostgroup_id,hostname,port,status", ("0", "192.168.1.101", "3306", "ONLINE"),
           ("1", "192.168.1.102", "3306", "ONLINE"))),
    ("insert into runtime_mysql_servers(hostname) values('x')", error(1290)),
    ("delete from runtime_mysql_users", error(1290)),
    ("INSERT INTO mysql_query_rules(active,match_pattern,destination_hostgroup,apply) VALUES(1,'^SELECT',1,1)", ok(1)),
    ("INSERT INTO mysql_query_rules(active,match_pattern,destination_hostgroup,apply) "
     "VALUES(1,'^SELECT.*FOR UPDATE$',0,1)", ok(1)),
    ("load mysql query rules to runtime", ok(0).warns("rule")),
    ("save mysql query rules to disk", ok(0)),
    ("select * from mysql_query_rules", columns(RULE_COLUMNS)),
    ("select rule_id,active,match_pattern,destination_hostgroup,apply from runtime_mysql_query_rules",
     table("rule_id,active,match_pattern,destination_hostgroup,apply", ("1", "1", "^SELECT", "1", "1"),
           ("2", "1", "^SELECT.*FOR UPDATE$", "0", "1"))),
    ("SELECT * FROM stats_mysql_connection_pool", columns(POOL_COLUMNS)),
    ("SELECT * FROM stats_mysql_query_digest", columns(DIGEST_COLUMNS)),
    ("SELECT * FROM stats_mysql_query_digest_reset", columns(DIGEST_COLUMNS)),
    ("SELECT * FROM stats_mysql_commands_counters WHERE Total_cnt", columns(COMMAND_COLUMNS)),
    ("SELECT * FROM monitor.mysql_server_connect_log ORDER BY time_start_us DESC LIMIT 10", ROWS),
    ("SELECT * FROM monitor.mysql_server_ping_log ORDER BY time_start_us DESC LIMIT 10", ROWS),
    ("SELECT * FROM mysql_server_read_only_log ORDER BY time_start_us DESC LIMIT 3", ROWS),
]

# The commands of the admin port; what ends the process, or takes it from its clients, has tests of its own.
COMMANDS = [
    ("LOAD MYSQL FIREWALL FROM CONFIG", OK),
    ("LOAD MYSQL SERVERS FROM CONFIG", OK),
    ("LOAD MYSQL SERVRS TO RUNTIME", error(1064)),
    ("LOAD MYSQL USER nobody TO RUNTIME", ok(0)),
    ("SAVE MYSQL DIGEST TO DISK", error(1235)),
    ("SELECT CONFIG FILE", columns("Data")),
    ("SHOW DATABASES", columns("seq,name,file")),
    ("SHOW SCHEMAS", columns("seq,name,file")),
    ("SHOW TABLES FROM disk", columns("tables")),
    ("SHOW TABLES IN stats", columns("tables")),
    ("SHOW TABLES LIKE 'mysql\\_users'", table("tables", ("mysql_users",))),
    ("SHOW CREATE TABLE disk.mysql_users", columns("table,Create Table")),
    ("SHOW TABLE STATUS LIKE 'mysql_users'", ROWS),
    ("SHOW FIELDS FROM mysql_users", columns(DESCRIBED)),
    ("SHOW VARIABLES", columns("Variable_name,Value")),
    ("SHOW GLOBAL VARIABLES", columns("Variable_name,Value")),
    ("SHOW ALL VARIABLES", columns("Variable_name,Value")),
    ("SHOW VARIABLES LIKE 'mysql-max_connections'", table("Variable_name,Value", ("mysql-max_connections", "10000"))),
    ("SHOW VARIABLES WHERE Variable_name = 'mysql-max_connections'",
     table("Variable_name,Value", ("mysql-max_connections", "10000"))),
    ("SHOW MYSQL VARIABLES", columns("Variable_name,Value")),
    ("SHOW ADMIN VARIABLES", columns("Variable_name,Value")),
    ("SHOW LDAP VARIABLES", table("Variable_name,Value")),
    ("SHOW GLOBAL VARIABLES LIKE 'read_only'", table("Variable_name,Value", ("read_only", "OFF"))),
    ("SHOW GLOBAL VARIABLES LIKE 'version'", table("Variable_name,Value", ("version", "2.7.0"))),
    ("SHOW MYSQL STATUS", columns("Variable_name,Value")),
    ("SHOW MYSQL USERS", ROWS),
    ("SHOW MYSQL SERVERS", columns(SERVER_COLUMNS)),
    ("SHOW PROCESSLIST", columns("SessionID,user,db,hostgroup,command,time_ms,info")),
    ("SHOW FULL PROCESSLIST", ROWS),
    ("SHOW CHARSET", ROWS),
    ("SHOW COLLATION", ROWS),
    ("SHOW PROMETHEUS METRICS", columns("Data")),
    ("SHOW WARNINGS", table("Level,Code,Message")),
    ("SHOW ENGINES", ROWS),
    ("SHOW STATUS", ROWS),
    ("SHOW GRANTS", ROWS),
    ("SHOW COLUMNS FROM mysql_servers", columns(DESCRIBED)),
    ("DESCRIBE mysql_servers", columns(DESCRIBED)),
    ("PROXYSQL READONLY", OK),
    ("INSERT INTO mysql_users(username) VALUES('ro')", error(1290)),
    ("SHOW GLOBAL VARIABLES LIKE 'read_only'", table("Variable_name,Value", ("read_only", "ON"))),
    ("LOAD MYSQL USERS TO RUNTIME", OK),
    ("PROXYSQL READWRITE", OK),
    ("INSERT INTO mysql_users(username) VALUES('rw')", ok(1)),
    ("PROXYSQL FLUSH LOGS", OK),
    ("PROXYSQL FLUSH QUERY CACHE", OK),
    ("PROXYSQL FLUSH CONFIGDB", OK),
    ("PROXYSQL FLUSH MYSQL CLIENT HOSTS", OK),
    ("PROXYSQL RELOAD TLS", OK),
    ("PROXYSQL PAUSE", OK),
    ("WEIR PAUSE", error(1105)),
    ("WEIR RESUME", OK),
    ("PROXYSQL RESUME", error(1105)),
    ("PROXYSQL COREDUMP", error(1235)),
    ("PROXYSQL MEMPROFILE START", error(1235)),
    ("KILL CONNECTION 99999", error(1094)),
    ("KILL QUERY 99999", error(1094)),
    ("LOGENTRY the administrator was here", OK),
    ("SIGNAL MYSQL THREADS", OK),
    ("TRUNCATE TABLE stats.stats_mysql_query_digest", OK),
    ("TRUNCATE stats_mysql_query_digest_reset", OK),
    ("CHECKSUM MYSQL SERVERS", columns("table,checksum")),
    ("CHECKSUM DISK MYSQL USERS", columns("table,checksum")),
    ("CHECKSUM MEMORY MYSQL QUERY RULES", columns("table,checksum")),
    ("CHECKSUM MEM MYSQL VARIABLES", columns("table,checksum")),
    ("CHECKSUM MYSQL REPLICATION HOSTGROUPS", columns("table,checksum")),
    ("CHECKSUM MYSQL GROUP REPLICATION HOSTGROUPS", columns("table,checksum")),
    ("CHECKSUM MYSQL GALERA HOSTGROUPS", columns("table,checksum")),
    ("CHECKSUM MYSQL AURORA HOSTGROUPS", error(1064)),
    ("CHECKSUM MYSQL HOSTGROUP ATTRIBUTES", columns("table,checksum")),
    ("CHECKSUM MYSQL SERVERS SSL PARAMS", columns("table,checksum")),
    ("SELECT GLOBAL_CHECKSUM()", ROWS),
    ("SELECT COUNT(*) FROM runtime_mysql_query_rules_fast_routing", table("COUNT(*)", ("0",))),
    ("SELECT * FROM runtime_checksums_values ORDER BY name", columns("name,version,epoch,checksum")),
    ("HELP", columns("topic,name,is_it_category,description")),
    ("HELP 'kill query'", columns("name,description,example")),
]

SETTINGS = [
    ("SET mysql-max_connections=2000", ok(1).warns("LOAD MYSQL VARIABLES TO RUNTIME")),
    ("SET `mysql-max_connections` = '2001'", ok(1)),
    ("SET WEIR-max_connections = 1", error(1193)),
    ("SET mysql-max_conections=1", error(1193)),
    ("SET mysql-max_connections=0", ok(1).warns("is not in 1..1000000")),
    ("LOAD MYSQL VARIABLES TO RUNTIME", error(1231).warns("mysql-max_connections")),
    ("SELECT variable_value FROM runtime_global_variables WHERE variable_name='mysql-max_connections'",
     table("variable_value", ("10000",))),
    ("SET mysql-max_connections=2002", ok(1)),
    ("LOAD MYSQL VARIABLES TO RUNTIME", ok(0)),
    ("SELECT @@mysql-max_connections", table("@@mysql-max_connections", ("2002",))),
    ("UPDATE global_variables SET variable_value=3000 WHERE variable_name LIKE 'mysql-max_connections'", ok(1)),
    ("SHOW CONFIG DIFF", table("table,key,column,left,right",
                               ("global_variables", "variable_name=mysql-max_connections", "variable_value", "2002",
                                "3000"))),
    ("SAVE MYSQL VARIABLES FROM RUNTIME", ok(0)),
    ("SHOW CONFIG DIFF FROM RUNTIME TO MEMORY", table("table,key,column,left,right")),
    ("SHOW CONFIG DIFF FROM DISK TO MEMORY", table("table,key,column,left,right",
                                                   ("global_variables", "variable_name=mysql-max_connections",
                                                    "variable_value", "10000", "2002"))),
    ("SHOW CONFIG DIFF FROM CONFIG TO MEMORY", ROWS),
    ("SHOW CONFIG DIFF FROM CONFIG TO NOWHERE", error(1064)),
    ("SET mysql-poll_timeout=100", ok(1).warns("has no effect")),
    ("SET admin-refresh_interval=2000", ok(1).warns("LOAD ADMIN VARIABLES TO RUNTIME")),
    ("LOAD ADMIN VARIABLES TO RUNTIME", ok(0)),
    ("UPDATE global_variables SET variable_value='admin:admin;radmin:secret' "
     "WHERE variable_name='admin-admin_credentials'", ok(1)),
    ("SELECT variable_value FROM global_variables WHERE variable_name = 'admin-version'",
     Expectation("rows", titles=("variable_value",))),
    ("SELECT COUNT(*) FROM global_variables WHERE variable_name = 'admin-version'", table("COUNT(*)", ("1",))),
]

# Refusals and warnings of LOAD: each says table, row, column and reason.
PROBLEMS = [
    ("INSERT INTO mysql_users(username,password,default_hostgroup) VALUES('u','p',77)", ok(1)),
    ("LOAD MYSQL USERS TO RUNTIME", ok(0).warns("77")),
    ("INSERT INTO mysql_query_rules(rule_id,active,match_pattern,destination_hostgroup,apply) "
     "VALUES(5,1,'(',0,1)", ok(1)),
    ("LOAD MYSQL QUERY RULES TO RUNTIME", error(1105).warns("match_pattern")),
    ("SELECT COUNT(*) FROM runtime_mysql_query_rules", table("COUNT(*)", ("0",))),
    ("UPDATE mysql_query_rules SET match_pattern='^SELECT' WHERE rule_id=5", ok(1)),
    ("LOAD MYSQL QUERY RULES TO RUNTIME", ok(0)),
    ("INSERT INTO mysql_replication_hostgroups(writer_hostgroup,reader_hostgroup) VALUES(10,11),(11,12)", ok(2)),
    ("LOAD MYSQL SERVERS TO RUNTIME", error(1105).warns("hostgroup")),
    ("SHOW ERRORS", ROWS),
    ("SELECT COUNT(*) FROM runtime_mysql_replication_hostgroups", table("COUNT(*)", ("0",))),
    ("DELETE FROM mysql_replication_hostgroups WHERE writer_hostgroup=11", ok(1)),
    ("LOAD MYSQL SERVERS TO RUNTIME", ok(0)),
    ("INSERT INTO mysql_servers(hostname,port) VALUES('h',70000)", error(3819)),
    ("INSERT INTO mysql_servers(port) VALUES(1)", error(1048)),
    ("INSERT INTO nosuch VALUES(1)", error(1146)),
    ("SELECT nosuch FROM mysql_users", error(1054)),
    ("DROP TABLE mysql_users", error(1235)),
    ("ATTACH DATABASE '/tmp/x' AS x", error(1235)),
    ("INSERT INTO scheduler(interval_ms,filename) VALUES(1000,'/bin/true')", ok(1)),
    ("LOAD SCHEDULER TO RUNTIME", ok(0).warns("")),
]

