"""What tests of servers that change their roles have: a pair of primaries of their own, and looks at who writes."""

from cluster.topology import Cluster

from .case import AdminTest, Environment
from .clients import Client
from .weir_process import Weir

INTERVAL_MS = 200
WATCHING = {"monitor_enabled": "true", "monitor_read_only_interval": INTERVAL_MS, "monitor_ping_interval": INTERVAL_MS,
            "monitor_replication_lag_interval": INTERVAL_MS, "monitor_connect_interval": INTERVAL_MS,
            "monitor_read_only_timeout": 5000, "monitor_ping_timeout": 5000, "monitor_connect_timeout": 5000,
            "monitor_replication_lag_timeout": 5000}
CLIENTS = 16


class MonitorTest(AdminTest):
    def runtime(self, weir):
        """{hostgroup: {port: status}} of what is in force."""
        with weir.admin() as admin:
            rows = admin.query("SELECT hostgroup_id, port, status FROM runtime_mysql_servers").texts()
        groups = {0: {}, 1: {}}
        for hostgroup, port, status in rows:
            groups[int(hostgroup)][int(port)] = status
        return groups

    def online(self, weir, hostgroup):
        """The ports of those that are ONLINE there."""
        return {port for port, status in self.runtime(weir)[hostgroup].items() if status == "ONLINE"}

    def status(self, weir, hostgroup, node):
        """(status, reason) of SHOW MYSQL SERVERS STATUS."""
        with weir.admin() as admin:
            rows = admin.query("SHOW MYSQL SERVERS STATUS").texts()
        return next(((row[3], row[4]) for row in rows if (row[0], row[2]) == (str(hostgroup), str(node.port))), None)

    def clients(self, weir, make_sql, count=CLIENTS):
        clients = self.started([Client(weir, make_sql) for _ in range(count)])
        self.eventually(lambda: all(len(client.done) > 10 or client.errors for client in clients), "all are at work")
        return clients


class PairTest(MonitorTest):
    """Two primaries that follow each other, "a" in hostgroup 0 and "b" in hostgroup 1."""

    def setUp(self):
        super().setUp()
        self.pair = Cluster(self.engine, replicas=0, co_primary=True)
        self.pair.start()
        self.addCleanup(self.pair.stop)
        self.a, self.b = self.pair.nodes
        self.set_read_only(self.b, True)
        self.a.execute("CREATE TABLE test.moves (id INT PRIMARY KEY AUTO_INCREMENT, server INT)")
        self.pair.wait_for_replication()

    def set_read_only(self, node, on):
        node.execute(self.pair.engine.set_read_only_sql(on))

    def watching(self, servers=None, **variables):
        weir = Weir(Environment.binary, self.pair)
        self.addCleanup(self._stop, weir)
        servers = servers or [("127.0.0.1", self.a.port, 0), ("127.0.0.1", self.b.port, 1)]
        weir.start_with_file(servers=servers, variables={**WATCHING, **variables})
        weir.wait_for_admin()
        self.eventually(lambda: self.all_asked(weir), "it knows who writes")  # what changes then is a change
        return weir

    def all_asked(self, weir):
        with weir.admin() as admin:
            rows = admin.query("SELECT COUNT(*) FROM stats_mysql_server_status WHERE read_only IS NULL").texts()
        return rows == [("0",)]

    def rows_of(self, node, server):
        return int(node.query(f"SELECT COUNT(*) FROM test.moves WHERE server = {server}")[0][0])

    def ids(self):
        """[@@server_id of a, and of b]."""
        return [int(node.query("SELECT @@server_id")[0][0]) for node in (self.a, self.b)]
