"""What the admin port does to the process beyond commands that answer: restarts, and files that start another."""

import pathlib
import subprocess

from cluster import process
from cluster.ports import free_port
from wire import Connection
from wire.fake_server import FakeServer

from .case import WeirTest, proxy_only


class AdminProcess(WeirTest):
    def setUp(self):
        super().setUp()
        server = FakeServer()
        self.addCleanup(server.close)
        self.proxy = self.weir(file=True, servers=[("127.0.0.1", server.port, 0)], pairs=[], users=["app"],
                               variables={"auto_rw_split": "false", "threads": 2})
        self.admin = self.proxy.admin()

    def _alive(self):
        return process.start_ticks(self.proxy.identity.pid) == self.proxy.identity.started

    @proxy_only
    def test_a_signal_during_a_restart_is_not_lost(self):
        self.admin.send_query("PROXYSQL RESTART")
        self.eventually(lambda: "] stopped" in self.proxy.log_text(), "the first life is over")
        self.proxy.terminate()
        self.assertEqual(self.proxy.take_exit_code(), 0)

    @proxy_only
    def test_a_second_weir_on_the_same_directory_is_refused(self):
        data = pathlib.Path(self.proxy.directory) / "data"
        second = subprocess.run([self.proxy.binary, "-D", str(data), "--listen", f"127.0.0.1:{free_port()}",
                                 "--admin-listen", f"127.0.0.1:{free_port()}"],
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(second.returncode, 1)
        self.assertIn("another Weir", second.stdout + second.stderr + self.proxy.log_text())
        self.assertEqual((data / "weir.pid").read_text(encoding="ascii").strip(), str(self.proxy.identity.pid))
        self.assertTrue(self._alive())

    @proxy_only
    def test_a_log_that_nobody_reads_any_more_ends_nothing(self):
        data = pathlib.Path(self.proxy.directory) / "unread"
        with subprocess.Popen([self.proxy.binary, "-D", str(data), "--listen", f"127.0.0.1:{free_port()}", "--admin-listen",
                               f"127.0.0.1:{free_port()}"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as unread:
            self.addCleanup(unread.kill)
            while b"ready" not in (line := unread.stdout.readline()):
                self.assertTrue(line, "it has ended")
            unread.stdout.close()
            unread.terminate()  # which it tells the log
            self.assertEqual(unread.wait(60), 0)

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
