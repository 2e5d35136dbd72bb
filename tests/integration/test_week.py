"""A week in a minute: servers are killed, stopped, cut off, flipped and loaded at random, under clients, and what must
hold is looked at all the while. `WEIR_SEED` plays the same steps again; `WEIR_WEEK_SECONDS` says how long."""

import os
import random
import re
import subprocess
import time

from cluster import Cluster
from cluster.network import Network

from .case import AdminTest, Environment
from .week.clients import COLUMNS, TABLE, Reader, Transactor, Writer
from .week.steps import Fate
from .week.watch import Watch
from .weir_process import Weir

SEED = 20_261_122
# Of both weeks together; a week has so many days, and is looked through after each.
SHORT_S, LONG_S = 50, 600
DAYS, LONG_DAYS = 2, 7
NIGHT_S = 120
WEIR = "weir"
VARIABLES = {"monitor_enabled": "true", "monitor_read_only_interval": 200, "monitor_ping_interval": 200,
             "monitor_replication_lag_interval": 500, "monitor_connect_interval": 1000,
             "monitor_read_only_timeout": 400, "monitor_ping_timeout": 400, "monitor_connect_timeout": 400,
             "monitor_replication_lag_timeout": 400, "writer_wait_ms": 3000, "connect_timeout_server_max": 3000}
# How much the clients do before the next step.
PACES = (0, 50, 200, 800)
# Who may write on a read-only server shows where writes went.
MAY_ALWAYS_WRITE = {"mariadb": "READ ONLY ADMIN", "mysql": "CONNECTION_ADMIN"}
NET_TIMEOUT = {"mariadb": "--slave-net-timeout=8", "mysql": "--replica-net-timeout=8"}
# Gauges that say what there is, and not what is going on.
KEPT = {"ProxySQL_Uptime", "MySQL_Thread_Workers", "SQLite3_memory_bytes", "weir_resident_bytes", "weir_digests",
        "weir_digests_evicted", "weir_digest_bytes", "weir_errors_evicted", "weir_route_doubts_evicted",
        "weir_route_surprises_evicted"}
# And of connections to servers, which stay as long as there are servers.
OF_POOL = {"Server_Connections_connected", "weir_server_connections_idle", "ConnPool_memory_bytes",
           "mysql_backend_buffers_bytes"}


class Week(AdminTest):
    def setUp(self):
        super().setUp()
        missing = Network.missing()
        if missing:
            self.skipTest(missing)
        self.seed = int(os.environ.get("WEIR_SEED", random.randrange(1 << 32) if Environment.long_runs else SEED))
        self.persons = 0

    def test_a_pair_that_follow_each_other(self):
        self.live(co_primary=True, replicas=0)

    def test_a_primary_with_two_replicas(self):
        self.live(co_primary=False, replicas=2)

    def live(self, co_primary, replicas):
        names = ["primary", "coprimary"] if co_primary else ["primary", *(f"replica{i + 1}" for i in range(replicas))]
        self.build(names, co_primary, replicas)
        seconds = int(os.environ.get("WEIR_WEEK_SECONDS", LONG_S if Environment.long_runs else SHORT_S)) / 2
        days = LONG_DAYS if Environment.long_runs else DAYS
        rows = 0
        try:
            for _ in range(days):
                rows += self.day(time.monotonic() + seconds / days)
            self.close_down()
        except Exception as error:
            raise AssertionError(f"{error}\nWEIR_SEED={self.seed}; the steps were:\n" + self.story()) from error
        print(f"     {self.engine:8} seed {self.seed}: {len(self.fate.taken)} steps in {days} days, "
              f"{self.watch.decisions} decisions, {len(self.watch.looks)} looks, {rows} rows, "
              f"{self.placed} of them between looks that agree", flush=True)

    def story(self):
        """The steps, what Weir has said of the latest, and who is doing what."""
        said = [line for line in self.weir.log_text().splitlines() if "monitor" in line or "writ" in line][-40:]
        doing = [("weir", *row) for row in self.admins[2].query("SELECT * FROM stats_mysql_processlist").texts()]
        doing += self.admins[2].query("SELECT hostgroup, hostname, status, reason, since_ms, last_error, read_only "
                                      "FROM stats_mysql_server_status").texts()
        for node in self.servers.nodes:
            if self.fate.state[node.name] == "up":
                doing += [(node.name, *row) for row in node.query("SHOW FULL PROCESSLIST")]
        return "\n".join(["    " + step for step in self.fate.taken] + said + [str(row) for row in doing])

    # --- before the week ---------------------------------------------------------------------------------------

    def build(self, names, co_primary, replicas):
        self.network = Network([*names, WEIR])
        self.addCleanup(self.network.close)
        for name in names:  # a server closes what has been cut off for long
            self.network.machine(name).run("cd /proc/sys/net/ipv4; echo 5 >tcp_keepalive_time; "
                                           "echo 1 >tcp_keepalive_intvl; echo 3 >tcp_keepalive_probes")
        self.servers = Cluster(self.engine, replicas, co_primary=co_primary, network=self.network)
        for number, node in enumerate(self.servers.nodes, 1):
            node.extra_options += [f"--auto-increment-offset={number}", f"--auto-increment-increment={len(names)}",
                                   "--innodb-flush-log-at-trx-commit=1", NET_TIMEOUT[self.engine]]
        self.servers.start()
        self.addCleanup(self.servers.stop)
        self.names = {node.host: node.name for node in self.servers.nodes}
        self.placed = 0
        primary = self.servers.primary
        primary.execute(f"CREATE TABLE {TABLE} ({COLUMNS})",
                        f"GRANT {MAY_ALWAYS_WRITE[self.engine]} ON *.* TO app2")
        self.servers.wait_for_replication()
        self.start_weir(primary)

    def start_weir(self, primary):
        self.weir = Weir(Environment.binary, self.servers)
        self.weir.wrapper = self.network.machine(WEIR).wrapper
        self.addCleanup(self._stop, self.weir)
        door = self.weir.directory / "admin.sock"
        self.weir.start_with_file(
            servers=[(node.host, node.port, 0 if node is primary else 1) for node in self.servers.nodes],
            server_options="max_replication_lag=5", listen="unix", variables=VARIABLES,
            admin_variables={"mysql_ifaces": f'"{door}"'})
        self.eventually(door.exists, "the admin port is there")
        self.admins = [self.weir.admin(unix=str(door)) for _ in range(3)]
        for admin in self.admins:
            self.addCleanup(admin.close)
        self.fate = Fate(self.servers, self.network, self.admins[0], WEIR, random.Random(self.seed))
        self.watch = Watch(self.weir, self.admins[1], self.names)
        self.watch.start()
        self.addCleanup(self.watch.stop)
        self.descriptors = self.weir.descriptors()

    def connect_as(self, user):
        return lambda **options: self.weir.connect(user, user, unix=self.weir.socket, **options)

    def new_persons(self):
        kinds = [(Writer, "app")] * 3 + [(Writer, "app2")] * 3 + [(Transactor, "app"), (Transactor, "app2")] + \
            [(Reader, "app")] * 3
        persons = []
        for kind, user in kinds:
            self.persons += 1
            persons.append(kind(self.persons, self.connect_as(user)))
        return persons

    # --- a day -------------------------------------------------------------------------------------------------

    def day(self, until):
        """Returns how many rows were written."""
        persons = self.new_persons()
        for person in persons:
            person.start()
            self.addCleanup(person.stop)
        self.be_calm(persons)
        while time.monotonic() < until:
            self.fate.step()
            self.go_on_for(self.fate.random.choice(PACES), persons)
            self.assertEqual(self.watch.violations[:2], [])
        self.fate.end_all()
        self.be_calm(persons)
        for person in persons:
            person.stop()
            self.assertEqual(person.problems, [])
        self.assertEqual(self.watch.violations[:2], [])
        self.servers.wait_for_replication()
        rows = self.account([person for person in persons if isinstance(person, Writer)])
        self.look_at_pool()
        return rows

    def go_on_for(self, statements, persons):
        """Returns when the clients have been told so much more, or have waited for long."""
        told = sum(person.told() for person in persons)
        looks = len(self.watch.looks)
        self.eventually(lambda: sum(person.told() for person in persons) >= told + statements or
                        len(self.watch.looks) > looks + statements // 10, "time passes", NIGHT_S)

    def be_calm(self, persons):
        """The primary is made the only writer, and all clients work."""
        primary = self.servers.primary.name
        for name in self.names.values():
            self.fate.set_read_only(name, "on")
        self.eventually(lambda: self.watch.looks and self.watch.looks[-1].read_only == set(self.names.values()),
                        "all are known to be read-only", NIGHT_S)
        self.fate.set_read_only(primary, "off")
        self.eventually(lambda: self.watch.looks[-1].writers == {primary}, "the primary writes", NIGHT_S)
        done = [person.done for person in persons]
        self.eventually(lambda: all(person.done > before + 5 or person.problems for person, before in zip(persons, done)),
                        "all clients work", NIGHT_S)

    # --- what must hold ----------------------------------------------------------------------------------------

    def account(self, writers):
        """Each row that a client knows to be written is there once, where it may have been written; none that was not."""
        first = min(writer.number for writer in writers)
        of_node = {node.name: dict(self.rows_of(node, first)) for node in self.servers.nodes}
        self.compare(of_node)
        found = {}
        for rows in of_node.values():
            for number, row in rows.items():
                self.assertEqual(found.setdefault(number, row), row, f"row {number} differs")
        places = {}
        for client, number, server in found.values():
            places.setdefault((client, number), []).append(server)
        allowed = self.watch.may_have_written()
        for writer in writers:
            for write in writer.writes:
                self.judge(writer, write, places.get((writer.number, write.number), []), allowed)
        return len(found)

    def rows_of(self, node, first):
        rows = node.query(f"SELECT id, client, number, server FROM {TABLE} WHERE client >= {first}", timeout_s=NIGHT_S)
        return [(int(row[0]), tuple(map(int, row[1:]))) for row in rows]

    def compare(self, of_node):
        """All have what the primary has, and of two that follow each other the primary has all."""
        primary = of_node[self.servers.primary.name]
        for name, rows in of_node.items():
            self.assertEqual(set(primary) - set(rows), set(), f"{name} lacks rows")
            if self.servers.co_primary:
                self.assertEqual(set(rows) - set(primary), set(), f"{name} has rows of its own")

    def judge(self, writer, write, servers, allowed):
        what = f"client {writer.number} ({type(writer).__name__}), row {write.number}, told {write.told}: on {servers}"
        self.assertIn(len(servers), {"done": (1,), "not": (0,), "unknown": (0, 1)}[write.told], what)
        may = allowed(write.began, write.ended)
        if servers and may is not None:
            self.placed += 1
            self.assertIn(self.servers.nodes[servers[0] - 1].name, may, what)

    def look_at_pool(self):
        """Nothing is going on, and servers and Weir agree on how many connections there are."""
        gauges = self.gauges() - KEPT - OF_POOL
        self.eventually(lambda: all(self.values()[name] == 0 for name in gauges), "all gauges are 0", NIGHT_S)
        self.eventually(lambda: self.pool() == {node.host: (0, self.app_threads(node)) for node in self.servers.nodes},
                        "the servers have the connections that the pool has, and no more", NIGHT_S)

    def close_down(self):
        """Without servers there is no connection left, neither here nor there."""
        admin = self.admins[0]
        admin.query("DELETE FROM mysql_servers")
        admin.query("LOAD MYSQL SERVERS TO RUNTIME")
        gauges = self.gauges() - KEPT
        self.eventually(lambda: all(self.values()[name] == 0 for name in gauges), "all gauges are 0", NIGHT_S)
        mine = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER IN ('app', 'app2', 'monitor')"
        for node in self.servers.nodes:
            self.eventually(lambda: node.query(mine) == [("0",)], f"no connection is left on {node.name}", NIGHT_S)
        self.eventually(lambda: self.weir.descriptors() <= self.descriptors, "no descriptor is left", NIGHT_S)

    def gauges(self):
        page = subprocess.run([Environment.binary, "--print-statistics"], check=True, capture_output=True, text=True).stdout
        return set(re.findall(r"^\| `(\w+)` \| `\w+` \| gauge \|", page, re.MULTILINE))

    def values(self):
        rows = self.admins[2].query("SELECT Variable_Name, Variable_Value FROM stats_mysql_global").texts()
        return {name: int(value) for name, value in rows if value.isdigit()}

    def pool(self):
        """{address: (connections in use, those that are not)}."""
        rows = self.admins[2].query("SELECT srv_host, SUM(ConnUsed), SUM(ConnFree) FROM stats_mysql_connection_pool "
                                    "GROUP BY srv_host").texts()
        return {host: (int(used), int(free)) for host, used, free in rows}
