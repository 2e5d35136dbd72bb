"""The table scheduler: programs that a real Weir runs."""

import os
import pathlib
import tempfile

from .case import WeirTest, proxy_only


class Scheduler(WeirTest):
    def program(self, text):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name, "program")
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    @staticmethod
    def result(admin, columns, row_id):
        rows = admin.query(f"SELECT {columns} FROM stats_weir_scheduler WHERE id = {row_id}").texts()
        return rows[0] if rows else None

    @proxy_only
    def test_a_program_configures_the_proxy_that_runs_it(self):
        """As the scripts of ProxySQL's users do: it talks to the admin port with a client."""
        weir = self.weir(file=True)
        program = self.program('mysql --no-defaults -h127.0.0.1 -P"$1" -uadmin -padmin -e '
                               "\"UPDATE mysql_servers SET comment='$2'; LOAD MYSQL SERVERS TO RUNTIME\" && echo done")
        with weir.admin() as admin:
            admin.query("INSERT INTO scheduler (id, interval_ms, filename, arg1, arg2) "
                        f"VALUES (1, 200, '{program}', '{weir.admin_port}', 'by the scheduler')")
            self.assertEqual(admin.query("LOAD SCHEDULER TO RUNTIME").warnings, 0)
            self.eventually(lambda: admin.query("SELECT DISTINCT comment FROM runtime_mysql_servers").texts()
                            == [("by the scheduler",)], "the program has done its work")
            self.eventually(lambda: self.result(admin, "exit_code, last_line", 1) == ("0", "done"), "it is reported")
            admin.query("DELETE FROM scheduler")
            admin.query("LOAD SCHEDULER TO RUNTIME")
            # The thread that runs programs hears of it a moment later.
            self.eventually(lambda: self.result(admin, "id", 1) is None, "it is forgotten")

    @proxy_only
    def test_a_program_that_hangs_is_ended_and_delays_nobody(self):
        weir = self.weir(file=True)
        with weir.admin() as admin:
            admin.query("SET admin-scheduler_timeout_ms = 300")
            admin.query("LOAD ADMIN VARIABLES TO RUNTIME")
            admin.query("INSERT INTO scheduler (id, interval_ms, filename) VALUES "
                        f"(1, 100, '{self.program('exec sleep 600')}'), (2, 100, '{self.program('exit 0')}')")
            admin.query("LOAD SCHEDULER TO RUNTIME")
            self.eventually(lambda: (self.result(admin, "timeouts > 1 AND skipped > 1 AND exit_signal = 15", 1)
                                     == ("1",)), "it is ended, and started again")
            self.eventually(lambda: int(self.result(admin, "starts", 2)[0]) > 5, "the other one runs beside it")

    @proxy_only
    def test_what_runs_is_asked_to_end_when_weir_ends(self):
        weir = self.weir(file=True)
        running = self.program("echo $$; exec sleep 600")
        with weir.admin() as admin:
            admin.query(f"INSERT INTO scheduler (id, interval_ms, filename) VALUES (1, 100, '{running}')")
            admin.query("LOAD SCHEDULER TO RUNTIME")
            self.eventually(lambda: (self.result(admin, "last_line", 1) or (None,))[0], "it runs")
            pid = int(self.result(admin, "last_line", 1)[0])
        self.assertEqual(weir.stop(), "")
        self.eventually(lambda: not self.runs(pid), "it has ended")

    @staticmethod
    def runs(pid):
        try:
            os.kill(pid, 0)
            return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except (ProcessLookupError, FileNotFoundError):
            return False
