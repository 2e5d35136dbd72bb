"""What both server flavours have in common: how a data directory comes to be, and which options make it small."""

import hashlib
import os
import subprocess

from .cache import built_once, cache_root

DATABASE = "test"


class Engine:
    """One installed server version. Subclasses say how to call it and how its SQL for replication reads."""

    name = ""

    def __init__(self):
        self.version = self._find_version()

    # --- what a subclass provides ------------------------------------------------------------------------------

    def _find_version(self):
        """The version text; Unavailable if there is no such server."""
        raise NotImplementedError

    def _server(self):
        """The first words of every command line: the server binary and what it needs to run at all."""
        raise NotImplementedError

    def _initialise(self, data):
        """Makes a data directory with the accounts of accounts_sql()."""
        raise NotImplementedError

    def own_options(self, node):
        raise NotImplementedError

    # --- shared ------------------------------------------------------------------------------------------------

    def template(self):
        """A data directory to copy from: initialised, accounts made, no replication identity yet."""
        recipe = hashlib.sha256("\n".join(self.accounts_sql()).encode()).hexdigest()[:12]
        return built_once(cache_root() / "data" / f"{self.name}-{self.version}-{recipe}", self._initialise)

    def copy_template(self, data):
        subprocess.run(["cp", "-a", "--reflink=auto", self.template(), data], check=True, capture_output=True)

    def command(self, node):
        """The command line that runs `node` (a Node) in the foreground."""
        return [*self._server(), *self._run_as(), *self._common_options(node), *self.own_options(node),
                *node.extra_options]

    @staticmethod
    def _run_as():
        """Both servers refuse to run as root unless told to."""
        return ["--user=root"] if os.geteuid() == 0 else []

    @staticmethod
    def _common_options(node):
        """Small and quick: nothing here waits for a disk. A killed process still recovers, a lost machine does not."""
        return [
            f"--datadir={node.data}", f"--port={node.port}", f"--bind-address={node.host}", f"--socket={node.socket}",
            f"--pid-file={node.directory}/pid", f"--log-error={node.log}", f"--server-id={node.server_id}",
            # A server that starts removes temporary files of others from a folder that they share.
            f"--tmpdir={node.directory}", f"--log-bin={node.data}/binlog", "--binlog-format=ROW", "--sync-binlog=0",
            "--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync", "--innodb-buffer-pool-size=64M",
            "--innodb-log-buffer-size=8M", "--innodb-buffer-pool-load-at-startup=0",
            "--innodb-buffer-pool-dump-at-shutdown=0", "--key-buffer-size=1M", "--max-connections=700",
            "--max-allowed-packet=256M", "--skip-name-resolve", "--local-infile=1",
            f"--performance-schema={'ON' if node.performance_schema else 'OFF'}",
        ]

    @classmethod
    def accounts_sql(cls):
        """Accounts every cluster has: root (socket only, no password), app, app2, monitor, repl."""
        statements = []
        for user in ("app", "app2", "monitor", "repl"):
            statements.append(f"CREATE USER '{user}'@'%' IDENTIFIED BY '{user}'")
        for user in ("app", "app2"):
            statements.append(f"GRANT ALL ON *.* TO '{user}'@'%'")
            statements.append(f"REVOKE {cls.write_on_replica_privileges} ON *.* FROM '{user}'@'%'")
        statements.append(f"GRANT {cls.monitor_privileges} ON *.* TO 'monitor'@'%'")
        statements.append("GRANT REPLICATION SLAVE ON *.* TO 'repl'@'%'")
        statements.append(f"CREATE DATABASE {DATABASE}")
        return statements

    write_on_replica_privileges = "SUPER"
    monitor_privileges = "REPLICATION CLIENT"
    source_files = ()  # of a data directory: where it says whom it follows, if a kill can damage that
