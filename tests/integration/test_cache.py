"""cache_ttl: which reads are answered without a server, by the server's own count."""

from wire import capabilities as caps

from .ruled import RuledTest

LONG_MS = 600_000
TIMES = 8
# Answers that are another session's, another moment's, or another throw of dice's.
NOT_TOLD_AGAIN = (
    "SELECT NOW(6)", "SELECT RAND()", "SELECT UUID()", "SELECT CURRENT_USER()", "SELECT CURRENT_TIMESTAMP", "SELECT @a",
    "SELECT @@sql_mode", "SELECT LAST_INSERT_ID()", "SELECT SYSDATE()", "SELECT 1 FROM DUAL FOR UPDATE",
    "SELECT IS_FREE_LOCK('x')", "SELECT CAST('x' AS SIGNED)",  # the last has a warning
)


class Cache(RuledTest):
    def setUp(self):
        super().setUp()
        self.table = self.fresh_table("a INT PRIMARY KEY, b VARCHAR(10)")
        self.cluster.primary.execute(f"INSERT INTO {self.table} VALUES (1, 'one'), (2, 'two')")

    def caching(self, *fields, ttl_ms=LONG_MS):
        return self.ruled(", ".join(('match_digest="^SELECT"', f"cache_ttl={ttl_ms}", *fields)))

    def asked(self, action, times=TIMES):
        """How many SELECTs reached the primary while `action()` ran so often."""
        return self.selects(lambda: [action() for _ in range(times)])["primary"]

    def test_one_of_many_equal_reads_reaches_the_server(self):
        with self.caching().connect() as app:
            read = lambda: self.assertEqual(app.query(f"SELECT b FROM {self.table} WHERE a = 1").texts(), [("one",)])
            self.assertEqual(self.asked(read), 1)
            self.assertEqual(self.asked(lambda: app.query(f"SELECT b FROM {self.table} WHERE a = 2"), 1), 1)

    def test_without_a_rule_nothing_is_cached(self):
        with self.ruled().connect() as app:
            self.assertEqual(self.asked(lambda: app.query(f"SELECT b FROM {self.table}")), TIMES)

    def test_reply_stays_until_flushed(self):
        weir = self.caching()
        sql = f"SELECT b FROM {self.table} WHERE a = 1"
        with weir.connect() as app, weir.admin() as admin:
            self.assertEqual(app.query(sql).value(), "one")
            app.query(f"UPDATE {self.table} SET b = 'new' WHERE a = 1")
            self.assertEqual(app.query(sql).value(), "one")
            admin.query("PROXYSQL FLUSH QUERY CACHE")
            self.assertEqual(app.query(sql).value(), "new")

    def test_reply_grows_old(self):
        with self.caching(ttl_ms=100).connect() as app:
            sql = f"SELECT b FROM {self.table} WHERE a = 1"
            app.query(sql)
            app.query(f"UPDATE {self.table} SET b = 'new' WHERE a = 1")
            self.eventually(lambda: app.query(sql).value() == "new", "the server is asked again")

    def test_empty_results_only_if_the_rule_says_so(self):
        sql = f"SELECT b FROM {self.table} WHERE a = 99"
        for field, expected in (("cache_empty_result=0", TIMES), ("cache_empty_result=1", 1)):
            with self.subTest(field), self.caching(field).connect() as app:
                self.assertEqual(self.asked(lambda: self.assertEqual(app.query(sql).rows, [])), expected)

    def test_what_may_not_be_told_again_is_asked_again(self):
        with self.caching().connect() as app:
            for sql in NOT_TOLD_AGAIN:
                with self.subTest(sql):
                    self.assertEqual(self.asked(lambda: app.query(sql), 3), 3)

    def test_errors_are_asked_again(self):
        with self.caching().connect() as app:
            self.assertEqual(self.asked(lambda: self.error_of(app.query, "SELECT * FROM test.no_such_table"), 3), 3)

    def test_each_account_has_its_own_replies(self):
        weir = self.caching()
        sql = f"SELECT b FROM {self.table}"
        with weir.connect() as app, weir.connect("app2", "app2") as other, weir.connect() as third:
            self.assertEqual(self.asked(lambda: [client.query(sql) for client in (app, other, third)]), 2)

    def test_each_schema_has_its_own_replies(self):
        self.cluster.primary.execute("DROP DATABASE IF EXISTS cache_b", "CREATE DATABASE cache_b",
                                     f"CREATE TABLE cache_b.{self.table[5:]} AS SELECT 1 AS a, 'other' AS b")
        self.addCleanup(lambda: self.cluster.primary.execute("DROP DATABASE cache_b"))
        with self.caching().connect() as app:
            for _ in range(3):
                for schema, expected in (("test", "one"), ("cache_b", "other")):
                    app.query(f"USE {schema}")
                    self.assertEqual(app.query(f"SELECT b FROM {self.table[5:]} WHERE a = 1").value(), expected)

    def test_session_variables_that_change_the_answer_count(self):
        cases = (("time_zone", ("'+00:00'", "'+05:00'"), "SELECT FROM_UNIXTIME(0)", ("1970-01-01 00:00:00", "1970-01-01 05:00:00")),
                 ("sql_mode", ("''", "'PIPES_AS_CONCAT'"), "SELECT '1' || '0'", ("1", "10")),
                 ("sql_select_limit", ("1", "2"), f"SELECT COUNT(*) FROM (SELECT 1) x, {self.table}", ("2", "2")),
                 ("group_concat_max_len", ("4", "100"), f"SELECT GROUP_CONCAT(b ORDER BY a) FROM {self.table}", None))
        with self.caching().connect() as app:
            for name, values, sql, expected in cases:
                with self.subTest(name):
                    seen = []
                    for value in values * 2:
                        app.query(f"SET {name} = {value}")
                        seen.append(app.query(sql).value())
                    self.assertEqual(tuple(seen), tuple(expected or ("one,", "one,two")) * 2)

    def test_transaction_sees_the_server(self):
        sql = f"SELECT b FROM {self.table} WHERE a = 1"
        with self.caching().connect() as app:
            app.query(sql)
            app.query("BEGIN")
            app.query(f"UPDATE {self.table} SET b = 'mine' WHERE a = 1")
            self.assertEqual(app.query(sql).value(), "mine")
            app.query("ROLLBACK")
            self.assertEqual(app.query(sql).value(), "one")

    def test_clients_of_either_protocol_form_read_what_they_can(self):
        weir = self.caching()
        sql = f"SELECT a, b FROM {self.table} ORDER BY a"
        with weir.connect() as new, weir.connect(without_caps=caps.DEPRECATE_EOF) as old:
            for client in (new, old) * 3:
                self.assertEqual(client.query(sql).texts(), [("1", "one"), ("2", "two")])

    def test_prepared_executions_ask_the_server(self):
        with self.caching().connect() as app:
            statement = app.prepare(f"SELECT b FROM {self.table} WHERE a = ?")
            self.assertEqual([statement.execute(i % 2 + 1).rows[0][0] for i in range(4)], [b"one", b"two"] * 2)
            self.assertGreaterEqual(self.asked(lambda: statement.execute(1)), TIMES)
