"""Query attributes (CLIENT_QUERY_ATTRIBUTES): MySQL's functions see them through Weir as they do directly."""

from wire import capabilities as caps
from wire.connection import COM_QUERY

from .case import WeirTest, proxy_only

LONG = "x" * 1000


class QueryAttributes(WeirTest):
    def client(self, weir=None):
        """One that has query attributes if the servers take them: Weir offers them when it has seen a writer that does."""
        weir = weir or self.weir()
        if self.engine == "mysql":
            with weir.connect(database="test") as first:
                first.query("SELECT 1 FOR UPDATE")
        app = weir.connect(database="test", extra_caps=caps.QUERY_ATTRIBUTES | caps.MULTI_STATEMENTS)
        self.assertEqual(bool(app.caps & caps.QUERY_ATTRIBUTES), self.engine == "mysql")
        return app

    def with_function(self):
        """mysql_query_attribute_string() is a component's."""
        if self.engine != "mysql":
            self.skipTest("MariaDB has no query attributes")
        if not self.cluster.primary.query("SELECT 1 FROM mysql.component WHERE component_urn LIKE '%query_attributes'"):
            self.cluster.primary.execute("INSTALL COMPONENT 'file://component_query_attributes'")

    def test_the_server_sees_them(self):
        self.with_function()
        asked = "mysql_query_attribute_string('trace'), mysql_query_attribute_string('n')"
        cases = [({}, (None, None)), ({"trace": "abc"}, ("abc", None)), ({"trace": "a", "n": -5}, ("a", "-5")),
                 ({"n": 1.5, "other": None}, (None, "1.5")), ({"trace": LONG}, (LONG, None)), ({"other": "o" * 70_000, "trace": "a"}, ("a", None))]
        with self.client() as app:
            for attributes, expected in cases:
                with self.subTest(names=list(attributes)):
                    app.attributes = attributes
                    self.assertEqual(app.query(f"SELECT {asked}").texts(), [expected])
                    statement = app.prepare(f"SELECT ?, {asked}")
                    for _ in range(3):
                        ((number, *seen),) = statement.execute(7).rows
                        self.assertEqual((number, *(text and text.decode() for text in seen)), (7, *expected))
                    statement.close()
                    statement = app.prepare(f"SELECT {asked}")
                    self.assertEqual(statement.execute().texts(), [expected])
                    statement.close()

    def test_they_belong_to_one_statement_and_one_client(self):
        self.with_function()
        weir = self.weir()
        asked = "SELECT mysql_query_attribute_string('who')"
        apps = [self.client(weir) for _ in range(6)]
        for turn in range(20):
            for number, app in enumerate(apps):
                app.attributes = {"who": f"{number}.{turn}"} if (turn + number) % 3 else {}
                app.query(f"SET @mine = {number}")
                app.query("SET @computed = NOW()")
                expected = app.attributes.get("who")
                self.assertEqual(app.query(asked).value(), expected)
                self.assertEqual(app.query("SELECT @mine").value(), str(number))
        for app in apps:
            app.close()

    def test_statements_of_all_kinds_work_beside_them(self):
        self.use_all_kinds(self.client())

    @proxy_only
    def test_they_are_not_offered_if_servers_take_none(self):
        if self.engine != "mariadb":
            self.skipTest("MySQL has query attributes")
        weir = self.weir(file=True, variables={"server_version": '"8.0.36"'})
        self.use_all_kinds(self.client(weir))

    def use_all_kinds(self, app):
        table = self.fresh_table("a INT PRIMARY KEY, b LONGTEXT")
        with app:
            app.attributes = {"trace": "t", "n": 3}
            app.query("BEGIN")
            app.query(f"INSERT INTO {table} VALUES (1, 'x')")
            self.assertTrue(app.status & caps.STATUS_IN_TRANSACTION)
            app.query("COMMIT")
            app.query("SET sql_mode = 'ANSI_QUOTES'")
            self.assertEqual([r.value() for r in app.queries(f'SELECT 1; SELECT "a" FROM {table}')], ["1", "1"])
            app.use("mysql")
            self.assertEqual(app.query("SELECT DATABASE()").value(), "mysql")
            insert = app.prepare(f"INSERT INTO {table} VALUES (?, ?)")
            insert.execute(2, None)
            app.attributes = {}
            insert.execute(3, "three")
            insert.execute(4, "four", types_too=False)
            app.attributes = {"trace": "t"}
            insert.execute(5, "y" * 1_500_000)  # longer than what Weir looks at
            self.cluster.wait_for_replication()
            self.assertEqual(app.query(f"SELECT a, LEFT(b, 5), LENGTH(b) FROM {table} ORDER BY a").texts(),
                             [("1", "x", "1"), ("2", None, None), ("3", "three", "5"), ("4", "four", "4"),
                              ("5", "yyyyy", "1500000")])
            self.assertEqual(app.query(f"SELECT LENGTH('{'z' * 1_500_000}')").value(), "1500000")
            app.reset()
            self.assertEqual(app.query("SELECT 1").value(), "1")
            if app.caps & caps.QUERY_ATTRIBUTES:
                self.assertEqual(self.error_of(app.simple, COM_QUERY, b"\x01\x01").errno, 1835)
                self.assertEqual(app.query("SELECT 1").value(), "1")
