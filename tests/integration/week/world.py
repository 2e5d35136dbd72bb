"""Servers and a Weir on machines of their own, and a network between them that can be cut."""

from cluster import Cluster
from cluster.network import Network

from ..case import AdminTest, Environment
from ..weir_process import Weir

NIGHT_S = 120
WEIR = "weir"
VARIABLES = {"monitor_enabled": "true", "monitor_read_only_interval": 200, "monitor_ping_interval": 200,
             "monitor_replication_lag_interval": 500, "monitor_connect_interval": 1000,
             "monitor_read_only_timeout": 400, "monitor_ping_timeout": 400, "monitor_connect_timeout": 400,
             "monitor_replication_lag_timeout": 400, "writer_wait_ms": 3000, "connect_timeout_server_max": 3000}
NET_TIMEOUT = {"mariadb": "--slave-net-timeout=8", "mysql": "--replica-net-timeout=8"}


class WorldTest(AdminTest):
    """`build()` makes self.network and self.servers, `start_weir()` self.weir. Needs root."""

    def setUp(self):
        super().setUp()
        missing = Network.missing()
        if missing:
            self.skipTest(missing)

    def build(self, names, co_primary, others=(), options=()):
        """Machines for the servers `names`, for Weir and for `others`; the servers run, with `options` of theirs."""
        self.network = Network([*names, WEIR, *others])
        self.addCleanup(self.network.close)
        for name in names:  # a server closes what has been cut off for long
            self.network.machine(name).run("cd /proc/sys/net/ipv4; echo 5 >tcp_keepalive_time; "
                                           "echo 1 >tcp_keepalive_intvl; echo 3 >tcp_keepalive_probes")
        self.servers = Cluster(self.engine, 0 if co_primary else len(names) - 1, co_primary=co_primary,
                               network=self.network)
        for number, node in enumerate(self.servers.nodes, 1):
            node.extra_options += [f"--auto-increment-offset={number}", f"--auto-increment-increment={len(names)}",
                                   "--innodb-flush-log-at-trx-commit=1", NET_TIMEOUT[self.engine], *options]
        self.servers.start()
        self.addCleanup(self.servers.stop)
        self.names = {node.host: node.name for node in self.servers.nodes}

    def start_weir(self, primary, addresses=()):
        """Its ports are Unix sockets, for what is within the network is out of reach from here; clients with machines of
        their own find it at `addresses`."""
        self.weir = Weir(Environment.binary, self.servers)
        self.weir.wrapper = self.network.machine(WEIR).wrapper
        self.addCleanup(self._stop, self.weir)
        self.door = self.weir.directory / "admin.sock"
        interfaces = ";".join([self.weir.socket, *addresses])
        self.weir.start_with_file(
            servers=[(node.host, node.port, 0 if node is primary else 1) for node in self.servers.nodes],
            server_options="max_replication_lag=5", variables={**VARIABLES, "interfaces": f'"{interfaces}"'},
            admin_variables={"mysql_ifaces": f'"{self.door}"'})
        self.eventually(self.door.exists, "the admin port is there")

    def admin(self):
        admin = self.weir.admin(unix=str(self.door))
        self.addCleanup(admin.close)
        return admin

    def connect_as(self, user):
        return lambda **options: self.weir.connect(user, user, unix=self.weir.socket, **options)

    def processes(self, admin, nodes):
        """Who is doing what in Weir, what Weir says of the servers, and who is doing what on those of `nodes`."""
        doing = [("weir", *row) for row in admin.query("SELECT * FROM stats_mysql_processlist").texts()]
        doing += admin.query("SELECT hostgroup, hostname, status, reason, since_ms, last_error, read_only "
                             "FROM stats_mysql_server_status").texts()
        return doing + [(node.name, *row) for node in nodes for row in node.query("SHOW FULL PROCESSLIST")]
