"""The four layers of the configuration, changed on the admin port while clients work."""

import re
import threading

from .case import AdminTest

MODULES = ("MYSQL VARIABLES", "ADMIN VARIABLES", "MYSQL SERVERS", "MYSQL USERS", "MYSQL QUERY RULES", "MYSQL FIREWALL",
           "SCHEDULER", "PROXYSQL SERVERS", "RESTAPI")
SERVER = "INSERT INTO mysql_servers (hostgroup_id, hostname, port) VALUES ({}, '127.0.0.1', {})"


class Traffic(threading.Thread):
    """A client that reads and writes on one connection until told to stop."""

    def __init__(self, weir, table):
        super().__init__(daemon=True)
        self.weir, self.table = weir, table
        self.stopping = threading.Event()
        self.done, self.error = 0, None

    def run(self):
        try:
            with self.weir.connect() as app:
                while not self.stopping.is_set():
                    app.query(f"SELECT COUNT(*) FROM {self.table}")
                    app.query("BEGIN")
                    app.query(f"UPDATE {self.table} SET a = a + 1 WHERE id = 1")
                    app.query("COMMIT")
                    self.done += 1
        except Exception as error:
            self.error = error

    def stop(self):
        self.stopping.set()
        self.join(60)


class Loads(AdminTest):
    def test_everything_from_nothing(self):
        weir = self.empty_weir()
        with weir.admin() as admin:
            self.run_all(admin, SERVER.format(0, self.cluster.primary.port),
                         "INSERT INTO mysql_users (username, password) VALUES ('app', 'app')",
                         "LOAD MYSQL SERVERS TO RUNTIME", "LOAD MYSQL USERS TO RUNTIME")
            with weir.connect() as app:
                self.assertEqual(app.query("SELECT @@port").value(), str(self.cluster.primary.port))

    def test_every_module_moves_in_every_direction(self):
        weir = self.weir(file=True)
        with weir.admin() as admin:
            for module in MODULES:
                self.run_all(admin, f"LOAD {module} FROM CONFIG", f"LOAD {module} TO RUNTIME", f"SAVE {module} TO DISK",
                             f"LOAD {module} FROM DISK", f"SAVE {module} FROM RUNTIME", f"LOAD {module} FROM MEMORY",
                             f"SAVE {module} TO MEM", f"SAVE {module} FROM MEM", f"LOAD {module} TO RUN")
            self.assertEqual(admin.query("SHOW CONFIG DIFF").texts(), [])
            self.assertEqual(admin.query("SHOW CONFIG DIFF FROM DISK TO RUNTIME").texts(), [])
        with weir.connect() as app:
            self.assertEqual(app.query("SELECT 1").value(), "1")

    def reads(self, app, node):
        """How many of ten reads run on `node`."""
        def read():
            for _ in range(10):
                app.query("SELECT COUNT(*) FROM mysql.user")
        return self.counted(read, "Com_select")["Com_select"][node.name]

    def test_servers_come_and_go(self):
        weir = self.weir(file=True, servers=[("127.0.0.1", self.cluster.primary.port, 0)])
        replica = self.cluster.replicas[0]
        with weir.admin() as admin, weir.connect() as app:
            self.assertEqual(self.reads(app, replica), 0)
            admin.query(SERVER.format(1, replica.port))
            self.assertEqual(self.column(admin, "SELECT COUNT(*) FROM runtime_mysql_servers"), ["1"])
            admin.query("LOAD MYSQL SERVERS TO RUNTIME")
            self.eventually(lambda: self.reads(app, replica) == 10, "the replica has all reads")
            self.run_all(admin, "DELETE FROM mysql_servers WHERE hostgroup_id = 1", "LOAD MYSQL SERVERS TO RUNTIME")
            self.assertEqual(self.reads(app, replica), 0)
            self.eventually(lambda: self.app_threads(replica) == 0, "the replica has no connections left")

    def test_users_come_and_go(self):
        weir = self.weir(file=True)
        with weir.admin() as admin, weir.connect() as app:
            self.run_all(admin, "DELETE FROM mysql_users WHERE username = 'app'", "LOAD MYSQL USERS TO RUNTIME")
            self.assertEqual(self.error_of(weir.connect).errno, 1045)
            self.assertEqual(app.query("SELECT 1").value(), "1")  # who is in stays in
            self.run_all(admin, "INSERT INTO MySQL_users (username, password) VALUES ('app', 'app')",
                         "LOAD MYSQL USER app TO RUNTIME")
            weir.connect().close()

    def test_rules_hold_from_the_next_statement_on(self):
        weir = self.weir(file=True)
        with weir.admin() as admin, weir.connect() as app:
            admin.query("INSERT INTO mysql_query_rules (rule_id, active, match_pattern, error_msg, apply) "
                        "VALUES (7, 1, '^SELECT 1$', 'not today', 1)")
            app.query("SELECT 1")
            admin.query("LOAD MYSQL QUERY RULES TO RUNTIME")
            self.assertIn("not today", self.error_of(app.query, "SELECT 1").message)
            self.assertEqual(self.column(admin, "SELECT hits FROM stats_mysql_query_rules WHERE rule_id = 7"), ["1"])
            self.run_all(admin, "DELETE FROM mysql_query_rules", "LOAD MYSQL QUERY RULES TO RUNTIME")
            self.assertEqual(app.query("SELECT 1").value(), "1")

    def test_variables_take_effect(self):
        weir = self.weir(file=True)
        with weir.admin() as admin, weir.connect():
            self.run_all(admin, "SET mysql-max_connections = 1", "LOAD MYSQL VARIABLES TO RUNTIME")
            self.assertEqual(self.error_of(weir.connect).errno, 1040)
            self.run_all(admin, "UPDATE global_variables SET variable_value = '10' "
                                "WHERE variable_name = 'mysql-max_connections'", "LOAD MYSQL VARIABLES TO RUNTIME")
            weir.connect().close()

    def test_a_refused_load_changes_nothing(self):
        weir = self.weir(file=True)
        with weir.admin() as admin, weir.connect() as app:
            before = admin.query("SELECT * FROM runtime_checksums_values").texts()
            admin.query("INSERT INTO mysql_query_rules (rule_id, active, match_pattern, error_msg, apply) "
                        "VALUES (1, 1, '.', 'refused', 1), (2, 1, '(', NULL, 1)")
            error = self.error_of(admin.query, "LOAD MYSQL QUERY RULES TO RUNTIME")
            self.assertRegex(error.message, "rule_id.*2.*match_pattern")
            self.assertEqual(app.query("SELECT 1").value(), "1")
            self.assertEqual(admin.query("SELECT * FROM runtime_checksums_values").texts(), before)
            admin.query("SET mysql-max_connections = 'many'")
            self.error_of(admin.query, "LOAD MYSQL VARIABLES TO RUNTIME")
            self.assertEqual(admin.query("SELECT * FROM runtime_checksums_values").texts(), before)

    def test_loads_under_traffic_disturb_nobody(self):
        table = self.fresh_table("id INT PRIMARY KEY, a BIGINT")
        self.cluster.primary.execute(f"INSERT INTO {table} VALUES (1, 0)")
        self.cluster.wait_for_replication()
        weir = self.weir(file=True)
        clients = self.started([Traffic(weir, table) for _ in range(8)])
        with weir.admin() as admin:
            for i in range(60):
                self.run_all(admin, f"UPDATE mysql_servers SET weight = {1 + i % 3}", "LOAD MYSQL SERVERS TO RUNTIME",
                             f"UPDATE mysql_users SET max_connections = {1000 + i}", "LOAD MYSQL USERS TO RUNTIME",
                             f"REPLACE INTO mysql_query_rules (rule_id, active, match_digest, apply) "
                             f"VALUES (1, 1, 'nothing{i}', 1)", "LOAD MYSQL QUERY RULES TO RUNTIME",
                             f"SET mysql-long_query_time = {1000 + i}", "LOAD MYSQL VARIABLES TO RUNTIME",
                             "SELECT * FROM stats_mysql_processlist", "SELECT * FROM stats_mysql_query_digest")
        self.eventually(lambda: all(client.done > 20 or client.error for client in clients), "all clients get on")
        for client in clients:
            client.stop()
        self.assertEqual([client.error for client in clients if client.error], [])
        self.assertEqual(self.cluster.primary.query(f"SELECT a FROM {table}"),
                         [(str(sum(client.done for client in clients)),)])


class Starts(AdminTest):
    def hosts(self, admin, schema="main"):
        return self.column(admin, f"SELECT hostname FROM {schema}.mysql_servers WHERE hostgroup_id = 5")

    def test_what_was_saved_is_there_after_a_restart(self):
        weir = self.weir(file=True)
        with weir.admin() as admin:
            self.run_all(admin, "INSERT INTO mysql_servers (hostgroup_id, hostname) VALUES (5, 'saved')",
                         "LOAD MYSQL SERVERS TO RUNTIME", "SAVE MYSQL SERVERS TO DISK",
                         "INSERT INTO mysql_servers (hostgroup_id, hostname) VALUES (5, 'forgotten')")
        weir.restart()
        with weir.admin() as admin:
            self.assertEqual(self.hosts(admin), ["saved"])
            self.assertEqual(self.column(admin, "SELECT hostname FROM runtime_mysql_servers WHERE hostgroup_id = 5"),
                             ["saved"])
        with weir.connect() as app:
            self.assertEqual(app.query("SELECT 1").value(), "1")

    def test_proxysql_restart_begins_again_from_disk(self):
        weir = self.weir(file=True)
        with weir.admin() as admin:
            self.run_all(admin, "INSERT INTO mysql_servers (hostgroup_id, hostname) VALUES (5, 'forgotten')",
                         "LOAD MYSQL SERVERS TO RUNTIME", "PROXYSQL RESTART")
        self.eventually(lambda: "restarting" in weir.log_text() and self._has_no_extra_server(weir) and weir.listens(),
                        "it runs with what was on disk")
        with weir.connect() as app:
            self.assertEqual(app.query("SELECT 1").value(), "1")

    def _has_no_extra_server(self, weir):
        try:
            with weir.admin() as admin:
                return self.hosts(admin) == []
        except OSError:
            return False

    def test_the_file_counts_with_reload_and_initial(self):
        weir = self.weir(file=True)
        with weir.admin() as admin:
            self.run_all(admin, "INSERT INTO mysql_servers (hostgroup_id, hostname) VALUES (5, 'saved')",
                         "SAVE MYSQL SERVERS TO DISK")
        file = weir.directory / "weir.cnf"
        file.write_text(re.sub(r"mysql_servers = \( ", 'mysql_servers = ( { address="filed", hostgroup=5 }, ',
                               file.read_text()))
        for options, hosts in (((), ["saved"]), (("--reload",), ["filed", "saved"]), ((), ["filed", "saved"]),
                               (("--initial",), ["filed"]), ((), ["filed"])):
            with self.subTest(options):
                weir.restart(*options)
                with weir.admin() as admin:
                    self.assertEqual(sorted(self.hosts(admin)), hosts)
                    self.assertEqual(sorted(self.hosts(admin, "disk")), hosts)

    def test_only_the_admin_port_with_no_start(self):
        weir = self.weir(file=True)
        weir.terminate()
        self.assertEqual(weir.take_exit_code(), 0)
        weir.start_quietly("--no-start")
        self.assertRaises(ConnectionRefusedError, weir.connect)
        with weir.admin() as admin:
            admin.query("PROXYSQL START")
        with weir.connect() as app:
            self.assertEqual(app.query("SELECT 1").value(), "1")
