"""Applications of other people's frameworks (tests/frameworks), twelve sessions at a time on four connections."""

import collections
import os
import subprocess
import threading

from frameworks.programs import FRAMEWORKS, Missing
from wire import ServerError

from .case import Environment, WeirTest

CONNECTIONS = 4
TIMEOUT_S = 180
SAMPLE_EVERY_S = 0.01
# A session that lets its connection go keeps nothing: what it waits for is the server's answer, not its client. Warnings
# that nobody has asked for are read, and the connection given up, as soon as somebody else wants it.
PINS = ("SELECT CASE WHEN stage = 'letting_go' OR pins = 'warnings_pending' THEN '' ELSE pins END AS kept_for, COUNT(*) "
        "FROM stats_weir_sessions GROUP BY kept_for")
MOST_PINNED = 1.0  # per cent, outside transactions
FEW = 5            # looks that say nothing: a client that gets no processor for a while is seen as often


class PinSampler(threading.Thread):
    """Looks again and again why sessions keep their connections."""

    def __init__(self, weir):
        super().__init__(daemon=True)
        self.weir, self.over, self.seen, self.problem = weir, threading.Event(), collections.Counter(), None

    def run(self):
        try:
            with self.weir.admin() as admin:
                while not self.over.wait(SAMPLE_EVERY_S):
                    for pins, count in admin.query(PINS).texts():
                        self.seen[pins] += int(count)
        except (OSError, ServerError) as error:
            self.problem = error

    def pinned_outside_transactions(self):
        """Per cent of all sessions seen, and what pinned them: {pins: per cent}."""
        total = max(1, sum(self.seen.values()))
        causes = {pins: 100 * count / total for pins, count in self.seen.items()
                  if pins and "in_transaction" not in pins.split(",")}
        return sum(causes.values()), causes


class Frameworks(WeirTest):
    def run_framework(self, name):
        try:
            command, environment = FRAMEWORKS[name]()
        except Missing as reason:
            self.skipTest(str(reason))
        database = f"framework_{name}"
        self.cluster.primary.execute(f"DROP DATABASE IF EXISTS {database}", f"CREATE DATABASE {database}")
        self.addCleanup(self.cluster.primary.execute, f"DROP DATABASE IF EXISTS {database}")
        weir = self.weir(file=True, servers=[("127.0.0.1", self.cluster.primary.port, 0)], pairs=(),
                         server_options=f"max_connections={CONNECTIONS}",
                         variables={"connect_timeout_server_max": 60000})
        sampler = PinSampler(weir) if Environment.binary else None
        if sampler:
            sampler.start()
        done = subprocess.run([*map(str, command), weir.host, str(weir.port), "app", "app", database], capture_output=True,
                              text=True, timeout=TIMEOUT_S, env={**os.environ, **environment})
        if sampler:
            sampler.over.set()
            sampler.join()
            self.assertIsNone(sampler.problem)
            share, causes = sampler.pinned_outside_transactions()
            words = ", ".join(f"{pins} {part:.2f} %{self.statement_behind(weir, pins)}"
                              for pins, part in sorted(causes.items(), key=lambda cause: -cause[1]))
            print(f"     {self.engine:8} {name}: {share:.2f} % of sessions pinned outside transactions "
                  f"({sum(sampler.seen.values())} looked at){': ' + words if words else ''}", flush=True)
        self.assertEqual((done.returncode, done.stdout.strip().splitlines()[-1:]), (0, ["ok"]),
                         (done.stdout + done.stderr)[-3000:])
        if sampler:
            self.assertLess(share, max(MOST_PINNED, 100 * FEW / max(1, sum(sampler.seen.values()))))

    def statement_behind(self, weir, pins):
        """The latest statement that was the first of these causes."""
        with weir.admin() as admin:
            rows = admin.query("SELECT digest_text FROM stats_mysql_pins WHERE digest_text IS NOT NULL AND cause = "
                               f"'{pins.split(',', maxsplit=1)[0]}'").texts()
        return f" ({rows[0][0][:60]})" if rows else ""


def _add(name):
    def test(self):
        self.run_framework(name)

    setattr(Frameworks, f"test_{name}", test)


for _name in FRAMEWORKS:
    _add(_name)
