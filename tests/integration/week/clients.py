"""Clients that write and read for as long as they may, and keep books of what they were told."""

import threading
import time
from dataclasses import dataclass

from wire import ServerError

# How long a client looks up between two statements: a load that leaves two processors to servers and Weir.
BETWEEN_S = 0.01
# Nobody may wait longer for anything. Weir's own limits (below) are far shorter.
PATIENCE_S = 60

TABLE = "test.week"
COLUMNS = "id INT PRIMARY KEY AUTO_INCREMENT, client INT NOT NULL, number INT NOT NULL, server INT NOT NULL"

# What a client may be told: that no server can serve, that the server was lost, that it is read-only (in a transaction),
# that it is shutting down or was in the middle of what is over (KILL of a session whose client has gone).
NOT_CARRIED_OUT = {9001, 1290, 1836, 1792}
MAYBE_CARRIED_OUT = {1927, 1053, 1317, 2013}


@dataclass
class Write:
    """A row that a client has tried to write. `told` is "done", "not" (nothing was carried out) or "unknown"."""

    number: int
    began: float
    ended: float = 0.0
    told: str = "unknown"


class Person(threading.Thread):
    """A client. `problems` are what must not happen to it, in words."""

    not_done, in_doubt = NOT_CARRIED_OUT, MAYBE_CARRIED_OUT
    stays_in_doubt = False  # on its connection
    may_be_cut_off = False  # then it gives up whom it does not hear from, and nothing is wrong

    def __init__(self, number, connect):
        super().__init__(daemon=True)
        self.number, self._connect = number, connect
        self.stopping = threading.Event()
        self.connection = None
        self.done = 0
        self.errors = {}  # errno: how often
        self.problems = []

    def run(self):
        while not self.stopping.wait(BETWEEN_S):
            try:
                if self.connection is None:
                    self.connection = self._connect(timeout_s=PATIENCE_S)
                self.act()
                self.done += 1
            except ServerError as error:
                self.note(error)
            except TimeoutError:
                if not self.may_be_cut_off:
                    self.problems.append(f"client {self.number} had no answer within {PATIENCE_S} s")
                    return
                self.leave()
            except OSError:
                self.leave()
        self.leave()

    def told(self):
        """How many statements have had an answer of whatever kind."""
        return self.done + sum(self.errors.copy().values())

    def note(self, error):
        self.errors[error.errno] = self.errors.get(error.errno, 0) + 1
        if error.errno not in self.not_done | self.in_doubt:
            self.problems.append(f"client {self.number} was told: {error}")
        if error.errno in self.in_doubt and not self.stays_in_doubt:
            self.leave()

    def leave(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def stop(self):
        self.stopping.set()
        self.join(PATIENCE_S + 10)
        if self.is_alive():
            self.problems.append(f"client {self.number} does not end")


class Writer(Person):
    """One row per statement."""

    def __init__(self, number, connect):
        super().__init__(number, connect)
        self.writes = []

    def act(self):
        write = Write(len(self.writes), time.monotonic())
        self.writes.append(write)
        try:
            self.write(write)
            write.told = "done"
        except ServerError as error:
            if error.errno in self.not_done:
                write.told = "not"
            raise
        finally:
            write.ended = time.monotonic()

    def write(self, write):
        self.append(write)

    def append(self, write):
        self.connection.query(self.insert(write))

    def insert(self, write):
        return (f"INSERT INTO {TABLE} (client, number, server) "
                f"VALUES ({self.number}, {write.number}, @@server_id)")


class Transactor(Writer):
    """One row per transaction. What fails before the COMMIT was not carried out."""

    def write(self, write):
        write.told = "not"
        try:
            self.begin()
            self.append(write)
            write.told = "unknown"
            self.connection.query("COMMIT")
        except ServerError as error:
            if error.errno not in self.in_doubt:
                self.connection.query("ROLLBACK")  # or a COMMIT that was refused might still come true
            raise

    def begin(self):
        self.connection.query("BEGIN")


class Reader(Person):
    def act(self):
        self.connection.query(f"SELECT COUNT(*) FROM {TABLE} WHERE id = {self.done}")
