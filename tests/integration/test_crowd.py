"""Thousands of clients with hundreds of prepared statements each, on few connections; more kinds of statements than are
counted: right answers, and bounds."""

import os
import queue
import shutil
import subprocess
import threading

from .case import AdminTest, Environment, WeirTest, proxy_only
from .certificates import Authority

# Clients, statements of each, connections, what Weir keeps prepared on each of them, seconds.
SHORT = (500, 60, 8, 40, 10)
LONG = (5000, 200, 40, 150, 600)
# By TLS: clients, how many of them do something all the time, connections, seconds.
SHORT_TLS = (300, 30, 8, 5)
LONG_TLS = (10_000, 200, 40, 60)
PAIRS = 4  # of certificates and keys, taken in turn
PATIENCE_S = 1800
LOOK_EVERY_S = 0.5
MEGABYTE = 1 << 20
# What memory may grow by while the crowd executes: of allocators, not of the work done.
GROWTH = 0.05
# Digests that a worker keeps, how many there are of each, and how many statements are sent at a time.
DIGESTS_KEPT, DIGESTS, AT_A_TIME = 10_000, 24_000, 500


class Crowd(WeirTest):
    @proxy_only
    def test_many_clients_with_many_prepared_statements(self):
        program = Environment.program("crowd")
        if program is None:
            self.skipTest("weir_crowd is not built: ninja -C build/dev weir_crowd")
        clients, statements, connections, kept, seconds = LONG if Environment.long_runs else SHORT
        seconds = int(os.environ.get("WEIR_CROWD_SECONDS", seconds))
        weir = self.weir(file=True, servers=[("127.0.0.1", self.cluster.primary.port, 0)], pairs=(),
                         server_options=f"max_connections={connections}",
                         variables={"connect_timeout_server_max": 60000, "max_connections": clients + 100,
                                    "max_stmts_per_connection": kept})
        command = [program, "--port", weir.port, "--clients", clients, "--statements", statements, "--seconds", seconds]
        crowd, lines = self.launch(command)
        before = self.cluster.primary.status("Prepared_stmt_count")
        prepared = [self.watch(weir, lines, "prepared")]
        prepared.append(self.watch(weir, lines, "executed"))
        rss = prepared[1].rss
        handles = max(look.most_prepared for look in prepared) - before
        print(f"     {self.engine:8} {clients} clients x {statements} statements on {connections} connections: "
              f"{prepared[1].line}; at most {handles} prepared on the server; RSS in MB: start {rss[0] / MEGABYTE:.1f}, "
              f"min {min(rss) / MEGABYTE:.1f}, max {max(rss) / MEGABYTE:.1f}, end {rss[-1] / MEGABYTE:.1f}", flush=True)
        self.assertEqual(crowd.wait(), 0)
        # A statement in excess is closed when the next one has been prepared; a connection may just be replaced.
        self.assertLessEqual(handles, (connections + 1) * (kept + 1))
        self.assertGreater(handles, connections * kept // 2)
        if not Environment.sanitized():
            self.assertLess(max(rss), rss[0] * (1 + GROWTH) + 4 * MEGABYTE, "memory grew while they executed")

    @proxy_only
    def test_many_clients_by_tls_while_certificates_change(self):
        program = Environment.program("crowd")
        if program is None:
            self.skipTest("weir_crowd is not built: ninja -C build/dev weir_crowd")
        clients, busy, connections, seconds = LONG_TLS if Environment.long_runs else SHORT_TLS
        weir = self.weir(file=True, servers=[("127.0.0.1", self.cluster.primary.port, 0)], pairs=(),
                         server_options=f"max_connections={connections}",
                         variables={"have_ssl": "true", "connect_timeout_server_max": 60000, "max_connections": clients + 100})
        command = [program, "--port", weir.port, "--clients", clients, "--idle", clients - busy, "--statements", 1,
                   "--seconds", seconds, "--tls"]
        data, authority, reloads, line = weir.directory / "data", Authority(weir.directory / "new"), 0, None
        pairs = [authority.issue(f"weir{number}") for number in range(PAIRS)]  # making them takes its time
        crowd, lines = self.launch(command)
        self.assertEqual(self.watch(weir, lines, "prepared").line, "prepared")
        with weir.admin() as admin:
            tls = int(admin.query("SELECT Variable_Value FROM stats_mysql_global "
                                  "WHERE Variable_Name = 'weir_client_tls_sessions'").value())
            while line is None:
                for path, kind in zip((authority.ca, *pairs[reloads % PAIRS]), ("ca", "cert", "key")):
                    shutil.copyfile(path, data / f"proxysql-{kind}.pem")
                admin.query("PROXYSQL RELOAD TLS")
                reloads += 1
                try:
                    line = lines.get(timeout=LOOK_EVERY_S).strip()
                except queue.Empty:
                    pass
        print(f"     {self.engine:8} {clients} clients by TLS, {busy} of them busy: {line}; certificates changed {reloads} times; "
              f"RSS {weir.rss_bytes() / MEGABYTE:.1f} MB", flush=True)
        self.assertTrue(line.startswith("executed"), line)
        self.assertEqual(crowd.wait(), 0)
        self.assertEqual(tls, clients)
        self.assertGreater(reloads, 1)

    def launch(self, command):
        """The crowd's process, and a queue of the lines that it prints, as they come; the last is empty."""
        crowd = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)
        self.addCleanup(crowd.stdout.close)
        self.addCleanup(crowd.wait)
        self.addCleanup(crowd.kill)
        lines = queue.Queue()

        def read():
            for line in crowd.stdout:
                lines.put(line)
            lines.put("")

        threading.Thread(target=read, daemon=True).start()
        return crowd, lines

    def watch(self, weir, lines, word):
        """What there was to see until a line that begins with `word`."""
        look = Look()
        for _ in range(int(PATIENCE_S / LOOK_EVERY_S)):
            look.rss.append(weir.rss_bytes())
            look.most_prepared = max(look.most_prepared, self.cluster.primary.status("Prepared_stmt_count"))
            try:
                look.line = lines.get(timeout=LOOK_EVERY_S).strip()
            except queue.Empty:
                continue
            self.assertTrue(look.line.startswith(word), look.line or "it ended without a word")
            return look
        self.fail(f"no line '{word}' within {PATIENCE_S} s")


class Look:
    """What was seen while the crowd did something."""

    def __init__(self):
        self.rss, self.most_prepared, self.line = [], 0, ""


class ManyDigests(AdminTest):
    def test_no_more_digests_are_kept_than_there_is_room_for(self):
        weir = self.weir(file=True, variables={"threads": 1},
                         rules=['rule_id=1, active=1, match_pattern="^SELECT \\d AS", OK_msg="yes", apply=1']).wait_for_admin()
        with weir.connect() as app, weir.admin() as admin:
            for first in range(0, DIGESTS, AT_A_TIME):
                for number in range(first, first + AT_A_TIME):
                    app.send_query(f"SELECT {number % 10} AS name_{number}")
                app.send_query("SELECT 1 AS often")
                for _ in range(AT_A_TIME + 1):
                    self.assertEqual(app.read_results()[0].affected, 0)
            self.assertLessEqual(int(self.status(admin, "weir_digests")), DIGESTS_KEPT)
            self.assertGreaterEqual(int(self.status(admin, "weir_digests_evicted")), DIGESTS - DIGESTS_KEPT)
            counts = dict(self.texts(admin, "SELECT digest_text, count_star FROM stats_mysql_query_digest "
                                            "WHERE digest_text LIKE '%often' OR digest_text LIKE '%name_23999'"))
        # What is asked again and again stays; what has just come is there.
        self.assertEqual(counts, {"SELECT ? AS often": str(DIGESTS // AT_A_TIME), "SELECT ? AS name_23999": "1"})
