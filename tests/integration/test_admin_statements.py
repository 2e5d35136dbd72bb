"""Every statement that people and tools are known to send to the admin port, on the live port."""

from wire import ServerError

from . import admin_statements, admin_tools
from .case import WeirTest, proxy_only

TAKEN = {"auto_rw_split": "false", "monitor_enabled": "false", "max_connections": 10000}


def answer(connection, sql, prepared=False):
    """The answer to a statement, as Expectation.problem() wants it."""
    try:
        result = connection.prepare(sql).execute() if prepared else connection.query(sql)
    except ServerError as refusal:
        return {"kind": "error", "code": refusal.errno, "message": refusal.message}
    if not result.columns:
        return {"kind": "ok", "affected": result.affected, "warnings": result.warnings}
    return {"kind": "rows", "titles": tuple(column.name for column in result.columns), "rows": tuple(result.texts())}


class AdminStatements(WeirTest):
    def _run(self, connection, script, prepared=False):
        for sql, expectation in script:
            seen = answer(connection, sql, prepared)
            warnings = []
            if expectation.warning:
                warnings = [row[2] for row in connection.query("SHOW WARNINGS").texts()]
            problem = expectation.problem(seen, warnings)
            with self.subTest(sql):
                self.assertEqual(problem, "")

    def _weir(self):
        return self.weir(file=True, variables=TAKEN, servers=[], users=[], pairs=[])

    @proxy_only
    def test_tutorial(self):
        self._run(self._weir().admin(), admin_statements.TUTORIAL)

    @proxy_only
    def test_commands(self):
        self._run(self._weir().admin(), admin_statements.COMMANDS)

    @proxy_only
    def test_settings(self):
        self._run(self._weir().admin(), admin_statements.SETTINGS)

    @proxy_only
    def test_problems(self):
        self._run(self._weir().admin(), admin_statements.PROBLEMS)

    @proxy_only
    def test_tools(self):
        weir = self._weir()
        for tool, script in admin_tools.SCRIPTS.items():
            with self.subTest(tool):
                self._run(weir.admin(), script)

    @proxy_only
    def test_tools_with_prepared_statements(self):
        weir = self._weir()
        for tool, script in admin_tools.SCRIPTS.items():
            with self.subTest(tool):
                self._run(weir.admin(), script, prepared=True)

    @proxy_only
    def test_readers_of_statistics(self):
        weir = self._weir()
        for tool, script in admin_tools.OF_STATISTICS.items():
            with self.subTest(tool):
                self._run(weir.admin("stats", "stats"), script)
