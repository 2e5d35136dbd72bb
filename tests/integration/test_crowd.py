"""Thousands of clients with hundreds of prepared statements each, on few connections: right answers, and bounds."""

import os
import queue
import subprocess
import threading

from .case import Environment, WeirTest, proxy_only

# Clients, statements of each, connections, what Weir keeps prepared on each of them, seconds.
SHORT = (500, 60, 8, 40, 10)
LONG = (5000, 200, 40, 150, 600)
PATIENCE_S = 1800
LOOK_EVERY_S = 0.5
MEGABYTE = 1 << 20
# What memory may grow by while the crowd executes: of allocators, not of the work done.
GROWTH = 0.05


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
        crowd = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)
        self.addCleanup(crowd.stdout.close)
        self.addCleanup(crowd.wait)
        self.addCleanup(crowd.kill)
        lines = queue.Queue()
        threading.Thread(target=lambda: [lines.put(line) for line in (*crowd.stdout, "")], daemon=True).start()
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
