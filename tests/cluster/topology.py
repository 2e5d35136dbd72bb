"""A cluster: nodes, who follows whom, and how it is started, remembered and removed."""

import json
import pathlib
import tempfile

from wire import ServerError

from . import process
from .engines import engine_named
from .node import Node

STATE_FILE = "cluster.json"
CANNOT_READ_SOURCE = 1201


class Cluster:
    """A primary with replicas, or, with `co_primary`, two primaries following each other (and no replicas of theirs).

    Starts on entering a `with`, and is gone with its data on leaving it. With `tied` (the default) the servers also die
    with the thread that started them. `directory` defaults to a new temporary one. Raises Unavailable if the
    engine cannot be had here. With a `network` (network.py) each node runs on the machine of its name.
    """

    def __init__(self, engine="mariadb", replicas=2, directory=None, co_primary=False, performance_schema=False,
                 extra_options=(), tied=True, network=None):
        if co_primary and replicas:
            raise ValueError("a co-primary pair has no replicas: ask for replicas=0")
        self.engine = engine_named(engine)
        self.directory = pathlib.Path(directory or tempfile.mkdtemp(prefix="weir-cluster-")).absolute()
        self.co_primary = co_primary
        names = ["primary", "coprimary"] if co_primary else ["primary"] + [f"replica{i + 1}" for i in range(replicas)]
        self.nodes = [
            Node(self.engine, self.directory / name, name, server_id=i + 1, read_only=name.startswith("replica"),
                 performance_schema=performance_schema, gtid_domain=i if co_primary else 0,
                 extra_options=[*extra_options, *self._co_primary_options(i)], tied=tied,
                 machine=network.machine(name) if network else None)
            for i, name in enumerate(names)]

    def _co_primary_options(self, index):
        """Two writers must not hand out the same auto-increment values."""
        return [f"--auto-increment-offset={index + 1}", "--auto-increment-increment=2"] if self.co_primary else []

    @property
    def primary(self):
        return self.nodes[0]

    @property
    def replicas(self):
        return [node for node in self.nodes if node.name.startswith("replica")]

    def node(self, name):
        for node in self.nodes:
            if node.name == name:
                return node
        raise ValueError(f"no node {name!r}; there are {', '.join(n.name for n in self.nodes)}")

    # --- start and stop ----------------------------------------------------------------------------------------

    def start(self):
        self.directory.mkdir(parents=True, exist_ok=True)
        if (self.directory / STATE_FILE).exists():
            raise RuntimeError(f"{self.directory} already holds a cluster: stop it first")
        try:
            self._start_nodes()
        except BaseException:
            self.stop()
            raise
        return self

    def _start_nodes(self):
        self.engine.template()
        for node in self.nodes:
            node.create()
            node.launch()
            self.save()  # after each one: whatever happens to us now, `stop` finds it
        for node in self.nodes:
            node.wait_ready()
        self.save()
        for follower, leader in self._followers():
            follower.execute(*self.engine.follow_sql(leader.host, leader.port))
        for follower, _ in self._followers():
            self._wait_until_replicating(follower)

    def _followers(self):
        """(follower, leader) pairs."""
        if self.co_primary:
            first, second = self.nodes
            return [(first, second), (second, first)]
        return [(replica, self.primary) for replica in self.replicas]

    def _wait_until_replicating(self, node, timeout_s=30):
        if not process.wait_for(lambda: not self.engine.replication_error(node), timeout_s, every_s=0.02):
            raise RuntimeError(f"{node.name} does not replicate: {self.engine.replication_error(node)}")

    def stop(self, keep=False):
        """Kills what is left of it and removes its directory (with `keep`, leaves data and logs)."""
        for node in self.nodes:
            if node.identity:
                node.kill()
        (self.directory / STATE_FILE).unlink(missing_ok=True)
        if keep:
            return
        for node in self.nodes:
            node.remove()
        if self.directory.exists() and not any(self.directory.iterdir()):
            self.directory.rmdir()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # --- conditions --------------------------------------------------------------------------------------------

    def wait_for_replication(self, timeout_s=30):
        """Returns once every follower has applied what its leader has committed by now."""
        for follower, leader in self._followers():
            ((position,),) = leader.query(self.engine.position_sql())
            ((answer,),) = follower.query(self.engine.wait_sql(position.replace("\n", ""), timeout_s),
                                          timeout_s=timeout_s + 5)
            if answer != "0":
                reason = self.engine.replication_error(follower) or "it is too slow"
                raise RuntimeError(f"{follower.name} is behind {leader.name} after {timeout_s} s: {reason}")

    def repair(self):
        """Makes it whole after a test has hurt it: all nodes run and replicate, replicas are read-only."""
        for node in self.nodes:
            node.resume()
            node.restart()
        for replica in self.replicas:
            replica.execute(self.engine.set_read_only_sql(True))
        for follower, leader in self._followers():
            if self.engine.replication_error(follower):
                self._follow_again(follower, leader)
                self._wait_until_replicating(follower)
        self.wait_for_replication()

    def _follow_again(self, follower, leader):
        # STOP REPLICA waits for a thread that is still trying to reach a server that was killed.
        follow = self.engine.follow_sql(leader.host, leader.port)
        try:
            follower.execute(*follow, timeout_s=120)
        except ServerError as error:
            if error.errno != CANNOT_READ_SOURCE:
                raise
            # It was killed while it wrote the file that says whom it follows. Its position is in a table.
            follower.kill()
            for pattern in self.engine.source_files:
                for path in follower.data.glob(pattern):
                    path.unlink()
            follower.restart()
            follower.execute(*follow, timeout_s=120)

    # --- what the command line remembers -----------------------------------------------------------------------

    def to_json(self):
        nodes = [node.to_json() for node in self.nodes]
        return {"engine": self.engine.name, "version": self.engine.version, "directory": str(self.directory),
                "co_primary": self.co_primary, "primary": nodes[0],
                "replicas": [n for n in nodes if n["name"].startswith("replica")],
                **({"coprimary": nodes[1]} if self.co_primary else {})}

    def save(self):
        fresh = self.directory / (STATE_FILE + ".new")
        fresh.write_text(json.dumps(self.to_json(), indent=1))
        fresh.replace(self.directory / STATE_FILE)

    @staticmethod
    def load(directory):
        """The cluster that an earlier run started in `directory`."""
        path = pathlib.Path(directory) / STATE_FILE
        if not path.exists():
            raise FileNotFoundError(f"no cluster in {directory}")
        saved = json.loads(path.read_text())
        cluster = Cluster(saved["engine"], len(saved["replicas"]), saved["directory"], saved["co_primary"], tied=False)
        rows = [saved["primary"], *saved["replicas"], *([saved["coprimary"]] if saved["co_primary"] else [])]
        cluster.nodes = [Node.from_json(cluster.engine, saved["directory"], row) for row in rows]
        return cluster
