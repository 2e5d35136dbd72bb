"""Through Weir = directly, byte for byte: random steps of interleaved sessions that share a pool of connections."""

import os
import subprocess

from .case import Environment, WeirTest, proxy_only

STEPS = {"mariadb": 1_000_000, "mysql": 300_000}
# Sessions, and the connections that they share: one fewer keep theirs as they like, the others only inside a section.
SHAPES = ((6, 2), (9, 3), (8, 9), (12, 1))
LONG_BATCH = 2000  # steps for each new schema, whose making takes as long as some hundred of them
SHORT_STEPS, SHORT_SECONDS = 12_000, 15  # each, whichever ends first
# Statements that wait for each other do so for as long in both runs: not long. Functions that write may be made.
FOR_THE_RUN = {"innodb_lock_wait_timeout": 1, "lock_wait_timeout": 2, "log_bin_trust_function_creators": 1}


class Interleaved(WeirTest):
    @proxy_only
    def test_random_scripts_of_interleaved_sessions(self):
        found = Environment.program("differential")
        if found is None:
            self.skipTest("weir_differential is not built: ninja -C build/dev weir_differential")
        primary = self.cluster.primary
        for name, value in FOR_THE_RUN.items():
            ((before,),) = primary.query(f"SELECT @@global.{name}")
            primary.execute(f"SET GLOBAL {name} = {value}")
            self.addCleanup(primary.execute, f"SET GLOBAL {name} = {before}")
        self.addCleanup(primary.execute, "DROP DATABASE IF EXISTS diff", "DROP DATABASE IF EXISTS diff2",
                        "DROP ROLE IF EXISTS diff_role")
        for sessions, pool in SHAPES:
            with self.subTest(sessions=sessions, pool=pool):
                self.compare(found, sessions, pool)

    def compare(self, program_path, sessions, pool):
        port = self.cluster.primary.port
        # A shortened script may leave no connection for a session: it is not to wait long for one.
        weir = self.weir(file=True, servers=[("127.0.0.1", port, 0)], pairs=(), server_options=f"max_connections={pool}",
                         variables={"connect_timeout_server_max": 1500})
        command = [program_path, "--server", port, "--proxy", weir.port, "--engine", self.engine, "--sessions", sessions,
                   "--pool", pool, "--seed", os.environ.get("WEIR_SEED", 1)]
        if Environment.long_runs:
            command += ["--steps", STEPS[self.engine] // len(SHAPES), "--batch", LONG_BATCH]
        else:
            command += ["--steps", SHORT_STEPS, "--seconds", SHORT_SECONDS]
        run = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
        print(run.stdout[:200].split("\n", maxsplit=1)[0], flush=True)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
