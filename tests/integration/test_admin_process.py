"""Commands of the admin port that take the process away from its clients, with clients there to see it."""

import pathlib

from cluster import process
from wire import Connection, ServerError
from wire.fake_server import FakeServer

from .case import WeirTest, proxy_only

GONE = (OSError, EOFError, ValueError, ServerError)


class AdminProcess(WeirTest):
    def setUp(self):
        super().setUp()
        server = FakeServer()
        self.addCleanup(server.close)
        self.proxy = self.weir(file=True, servers=[("127.0.0.1", server.port, 0)], pairs=[], users=["app"],
                               variables={"auto_rw_split": "false", "threads": 2})
        self.admin = self.proxy.admin()

    def _refuses_clients(self):
        try:
            self.proxy.connect().close()
        except GONE:
            return True
        return False

    def _serves_clients(self):
        try:
            return self.proxy.connect().query("SELECT 1").texts()[0][1] == "SELECT 1"
        except GONE:
            return False

    def _ended(self, connection):
        try:
            connection.query("SELECT 1")
        except GONE:
            return True
        return False

    def _expect_end(self, *statements):
        """Sends the statements, and expects the process to end with status 0 by itself."""
        try:
            for sql in statements:
                self.admin.query(sql)
        except GONE:
            pass  # it may end before it has answered
        self.eventually(lambda: not self._alive(), f"the end after {statements}")
        self.assertEqual(self.proxy.take_exit_code(), 0)

    def _alive(self):
        return process.start_ticks(self.proxy.identity.pid) == self.proxy.identity.started

    @proxy_only
    def test_pause_keeps_who_is_connected(self):
        client = self.proxy.connect()
        for words in ("PROXYSQL", "WEIR"):
            self.admin.query(f"{words} PAUSE")
            self.assertTrue(self._refuses_clients())
            self.assertEqual(client.query("SELECT 'still here'").texts()[0][1], "SELECT 'still here'")
            self.assertIn("already paused", self.error_of(self.admin.query, "PROXYSQL PAUSE").message)
            self.admin.query(f"{words} RESUME")
            self.eventually(self._serves_clients, "clients are served after RESUME")

    @proxy_only
    def test_stop_leaves_only_the_admin_port(self):
        client = self.proxy.connect()
        client.query("SELECT 1")
        self.admin.query("PROXYSQL STOP")
        self.assertTrue(self._ended(client))
        self.assertTrue(self._refuses_clients())
        self.assertEqual(self.admin.query("SELECT COUNT(*) FROM mysql_users").value(), "1")
        self.assertEqual(self.admin.query("SELECT COUNT(*) FROM stats_mysql_processlist").value(), "0")
        self.error_of(self.admin.query, "PROXYSQL STOP")
        self.admin.query("PROXYSQL START")
        self.eventually(self._serves_clients, "clients are served after START")
        self.error_of(self.admin.query, "PROXYSQL START")

    @proxy_only
    def test_restart_begins_again_from_disk_in_the_same_process(self):
        self.admin.query("SET mysql-max_connections=1234")
        self.admin.query("SAVE MYSQL VARIABLES TO DISK")
        self.admin.query("INSERT INTO mysql_users(username) VALUES('never saved')")
        pid = self.proxy.identity.pid
        try:
            self.admin.query("PROXYSQL RESTART")
        except GONE:
            pass  # as with ProxySQL: the connection ends

        def came_back():
            try:
                return self.proxy.admin().query("SELECT COUNT(*) FROM mysql_users").value() == "1"
            except GONE:
                return False

        self.eventually(came_back, "the admin port answers with what was saved")
        self.assertEqual(self.proxy.identity.pid, pid)
        self.assertTrue(self._alive())
        self.assertEqual(self.proxy.admin().query("SELECT @@mysql-max_connections").value(), "1234")
        self.eventually(self._serves_clients, "clients are served after RESTART")

    @proxy_only
    def test_shutdown(self):
        client = self.proxy.connect()
        self._expect_end("PROXYSQL SHUTDOWN")
        self.assertTrue(self._ended(client))

    @proxy_only
    def test_slow_shutdown_after_pause(self):
        client = self.proxy.connect()
        client.query("SELECT 1")
        self._expect_end("PROXYSQL PAUSE", "PROXYSQL SHUTDOWN SLOW")

    @proxy_only
    def test_kill(self):
        self._expect_end("PROXYSQL KILL")

    @proxy_only
    def test_kill_of_a_session(self):
        client = self.proxy.connect()
        client.query("SELECT 1")
        ((number,),) = self.admin.query("SELECT SessionID FROM stats_mysql_processlist WHERE user='app'").texts()
        self.assertEqual(int(number), client.thread_id)
        self.admin.query(f"KILL QUERY {number}")
        self.assertEqual(client.query("SELECT 2").texts()[0][1], "SELECT 2")
        self.admin.query(f"KILL CONNECTION {number}")
        self.assertTrue(self._ended(client))
        self.assertEqual(self.error_of(self.admin.query, f"KILL CONNECTION {number}").errno, 1094)

    @proxy_only
    def test_a_written_configuration_starts_another_weir(self):
        path = pathlib.Path(self.proxy.directory) / "written.cnf"
        self.admin.query("INSERT INTO mysql_query_rules(rule_id,active,match_digest,apply,comment) "
                         "VALUES(7,1,'^SELECT \\d \"x\"',1,'it''s one')")
        self.admin.query("LOAD MYSQL QUERY RULES TO RUNTIME")
        self.admin.query(f"SELECT CONFIG INTO OUTFILE '{path}'")
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.admin.query("SELECT CONFIG FILE").value(), path.read_text(encoding="utf-8"))
        tables = ("mysql_servers", "mysql_users", "mysql_query_rules", "global_variables")
        before = {table: self.admin.query(f"SELECT * FROM runtime_{table} ORDER BY 1,2,3").texts()
                  if table != "global_variables" else
                  self.admin.query("SELECT * FROM runtime_global_variables ORDER BY 1").texts() for table in tables}
        self.proxy.terminate()
        self.eventually(lambda: not self._alive(), "the end after SIGTERM")
        self.assertEqual(self.proxy.take_exit_code(), 0)
        self.proxy.start_with_written_file(path)
        admin = Connection(self.proxy.host, self.proxy.admin_port, user="admin", password="admin")
        for table in tables:
            order = "1" if table == "global_variables" else "1,2,3"
            self.assertEqual(admin.query(f"SELECT * FROM runtime_{table} ORDER BY {order}").texts(), before[table])
