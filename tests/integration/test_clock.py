"""The time of day jumps, forwards and backwards: nothing that lasts a while is longer or shorter for it."""

import pathlib
import struct
import subprocess
import tempfile
import time

from .case import AdminTest, Environment
from .clients import Client
from .pair import WATCHING
from .weir_process import Weir

SOURCE = pathlib.Path(__file__).parent / "clock" / "wall_clock.c"
HOUR_S = 3600
# One after the other: each ends at so much ahead of the true time.
JUMPS = {"an hour ahead": HOUR_S, "back again": 0, "an hour back": -HOUR_S, "a year ahead": 365 * 24 * HOUR_S,
         "to 1990": -int(time.time()) + 20 * 365 * 24 * HOUR_S}
# What would be over after a jump of an hour, if it were measured by that clock.
LIMITS = {"wait_timeout": 600_000, "max_transaction_time": 600_000, "max_transaction_idle_time": 600_000,
          "default_query_timeout": 600_000}
KEPT = 'rule_id=1, active=1, match_pattern="kept", cache_ttl=600000, apply=1'
CHECKS = ("connect", "ping", "read_only", "replication_lag")


class WallClock(AdminTest):
    def setUp(self):
        super().setUp()
        self.directory = tempfile.TemporaryDirectory(prefix="weir-clock-")
        self.addCleanup(self.directory.cleanup)
        library = pathlib.Path(self.directory.name) / "clock.so"
        subprocess.run(["c++", "-x", "c", "-shared", "-fPIC", "-O2", "-o", str(library), str(SOURCE)], check=True)
        self.clock = pathlib.Path(self.directory.name) / "ahead"
        self.set_clock(0)
        self.weir_with_clock = Weir(Environment.binary, self.cluster)
        self.weir_with_clock.wrapper = ["env", f"LD_PRELOAD={library}", f"WEIR_CLOCK={self.clock}"]
        self.addCleanup(self._stop, self.weir_with_clock)
        self.weir_with_clock.start_with_file(variables={**WATCHING, **LIMITS}, server_options="max_replication_lag=5",
                                               rules=[KEPT])
        self.weir_with_clock.wait_for_admin()
        self.admin = self.weir_with_clock.admin()
        self.addCleanup(self.admin.close)

    def set_clock(self, ahead_s):
        """In place: it is mapped."""
        with open(self.clock, "r+b" if self.clock.exists() else "w+b", buffering=0) as clock:
            clock.write(struct.pack("<q", ahead_s))

    def weirs_time(self):
        return int(self.column(self.admin, "SELECT strftime('%s', 'now')")[0])

    def jump(self, ahead_s):
        self.set_clock(ahead_s)
        self.assertLess(abs(self.weirs_time() - time.time() - ahead_s), HOUR_S / 2, "the clock has jumped")

    def checks(self, outcome):
        return {name: int(self.status(self.admin, f"MySQL_Monitor_{name}_check_{outcome}")) for name in CHECKS}

    def watched(self):
        """The monitor goes on asking, and everybody is in use."""
        before = self.checks("OK")
        self.eventually(lambda: all(now > before[name] + 3 for name, now in self.checks("OK").items()), "checks go on")
        self.assertEqual(self.checks("ERR"), dict.fromkeys(CHECKS, 0))
        rows = self.texts(self.admin, "SELECT status, reason FROM stats_mysql_server_status")
        self.assertEqual(rows, [["ONLINE", None]] * len(self.cluster.nodes))

    def cached(self, app):
        """Whether the reply was given again."""
        before = int(self.status(self.admin, "Query_Cache_count_GET_OK"))
        self.assertEqual(app.query("SELECT 'kept'").value(), "kept")
        return int(self.status(self.admin, "Query_Cache_count_GET_OK")) > before

    def test_it_jumps_and_nothing_is_over_for_that(self):
        weir = self.weir_with_clock
        table = self.fresh_table("a INT PRIMARY KEY AUTO_INCREMENT", "clock")
        self.watched()
        idle, held = weir.connect(), weir.connect()
        self.cached(idle)
        clients = [Client(weir, lambda n: f"SELECT {n}"), Client(weir, lambda n: f"INSERT INTO {table} VALUES ()")]
        self.started(clients)
        held.query("BEGIN")
        held.query(f"INSERT INTO {table} VALUES ()")
        number = held.query("SELECT LAST_INSERT_ID()").value()
        for words, ahead_s in JUMPS.items():
            with self.subTest(words):
                self.jump(ahead_s)
                done = [len(client.done) for client in clients]
                self.watched()
                self.assertTrue(self.cached(idle), "the reply is kept")
                self.assertEqual(held.query(f"SELECT a FROM {table} WHERE a = {number}").value(), number)
                self.eventually(lambda: all(len(client.done) > n + 10 or client.errors for client, n in zip(clients, done)),
                                "clients work on")
        held.query("COMMIT")
        for client in clients:
            client.stop()
            self.assertEqual(client.errors, [])
