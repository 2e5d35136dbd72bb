"""read_only flipped by hand between two servers, again and again, under clients that never reconnect."""

import time

from .pair import INTERVAL_MS, PairTest

WRITERS, READERS = 48, 16
ROUNDS = 4
# Statements of each client between two events: enough to see who is written to.
WORK = 5


class Flip(PairTest):
    def setUp(self):
        super().setUp()
        self.weir = self.watching(writer_wait_ms=60000, connect_timeout_server_max=60000)
        self.eventually(lambda: self.online(self.weir, 0) == {self.a.port}, "a writes")
        self.writers = self.clients(self.weir, lambda n: "INSERT INTO test.moves (server) VALUES (@@server_id)", WRITERS)
        self.readers = self.clients(self.weir, lambda n: "SELECT COUNT(*) FROM test.moves WHERE id < 10", READERS)

    def work(self, what):
        """Returns when each client has done some more."""
        clients = self.writers + self.readers
        marks = [len(client.done) for client in clients]
        self.eventually(lambda: all(len(c.done) >= n + WORK or c.errors for c, n in zip(clients, marks)), what, 60)

    def follow(self, new, since, event):
        """Returns when `new` is the writer, and all clients work with it."""
        self.eventually(lambda: self.online(self.weir, 0) == {new.port}, "the new one writes")
        self.work("all go on")
        self.assertEqual([error for client in self.writers + self.readers for error in client.errors], [])
        went_on = min(next(at for at in client.done if at > since) for client in self.writers)
        print(f"     {self.engine:8} {WRITERS}+{READERS} clients: writes went on {1000 * (went_on - since):.0f} ms after "
              f"{event} (interval {INTERVAL_MS} ms)", flush=True)

    def finish(self):
        """Ends the clients: nobody has seen an error, and each statement that succeeded was carried out once."""
        for client in self.writers + self.readers:
            client.stop()
            self.assertEqual(client.errors, [])
        self.pair.wait_for_replication()
        self.assertEqual(int(self.a.query("SELECT COUNT(*) FROM test.moves")[0][0]),
                         sum(len(client.done) for client in self.writers))

    def decisions(self):
        return [line for line in self.weir.log_text().splitlines() if "the monitor has decided" in line]

    def follow_only(self, node, on):
        """`node` replicates or not, as in a switch by hand."""
        verb = "START" if on else "STOP"
        node.execute(f"{verb} {'SLAVE' if self.engine == 'mariadb' else 'REPLICA'}")

    def test_traffic_follows_every_flip_without_an_error(self):
        servers = self.ids()
        for number in range(ROUNDS):
            old, new = (self.a, self.b) if number % 2 == 0 else (self.b, self.a)
            old_id = servers[0 if old is self.a else 1]
            known = len(self.decisions())
            self.set_read_only(old, True)
            self.pair.wait_for_replication()
            self.follow_only(new, False)
            self.set_read_only(new, False)
            self.follow(new, time.monotonic(), "read_only=0 of the new one")
            self.follow_only(new, True)
            # Writable again, and not the writer: nothing is written there.
            written = self.rows_of(old, old_id)
            self.set_read_only(old, False)
            self.eventually(lambda: self.weir.log_text().count("several servers are writable") > number, "that is told")
            self.work("all go on")
            self.set_read_only(old, True)
            self.assertEqual(self.rows_of(old, old_id), written)
            steps = self.decisions()[known:]
            for node, now, before in ((old, 1, 0), (new, 0, 1)):
                reasons = (f'reason="read_only={now}"', f'reason="no more: read_only={before}"')
                self.assertTrue([s for s in steps if f":{node.port}" in s and s.endswith(reasons)], f"{node.port}: {steps}")
            self.eventually(lambda: self.weir.log_text().count("it is clear again who writes") > number, "it is clear again")
        self.finish()

    def test_the_new_writer_before_the_old_one_is_read_only(self):
        """Both are writable for a moment: who writes goes on until it is read-only."""
        for number in range(ROUNDS):
            old, new = (self.a, self.b) if number % 2 == 0 else (self.b, self.a)
            self.set_read_only(new, False)
            self.eventually(lambda: self.weir.log_text().count("several servers are writable") > number, "that is told")
            self.assertEqual(self.online(self.weir, 0), {old.port})
            self.set_read_only(old, True)
            self.follow(new, time.monotonic(), "read_only=1 of the old one")
        self.finish()
