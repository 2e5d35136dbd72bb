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
