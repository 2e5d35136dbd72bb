"""A ledger into which eight clients append numbers, while servers, connections, the network and Weir itself are killed,
stopped and cut off at random.

What is promised: what a client was told is done is there once, for good; what it was told is not done is not there;
what it was told nothing of, or that nobody knows, is there once or not at all. One server is written to, and comes back
with all that it has acknowledged, for only processes die here, and no machine; the other follows it, is read from, and
has the same in the end. That another server may lack rows when it takes over is replication's affair, and not looked at.

`WEIR_SEED` plays the same steps again; `WEIR_LEDGER_SECONDS` says how long."""

import os
import random
import time
import unittest
from collections import Counter

from cluster import process

from .case import Environment
from .ledger import books, writers
from .ledger.disaster import CLIENTS, Disaster
from .ledger.writers import LEDGER, TABLES, TOTALS
from .week.clients import Write
from .week.world import NIGHT_S, WEIR, WorldTest

SEED = 20_261_122
SHORT_S, LONG_S = 10, 600
# A step lasts until the clients have been told so much more, or so long.
PACES, PACE_S = (0, 20, 100, 200), 1
PORT = 6033
DURABLE = ["--sync-binlog=1", "--innodb-lock-wait-timeout=2"]
# Those whose network is cut, too, and those who are on Weir's machine.
FAR = (writers.Appender, writers.PreparerInTransactions, writers.AllAtOnce, writers.PreparerLookingBack)
NEAR = (writers.AppenderLookingBack, writers.Preparer, writers.InTransactions, writers.WithoutAutocommit, writers.Adder)


class Ledger(WorldTest):
    def test_each_acknowledged_row_is_there_once_whatever_happens(self):
        self.seed = int(os.environ.get("WEIR_SEED", random.randrange(1 << 32) if Environment.long_runs else SEED))
        seconds = int(os.environ.get("WEIR_LEDGER_SECONDS", LONG_S if Environment.long_runs else SHORT_S))
        self.begin()
        try:
            self.suffer(time.monotonic() + seconds)
            self.be_calm()
        except Exception as error:
            raise AssertionError(f"{error}\n{self.story()}\n" + self.processes_now()) from error
        for writer in self.writers:
            writer.stop()
            self.assertEqual(writer.problems, [], self.story())
        rows = self.account()
        doubtful = sum(len([write for write in writer.writes if write.told == "unknown" and
                            (writer.number, write.number) in rows]) for writer in self.writers)
        told = Counter(write.told for writer in self.writers for write in writer.writes)
        print(f"     {self.engine:8} seed {self.seed}: {len(self.disaster.taken)} steps, {len(rows)} rows; clients were told "
              f"{', '.join(f'{count} times {word}' for word, count in sorted(told.items()))}, "
              f"and {doubtful} of those are there", flush=True)
        self.assertGreater(told["unknown"], 0, "nobody was ever in doubt")

    def story(self):
        return f"WEIR_SEED={self.seed}; the steps were:\n" + "\n".join("    " + step for step in self.disaster.taken)

    def processes_now(self):
        up = [node for node in self.servers.nodes if self.disaster.state[node.name] == "up"]
        doing = self.processes(self.admin(), up) if self.disaster.weir_state == "up" else []
        return "\n".join(map(str, doing))

    # --- before ------------------------------------------------------------------------------------------------

    def begin(self):
        self.build(["primary", "replica1"], co_primary=False, others=[CLIENTS], options=DURABLE)
        primary = self.servers.primary
        primary.execute(*(f"CREATE TABLE {name} ({columns})" for name, columns in TABLES.items()))
        address = self.network.machine(WEIR).address
        self.start_weir(primary, [f"{address}:{PORT}"])
        self.disaster = Disaster(self.servers, self.network, self.weir, WEIR, random.Random(self.seed))

        def connect_from_far(**options):
            return self.weir.connect(host=address, port=PORT, **options)

        machine = self.network.machine(CLIENTS)
        self.writers = [kind(number, connect_from_far, machine) for number, kind in enumerate(FAR, 1)]
        self.writers += [kind(number, self.connect_as("app")) for number, kind in enumerate(NEAR, len(FAR) + 1)]
        primary.execute(*(f"INSERT INTO {TOTALS} (writer) VALUES ({writer.number})" for writer in self.writers))
        self.servers.wait_for_replication()
        self.started(self.writers)
        self.all_work()

    # --- meanwhile ---------------------------------------------------------------------------------------------

    def suffer(self, until):
        """Each kind of step is taken, however long that takes."""
        while time.monotonic() < until or not self.disaster.has_seen_all():
            self.disaster.step()
            self.go_on_for(self.disaster.random.choice(PACES))
            for writer in self.writers:
                self.assertEqual(writer.problems, [])
                self.assertTrue(writer.is_alive(), f"client {writer.number} has ended")

    def go_on_for(self, answers):
        told = self.told()
        process.wait_for(lambda: self.told() >= told + answers, PACE_S)

    def told(self):
        return sum(writer.told() for writer in self.writers)

    def be_calm(self):
        self.disaster.end_all()
        self.all_work()

    def all_work(self):
        done = [writer.done for writer in self.writers]
        self.eventually(lambda: all(writer.done > before + 5 for writer, before in zip(self.writers, done)),
                        "all clients work", NIGHT_S)

    # --- what must hold ----------------------------------------------------------------------------------------

    def account(self):
        """Returns the rows that there are. Nobody is at work any more, nor is what somebody has sent under way."""
        self._stop(self.weir)
        for node in self.servers.nodes:
            self.eventually(lambda: self.app_threads(node) == 0, f"no connection is left on {node.name}", NIGHT_S)
        self.servers.wait_for_replication(NIGHT_S)
        for node in self.servers.nodes:
            rows = [(int(writer), int(number)) for writer, number in self.all_of(node, f"writer, number FROM {LEDGER}")]
            totals = {int(writer): int(total) for writer, total in self.all_of(node, f"writer, total FROM {TOTALS}")}
            self.assertEqual(books.faults(self.writers, rows, totals)[:10], [], f"on {node.name}; {self.story()}")
        return set(rows)

    def all_of(self, node, what):
        return node.query(f"SELECT {what}", timeout_s=NIGHT_S)


class Books(unittest.TestCase):
    """What is wrong is seen."""

    def setUp(self):
        self.appender = writers.Appender(1, None)
        self.in_transactions = writers.InTransactions(2, None)
        self.adder = writers.Adder(3, None)
        for writer in (self.appender, self.in_transactions, self.adder):
            writer.writes = [Write(number, 0, told=told) for number, told in enumerate(("done", "not", "unknown"))]

    def faults(self, rows, totals):
        return books.faults((self.appender, self.in_transactions, self.adder), rows, totals)

    def test_what_may_be_is_no_fault(self):
        self.assertEqual(self.faults([(1, 0), (2, 0)], {2: 1, 3: 1}), [])
        self.assertEqual(self.faults([(1, 0), (1, 2), (2, 0), (2, 2)], {2: 2, 3: 2}), [])

    def test_each_fault_is_found(self):
        self.appender.seen = {2}
        good = [(1, 0), (1, 2), (2, 0)]
        for rows, totals, words in (
                ([(1, 2), (2, 0)], {2: 1, 3: 1}, "client 1 (Appender) was told done of row 0: it is there 0 times"),
                ([*good, (1, 0)], {2: 1, 3: 1}, "client 1 (Appender) was told done of row 0: it is there 2 times"),
                ([*good, (1, 1)], {2: 1, 3: 1}, "client 1 (Appender) was told not of row 1: it is there 1 times"),
                ([*good, (1, 2)], {2: 1, 3: 1}, "told unknown of row 2, and has read it: it is there 2 times"),
                ([(1, 0), (2, 0)], {2: 1, 3: 1}, "told unknown of row 2, and has read it: it is there 0 times"),
                ([*good, (2, 2), (2, 2)], {2: 3, 3: 1}, "client 2 (InTransactions) was told unknown of row 2: it is there 2"),
                (good, {2: 2, 3: 1}, "client 2 (InTransactions) has added 2 times, and not 1 to 1 times"),
                (good, {2: 1, 3: 0}, "client 3 (Adder) has added 0 times, and not 1 to 2 times"),
                (good, {2: 1, 3: 3}, "client 3 (Adder) has added 3 times, and not 1 to 2 times"),
                ([*good, (1, 3)], {2: 1, 3: 1}, "nobody has written row 3 of client 1")):
            with self.subTest(words):
                (found,) = self.faults(rows, totals)
                self.assertIn(words, found)
