"""Mirrors: another server sees the statement, and the client does not see the other server."""

from .ruled import FIRST, SECOND, RuledTest

TIMES = 20


class Mirror(RuledTest):
    hurts_cluster = True

    def copied(self, weir, sql, name, times=TIMES, expected=TIMES):
        """Runs `sql` so often; fails unless the node `name` gets `expected` copies. Returns what all nodes got."""
        before = self.counters("Com_select")

        def seen():
            now = self.counters("Com_select")
            return {node: now[node]["Com_select"] - before[node]["Com_select"] for node in now}

        with weir.connect() as app:
            for _ in range(times):
                app.query(sql)
        self.eventually(lambda: seen()[name] >= expected, f"{name} has {expected} copies")
        return seen()

    def test_mirror_hostgroup_sees_each_statement_once(self):
        weir = self.ruled(f'match_pattern="copied", mirror_hostgroup={FIRST}')
        self.assertEqual(self.copied(weir, "SELECT 1 AS copied", "replica1"),
                         {"primary": TIMES, "replica1": TIMES, "replica2": 0})
        self.assertEqual(self.copied(weir, "SELECT 1 AS other", "primary"),
                         {"primary": TIMES, "replica1": 0, "replica2": 0})

    def test_mirror_flag_out_routes_and_rewrites_the_copy_only(self):
        self.fresh_table("a INT", "mirrored")
        weir = self.ruled('match_pattern="copied", mirror_flagOUT=9',
                          f'flagIN=9, match_pattern="1 AS copied", replace_pattern="a FROM test.mirrored", '
                          f'destination_hostgroup={SECOND}')
        self.assertEqual(self.copied(weir, "SELECT 1 AS copied", "replica2"),
                         {"primary": TIMES, "replica1": 0, "replica2": TIMES})
        with weir.connect() as app, weir.admin() as admin:
            self.assertEqual(app.query("SELECT 1 AS copied").value(), "1")
            self.eventually(lambda: self.status(admin, "weir_mirrored") == str(TIMES + 1), "all copies are answered")

    def test_error_of_a_copy_is_nobodys(self):
        table = self.fresh_table("a INT")
        weir = self.ruled(f'match_digest="^INSERT", mirror_hostgroup={FIRST}')  # which is read-only
        with weir.connect() as app, weir.admin() as admin:
            for i in range(TIMES):
                self.assertEqual(app.query(f"INSERT INTO {table} VALUES ({i})").affected, 1)
            self.assertEqual(app.query(f"SELECT COUNT(*) FROM {table}").value(), str(TIMES))
            self.eventually(lambda: self.status(admin, "weir_mirrored") == str(TIMES), "all copies are answered")

    def answers_in_spite_of_the_mirror(self):
        weir = self.ruled(f'match_pattern="copied", mirror_hostgroup={FIRST}', variables={
            "mirror_max_concurrency": 2, "mirror_max_queue_length": 5})
        with weir.connect(timeout_s=30) as app, weir.admin() as admin:
            for i in range(200):  # each would wait for longer than the client, if it waited for its copy
                self.assertEqual(app.query(f"SELECT {i} AS copied").value(), str(i))
            return int(self.status(admin, "weir_mirror_dropped")), int(self.status(admin, "weir_mirrored"))

    def test_mirror_that_hangs_keeps_nobody_waiting(self):
        self.cluster.replicas[0].pause()
        dropped, mirrored = self.answers_in_spite_of_the_mirror()
        self.assertEqual(mirrored, 0)
        self.assertGreaterEqual(dropped, 100)  # 2 run and 5 wait; after ten seconds these give up, and others may

    def test_mirror_that_is_gone_keeps_nobody_waiting(self):
        self.cluster.replicas[0].kill()
        _, mirrored = self.answers_in_spite_of_the_mirror()
        self.assertEqual(mirrored, 0)
