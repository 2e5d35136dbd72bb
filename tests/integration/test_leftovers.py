"""What a text leaves on its connection when it fails half way ends with its session: the next one finds nothing."""

from wire import ServerError, capabilities as caps

from .case import WeirTest, proxy_only


class Leftovers(WeirTest):
    def setUp(self):
        super().setUp()
        self.table = self.fresh_table("id INT PRIMARY KEY")

    def session(self, weir):
        session = weir.connect(database="test", extra_caps=caps.MULTI_STATEMENTS)
        self.addCleanup(session.close)
        return session

    def rows(self):
        return sorted(int(row[0]) for row in self.cluster.primary.query(f"SELECT id FROM {self.table}"))

    @proxy_only
    def test_a_transaction_that_a_compound_statement_has_begun(self):
        if self.engine != "mariadb":
            self.skipTest("MySQL has no compound statements outside routines")
        begins = f"START TRANSACTION; INSERT INTO {self.table} VALUES (1); SIGNAL SQLSTATE '45000';"
        weir = self.weir(file=True, server_options="max_connections=1")
        expected = []
        for text in (f"BEGIN NOT ATOMIC {begins} END", f"IF 1 THEN {begins} END IF", f"FOR i IN 1..1 DO {begins} END FOR",
                     f"SELECT 0; BEGIN NOT ATOMIC {begins} END", f"SELECT 0; IF 1 THEN {begins} END IF"):
            with self.subTest(text[:30]):
                one = self.session(weir)
                self.assertEqual(self.error_of(one.queries, text).errno, 1644)
                one.close()
                following = self.session(weir)
                expected.append(len(expected) + 2)
                following.query(f"INSERT INTO {self.table} VALUES ({expected[-1]})")
                self.assertEqual(self.rows(), expected)
                following.close()

    @proxy_only
    def test_a_variable_that_a_handler_of_a_compound_statement_has_set(self):
        if self.engine != "mariadb":
            self.skipTest("MySQL has no compound statements outside routines")
        weir = self.weir(file=True, server_options="max_connections=1")
        one = self.session(weir)
        one.query("BEGIN NOT ATOMIC DECLARE CONTINUE HANDLER FOR SQLEXCEPTION SET @kept = 'mine'; "
                  "SIGNAL SQLSTATE '45000'; END")
        self.assertEqual(one.query("SELECT @kept").value(), "mine")
        one.close()
        self.assertIsNone(self.session(weir).query("SELECT @kept").value())

    @proxy_only
    def test_a_lock_of_a_transaction_that_a_later_statement_of_a_text_has_opened(self):
        self.cluster.primary.execute(f"INSERT INTO {self.table} VALUES (1)")
        one = self.session(self.weir(file=True, server_options="max_connections=1"))
        one.query("SET autocommit = 0")
        with self.assertRaises(ServerError):
            one.queries(f"SELECT 1; INSERT INTO {self.table} VALUES (1)")
        one.close()
        with self.cluster.primary.connect(database="test") as direct:
            direct.query("SET innodb_lock_wait_timeout = 20")
            direct.query(f"DELETE FROM {self.table}")
        self.assertEqual(self.rows(), [])

    @proxy_only
    def test_autocommit_is_the_servers_default_whoever_had_the_connection(self):
        if self.engine != "mariadb":
            self.skipTest("MySQL says autocommit in the flags of sessions that begin without")
        for node in self.cluster.nodes:
            self.addCleanup(node.execute, "SET GLOBAL autocommit = 1")
            node.execute("SET GLOBAL autocommit = 0")
        weir = self.weir(file=True, server_options="max_connections=1")
        with weir.connect() as first:
            first.query("COMMIT")  # a server has been seen
        for number in range(3):
            with self.cluster.primary.connect() as direct:
                status = direct.status
            one = self.session(weir)
            self.assertEqual(one.status & caps.STATUS_AUTOCOMMIT, status & caps.STATUS_AUTOCOMMIT)
            one.query(f"INSERT INTO {self.table} VALUES (1)")
            one.query("ROLLBACK")
            self.assertEqual(self.rows(), [])
            if number == 1:
                one.query("SET autocommit = 1")
            one.close()
