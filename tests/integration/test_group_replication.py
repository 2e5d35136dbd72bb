"""A group of three with Group Replication before Weir: traffic follows the primary that the group elects."""

from cluster.group import Group

from .case import Environment, proxy_only
from .shared_cluster import BACKUPS, OFFLINE, READERS, WRITERS, SharedClusterTest
from .weir_process import Weir

CHECKS = {"monitor_enabled": "true", "monitor_ping_interval": 200, "monitor_connect_interval": 1000,
          "monitor_groupreplication_healthcheck_interval": 200, "monitor_groupreplication_healthcheck_timeout": 5000,
          "monitor_ping_timeout": 5000, "monitor_connect_timeout": 5000, "writer_wait_ms": 60000}
SETTLE_S = 90


class GroupReplication(SharedClusterTest):
    """The last member has the greatest weight, and is no primary."""

    make_cluster, of_engine, moves = Group, "mysql", "server INT"

    def watching(self, **variables):
        weir = Weir(Environment.binary, self.shared)
        self.addCleanup(self._stop, weir)
        weir.start_with_file(servers=[], variables={**CHECKS, **variables}, pairs=())
        weir.wait_for_admin()
        with weir.admin() as admin:
            admin.query("INSERT INTO mysql_group_replication_hostgroups VALUES "
                        f"({WRITERS}, {BACKUPS}, {READERS}, {OFFLINE}, 1, 1, 0, 100, 'test')")
            for weight, node in zip((10, 20, 30), self.nodes):
                admin.query("INSERT INTO mysql_servers (hostgroup_id, hostname, port, weight) "
                            f"VALUES ({READERS}, '127.0.0.1', {node.port}, {weight})")
            admin.query("LOAD MYSQL SERVERS TO RUNTIME")
        self.eventually(lambda: all(self.log(weir, node) for node in self.nodes), "all have been asked")
        self.eventually_runs(weir, self.a, {self.b, self.c}, set(), "the primary writes")
        return weir

    def eventually_runs(self, weir, writer, readers, offline, what):
        names = {node.port: node.name for node in self.nodes}

        def places():
            groups = {hostgroup: {names[port] for port in ports} for hostgroup, ports in self.runtime_of(weir).items()}
            return [groups.get(hostgroup, set()) for hostgroup in (WRITERS, READERS, OFFLINE, BACKUPS)]

        def holds():
            now = places()
            self.assertLessEqual(len(now[0]), 1)
            return now == [{writer.name} if writer else set(), {n.name for n in readers}, {n.name for n in offline}, set()]
        try:
            self.eventually(holds, what, timeout_s=SETTLE_S)
        except AssertionError:
            self.fail(f"{what}: writers, readers, offline, backups are {places()}\n{weir.log_text()[-2000:]}")

    def runtime_of(self, weir):
        with weir.admin() as admin:
            rows = admin.query("SELECT hostgroup_id, port FROM runtime_mysql_servers").texts()
        groups = {}
        for hostgroup, port in rows:
            groups.setdefault(int(hostgroup), set()).add(int(port))
        return groups

    def queries(self, weir, hostgroup):
        with weir.admin() as admin:
            return int(admin.query(f"SELECT SUM(Queries) FROM stats_mysql_connection_pool WHERE hostgroup = {hostgroup}").value())

    def insert(self, _):
        return "INSERT INTO test.moves (server) VALUES (@@server_id)"

    def log(self, weir, node):
        with weir.admin() as admin:
            rows = admin.query("SELECT viable_candidate, read_only, transactions_behind, error FROM "
                               f"monitor.mysql_server_group_replication_log WHERE port = {node.port} "
                               "ORDER BY time_start_us DESC LIMIT 1").texts()
        return list(rows[0]) if rows else None

    def work_on(self, clients, what):
        marks = [len(client.done) for client in clients]
        self.eventually(lambda: all(len(c.done) > n + 5 or c.errors for c, n in zip(clients, marks)), what,
                        timeout_s=SETTLE_S)

    @proxy_only
    def test_places_and_the_log(self):
        weir = self.watching()
        self.assertEqual(self.log(weir, self.a), ["YES", "NO", "0", None])
        self.assertEqual(self.log(weir, self.b), ["YES", "YES", "0", None])
        with weir.connect() as app:
            app.query("SELECT COUNT(*) FROM test.moves")
            self.eventually(lambda: self.queries(weir, READERS) == 1, "it was read")
            app.query(self.insert(0))

    @proxy_only
    def test_another_primary_is_chosen_under_traffic_without_an_error(self):
        weir = self.watching()
        clients = self.clients(weir, self.insert, count=8)
        self.shared.make_primary(self.b)
        self.eventually_runs(weir, self.b, {self.a, self.c}, set(), "traffic follows")
        self.work_on(clients, "all go on")
        for client in clients:
            client.stop()
            self.assertEqual(client.errors, [])

    @proxy_only
    def test_a_primary_that_is_killed_is_followed_by_the_one_that_the_group_elects(self):
        weir = self.watching()
        self.a.kill()
        self.eventually(self.shared.primary, "the group has a primary", timeout_s=SETTLE_S)
        new = self.shared.primary()
        other = self.c if new is self.b else self.b
        self.eventually_runs(weir, new, {other}, {self.a}, "traffic follows")
        with weir.connect() as app:
            app.query(self.insert(0))
        self.assertEqual(self.status(weir, OFFLINE, self.a)[0], "DEAD")

    @proxy_only
    def test_a_member_that_a_hand_has_made_writable_does_not_write(self):
        weir = self.watching()
        self.addCleanup(self.c.execute, "SET GLOBAL super_read_only = ON")
        self.c.execute("SET GLOBAL super_read_only = OFF", "SET GLOBAL read_only = OFF")
        self.eventually(lambda: self.log(weir, self.c)[1] == "NO", "that is seen")
        self.eventually_runs(weir, self.a, {self.b, self.c}, set(), "the primary writes, as before")
        with weir.connect() as app:
            app.query(self.insert(0))
        self.assertEqual(self.a.query("SELECT server FROM test.moves ORDER BY id DESC LIMIT 1"),
                         self.a.query("SELECT @@server_id"))

    @proxy_only
    def test_a_member_that_leaves_its_group_is_offline(self):
        weir = self.watching()
        self.b.execute("STOP GROUP_REPLICATION")
        self.eventually_runs(weir, self.a, {self.c}, {self.b}, "it is offline")
        self.assertRegex(self.status(weir, OFFLINE, self.b)[1], "MEMBER_STATE is OFFLINE|no majority")
        self.assertEqual(self.log(weir, self.b)[0], "NO")
        self.b.join()
        self.eventually_runs(weir, self.a, {self.b, self.c}, set(), "it is back")

    @proxy_only
    def test_without_a_majority_nobody_writes(self):
        weir = self.watching()
        client, = self.clients(weir, self.insert, count=1)
        self.b.kill()
        self.c.kill()
        self.eventually_runs(weir, None, set(), set(self.nodes), "nobody writes")
        # Its write waits for a group that will not decide.
        self.eventually(lambda: client.errors, "the write does not wait for ever", timeout_s=SETTLE_S)
        self.assertEqual(client.errors[0].errno, 1927)
        self.assertIn("whether the statement was carried out is not known", str(client.errors[0]))
        self.assertEqual(self.status(weir, OFFLINE, self.a)[0], "SEVERED")
        self.assertIn("majority", self.status(weir, OFFLINE, self.a)[1])
        self.eventually(lambda: "a cluster has no writer" in weir.log_text(), "that is told")
