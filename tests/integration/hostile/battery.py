"""What a battery of hostile peers has beside its rows: a session that is disturbed by nothing, and books of what Weir
holds before and after."""

import concurrent.futures
import threading

from wire import ServerError

from .peer import Unexpected, WAIT_S

AT_A_TIME = 32


class Healthy(threading.Thread):
    """A session that asks all the time, and is given right answers only. `ask(n)` returns (SQL, its rows as texts)."""

    def __init__(self, app, ask):
        super().__init__(daemon=True)
        self.app, self.ask = app, ask
        self.stopping = threading.Event()
        self.answers = 0
        self.trouble = None

    def run(self):
        while not self.stopping.is_set() and self.trouble is None:
            sql, wanted = self.ask(self.answers)
            try:
                found = self.app.query(sql).texts()
            except (ServerError, OSError, ValueError) as error:
                found = error
            if found == wanted:
                self.answers += 1
            else:
                self.trouble = f"after {self.answers} right answers {sql!r} is answered by {found!r}"

    def stop(self):
        self.stopping.set()
        self.join(2 * WAIT_S)
        self.app.close()


class Battery:
    """Plays rows before a Weir, many at a time, each with `play(row)`, which raises Unexpected."""

    def __init__(self, test, weir, healthy):
        self.test, self.weir, self.healthy = test, weir, healthy
        with weir.admin() as admin:
            self._books(admin)  # what they allocate for themselves is there before anything is measured
        self.rss_before = self.most_rss = weir.rss_bytes()
        self.descriptors_before = weir.descriptors()

    def _books(self, admin):
        """(sessions, connections to servers that sessions use)."""
        ((sessions,),) = admin.query("SELECT COUNT(*) FROM stats_mysql_processlist").texts()
        ((used,),) = admin.query("SELECT COALESCE(SUM(ConnUsed), 0) FROM stats_mysql_connection_pool").texts()
        return int(sessions), int(used)

    def run(self, rows, play):
        """Every row is a subtest."""
        self.healthy.start()
        watching = threading.Event()
        watcher = threading.Thread(target=self._watch_memory, args=(watching,), daemon=True)
        watcher.start()
        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as threads:
            ends = [(row, threads.submit(play, row)) for row in rows]
            for row, end in ends:
                with self.test.subTest(row.name):
                    trouble = end.exception()
                    if trouble is not None and not isinstance(trouble, Unexpected):
                        raise trouble
                    self.test.assertIsNone(trouble, f"{row.name}: {trouble}")
        answered = self.healthy.answers
        self.test.eventually(lambda: self.healthy.answers > answered or self.healthy.trouble, "the healthy session goes on")
        self.healthy.stop()
        watching.set()
        watcher.join()
        self.test.assertIsNone(self.healthy.trouble)

    def _watch_memory(self, done):
        while not done.wait(0.05) and self.weir.running():
            self.most_rss = max(self.most_rss, self.weir.rss_bytes())

    def check_nothing_is_left(self, idle_too=False):
        """No session, no connection in use, no descriptor of either. `idle_too`: no idle connection to a server, too."""
        with self.weir.admin() as admin:
            self.test.eventually(lambda: self._books(admin) == (0, 0), "no session and no connection in use")
            free = "SELECT COALESCE(SUM(ConnFree), 0) FROM stats_mysql_connection_pool"

            def idle():
                return int(admin.query(free).value())

            if idle_too:
                self.test.eventually(lambda: idle() == 0, "no idle connection")
            # One is that of this admin session.
            self.test.eventually(lambda: self.weir.descriptors() <= self.descriptors_before + 1 + idle(),
                                 "no descriptor is left over")

    def check_memory(self, most_bytes, bytes_left):
        """How much more than before it had at most, and has now."""
        grown = self.most_rss - self.rss_before
        left = self.weir.rss_bytes() - self.rss_before
        self.test.assertLess(grown, most_bytes, "it grew by more than this")
        self.test.assertLess(left, bytes_left, "it keeps more than this")
        return grown, left
