"""What every integration test has: a cluster, a Weir of its own before it, and ways to look at the servers."""

import unittest

from cluster import process
from wire import ServerError

from .weir_process import Direct, PortTaken, Weir

WAIT_S = 20


class Environment:
    """Set by the runner before any test: engine name, cluster, path of the binary (None: test the servers directly)."""

    engine = "mariadb"
    cluster = None
    binary = None
    long_runs = False

    @classmethod
    def program(cls, name):
        """weir_<name> of tests/<name>, of the tested binary's build or of a build with tests beside it; None if there is
        none."""
        builds = [cls.binary.parent, *(cls.binary.parent.parent / preset for preset in ("asan", "dev"))]
        paths = [build / "tests" / name / f"weir_{name}" for build in builds]
        return next((path for path in paths if path.exists()), None)

    @classmethod
    def sanitized(cls):
        """Whether the binary is a sanitizer's build, whose memory and speed say nothing about Weir's."""
        return any(word in cls.binary.read_bytes() for word in (b"__asan_init", b"__tsan_init"))


def proxy_only(test):
    """Marks a test that says nothing about a direct connection."""
    test.proxy_only = True
    return test


class WeirTest(unittest.TestCase):
    """`self.weir()` starts a Weir; whatever the test did to the cluster is repaired after it."""

    maxDiff = 4000
    hurts_cluster = False  # set in a class whose tests kill or pause servers

    def setUp(self):
        self.cluster = Environment.cluster
        self.engine = Environment.engine
        method = getattr(self, self._testMethodName)
        if Environment.binary is None and getattr(method, "proxy_only", False):
            self.skipTest("says nothing about a direct connection")
        if self.hurts_cluster:
            self.addCleanup(self.cluster.repair)

    def weir(self, *options, **file_options):
        """A Weir started with command line options, or, with `file=True`, from a configuration file."""
        if Environment.binary is None:
            return Direct(self.cluster)
        if file_options.pop("file", False):
            return self._started(lambda weir: weir.start_with_file(**file_options))
        return self._started(lambda weir: weir.start_with_options(options, **file_options))

    def empty_weir(self, *options):
        """A Weir with a data directory and no configuration."""
        return self._started(lambda weir: weir.start_empty(*options))

    def _started(self, start, tries=3):
        """A new Weir that `start` has started; with other ports, if somebody else has bound one in the meantime."""
        weir = Weir(Environment.binary, self.cluster)
        try:
            start(weir)
        except PortTaken:
            weir.abandon()
            if tries == 1:
                raise
            return self._started(start, tries - 1)
        except BaseException:
            self.addCleanup(self._stop, weir)
            raise
        self.addCleanup(self._stop, weir)
        return weir

    def _stop(self, weir):
        problem = weir.stop()
        if problem:
            self.fail(problem)

    def started(self, clients):
        """Starts these threads, which end with the test, however that ends."""
        for client in clients:
            client.start()
            self.addCleanup(client.stop)
        return clients

    # --- expectations ------------------------------------------------------------------------------------------

    def eventually(self, condition, what, timeout_s=WAIT_S):
        """Fails unless `condition()` becomes true in time."""
        if not process.wait_for(condition, timeout_s, every_s=0.02):
            self.fail(f"not within {timeout_s} s: {what}")

    def error_of(self, action, *arguments):
        """The ServerError `action` ends with."""
        with self.assertRaises(ServerError) as caught:
            action(*arguments)
        return caught.exception

    # --- the servers -------------------------------------------------------------------------------------------

    def fresh_table(self, columns, name=None):
        """Makes an empty table test.<name> on all servers and returns its qualified name."""
        name = f"test.{name or self._testMethodName[:50]}"
        self.cluster.primary.execute(f"DROP TABLE IF EXISTS {name}", f"CREATE TABLE {name} ({columns})")
        self.addCleanup(lambda: self.cluster.primary.execute(f"DROP TABLE IF EXISTS {name}"))
        self.cluster.wait_for_replication()
        return name

    def counters(self, *names):
        """{node name: {counter: value}} of global status counters such as Com_select."""
        listed = ", ".join(f"'{name}'" for name in names)
        return {node.name: {k: int(v) for k, v in
                            node.query(f"SHOW GLOBAL STATUS WHERE Variable_name IN ({listed})")}
                for node in self.cluster.nodes}

    def counted(self, action, *names):
        """What `action()` added to the counters: {counter: {node name: difference}}."""
        before = self.counters(*names)
        action()
        after = self.counters(*names)
        return {name: {node: after[node][name] - before[node][name] for node in after} for name in names}

    def writes_by_app(self, node):
        """Statements of the accounts app and app2 that changed data on `node`."""
        return self._by_app(node, "UPDATE_COMMANDS", ("sql/insert", "sql/update", "sql/delete", "sql/replace",
                                                      "sql/insert_select", "sql/create_table", "sql/truncate"))

    def reads_by_app(self, node):
        """SELECTs, or executions, of the accounts app and app2 on `node`: not those of the monitor."""
        return self._by_app(node, "SELECT_COMMANDS", ("sql/select", "com/Execute"))

    def _by_app(self, node, column, events):
        """By the server's own per-user books."""
        if self.engine == "mariadb":
            ((count,),) = node.query(f"SELECT COALESCE(SUM({column}), 0) FROM information_schema.USER_STATISTICS "
                                     "WHERE USER IN ('app', 'app2')")
        else:
            names = ", ".join(f"'statement/{event}'" for event in events)
            ((count,),) = node.query("SELECT COALESCE(SUM(COUNT_STAR), 0) FROM performance_schema."
                                     "events_statements_summary_by_user_by_event_name "
                                     f"WHERE USER IN ('app', 'app2') AND EVENT_NAME IN ({names})")
        return int(count)

    def app_threads(self, node):
        """Connections of the application accounts open on `node`."""
        return int(node.query("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER IN ('app', 'app2')")[0][0])

    def backend_name(self, connection):
        """Which node answered: its name."""
        port = connection.query("SELECT @@port").value()
        return next(node.name for node in self.cluster.nodes if str(node.port) == port)


class AdminTest(WeirTest):
    """A test of the admin port: never without Weir."""

    def setUp(self):
        super().setUp()
        if Environment.binary is None:
            self.skipTest("says nothing about a direct connection")

    def run_all(self, admin, *statements):
        """Runs them; each that fails is a failure of its own."""
        for statement in statements:
            with self.subTest(statement):
                admin.query(statement)

    def texts(self, admin, sql):
        """Its rows, as lists of texts."""
        return [list(row) for row in admin.query(sql).texts()]

    def column(self, admin, sql):
        """The first column of its rows."""
        return [row[0] for row in admin.query(sql).texts()]

    def status(self, admin, name):
        """A value of stats_mysql_global."""
        (value,) = self.column(admin, f"SELECT Variable_Value FROM stats_mysql_global WHERE Variable_Name = '{name}'")
        return value
