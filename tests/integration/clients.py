"""Clients that work while something happens to the servers."""

import threading
import time

from wire import ServerError


class Client(threading.Thread):
    """Repeats `make_sql(n)` on one connection for as long as it may; `done` are the times of its successes."""

    def __init__(self, weir, make_sql):
        super().__init__(daemon=True)
        self.weir, self.make_sql = weir, make_sql
        self.stopping = threading.Event()
        self.done, self.errors = [], []
        self.slowest_s = 0.0

    def run(self):
        try:
            with self.weir.connect(timeout_s=60) as app:
                while not self.stopping.is_set():
                    started = time.monotonic()
                    app.query(self.make_sql(len(self.done)))
                    self.done.append(time.monotonic())
                    self.slowest_s = max(self.slowest_s, self.done[-1] - started)
        except (ServerError, OSError) as error:
            self.errors.append(error)

    def stop(self):
        self.stopping.set()
        self.join(60)
