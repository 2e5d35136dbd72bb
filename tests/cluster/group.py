"""A group of MySQL's Group Replication with one primary, which the group elects."""

import pathlib
import shutil
import tempfile
import uuid

from . import process
from .mysql import MySql
from .node import Node
from .ports import free_port
from .unavailable import Unavailable

JOIN_TIMEOUT_S = 90


class GroupMySql(MySql):
    """MySQL with the plugin."""

    def __init__(self):
        super().__init__()
        (folder,) = [word.split("=", 1)[1] for word in self._server() if word.startswith("--plugin-dir=")]
        if not pathlib.Path(folder, "group_replication.so").exists():
            raise Unavailable(f"Group Replication: {folder} has no group_replication.so")

    def own_options(self, node):
        own = [option for option in super().own_options(node) if "read-only" not in option]
        return [*own, *node.group.options_of(node)]


class GroupNode(Node):
    """A member: `group_port` is where the others reach it."""

    def __init__(self, group, name, server_id):
        super().__init__(group.engine, group.directory / name, name, server_id, read_only=False,
                         performance_schema=True)
        self.group = group
        self.group_port = free_port()

    def state(self):
        """(state, role) as the member says it: ("ONLINE", "PRIMARY")."""
        rows = self.query("SELECT MEMBER_STATE, MEMBER_ROLE FROM performance_schema.replication_group_members "
                          "WHERE MEMBER_ID = @@server_uuid")
        return rows[0] if rows else ("", "")

    def join(self):
        self.execute("START GROUP_REPLICATION", timeout_s=JOIN_TIMEOUT_S)
        self.wait_online()

    def wait_online(self, timeout_s=JOIN_TIMEOUT_S):
        if not process.wait_for(lambda: self.state()[0] == "ONLINE", timeout_s, every_s=0.05):
            raise RuntimeError(f"{self.name} did not join within {timeout_s} s: {self._last_log_lines(20)}")


class Group:
    """Members member1, member2, ...; the first begins as the primary. Starts on entering a `with`, and is gone with its
    data on leaving it. Raises Unavailable if it cannot be had here."""

    def __init__(self, members=3):
        self.engine = GroupMySql()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="weir-group-"))
        self.uuid = str(uuid.uuid4())
        self.nodes = [GroupNode(self, f"member{i + 1}", i + 1) for i in range(members)]

    def options_of(self, node):
        seeds = ",".join(f"127.0.0.1:{other.group_port}" for other in self.nodes if other is not node)
        return ["--plugin-load-add=group_replication.so", f"--loose-group-replication-group-name={self.uuid}",
                "--loose-group-replication-start-on-boot=OFF", f"--loose-group-replication-group-seeds={seeds}",
                f"--loose-group-replication-local-address=127.0.0.1:{node.group_port}",
                "--loose-group-replication-recovery-get-public-key=ON",
                "--loose-group-replication-member-expel-timeout=0", "--loose-group-replication-autorejoin-tries=0",
                "--loose-group-replication-unreachable-majority-timeout=0", "--report-host=127.0.0.1"]

    def __enter__(self):
        try:
            self.engine.template()
            for node in self.nodes:
                node.create()
                node.launch()
            for node in self.nodes:
                node.wait_ready()
                node.execute("CHANGE REPLICATION SOURCE TO SOURCE_USER = 'repl', SOURCE_PASSWORD = 'repl' "
                             "FOR CHANNEL 'group_replication_recovery'")
            self.found(self.nodes[0])
            self.nodes[0].execute("GRANT SELECT ON performance_schema.* TO 'monitor'@'%'")
            for node in self.nodes[1:]:
                node.join()
        except BaseException:
            self.stop()
            raise
        return self

    @staticmethod
    def found(node):
        node.execute("SET GLOBAL group_replication_bootstrap_group = ON", "START GROUP_REPLICATION",
                     "SET GLOBAL group_replication_bootstrap_group = OFF", timeout_s=JOIN_TIMEOUT_S)
        node.wait_online()

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        for node in self.nodes:
            if node.identity:
                node.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def primary(self):
        """The member that says it is; None while the group elects one."""
        for node in self.nodes:
            if node.running() and node.state() == ("ONLINE", "PRIMARY"):
                return node
        return None

    def make_primary(self, node):
        """Waits until the group has done it."""
        (identity,) = node.query("SELECT @@server_uuid")[0]
        node.execute(f"SELECT group_replication_set_as_primary('{identity}')", timeout_s=JOIN_TIMEOUT_S)

    def repair(self):
        """All members run and take part, and the first is the primary."""
        for node in self.nodes:
            node.resume()
            node.restart()
        if not any(node.state()[0] == "ONLINE" and self._sees_majority(node) for node in self.nodes):
            for node in self.nodes:  # who has lost the majority takes half a minute to leave
                node.kill()
                node.restart()
            self.found(self._newest())
        for node in self.nodes:
            if node.state()[0] != "ONLINE":
                node.execute("STOP GROUP_REPLICATION", timeout_s=JOIN_TIMEOUT_S)
                node.join()
        if self.primary() is not self.nodes[0]:
            self.make_primary(self.nodes[0])

    def _newest(self):
        """The one that has all that the others have."""
        sets = {node: node.query("SELECT @@global.gtid_executed")[0][0] for node in self.nodes}
        for node in self.nodes:
            if all(node.query(f"SELECT GTID_SUBSET('{other}', @@global.gtid_executed)")[0][0] == "1"
                   for other in sets.values()):
                return node
        return self.nodes[0]

    @staticmethod
    def _sees_majority(node):
        rows = node.query("SELECT MEMBER_STATE FROM performance_schema.replication_group_members")
        return 2 * sum(state in ("ONLINE", "RECOVERING") for (state,) in rows) > len(rows)
