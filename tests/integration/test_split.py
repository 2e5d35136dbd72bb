"""Where statements run, by the servers' own counters."""

import contextlib

from wire import ServerError
from wire import capabilities as caps

from .case import WeirTest, proxy_only

READS = 200

# Statements that look like reads and must run on the writer. {t} is a table, {p} a procedure or function.
FOR_THE_WRITER = [
    "SELECT * FROM {t} FOR UPDATE",
    "SELECT * FROM {t} LOCK IN SHARE MODE",
    "SELECT a INTO @a FROM {t} LIMIT 1",
    "SELECT @x := 1",
    "SELECT LAST_INSERT_ID()",
    "SELECT GET_LOCK('weir', 0)",
    "SELECT RELEASE_LOCK('weir')",
    "SELECT test.unknown_to_weir(1)",
    "SELECT /* comment */ a FROM {t} /* more */ FOR UPDATE",
    "(SELECT a FROM {t} FOR UPDATE)",
    "SELECT FOUND_ROWS()",
]


class Split(WeirTest):
    @proxy_only
    def test_autocommit_reads_run_on_replicas_evenly(self):
        table = self.fresh_table("a INT PRIMARY KEY")
        weir = self.weir()

        with weir.connect() as app:

            def read(times=READS):
                for _ in range(times):
                    app.query(f"SELECT a FROM {table}")

            def both_in_use():  # this session's worker opens a connection to a server when there is work for it
                selects = self.counted(lambda: read(10), "Com_select")["Com_select"]
                return all(selects[replica.name] for replica in self.cluster.replicas)

            self.eventually(both_in_use, "both replicas have connections")
            selects = self.counted(read, "Com_select")["Com_select"]
        self.assertLessEqual(selects["primary"], READS * 0.05)
        on_replicas = selects["replica1"] + selects["replica2"]
        self.assertGreaterEqual(on_replicas, READS * 0.95)
        self.assertGreaterEqual(min(selects["replica1"], selects["replica2"]), on_replicas * 0.3)

    @proxy_only
    def test_no_write_reaches_a_replica(self):
        table = self.fresh_table("a INT PRIMARY KEY, b INT")
        before = {node.name: self.writes_by_app(node) for node in self.cluster.nodes}

        def write():
            with self.weir().connect() as app:
                for i in range(20):
                    app.query(f"INSERT INTO {table} VALUES ({i}, 0)")
                    app.query(f"UPDATE {table} SET b = b + 1 WHERE a = {i}")
                app.query(f"REPLACE INTO {table} VALUES (1, 2)")
                app.query(f"DELETE FROM {table} WHERE a = 2")

        counted = self.counted(write, "Com_insert", "Com_update", "Com_replace", "Com_delete")
        self.assertEqual([counted[name]["primary"] for name in counted], [20, 20, 1, 1])
        for replica in self.cluster.replicas:  # its Com_insert counts what it replicates, too
            self.assertEqual(self.writes_by_app(replica), before[replica.name])
        self.eventually(lambda: self.writes_by_app(self.cluster.primary) - before["primary"] >= 42,
                        "all in the primary's books, which it writes after it has answered")

    @proxy_only
    def test_reads_in_a_transaction_run_where_it_began(self):
        table = self.fresh_table("a INT PRIMARY KEY")

        def transactions():
            with self.weir().connect() as app:
                for begin in ("BEGIN", "START TRANSACTION", "START TRANSACTION WITH CONSISTENT SNAPSHOT"):
                    app.query(begin)
                    app.query(f"SELECT a FROM {table}")
                    app.query(f"SELECT COUNT(*) FROM {table}")
                    app.query("COMMIT")

        self.assertEqual(self.counted(transactions, "Com_select")["Com_select"],
                         {"primary": 6, "replica1": 0, "replica2": 0})

    @proxy_only
    def test_reads_with_autocommit_off_run_on_the_writer(self):
        table = self.fresh_table("a INT PRIMARY KEY")

        def read():
            with self.weir().connect() as app:
                app.query("SET autocommit = 0")
                for _ in range(5):
                    app.query(f"SELECT a FROM {table}")
                app.query("COMMIT")

        selects = self.counted(read, "Com_select")["Com_select"]
        self.assertEqual((selects["primary"], selects["replica1"] + selects["replica2"]), (5, 0))

    @proxy_only
    def test_doubtful_reads_run_on_the_writer(self):
        table = self.fresh_table("a INT PRIMARY KEY")
        self.cluster.primary.execute(
            "DROP FUNCTION IF EXISTS test.unknown_to_weir",
            "CREATE FUNCTION test.unknown_to_weir(x INT) RETURNS INT DETERMINISTIC RETURN x + 1")
        self.addCleanup(lambda: self.cluster.primary.execute("DROP FUNCTION test.unknown_to_weir"))
        self.cluster.wait_for_replication()
        for sql in FOR_THE_WRITER:
            with self.subTest(sql), self.weir().connect() as app:
                counted = self.counted(lambda: app.queries(sql.format(t=table)), "Com_select")
                for replica in self.cluster.replicas:
                    self.assertEqual(counted["Com_select"][replica.name], 0)

    @proxy_only
    def test_reads_left_on_the_writer_are_listed_with_the_reason(self):
        table = self.fresh_table("a INT PRIMARY KEY")
        weir = self.weir()
        with weir.connect() as app:
            for sql in ("SELECT 1", "SELECT nobody_knows(1)", f"SELECT a FROM {table} FOR UPDATE", "BEGIN",
                        f"SELECT a FROM {table}", "COMMIT"):
                with contextlib.suppress(ServerError):
                    app.query(sql)
        with weir.admin() as admin:
            rows = admin.query("SELECT reason, detail, digest_text, count_star FROM stats_mysql_route_doubts "
                               "ORDER BY reason").texts()
        self.assertEqual(rows, [("in_transaction", "", f"SELECT a FROM {table}", "1"),
                                ("locking_read", "", f"SELECT a FROM {table} FOR UPDATE", "1"),
                                ("unknown_function", "nobody_knows", "SELECT nobody_knows(?)", "1")])

    @proxy_only
    def test_a_read_that_a_replica_refuses_runs_on_the_writer_and_is_listed(self):
        table = self.fresh_table("a INT")
        self.cluster.primary.execute(
            "DROP VIEW IF EXISTS test.looks_harmless", "DROP FUNCTION IF EXISTS test.writes",
            f"CREATE FUNCTION test.writes() RETURNS INT DETERMINISTIC MODIFIES SQL DATA "
            f"BEGIN INSERT INTO {table} VALUES (1); RETURN 1; END",
            "CREATE SQL SECURITY INVOKER VIEW test.looks_harmless AS SELECT test.writes() AS w")
        self.addCleanup(lambda: self.cluster.primary.execute("DROP VIEW test.looks_harmless",
                                                             "DROP FUNCTION test.writes"))
        self.cluster.wait_for_replication()
        weir = self.weir("--threads", "1")
        with weir.connect() as app:
            for _ in range(3):
                self.assertEqual(app.query("SELECT w FROM test.looks_harmless").value(), "1")
        self.assertEqual(self.cluster.primary.query(f"SELECT COUNT(*) FROM {table}"), [("3",)])
        with weir.admin() as admin:
            surprises = admin.query("SELECT digest_text, count_star, errno FROM stats_mysql_route_surprises").texts()
            doubts = admin.query("SELECT reason, count_star FROM stats_mysql_route_doubts_reset").texts()
            after_reset = admin.query("SELECT COUNT(*) FROM stats_mysql_route_doubts").value()
        self.assertEqual(surprises, [("SELECT w FROM test.looks_harmless", "1", "1290")])
        self.assertEqual(doubts, [("learned_write", "2")])
        self.assertEqual(after_reset, "0")

    @proxy_only
    def test_multi_statements_run_on_the_writer_as_a_whole(self):
        table = self.fresh_table("a INT PRIMARY KEY")

        def run():
            with self.weir().connect(extra_caps=caps.MULTI_STATEMENTS) as app:
                app.queries(f"SELECT 1; INSERT INTO {table} VALUES (1); SELECT a FROM {table}")

        self.assertEqual(self.counted(run, "Com_select")["Com_select"], {"primary": 2, "replica1": 0, "replica2": 0})

    @proxy_only
    def test_temporary_tables_stay_with_their_session(self):
        with self.weir().connect() as app:
            app.query("CREATE TEMPORARY TABLE test.mine (a INT)")
            app.query("INSERT INTO test.mine VALUES (1), (2)")
            for _ in range(10):
                self.assertEqual(app.query("SELECT COUNT(*) FROM test.mine").value(), "2")

    @proxy_only
    def test_user_variables_are_seen_by_later_reads(self):
        with self.weir().connect() as app:
            app.query("SET @mine = 42")
            for _ in range(10):
                self.assertEqual(app.query("SELECT @mine").value(), "42")

    @proxy_only
    def test_prepared_reads_give_the_same_answers_everywhere(self):
        table = self.fresh_table("a INT PRIMARY KEY")
        self.cluster.primary.execute(f"INSERT INTO {table} VALUES (1), (2), (3)")
        self.cluster.wait_for_replication()
        with self.weir().connect() as app:
            statement = app.prepare(f"SELECT COUNT(*) FROM {table} WHERE a >= ?")
            for i in range(20):
                self.assertEqual(statement.execute(1 + i % 3).rows, [(3 - i % 3,)])

    @proxy_only
    def test_a_write_after_a_read_with_an_error_or_warning_reaches_the_writer(self):
        table = self.fresh_table("a INT")
        weir = self.weir()
        for read in ("SELECT * FROM test.no_such_table", "SELECT 'abc' + 1", "SELECT 1"):
            for begin in ("BEGIN", "SET autocommit = 0", "SET sql_mode = ''", "SET @a = 1", "DO 1"):
                with self.subTest(read=read, then=begin), weir.connect() as app:
                    with contextlib.suppress(ServerError):
                        app.query(read)
                    app.query(begin)
                    self.assertEqual(app.query(f"INSERT INTO {table} VALUES (1)").affected, 1)
                    app.query("COMMIT")

    @proxy_only
    def test_rule_decides_before_the_automatic_split(self):
        weir = self.weir(file=True, rules=['rule_id=1, match_digest="^SELECT .* FROM test", destination_hostgroup=0, '
                                           'apply=1'])
        table = self.fresh_table("a INT PRIMARY KEY")
        with weir.connect() as app:
            selects = self.counted(lambda: [app.query(f"SELECT a FROM {table}") for _ in range(10)], "Com_select")
            self.assertEqual(selects["Com_select"], {"primary": 10, "replica1": 0, "replica2": 0})

    @proxy_only
    def test_a_configuration_without_the_split_sends_all_to_the_default_hostgroup(self):
        weir = self.weir(file=True, variables={"auto_rw_split": "false"})
        with weir.connect() as app:
            selects = self.counted(lambda: [app.query("SELECT 1") for _ in range(10)], "Com_select")
            self.assertEqual(selects["Com_select"], {"primary": 10, "replica1": 0, "replica2": 0})
