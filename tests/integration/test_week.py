"""A week in a minute: servers are killed, stopped, cut off, flipped and loaded at random, under clients, and what must
hold is looked at all the while. `WEIR_SEED` plays the same steps again; `WEIR_WEEK_SECONDS` says how long."""

import os
import random
import re
import subprocess
import time

from .case import Environment
from .week.clients import COLUMNS, TABLE, Reader, Transactor, Writer
from .week.steps import Fate
from .week.watch import Watch
from .week.world import NIGHT_S, WEIR, WorldTest

SEED = 20_261_122
# Of both weeks together; a week has so many days, and is looked through after each.
SHORT_S, LONG_S = 50, 600
DAYS, LONG_DAYS = 2, 7
# How much the clients do before the next step.
PACES = (0, 50, 200, 800)
# Who may write on a read-only server shows where writes went.
MAY_ALWAYS_WRITE = {"mariadb": "READ ONLY ADMIN", "mysql": "CONNECTION_ADMIN"}
# Gauges that say what there is, and not what is going on.
KEPT = {"ProxySQL_Uptime", "MySQL_Thread_Workers", "SQLite3_memory_bytes", "weir_resident_bytes", "weir_digests",
        "weir_digests_evicted", "weir_digest_bytes", "weir_errors_evicted", "weir_route_doubts_evicted",
        "weir_route_surprises_evicted", "weir_rule_searches_given_up"}
# And of connections to servers, which stay as long as there are servers.
OF_POOL = {"Server_Connections_connected", "weir_server_connections_idle", "ConnPool_memory_bytes",
           "mysql_backend_buffers_bytes"}


class Week(WorldTest):
    def setUp(self):
        super().setUp()
        self.seed = int(os.environ.get("WEIR_SEED", random.randrange(1 << 32) if Environment.long_runs else SEED))
        self.persons = 0

    def test_a_pair_that_follow_each_other(self):
        self.live(co_primary=True, replicas=0)

    def test_a_primary_with_two_replicas(self):
        self.live(co_primary=False, replicas=2)

    def live(self, co_primary, replicas):
        names = ["primary", "coprimary"] if co_primary else ["primary", *(f"replica{i + 1}" for i in range(replicas))]
        self.begin(names, co_primary)
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
        up = [node for node in self.servers.nodes if self.fate.state[node.name] == "up"]
        doing = self.processes(self.admins[2], up)
        return "\n".join(["    " + step for step in self.fate.taken] + said + [str(row) for row in doing])

    # --- before the week ---------------------------------------------------------------------------------------

    def begin(self, names, co_primary):
        self.build(names, co_primary)
        self.placed = 0
        primary = self.servers.primary
        primary.execute(f"CREATE TABLE {TABLE} ({COLUMNS})",
                        f"GRANT {MAY_ALWAYS_WRITE[self.engine]} ON *.* TO app2")
        self.servers.wait_for_replication()
        self.start_weir(primary)
        self.admins = [self.admin() for _ in range(3)]
        self.fate = Fate(self.servers, self.network, self.admins[0], WEIR, random.Random(self.seed))
        self.watch = Watch(self.weir, self.admins[1], self.names)
        self.watch.start()
        self.addCleanup(self.watch.stop)
        self.descriptors = self.weir.descriptors()

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
        # What a client does not wait for any more is over, too: a commit that others have got already may not be.
        self.eventually(lambda: not self.statements_of_clients(), "no server works for a client", NIGHT_S)
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

    def statements_of_clients(self):
        """Of the accounts that clients have: what is executed, or rolled back, on any server."""
        processes = [row for node in self.servers.nodes for row in node.query("SHOW FULL PROCESSLIST")]
        return [row for row in processes if row[1].startswith("app") and row[4] != "Sleep"]

    def rows_of(self, node, first):
        rows = node.query(f"SELECT id, client, number, server FROM {TABLE} WHERE client >= {first}", timeout_s=NIGHT_S)
        return [(int(row[0]), tuple(map(int, row[1:]))) for row in rows]

    def compare(self, of_node):
        """All have what the primary has, and of two that follow each other the primary has all."""
        primary = of_node[self.servers.primary.name]
        for name, rows in of_node.items():
            self.assertEqual(sorted(set(primary.items()) - set(rows.items())), [], f"{name} lacks rows")
            if self.servers.co_primary:
                self.assertEqual(sorted(set(rows.items()) - set(primary.items())), [], f"{name} has rows of its own")

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
