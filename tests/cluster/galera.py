"""A Galera cluster: MariaDB servers that certify each other's writes, and copy their data to those that join."""

import os
import pathlib
import shutil
import tempfile

from . import process
from .mariadb import MariaDb
from .node import Node
from .ports import free_port
from .unavailable import Unavailable

PROVIDERS = ("/usr/lib/galera/libgalera_smm.so", "/usr/lib64/galera-4/libgalera_smm.so")
JOIN_TIMEOUT_S = 120


class GaleraMariaDb(MariaDb):
    """MariaDB with the provider's library."""

    def _find_version(self):
        version = super()._find_version()
        self.provider = next((path for path in PROVIDERS if pathlib.Path(path).exists()), None)
        if not self.provider:
            raise Unavailable("Galera: no libgalera_smm.so on this machine (Debian package galera-4)")
        return version

    def command(self, node):
        """The servers look for wsrep_sst_copy."""
        folder = pathlib.Path(__file__).resolve().parent
        return ["env", f"PATH={folder}:{os.environ['PATH']}", *super().command(node)]

    def own_options(self, node):
        own = [option for option in super().own_options(node) if not option.startswith("--read-only")]
        return [*own, "--skip-log-bin", *node.cluster.options_of(node)]


class GaleraNode(Node):
    """A member: `group_port` is where the others reach it."""

    def __init__(self, cluster, name, server_id):
        super().__init__(cluster.engine, cluster.directory / name, name, server_id, read_only=False,
                         performance_schema=False)
        self.cluster = cluster
        self.group_port = free_port()
        self.receive_port = free_port()

    def state(self):
        """(component, state) as the node says it: ("Primary", 4) when all is well."""
        rows = dict(self.query("SHOW GLOBAL STATUS WHERE Variable_name IN "
                               "('wsrep_cluster_status', 'wsrep_local_state')"))
        return rows["wsrep_cluster_status"], int(rows["wsrep_local_state"])

    def is_primary(self):
        """A server ends connections while its part of the cluster changes: it is not, then."""
        try:
            return self.state()[0] == "Primary"
        except OSError:
            return False

    def sees(self, members):
        """Whether it knows of so many, itself among them."""
        try:
            return self.status("wsrep_cluster_size") == members
        except OSError:
            return False

    def go_on_alone(self):
        """Makes those that it sees the primary component. It may end the connection on which it is told."""
        def has_gone_on():
            if self.is_primary():
                return True
            try:
                self.execute("SET GLOBAL wsrep_provider_options = 'pc.bootstrap=YES'")
            except OSError:
                pass
            return self.is_primary()
        if not process.wait_for(has_gone_on, JOIN_TIMEOUT_S, every_s=0.5):
            raise RuntimeError(f"{self.name} did not go on alone: {self._last_log_lines(20)}")

    def wait_synced(self, timeout_s=JOIN_TIMEOUT_S):
        def synced():
            try:
                return self.state() == ("Primary", 4)
            except OSError:
                return False
        if not process.wait_for(synced, timeout_s, every_s=0.05):
            raise RuntimeError(f"{self.name} did not join within {timeout_s} s: {self._last_log_lines(20)}")

    def launch(self):
        """Where the cluster was when it was killed is no matter: it looks for those that are there now."""
        (self.data / "gvwstate.dat").unlink(missing_ok=True)
        super().launch()

    def wait_ready(self, timeout_s=JOIN_TIMEOUT_S):
        super().wait_ready(timeout_s)

    def restart(self):
        """As long as the others wait for it to answer again, it would wait for them."""
        if not self.running():
            self.cluster.wait_counted()
            super().restart()

    def forget_data(self):
        """Makes it join anew with a copy of a donor's data. It must not run."""
        (self.data / "grastate.dat").unlink(missing_ok=True)

    def hold_transfer(self, on):
        """Whether a donor that is to send it its data stands still (wsrep_sst_copy)."""
        held = self.directory / "hold"
        held.touch() if on else held.unlink(missing_ok=True)

    def isolate(self, alone):
        """Cuts it off from the others, or lets it meet them again."""
        self.execute(f"SET GLOBAL wsrep_provider_options = 'gmcast.isolate={1 if alone else 0}'")


class GaleraCluster:
    """Members node1, node2, ... Starts on entering a `with`, and is gone with its data on leaving it. Raises
    Unavailable if it cannot be had here."""

    def __init__(self, members=3):
        self.engine = GaleraMariaDb()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="weir-galera-"))
        self.nodes = [GaleraNode(self, f"node{i + 1}", i + 1) for i in range(members)]
        self._founder = None

    def options_of(self, node):
        members = ",".join(f"127.0.0.1:{other.group_port}" for other in self.nodes)
        timeouts = "evs.keepalive_period=PT0.2S;evs.suspect_timeout=PT1.5S;evs.inactive_timeout=PT3S;" \
                   "evs.inactive_check_period=PT0.2S;evs.install_timeout=PT3S;gmcast.peer_timeout=PT1S"
        return ["--wsrep-on=ON", f"--wsrep-provider={self.engine.provider}", "--wsrep-cluster-name=weir",
                f"--wsrep-cluster-address=gcomm://{members}", f"--wsrep-node-name={node.name}",
                "--wsrep-node-address=127.0.0.1", "--wsrep-sst-method=copy",
                f"--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:{node.group_port};"
                f"ist.recv_addr=127.0.0.1:{node.receive_port};gcache.size=16M;{timeouts}",
                "--innodb-autoinc-lock-mode=2", *(["--wsrep-new-cluster"] if node is self._founder else [])]

    def __enter__(self):
        try:
            self.engine.template()
            for node in self.nodes:
                node.create()
                self._founder = node if node is self.nodes[0] else None
                node.start()
                node.wait_synced()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        for node in self.nodes:
            if node.identity:
                node.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def wait_counted(self):
        """Those that run know how many they are."""
        alive = [node for node in self.nodes if node.running()]
        if not process.wait_for(lambda: all(node.sees(len(alive)) for node in alive),
                                JOIN_TIMEOUT_S, every_s=0.05):
            raise RuntimeError(f"of {[node.name for node in alive]} not all see {len(alive)} members")

    def repair(self):
        """All members run, take part, and are as they were."""
        for node in self.nodes:
            node.resume()
        alive = [node for node in self.nodes if node.running()]
        for node in alive:
            node.isolate(False)
        patience_s = 5 if len(alive) > 1 else 0  # they may find each other
        if not process.wait_for(lambda: any(node.is_primary() for node in alive), patience_s, every_s=0.05):
            alive[0].go_on_alone()
        for node in self.nodes:
            node.restart()
        for node in self.nodes:
            node.execute("SET GLOBAL wsrep_reject_queries = NONE", "SET GLOBAL wsrep_desync = OFF",
                         "SET GLOBAL read_only = OFF")
            node.wait_synced()
