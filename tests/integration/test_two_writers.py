"""Servers that say they are writable when they should not: one of them writes, or none."""

from .pair import PairTest

FLAPS = 8


class TwoWriters(PairTest):
    def insert(self, _):
        return "INSERT INTO test.moves (server) VALUES (@@server_id)"

    def read_only_seen(self, weir, node):
        """What the monitor has heard last."""
        with weir.admin() as admin:
            return admin.query(f"SELECT MAX(read_only) FROM stats_mysql_server_status WHERE port = {node.port}").value()

    def flap(self, weir, node):
        """Its read_only changes as soon as the monitor has seen the change before."""
        for number in range(FLAPS):
            on = number % 2 == 0
            self.set_read_only(node, not on)
            self.eventually(lambda: self.read_only_seen(weir, node) == str(int(not on)), "that is seen")
            self.assertLessEqual(len(self.online(weir, 0)), 1)

    def work_on(self, clients, what):
        marks = [len(client.done) for client in clients]
        self.eventually(lambda: all(len(c.done) > n + 5 or c.errors for c, n in zip(clients, marks)), what)

    def finish(self, clients):
        for client in clients:
            client.stop()
            self.assertEqual(client.errors, [])

    def test_another_server_that_flaps_takes_no_write(self):
        weir = self.watching()
        self.eventually(lambda: self.online(weir, 0) == {self.a.port}, "a writes")
        writers = self.clients(weir, self.insert)
        self.flap(weir, self.b)
        self.assertEqual(self.online(weir, 0), {self.a.port})
        self.work_on(writers, "all go on")
        self.finish(writers)
        self.pair.wait_for_replication()
        self.assertEqual(self.rows_of(self.a, self.ids()[1]), 0)
        self.assertEqual(self.rows_of(self.a, self.ids()[0]), sum(len(client.done) for client in writers))

    def test_a_writer_that_flaps_is_waited_for(self):
        weir = self.watching(writer_wait_ms=60000)
        self.eventually(lambda: self.online(weir, 0) == {self.a.port}, "a writes")
        writers = self.clients(weir, self.insert)
        for number in range(FLAPS):
            self.set_read_only(self.a, number % 2 == 0)
            self.eventually(lambda: self.read_only_seen(weir, self.a) == str((number + 1) % 2), "that is seen")
            self.assertLessEqual(self.online(weir, 0), {self.a.port})
        self.eventually(lambda: self.online(weir, 0) == {self.a.port}, "a writes again")
        self.work_on(writers, "all go on")
        self.finish(writers)
        self.assertEqual(self.rows_of(self.a, self.ids()[0]), sum(len(client.done) for client in writers))

    def test_an_old_primary_that_comes_back_with_rows_of_its_own_gets_no_write(self):
        weir = self.watching()
        self.eventually(lambda: self.online(weir, 0) == {self.a.port}, "a writes")
        a_id, b_id = self.ids()
        io_thread = "SLAVE IO_THREAD" if self.engine == "mariadb" else "REPLICA IO_THREAD"
        with weir.connect() as app:
            app.query(self.insert(0))
            self.pair.wait_for_replication()
            self.b.execute(f"STOP {io_thread}")
            app.query(self.insert(0))  # nobody but a has this one
            self.a.kill()
            self.eventually(lambda: self.status(weir, 0, self.a)[0] == "DEAD", "it is dead")
            self.set_read_only(self.b, False)
            self.eventually(lambda: self.online(weir, 0) == {self.b.port}, "b is the writer")
            app.query(self.insert(0))
            self.a.restart()
            self.set_read_only(self.a, False)
            self.eventually(lambda: "several servers are writable" in weir.log_text(), "that is told")
            for _ in range(10):
                app.query(self.insert(0))
                self.assertEqual(self.online(weir, 0), {self.b.port})
                self.assertEqual(int(app.query("SELECT COUNT(*) FROM test.moves WHERE server = " + str(a_id)).value()), 1)
            status, reason = self.status(weir, 0, self.a)
            self.assertEqual(status, "FENCED", reason)
            self.assertEqual(self.rows_of(self.b, b_id), 11)
            self.assertEqual(self.rows_of(self.a, a_id), 2)
            self.set_read_only(self.a, True)
            self.eventually(lambda: "it is clear again who writes" in weir.log_text(), "it is clear again")
            self.assertEqual(self.online(weir, 0), {self.b.port})
