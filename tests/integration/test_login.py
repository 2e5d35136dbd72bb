"""Who gets in, over which sockets, and what the others are told."""

import pathlib

from wire import Connection
from wire import capabilities as caps

from .case import WeirTest, proxy_only


class Login(WeirTest):
    def test_right_password(self):
        with self.weir().connect() as app:
            self.assertEqual(app.query("SELECT CURRENT_USER()").value(), "app@%")

    def test_wrong_password_is_1045(self):
        error = self.error_of(self.weir().connect, "app", "wrong")
        self.assertEqual((error.errno, error.sqlstate), (1045, "28000"))
        self.assertIn("Access denied for user 'app'@", error.message)

    def test_empty_password_is_1045(self):
        self.assertEqual(self.error_of(self.weir().connect, "app", "").errno, 1045)

    @proxy_only
    def test_unknown_user_is_1045(self):
        self.assertEqual(self.error_of(self.weir().connect, "nobody", "app").errno, 1045)

    @proxy_only
    def test_accounts_that_servers_do_not_let_in_disturb_nobody(self):
        """MySQL asks those whom it does not know for one plugin or another, and accounts that `mysql_users` has as a native hash
        for the password itself."""
        ghosts = [f"ghost{number}" for number in range(4)]
        primary = self.cluster.primary
        primary.execute("CREATE USER hashed@'%' IDENTIFIED BY 'hashed'", "GRANT ALL ON test.* TO hashed@'%'")
        self.addCleanup(primary.execute, "DROP USER hashed@'%'")
        self.cluster.wait_for_replication()
        weir = self.weir(file=True, users=("app", "hashed", *ghosts),
                         variables={"shun_on_failures": 1, "connect_timeout_server": 10000})
        with weir.admin() as admin:
            admin.query("UPDATE mysql_users SET password = MYSQL_NATIVE_PASSWORD('hashed') WHERE username = 'hashed'")
            admin.query("LOAD MYSQL USERS TO RUNTIME")
            with weir.connect() as app:
                app.query("BEGIN")  # a connection that is not shared, so that others are opened
                for user in (*ghosts, "hashed", *ghosts):
                    with weir.connect(user, user) as session:
                        if user == "hashed" and self.engine == "mariadb":
                            self.assertEqual(session.query("SELECT 7").value(), "7")
                            continue
                        error = self.error_of(session.query, "SELECT 7")
                        self.assertEqual((error.errno, error.sqlstate), (1045, "28000"), error.message)
                        self.assertIn(f"'{user}'", error.message)
                    with weir.connect() as other:
                        self.assertEqual(other.query("SELECT 7").value(), "7")
                app.query("COMMIT")
            statuses = admin.query("SELECT DISTINCT status FROM stats_mysql_server_status").texts()
            self.assertEqual(statuses, [("ONLINE",)])

    def test_two_users_are_kept_apart(self):
        weir = self.weir()
        with weir.connect() as app, weir.connect("app2", "app2") as app2:
            for _ in range(3):
                self.assertEqual(app.query("SELECT CURRENT_USER()").value(), "app@%")
                self.assertEqual(app2.query("SELECT CURRENT_USER()").value(), "app2@%")

    def test_database_at_login(self):
        with self.weir().connect(database="test") as app:
            self.assertEqual(app.query("SELECT DATABASE()").value(), "test")

    def test_unknown_database_at_login_is_1049_at_the_latest_with_the_first_query(self):
        def connect_and_ask():
            with self.weir().connect(database="no_such_database") as app:
                app.query("SELECT 1")
        error = self.error_of(connect_and_ask)
        self.assertEqual((error.errno, error.sqlstate), (1049, "42000"))

    def test_client_without_deprecate_eof(self):
        with self.weir().connect(without_caps=caps.DEPRECATE_EOF) as app:
            self.assertEqual(app.query("SELECT 1 UNION SELECT 2").texts(), [("1",), ("2",)])
            statement = app.prepare("SELECT ?")
            self.assertEqual(statement.execute(7).rows, [(7,)])

    def test_client_that_knows_no_plugins(self):
        if self.engine == "mysql" and not hasattr(self.weir(), "binary"):
            self.skipTest("MySQL 9 has no method for such a client")
        with self.weir().connect(without_caps=caps.PLUGIN_AUTH) as app:
            self.assertEqual(app.query("SELECT 1").value(), "1")

    def test_client_that_tracks_the_session(self):
        with self.weir().connect(extra_caps=caps.SESSION_TRACK) as app:
            app.query("USE test")
            app.query("SET NAMES latin1")
            self.assertEqual(app.query("SELECT DATABASE(), @@character_set_client").texts(), [("test", "latin1")])

    def test_connection_attributes_reach_the_server(self):
        if self.engine != "mysql":
            self.skipTest("MariaDB shows none unless performance_schema is on")
        attributes = {"program_name": "billing", "_pid": "4711"}
        asked = ("SELECT ATTR_NAME, ATTR_VALUE FROM performance_schema.session_account_connect_attrs "
                 "WHERE PROCESSLIST_ID = CONNECTION_ID()")
        # With capabilities that no connection has which Weir has opened for nobody.
        with self.weir().connect(connection_attributes=attributes, extra_caps=caps.FOUND_ROWS) as app:
            seen = dict(app.query(asked).texts())
            app.change_user("app2", "app2")
            seen_by_app2 = dict(app.query(asked).texts())
        for each in (seen, seen_by_app2):
            opened_for = each.pop("weir_opened_for", None)
            self.assertEqual(each, attributes)
            if opened_for:
                self.assertTrue(opened_for.startswith("127.0.0.1:"), opened_for)

    def test_a_hundred_logins_in_a_row(self):
        weir = self.weir()
        for _ in range(100):
            with weir.connect() as app:
                self.assertEqual(app.query("SELECT 1").value(), "1")


class Sockets(WeirTest):
    @proxy_only
    def test_unix_socket_listener(self):
        weir = self.weir(file=True, listen="unix")
        with Connection(unix=weir.socket) as app:
            self.assertEqual(app.query("SELECT 1").value(), "1")

    @proxy_only
    def test_unix_socket_file_is_gone_after_the_end(self):
        weir = self.weir(file=True, listen="unix")
        self.assertEqual(weir.stop(), "")
        self.assertFalse(pathlib.Path(weir.socket).exists())

    @proxy_only
    def test_ipv6_listener(self):
        weir = self.weir(listen="tcp6")
        with Connection("::1", weir.port) as app:
            self.assertEqual(app.query("SELECT 1").value(), "1")

    @proxy_only
    def test_servers_reached_by_unix_socket(self):
        servers = [(node.socket, 0, 0 if node is self.cluster.primary else 1) for node in self.cluster.nodes]
        table = self.fresh_table("a INT PRIMARY KEY")
        with self.weir(file=True, servers=servers).connect() as app:
            app.query(f"INSERT INTO {table} VALUES (1)")
            app.query("BEGIN")
            self.assertEqual(app.query(f"SELECT a FROM {table}").value(), "1")
            app.query("COMMIT")


class Rotation(WeirTest):
    """An account gets another password while its sessions are there, on the servers first."""

    def setUp(self):
        super().setUp()
        primary = self.cluster.primary
        primary.execute("CREATE USER rotating@'%' IDENTIFIED BY 'rotating'", "GRANT ALL ON test.* TO rotating@'%'")
        self.addCleanup(primary.execute, "DROP USER rotating@'%'")
        self.cluster.wait_for_replication()

    def end_connections(self):
        """Those of the account to the servers, also one that is just being opened: the next ones have to log in."""
        for node in self.cluster.nodes:
            self.eventually(lambda: node.kill_connections_of("rotating") == 0, f"they are gone from {node.name}")

    def refused_logins(self):
        return sum(counters["Aborted_connects"] for counters in self.counters("Aborted_connects").values())

    @proxy_only
    def test_sessions_outlive_a_new_password(self):
        table = self.fresh_table("a INT", "rotation")
        weir = self.weir(file=True, users=("app", "rotating")).wait_for_admin()
        sessions = [weir.connect("rotating", "rotating") for _ in range(8)]
        for session in sessions:
            self.addCleanup(session.close)
            session.query(f"INSERT INTO {table} VALUES (1)")
            session.query("SELECT 1")
        self.cluster.primary.execute("ALTER USER rotating@'%' IDENTIFIED BY 'new'")
        self.cluster.wait_for_replication()
        for node in self.cluster.nodes:  # a replica of MySQL goes on letting in who had the old one, now and then
            node.execute("FLUSH PRIVILEGES")
        self.end_connections()
        before = self.refused_logins()
        for session in sessions:
            for sql in ("SELECT 1", f"INSERT INTO {table} VALUES (2)"):
                self.assertIn("Access denied for user 'rotating'", self.error_of(session.query, sql).message)
        self.assertLessEqual(self.refused_logins() - before, 4 * len(sessions), "servers are not asked again and again")
        with weir.connect() as other:
            self.assertEqual(other.query("SELECT CURRENT_USER()").value(), "app@%")
        with weir.admin() as admin:
            admin.query("UPDATE mysql_users SET password = 'new' WHERE username = 'rotating'")
            admin.query("LOAD MYSQL USERS TO RUNTIME")
        newcomer = weir.connect("rotating", "new")
        self.addCleanup(newcomer.close)
        for session in (*sessions, newcomer):
            self.assertEqual(session.query("SELECT CURRENT_USER()").value(), "rotating@%")
            session.query(f"INSERT INTO {table} VALUES (3)")
        self.assertEqual(self.error_of(weir.connect, "rotating", "rotating").errno, 1045)
        rows = self.cluster.primary.query(f"SELECT a, COUNT(*) FROM {table} GROUP BY a ORDER BY a")
        self.assertEqual(rows, [("1", "8"), ("3", "9")])
