"""Clients that do what no client does: hostile/client_*.py has the rows, each with the end that it is to have."""

import dataclasses
import time

from .case import Environment, WeirTest, proxy_only
from .hostile import client_commands, client_compression, client_handshakes, client_introductions, client_statements
from .hostile.battery import Battery, Healthy
from .hostile.client import Client

MB = 1 << 20
COMPARING = ("as_a_server", "ended_or_lives")  # steps whose answer is to be a server's
VARIABLES = {"connect_timeout_client": 3000, "max_allowed_packet": 32 * MB, "max_failed_logins": 0,
             "connect_timeout_server": 10000}  # clients of schemas that are not there are let in after that
RULE = 'rule_id=1, active=1, match_pattern="refused by a rule", error_msg="refused by a rule", apply=1'
MOST_GROWTH, MOST_LEFT = 256 * MB, 96 * MB


@dataclasses.dataclass
class Target:
    """Where clients connect."""

    host: str
    port: int
    connect: object
    is_weir: bool


class HostileClients(WeirTest):
    def setUp(self):
        super().setUp()
        primary = self.cluster.primary
        primary.execute("DROP TABLE IF EXISTS test.hostile_locks, test.hostile_files",
                        "CREATE TABLE test.hostile_locks (a INT PRIMARY KEY)", "INSERT INTO test.hostile_locks VALUES (1)",
                        "CREATE TABLE test.hostile_files (a INT)")
        self.addCleanup(lambda: primary.execute("DROP TABLE test.hostile_locks, test.hostile_files"))
        self.cluster.wait_for_replication()
        self.server = Target(primary.host, primary.port, primary.connect, False)

    def play(self, target, row):
        """Before `target`; what is to be as before a server, before a server first."""
        compares = target.is_weir and any(step.name.startswith(COMPARING) for step in row.steps) and not row.weir_only
        like = self.play(self.server, row) if compares else None
        client = Client(target, row, like)
        try:
            client.play(row.steps)
        finally:
            client.close()
        return client.answers

    def battery(self, table, **more_variables):
        """Plays a table before a Weir, with a healthy session beside it; without Weir before the primary, where the table
        says something of it."""
        rows = [row for row in table if row.only in ("", self.engine)]
        self.assertEqual(len({row.name for row in rows}), len(rows), "each row has a name of its own")
        weir = self.weir(file=True, variables={**VARIABLES, **more_variables}, rules=(RULE,))
        if Environment.binary is None:
            return self.before_the_server([row for row in rows if not row.weir_only])
        weir.wait_for_admin()
        target = Target(weir.host, weir.port, weir.connect, True)
        healthy = Healthy(weir.connect(), lambda n: (f"SELECT {n} * 2", [(str(n * 2),)]))
        battery, started = Battery(self, weir, healthy), time.monotonic()
        battery.run(rows, lambda row: self.play(target, row))
        battery.check_nothing_is_left()
        self.eventually(lambda: not self.statements_running(), "nothing of them runs on a server")
        text = f"{len(rows)} hostile clients in {time.monotonic() - started:.1f} s, {healthy.answers} right answers beside them"
        if not Environment.sanitized():
            grown, left = battery.check_memory(MOST_GROWTH, MOST_LEFT)
            text += f", memory grew by {grown / MB:.0f} MB and keeps {left / MB:.0f} MB"
        print(f"    {text}", flush=True)

    def before_the_server(self, rows):
        self.server.connect().close()  # its cache knows the password from now on
        for row in rows:
            with self.subTest(row.name):
                self.play(self.server, row)

    def statements_running(self):
        """Those of clients."""
        return [row for node in self.cluster.nodes for row in node.query(
            "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'app' AND COMMAND <> 'Sleep'")]

    def test_before_their_login(self):
        self.battery(client_handshakes.ROWS)

    @proxy_only
    def test_load_balancers(self):
        self.battery(client_introductions.ROWS, proxy_protocol_networks='"127.0.0.0/8"')

    def test_commands(self):
        self.battery(client_commands.ROWS)

    @proxy_only
    def test_compressed_packets(self):
        self.battery(client_compression.ROWS)

    def test_prepared_statements_and_changes_of_user(self):
        self.battery(client_statements.ROWS)
