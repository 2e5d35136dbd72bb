"""Through Weir = directly: everything a client sees of the statements in differential.sql."""

import pathlib

from wire import Connection, ServerError
from wire import capabilities as caps

from .case import WeirTest

SCRIPT = pathlib.Path(__file__).with_name("differential.sql")
DATABASE = "diff"
# MySQL reads SHOW from its dictionary's tables, by a plan that depends on how full they are at that moment.
PLAN_OF_DICTIONARY = caps.STATUS_NO_INDEX_USED | caps.STATUS_NO_GOOD_INDEX_USED


def sessions():
    """The script as a list of sessions, each a list of statements."""
    lines = [line for line in SCRIPT.read_text().splitlines() if not line.startswith("--")]
    groups = [[]]
    for line in lines:
        if line:
            groups[-1].append(line)
        else:
            groups.append([])
    return [group for group in groups if group]


def seen_by_client(connection, sql):
    """All that a client could tell of the answer, as comparable text."""
    try:
        results = connection.queries(sql)
        error = None
    except ServerError as caught:
        results, error = caught.results, (caught.errno, caught.sqlstate, caught.message)
    if sql.startswith("SHOW"):
        for result in results:
            result.status &= ~PLAN_OF_DICTIONARY
    return [*(f"{field}: {value!r}" for result in results for field, value in vars(result).items()), f"error: {error}"]


class Differential(WeirTest):
    def answers(self, port, without_caps=0):
        """[(statement, what the client saw)] of the whole script on a fresh database."""
        self.cluster.primary.execute(f"DROP DATABASE IF EXISTS {DATABASE}", f"CREATE DATABASE {DATABASE}")
        collected = []
        for statements in sessions():
            with Connection("127.0.0.1", port, database=DATABASE, without_caps=without_caps) as app:
                collected += [(sql, seen_by_client(app, sql)) for sql in statements]
        return collected

    def compare(self, without_caps):
        self.addCleanup(lambda: self.cluster.primary.execute(f"DROP DATABASE IF EXISTS {DATABASE}"))
        port = self.cluster.primary.port
        weir = self.weir(file=True, servers=[("127.0.0.1", port, 0), ("127.0.0.1", port, 1)])
        expected = self.answers(port, without_caps)
        for (sql, through), (_, direct) in zip(self.answers(weir.port, without_caps), expected):
            with self.subTest(sql):
                self.assertEqual(through, direct)

    def test_all_statements(self):
        self.compare(without_caps=0)

    def test_all_statements_in_the_old_form_of_results(self):
        self.compare(without_caps=caps.DEPRECATE_EOF)
