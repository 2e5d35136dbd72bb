"""A process of the test: some pairs of sessions, side by side, until so many statements have been compared.

    play.py '{"seed": 1, "index": 0, "count": 1000, "weir": PORT, "nodes": [...], ...}'

Prints one JSON object: counts by mark, and the differences with the statements before them.
"""

import json
import pathlib
import sys
from collections import Counter

sys.path[0] = str(pathlib.Path(__file__).resolve().parent.parent.parent)
from integration.twins.pair import Pair  # noqa: E402
from integration.twins.schema import statements  # noqa: E402
from integration.twins.script import Script  # noqa: E402
from wire import Connection  # noqa: E402

PAIRS = 4
ROUNDS_BETWEEN_PAUSES = 60
MOST_DIFFERENCES = 10


class Play:
    def __init__(self, job):
        self.job = job
        self.counts = Counter()
        self.errors = 0
        self.differences = []
        self.refused = 0
        self.root = Connection(unix=job["primary_socket"], user="root", password="", timeout_s=120)
        self.replicas = [Connection(unix=path, user="root", password="", timeout_s=120) for path in job["replica_sockets"]]
        self.schemas = [tuple(f"twin_{side}_{job['index']}_{i}" for side in "ab") for i in range(PAIRS)]

    def run(self):
        for schema in (name for pair in self.schemas for name in pair):
            for sql in statements(schema, self.job["mariadb"]):
                self.root.query(sql)
        self._wait_for_replicas()
        self.pairs = [Pair(Script(f"{self.job['seed']}-{self.job['index']}-{i}", self.job["mariadb"]), self.job, schemas)
                      for i, schemas in enumerate(self.schemas)]
        while sum(self.counts.values()) < self.job["count"] and len(self.differences) < MOST_DIFFERENCES:
            for _ in range(ROUNDS_BETWEEN_PAUSES):
                self._round([None] * PAIRS)
            self._pause()
        for schema in (name for pair in self.schemas for name in pair):
            self.root.query(f"DROP DATABASE {schema}")
        return {"counts": self.counts, "differences": self.differences, "refused": self.refused, "errors": self.errors}

    def _round(self, steps):
        for pair, step in zip(self.pairs, steps):
            pair.begin(step)
        for pair in self.pairs:
            step, found, refused = pair.end()
            self.counts[step.mark if step.what in ("query", "prepared") else step.what] += 1
            self.refused += refused
            self.errors += pair.failed
            if found and len(self.differences) < MOST_DIFFERENCES:
                self.differences.append({"statement": step.sql or step.what, "difference": found,
                                         "schema": pair.through.schema,
                                         "before": [each.sql or each.what for each in pair.history[:-1]]})

    def _pause(self):
        for steps in zip(*(list(pair.script.pause()) for pair in self.pairs)):
            self._round(steps)
        self._wait_for_replicas()

    def _wait_for_replicas(self):
        position = self.root.query(self.job["position_sql"]).value().replace("\n", "")
        for replica in self.replicas:
            answer = replica.query(self.job["wait_sql"].replace("$POSITION", position)).value()
            if answer != "0":
                raise RuntimeError(f"a replica is behind {position}: {answer}")


if __name__ == "__main__":
    print(json.dumps(Play(json.loads(sys.argv[1])).run()))
