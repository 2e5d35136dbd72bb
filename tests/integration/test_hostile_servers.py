"""Servers that answer as no server does: hostile/server_*.py has the rows, each with the end that it is to have for the
client. Scripted ones all: there is nothing to be seen before another family of real servers."""

import dataclasses
import time

from wire.fake_server import FakeServer

from .case import AdminTest, Environment
from .hostile import server_answers, server_compression, server_connections, server_statements
from .hostile.battery import Battery, Healthy
from .hostile.client import Client
from .hostile.peer import Unexpected
from .hostile.server import HostileServer
from .test_hostile_clients import MB, Target

VARIABLES = {"connect_timeout_server": 5000, "connect_timeout_server_max": 10000, "connect_retries_on_failure": 1,
             "default_query_timeout": 3000, "auto_rw_split": "false"}
PASSWORD = server_connections.PASSWORD.decode()
MOST_GROWTH, MOST_LEFT = 128 * MB, 64 * MB


class HostileServers(AdminTest):
    def setUp(self):
        super().setUp()
        if self.engine != "mariadb":
            self.skipTest("the servers are scripted: runs with --engine mariadb only")

    def open_servers(self, weir, rows):
        """{row's name: (server, user)}: each in a hostgroup of its own."""
        servers = {}
        with weir.admin() as admin:
            for number, row in enumerate(rows, 10):
                server, user = HostileServer(row.scripts), f"u{number}"
                self.addCleanup(server.close)
                servers[row.name] = server, user
                admin.query("INSERT INTO mysql_servers (hostgroup_id, hostname, port, compression) "
                            f"VALUES ({number}, '127.0.0.1', {server.port}, {int(row.compresses)})")
                admin.query("INSERT INTO mysql_users (username, password, default_hostgroup) "
                            f"VALUES ('{user}', '{PASSWORD}', {number})")
            admin.query("LOAD MYSQL SERVERS TO RUNTIME")
            admin.query("LOAD MYSQL USERS TO RUNTIME")
        self.eventually(lambda: all(server.looked_at() for server, _ in servers.values()), "Weir has looked at each")
        return servers

    def play(self, target, row, server, user):
        client = Client(target, dataclasses.replace(row, user=user))
        try:
            client.play(row.client)
        finally:
            client.close()
        self.eventually(server.played, f"{row.name}: its connections have ended")
        if server.troubles:
            raise Unexpected("; ".join(server.troubles))

    def test_every_row(self):
        """All at once: most of them wait."""
        rows = server_connections.ROWS + server_answers.ROWS + server_statements.ROWS + server_compression.ROWS
        self.assertEqual(len({row.name for row in rows}), len(rows), "each row has a name of its own")
        good = FakeServer()
        self.addCleanup(good.close)
        weir = self.weir(file=True, variables=VARIABLES, servers=[("127.0.0.1", good.port, 0)], pairs=())
        weir.wait_for_admin()
        servers = self.open_servers(weir, rows)
        target = Target(weir.host, weir.port, lambda user, _, **options: weir.connect(user, PASSWORD, **options), True)
        healthy = Healthy(weir.connect(), lambda n: (f"SELECT {n}", [("0", f"SELECT {n}")]))
        battery, started = Battery(self, weir, healthy), time.monotonic()
        battery.run(rows, lambda row: self.play(target, row, *servers[row.name]))
        with weir.connect() as app:
            self.assertEqual(app.query("SELECT 'new'").rows[0][0], b"0")
        battery.check_nothing_is_left()
        text = f"{len(rows)} hostile servers in {time.monotonic() - started:.1f} s, {healthy.answers} right answers of another"
        if not Environment.sanitized():
            grown, left = battery.check_memory(MOST_GROWTH, MOST_LEFT)
            text += f", memory grew by {grown / MB:.0f} MB and keeps {left / MB:.0f} MB"
        print(f"    {text}", flush=True)
