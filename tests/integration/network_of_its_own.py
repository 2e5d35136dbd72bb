"""A Weir in a network namespace, where an address that is no loopback address can be had without touching anybody's."""

import os
import pathlib
import shutil
import subprocess
import tempfile

from cluster import process

FOREIGN_ADDRESS = "192.0.2.1"  # kept for documentation: nobody has it
PATIENCE_S = 20
CLIENT_TIMEOUT_S = 60


class NetworkOfItsOwn:
    """`options` are added to the command line. `close()` ends it."""

    def __init__(self, binary, *options):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="weir-run-"))
        self.log = self.directory / "weir.log"
        command = [binary, "-D", self.directory, *options]
        prepare = f'ip link set lo up && ip addr add {FOREIGN_ADDRESS}/32 dev lo && exec "$@"'
        self._identity = process.launch(["unshare", "-n", "sh", "-c", prepare, "sh", *map(str, command)], self.log,
                                        tied=True)

    @staticmethod
    def missing():
        """What keeps this machine from having one, or an empty text."""
        if os.geteuid() != 0:
            return "only root makes network namespaces"
        tried = subprocess.run(["unshare", "-n", "ip", "link", "set", "lo", "up"], capture_output=True, text=True)
        return tried.stderr.strip() if tried.returncode else ""

    def run(self, command, environment):
        """What `command` prints when it runs inside."""
        done = subprocess.run(["nsenter", "-t", str(self._identity.pid), "-n", *command], capture_output=True, text=True,
                              timeout=CLIENT_TIMEOUT_S, env=environment)
        return done.stdout + done.stderr

    def close(self):
        process.end(self._identity, PATIENCE_S)
        shutil.rmtree(self.directory)
