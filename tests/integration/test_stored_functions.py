"""Which stored functions run on replicas, as the monitor reads them from the servers' catalogue."""

from wire import ServerError

from .case import WeirTest, proxy_only

GRANTS = {
    "mariadb": ("SELECT ON mysql.proc", "SELECT ON mysql.func"),
    "mysql": ("SHOW_ROUTINE ON *.*", "SELECT ON mysql.func", "SELECT ON performance_schema.user_defined_functions"),
}
READS = 20


class StoredFunctions(WeirTest):
    def grant(self, *privileges):
        primary = self.cluster.primary
        primary.execute(*(f"GRANT {privilege} TO 'monitor'@'%'" for privilege in privileges))
        self.addCleanup(lambda: primary.execute(*(f"REVOKE {p} FROM 'monitor'@'%'" for p in privileges)))

    def function(self, name, declared, body, sql_mode=""):
        primary = self.cluster.primary
        primary.execute(f"DROP FUNCTION IF EXISTS test.{name}", f"SET sql_mode = '{sql_mode}'",
                        f"CREATE FUNCTION test.{name}(x INT) RETURNS INT {declared} {body}")
        self.addCleanup(lambda: primary.execute(f"DROP FUNCTION IF EXISTS test.{name}"))
        self.cluster.wait_for_replication()

    def watching_weir(self, **variables):
        return self.weir(file=True, variables={"monitor_enabled": "true", "monitor_routines_interval": 50, **variables})

    def verdict(self, weir, name):
        with weir.admin() as admin:
            rows = admin.query("SELECT verdict FROM stats_mysql_stored_functions "
                               f"WHERE schemaname='test' AND function='{name}'").texts()
        return rows[0][0] if rows else None

    def wait_for_verdict(self, weir, name, verdict):
        self.eventually(lambda: self.verdict(weir, name) == verdict, f"{name}: {verdict}")

    def reads_on_replicas(self, action, expected):
        """How many SELECTs of the application `action()` sends to replicas, once it has as many as are expected: servers
        write their books after they have answered. The monitor asks there, too."""
        def count():
            return sum(self.reads_by_app(replica) for replica in self.cluster.replicas)

        before = count()
        action()
        self.eventually(lambda: count() - before >= expected, f"{expected} reads on replicas")
        return count() - before

    def selects_on_replicas(self, weir, sql, schema="test", expected=0):
        """How many of READS executions of `sql` ran on replicas, where `expected` should."""
        def read():
            with weir.connect(database=schema) as app:
                for _ in range(READS):
                    app.query(sql)

        return self.reads_on_replicas(read, expected)

    @proxy_only
    def test_a_function_that_only_reads_runs_on_replicas(self):
        table = self.fresh_table("a INT")
        self.grant(*GRANTS[self.engine])
        self.function("f_reads", "READS SQL DATA", f"RETURN (SELECT COUNT(*) FROM {table} WHERE a = x)")
        self.function("f_counts", "DETERMINISTIC NO SQL", "BEGIN DECLARE i INT DEFAULT 0; WHILE (i < x) DO "
                      "SET i = i + 1; END WHILE; RETURN i; END")
        weir = self.watching_weir()
        for name in ("f_reads", "f_counts"):
            self.wait_for_verdict(weir, name, "reads")
            for call in (f"{name}(1)", f"test.{name}(1)", f"`{name.upper()}` (1)"):
                with self.subTest(call):
                    self.assertGreaterEqual(self.selects_on_replicas(weir, f"SELECT {call}", expected=READS), READS)
        self.assertEqual(self.selects_on_replicas(weir, "SELECT test.f_reads(1) FOR UPDATE"), 0)
        self.assertGreaterEqual(
            self.selects_on_replicas(weir, "SELECT test.f_reads(1)", schema="mysql", expected=READS), READS)

    @proxy_only
    def test_functions_that_write_or_may_write_run_on_the_writer(self):
        table = self.fresh_table("a INT")
        self.grant(*GRANTS[self.engine])
        writing = f"BEGIN INSERT INTO {table} VALUES (x); RETURN x; END"
        functions = {"f_writes": ("MODIFIES SQL DATA DETERMINISTIC", writing, "declared_write"),
                     "f_lies": ("READS SQL DATA", writing, "body_in_doubt"),
                     "f_silent": ("DETERMINISTIC", "RETURN x", "not_declared"),
                     "f_session": ("NO SQL", "BEGIN SET @calls = x; RETURN x; END", "body_in_doubt")}
        for name, (declared, body, _) in functions.items():
            self.function(name, declared, body)
        weir = self.watching_weir()
        for name, (_, _, verdict) in functions.items():
            with self.subTest(name):
                self.wait_for_verdict(weir, name, verdict)
                self.assertEqual(self.selects_on_replicas(weir, f"SELECT test.{name}(1)"), 0)
        ((rows,),) = self.cluster.primary.query(f"SELECT COUNT(*) FROM {table}")
        self.assertEqual(int(rows), 2 * READS)
        with weir.admin() as admin:
            self.assertEqual(admin.query("SELECT * FROM stats_mysql_route_surprises").texts(), [])

    @proxy_only
    def test_bodies_are_judged_as_they_were_written(self):
        """information_schema leaves out what escapes in strings: there the INSERTs below stand in strings."""
        table = self.fresh_table("a INT")
        self.grant(*GRANTS[self.engine])
        insert = f"INSERT INTO {table} VALUES (x);"
        in_doubt = "body_in_doubt"
        functions = {
            "f_doubled": ("",
                          f"BEGIN DECLARE v TEXT; SET v = 'it''s'; {insert} SET v = 'it''s'; RETURN 1; END", in_doubt),
            "f_escaped": ("",
                          f"BEGIN DECLARE v TEXT; SET v = 'x\\\\'; {insert} SET v = 'y\\\\'; RETURN 1; END", in_doubt),
            "f_zero": ("", f"BEGIN DECLARE v TEXT; SET v = 'it''\\0'; {insert} RETURN 1; END", in_doubt),
            "f_plain": ("NO_BACKSLASH_ESCAPES",
                        f"BEGIN DECLARE v TEXT; SET v = '\\'; {insert} SET v = '\\'; RETURN 1; END", in_doubt),
            "f_ansi": ("ANSI_QUOTES", f"""BEGIN DECLARE "a'" TEXT; {insert} SET "a'" = 1; RETURN 1; END""", in_doubt),
            "f_version": ("", f"BEGIN /*!50000 {insert} */ RETURN 1; END", in_doubt),
            "f_future": ("", f"BEGIN /*!99999 {insert} */ RETURN 1; END", "reads"),
            "f_string": ("", f"BEGIN DECLARE v TEXT; SET v = 'it''s; {insert}'; RETURN 1; END", "reads"),
            "f_introduced": ("", "RETURN LENGTH(_latin1'it''s \\' (') -- it's", "reads"),
            "f_comment": ("", f"BEGIN /* it's */ RETURN 1; # {insert}\nEND", "reads"),
            "f_names": ("ANSI_QUOTES", 'BEGIN DECLARE "insert""s`" INT DEFAULT 1; RETURN "insert""s`"; END', "reads"),
        }
        for name, (sql_mode, body, _) in functions.items():
            self.function(name, "READS SQL DATA", body, sql_mode)
        weir = self.watching_weir()
        for name, (_, _, verdict) in functions.items():
            with self.subTest(name):
                self.wait_for_verdict(weir, name, verdict)
                expected = READS if verdict == "reads" else 0
                on_replicas = self.selects_on_replicas(weir, f"SELECT test.{name}(1)", expected=expected)
                self.assertEqual(on_replicas >= READS, verdict == "reads", on_replicas)
        ((rows,),) = self.cluster.primary.query(f"SELECT COUNT(*) FROM {table}")
        self.assertEqual(int(rows), READS * sum(verdict == in_doubt for _, _, verdict in functions.values()))
        with weir.admin() as admin:
            self.assertEqual(admin.query("SELECT * FROM stats_mysql_route_surprises").texts(), [])

    @proxy_only
    def test_prepared_calls_run_where_plain_ones_do(self):
        table = self.fresh_table("a INT")
        self.grant(*GRANTS[self.engine])
        self.function("f_reads", "READS SQL DATA", f"RETURN (SELECT COUNT(*) FROM {table})")
        self.function("f_lies", "READS SQL DATA", f"BEGIN INSERT INTO {table} VALUES (x); RETURN x; END")
        weir = self.watching_weir()
        self.wait_for_verdict(weir, "f_reads", "reads")
        self.wait_for_verdict(weir, "f_lies", "body_in_doubt")
        for name, replicas in (("f_reads", True), ("f_lies", False), ("f_nobody", False)):
            def execute():
                with weir.connect(database="test") as app:
                    try:
                        statement = app.prepare(f"SELECT {name}(1)")
                        for _ in range(READS):
                            statement.execute()
                    except ServerError:
                        self.assertEqual(name, "f_nobody")

            with self.subTest(name):
                expected = READS if replicas else 0
                self.assertEqual(self.reads_on_replicas(execute, expected), expected)

    @proxy_only
    def test_a_new_function_is_found_and_a_changed_one_looked_at_again(self):
        self.grant(*GRANTS[self.engine])
        weir = self.watching_weir()
        with weir.connect() as app, self.assertRaises(ServerError):
            app.query("SELECT test.f_new(1)")
        self.function("f_new", "NO SQL", "RETURN x")
        self.wait_for_verdict(weir, "f_new", "reads")
        self.assertGreaterEqual(self.selects_on_replicas(weir, "SELECT test.f_new(1)", expected=READS), READS)
        self.function("f_new", "DETERMINISTIC", "RETURN x")
        self.wait_for_verdict(weir, "f_new", "not_declared")
        self.assertEqual(self.selects_on_replicas(weir, "SELECT test.f_new(1)"), 0)
        self.cluster.primary.execute("DROP FUNCTION test.f_new")
        self.wait_for_verdict(weir, "f_new", None)

    @proxy_only
    def test_without_its_privileges_the_monitor_knows_nothing_and_says_so(self):
        self.function("f_hidden", "NO SQL", "RETURN x")
        weir = self.watching_weir()

        def sources():
            with weir.admin() as admin:
                return admin.query("SELECT functions, loadable_functions, last_error FROM "
                                   "stats_mysql_stored_function_sources").texts()

        self.eventually(lambda: sources() and sources()[0][2] is not None, "an error is told")
        ((_, loadable, error),) = sources()
        self.assertIsNone(loadable)
        self.assertIn("denied", error)
        self.assertIn(self.verdict(weir, "f_hidden"), (None, "body_unseen"))
        self.assertEqual(self.selects_on_replicas(weir, "SELECT test.f_hidden(1)"), 0)

    @proxy_only
    def test_a_wrong_password_of_the_monitor_is_told(self):
        weir = self.watching_weir(monitor_password='"wrong"')

        def error():
            with weir.admin() as admin:
                rows = admin.query("SELECT last_error FROM stats_mysql_stored_function_sources").texts()
            return rows[0][0] if rows else None

        self.eventually(lambda: "Access denied" in (error() or ""), "access denied is told")
        self.eventually(lambda: "stored functions could not be read" in weir.log_text(), "the log has it, too")
