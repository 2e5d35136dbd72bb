"""What administrators do to the process: PROXYSQL commands, KILL, signals, addresses that open and close."""

import os
import re
import signal
import socket
import tempfile
import threading
import unittest.mock
import urllib.error
import urllib.request

from cluster import process
from cluster.ports import free_port
from wire import Connection

from .case import AdminTest
from .test_crash import Stopped, threads, waits


class Clients(AdminTest):
    def test_pause_keeps_new_clients_out_and_resume_lets_them_in(self):
        weir = self.weir()
        with weir.admin() as admin, weir.connect() as app:
            admin.query("PROXYSQL PAUSE")
            self.assertRaises(ConnectionRefusedError, weir.connect)
            self.assertEqual(app.query("SELECT 1").value(), "1")
            self.assertIn("already paused", self.error_of(admin.query, "PROXYSQL PAUSE").message)
            self.assertEqual(self.status(admin, "mysql_listener_paused"), "1")
            admin.query("PROXYSQL RESUME")
            self.assertEqual(self.status(admin, "mysql_listener_paused"), "0")
            self.error_of(admin.query, "PROXYSQL RESUME")
            weir.connect().close()

    def test_stop_ends_all_sessions_and_start_serves_again(self):
        weir = self.weir()
        with weir.admin() as admin:
            app = weir.connect()
            app.query("BEGIN")
            admin.query("PROXYSQL STOP")
            self.assertRaises(ConnectionRefusedError, weir.connect)
            with self.assertRaises(Exception):
                app.query("SELECT 1")
            app.abort()
            self.eventually(lambda: self.app_threads(self.cluster.primary) == 0, "the servers are left")
            self.assertIn("already stopped", self.error_of(admin.query, "WEIR STOP").message)
            for table in ("stats_mysql_processlist", "stats_mysql_connection_pool", "stats_mysql_query_digest"):
                admin.query(f"SELECT * FROM {table}")
            self.run_all(admin, "SET mysql-long_query_time = 77", "LOAD MYSQL VARIABLES TO RUNTIME", "PROXYSQL START")
            self.assertIn("already started", self.error_of(admin.query, "PROXYSQL START").message)
            with weir.connect() as app:
                self.assertEqual(app.query("SELECT 1").value(), "1")

    def test_workers_follow_mysql_threads_at_start(self):
        weir = self.weir()
        with weir.admin() as admin:
            self.run_all(admin, "SET mysql-threads = 3", "LOAD MYSQL VARIABLES TO RUNTIME")
            warnings = admin.query("SHOW WARNINGS").texts()
            self.assertTrue(any("mysql-threads" in row[2] and "restart" in row[2] for row in warnings), warnings)
            self.assertEqual(self.status(admin, "MySQL_Thread_Workers"), "2")
            self.run_all(admin, "PROXYSQL STOP", "PROXYSQL START")
            self.assertEqual(self.status(admin, "MySQL_Thread_Workers"), "3")
        with weir.connect() as app:
            self.assertEqual(app.query("SELECT 1").value(), "1")

    def test_kill_ends_a_session(self):
        weir = self.weir()
        with weir.admin() as admin:
            app = weir.connect()
            self.assertIn([str(app.thread_id)], self.texts(admin, "SELECT SessionID FROM stats_mysql_processlist"))
            admin.query(f"KILL CONNECTION {app.thread_id}")
            with self.assertRaises(Exception):
                app.query("SELECT 1")
            app.abort()
            self.error_of(admin.query, f"KILL {app.thread_id}")

    def test_kill_query_ends_the_statement_only(self):
        weir = self.weir()
        with weir.admin() as admin, weir.connect() as app:
            results = []
            waiter = threading.Thread(target=lambda: results.append(self.value_or_error(app, "SELECT SLEEP(60)")), daemon=True)
            waiter.start()
            self.eventually(lambda: self.texts(admin, "SELECT 1 FROM stats_mysql_processlist WHERE info LIKE '%SLEEP%'"),
                            "the statement runs")
            admin.query(f"KILL QUERY {app.thread_id}")
            waiter.join(30)
            self.assertIn(results, ([1317], ["1"]))  # MariaDB: an error, MySQL: SLEEP tells that it was interrupted
            self.assertEqual(app.query("SELECT 2").value(), "2")

    def value_or_error(self, app, sql):
        try:
            return app.query(sql).value()
        except Exception as error:
            return getattr(error, "errno", error)


class Ends(AdminTest):
    def test_shutdown_ends_with_status_0(self):
        for command in ("PROXYSQL SHUTDOWN", "PROXYSQL KILL", "WEIR SHUTDOWN SLOW"):
            with self.subTest(command):
                weir = self.weir()
                app = weir.connect()
                admin = weir.admin()
                admin.send_query(command)
                self.assertEqual(weir.take_exit_code(), 0)
                for connection in (admin, app):
                    connection.abort()

    def test_shutdown_slow_waits_for_a_transaction(self):
        table = self.fresh_table("a INT")
        weir = self.weir()
        with weir.admin() as admin, weir.connect() as app:
            app.query("BEGIN")
            app.query(f"INSERT INTO {table} VALUES (1)")
            admin.query("PROXYSQL SHUTDOWN SLOW")
            self.eventually(lambda: "draining" in weir.log_text(), "it drains")
            app.query("COMMIT")
            self.assertEqual(weir.take_exit_code(), 0)
        self.assertEqual(self.cluster.primary.query(f"SELECT COUNT(*) FROM {table}"), [("1",)])


    def test_a_signal_during_a_restart_is_not_lost(self):
        weir = self.weir()
        admin = weir.admin()
        admin.send_query("PROXYSQL RESTART")
        self.eventually(lambda: "RESTART" in weir.log_text(), "the command has arrived")
        weir.terminate()
        self.assertEqual(weir.take_exit_code(), 0)
        admin.abort()

    def test_a_signal_that_comes_with_a_restart_is_not_lost(self):
        """The thread that both are for is held until both are there: it meets them in one turn, as a rule. If the signal is
        late, it ends what has restarted."""
        weir = self.weir()
        admin, pid = weir.admin(), weir.identity.pid
        self.eventually(lambda: "] ready" in weir.log_text() and waits(pid, threads(pid, "weir")[0]), "its loop runs")
        held = Stopped.or_skip(self, threads(pid, "weir")[0], admin)
        try:
            admin.send_query("PROXYSQL RESTART")
            self.eventually(lambda: "RESTART" in weir.log_text(), "the command has arrived")
            self.eventually(lambda: waits(pid, threads(pid, "weir-admin")[0]), "and has been passed on")
            weir.terminate()
        finally:
            held.go_on()
        self.assertEqual(weir.take_exit_code(), 0)
        admin.abort()


class Logs(AdminTest):
    def test_the_log_is_opened_again(self):
        weir = self.weir(file=True)
        log = weir.directory / "own.log"
        weir.restart("--log", str(log))
        with weir.admin() as admin:
            for reopen in (lambda: admin.query("PROXYSQL FLUSH LOGS"),
                           lambda: process.send(weir.identity, signal.SIGHUP),
                           lambda: process.send(weir.identity, signal.SIGUSR1)):
                log.rename(weir.directory / "old.log")
                reopen()
                self.eventually(log.exists, "there is a new log")
                admin.query("LOGENTRY hello")
                self.assertIn("hello", log.read_text())

    def test_the_disk_layer_is_opened_again(self):
        weir = self.weir(file=True)
        with weir.admin() as admin:
            self.run_all(admin, "PROXYSQL FLUSH CONFIGDB", "SAVE MYSQL SERVERS TO DISK")


class Services(AdminTest):
    def test_the_service_manager_is_told(self):
        with tempfile.TemporaryDirectory(prefix="weir-notify-") as directory, \
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(f"{directory}/notify")
            manager.settimeout(30)
            with unittest.mock.patch.dict(os.environ, NOTIFY_SOCKET=f"{directory}/notify"):
                weir = self.weir()
            self.assertEqual(manager.recv(100), b"READY=1")
            weir.connect().close()
            process.send(weir.identity, signal.SIGHUP)
            self.assertEqual([manager.recv(100), manager.recv(100)], [b"RELOADING=1", b"READY=1"])
            with weir.admin() as admin:
                admin.send_query("PROXYSQL RESTART")
                self.assertEqual([manager.recv(100), manager.recv(100)], [b"RELOADING=1", b"READY=1"])
                admin.abort()
            weir.terminate()
            self.assertEqual(manager.recv(100), b"STOPPING=1")
            self.assertEqual(weir.take_exit_code(), 0)


class Addresses(AdminTest):
    def test_the_admin_port_listens_where_the_variables_say(self):
        weir = self.weir()
        more, path = free_port(), weir.directory / "admin.sock"
        with weir.admin() as admin:
            self.run_all(admin, f"SET admin-mysql_ifaces = '127.0.0.1:{weir.admin_port};127.0.0.1:{more};{path}'",
                         "LOAD ADMIN VARIABLES TO RUNTIME")
            with weir.admin(port=more) as other, Connection(unix=str(path), user="admin", password="admin") as third:
                self.assertEqual(other.query("SELECT 1").value(), "1")
                self.assertEqual(third.query("SELECT 1").value(), "1")
            admin.query(f"SET admin-mysql_ifaces = '127.0.0.1:{weir.admin_port};127.0.0.1:{weir.port}'")
            error = self.error_of(admin.query, "LOAD ADMIN VARIABLES TO RUNTIME")
            self.assertIn(str(weir.port), error.message)
            weir.admin(port=more).close()

    def test_clients_are_listened_for_where_the_variables_say(self):
        weir = self.weir()
        before, after = weir.port, free_port()
        with weir.admin() as admin, weir.connect() as app:
            self.run_all(admin, f"SET mysql-interfaces = '127.0.0.1:{after}'", "LOAD MYSQL VARIABLES TO RUNTIME")
            weir.connect(port=after).close()
            self.assertRaises(ConnectionRefusedError, weir.connect, port=before)
            self.assertEqual(app.query("SELECT 1").value(), "1")
            admin.query(f"SET mysql-interfaces = '127.0.0.1:{weir.admin_port}'")
            self.error_of(admin.query, "LOAD MYSQL VARIABLES TO RUNTIME")
            weir.connect(port=after).close()

    def test_accounts_of_the_admin_port_change(self):
        weir = self.weir()
        with weir.admin() as admin:
            self.run_all(admin, "SET admin-admin_credentials = 'admin:better;radmin:other'",
                         "LOAD ADMIN VARIABLES TO RUNTIME")
            self.assertEqual(self.error_of(weir.admin).errno, 1045)
            weir.admin("radmin", "other").close()
            self.assertEqual(admin.query("SELECT 1").value(), "1")
        with weir.admin("stats", "stats") as stats:
            stats.query("SELECT * FROM stats_mysql_global")
            self.error_of(stats.query, "LOAD MYSQL SERVERS TO RUNTIME")

    def test_read_only_refuses_what_writes(self):
        weir = self.weir()
        with weir.admin() as admin:
            admin.query("PROXYSQL READONLY")
            self.error_of(admin.query, "DELETE FROM mysql_servers")
            self.run_all(admin, "LOAD MYSQL SERVERS TO RUNTIME", "PROXYSQL READWRITE", "DELETE FROM mysql_servers")

    def test_metrics_by_http_go_on_and_off(self):
        weir = self.weir()
        port = free_port()
        url = f"http://127.0.0.1:{port}/metrics"
        with weir.admin() as admin, weir.connect() as app:
            app.query("SELECT 1")
            self.run_all(admin, f"SET admin-restapi_port = {port}", "SET admin-restapi_enabled = true",
                         "LOAD ADMIN VARIABLES TO RUNTIME")
            with urllib.request.urlopen(url, timeout=30) as answer:
                self.assertTrue(re.search(r"^proxysql_questions_total [1-9]", answer.read().decode(), re.MULTILINE))
            self.run_all(admin, "SET admin-restapi_enabled = false", "LOAD ADMIN VARIABLES TO RUNTIME")
            self.assertRaises(urllib.error.URLError, urllib.request.urlopen, url, timeout=30)
