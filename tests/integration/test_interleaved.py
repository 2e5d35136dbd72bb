"""Through Weir = directly, byte for byte: random steps of interleaved sessions that share a pool of connections."""

import os
import subprocess

from .case import Environment, WeirTest, proxy_only

STEPS = {"mariadb": 1_000_000, "mysql": 300_000}
SESSIONS = 8
# Statements that wait for each other do so for as long in both runs: not long. Functions that write may be made.
FOR_THE_RUN = {"innodb_lock_wait_timeout": 1, "lock_wait_timeout": 2, "log_bin_trust_function_creators": 1}


class Interleaved(WeirTest):
    @proxy_only
    def test_random_scripts_of_interleaved_sessions(self):
        if not Environment.long_runs:
            self.skipTest("a search for differences that nobody knows yet: --long")
        found = Environment.program("differential")
        if found is None:
            self.skipTest("weir_differential is not built: ninja -C build/dev weir_differential")
        primary = self.cluster.primary
        for name, value in FOR_THE_RUN.items():
            ((before,),) = primary.query(f"SELECT @@global.{name}")
            primary.execute(f"SET GLOBAL {name} = {value}")
            self.addCleanup(primary.execute, f"SET GLOBAL {name} = {before}")
        self.addCleanup(primary.execute, "DROP DATABASE IF EXISTS diff", "DROP DATABASE IF EXISTS diff2")
        # A connection for whoever keeps his, and one more: the others change theirs with every statement.
        weir = self.weir(file=True, servers=[("127.0.0.1", primary.port, 0)], pairs=(),
                         server_options=f"max_connections={SESSIONS + 1}")
        command = [found, "--server", primary.port, "--proxy", weir.port, "--engine", self.engine, "--sessions", SESSIONS,
                   "--pool", SESSIONS + 1, "--seed", os.environ.get("WEIR_SEED", 1), "--steps", STEPS[self.engine]]
        run = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
        print(run.stdout[:200].split("\n", maxsplit=1)[0], flush=True)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
