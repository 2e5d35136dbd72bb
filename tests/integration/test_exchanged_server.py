"""A server is exchanged for one of the other family, with other versions, capabilities and plugins, at the same address."""

from cluster import Cluster, Unavailable
from wire import ServerError, capabilities

from .case import AdminTest, Environment
from .pair import WATCHING
from .weir_process import Weir

OTHER = {"mariadb": "mysql", "mysql": "mariadb"}
LOST = (9001, 1927)
COME_BACK_S = 60


class ExchangedServer(AdminTest):
    def setUp(self):
        super().setUp()
        try:
            self.first, self.second = (Cluster(engine, replicas=0) for engine in (self.engine, OTHER[self.engine]))
        except Unavailable as reason:
            self.skipTest(str(reason))
        self.addCleanup(self.second.stop)
        self.first.start()
        self.addCleanup(self.first.stop)
        self.proxy = Weir(Environment.binary, self.first)
        self.addCleanup(self._stop, self.proxy)
        self.proxy.start_with_file(servers=[("127.0.0.1", self.first.primary.port, 0)],
                                   variables={**WATCHING, "connect_timeout_server_max": 2000})

    def exchange(self):
        old, new = self.first.primary, self.second.primary
        old.kill()
        new.create()
        new.port = old.port
        new.start()

    def session(self, **options):
        session = self.proxy.connect(**options)
        self.addCleanup(session.close)
        return session

    def use(self, session, family):
        """Everything in which the families differ, or which depends on what a server can."""
        self.assertEqual("MariaDB" in session.query("SELECT VERSION()").value(), family == "mariadb")
        session.query("DROP TABLE IF EXISTS test.exchanged")
        session.query("CREATE TABLE test.exchanged (a INT PRIMARY KEY, b TINYINT)")
        self.assertEqual(session.query("INSERT IGNORE INTO test.exchanged VALUES (1, 1), (2, 1000)").warnings, 1)
        self.assertEqual([row[1] for row in session.query("SHOW WARNINGS").texts()], ["1264"])
        session.query("UPDATE test.exchanged SET b = 7")
        self.assertEqual(session.query("SELECT ROW_COUNT()").value(), "2")
        self.assertEqual(session.query("SELECT CONNECTION_ID()").value(), str(session.thread_id))
        session.query("BEGIN")
        session.query("DELETE FROM test.exchanged")
        session.query("ROLLBACK")
        self.assertEqual(session.query("SELECT COUNT(*) FROM test.exchanged").value(), "2")
        self.assertEqual(session.query('SELECT COUNT(*) FROM "test"."exchanged"').value(), "2")  # by its sql_mode
        self.error_of(session.query, "SELECT * FROM test.no_such_table")

    def test_sessions_go_on_with_what_the_new_one_can(self):
        sessions = [self.session(), self.session(extra_caps=capabilities.QUERY_ATTRIBUTES),
                    self.session(without_caps=capabilities.DEPRECATE_EOF)]
        statements = [session.prepare("SELECT ? + 1, ?") for session in sessions]
        for session, statement in zip(sessions, statements):
            session.query("SET sql_mode = 'ANSI_QUOTES'")
            self.use(session, self.engine)
            self.assertEqual(statement.execute(1, "text").rows, [(2, b"text")])
        self.exchange()
        self.eventually(lambda: self.answers(sessions[0]), "the new server is used", COME_BACK_S)
        for session, statement in zip(sessions, statements):
            self.use(session, OTHER[self.engine])
            self.assertEqual(statement.execute(1, "text").rows, [(2, b"text")])
            session.change_user("app2", "app2")
            self.assertEqual(session.query("SELECT CURRENT_USER()").value(), "app2@%")
        self.assertEqual(self.session(database="test").query("SELECT DATABASE()").value(), "test")

    def answers(self, session):
        try:
            return session.query("SELECT 1").value() == "1"
        except ServerError as error:
            self.assertIn(error.errno, LOST)
            return False
