"""Generated statements through Weir with automatic splitting and directly: no difference, and no error of a replica."""

import json
import os
import pathlib
import re
import subprocess
import sys
from collections import Counter

from .case import Environment, WeirTest, proxy_only
from .twins.script import EITHER, READ, SURPRISE, WRITER

PLAYER = pathlib.Path(__file__).resolve().parent / "twins" / "play.py"
PROCESSES = 3
SHORT, LONG = 5_000, 200_000
MARKS = (READ, WRITER, SURPRISE, EITHER)
MOST_ERRORS = 0.2
LEAST_SHARE = 0.6  # of the reads outside of transactions that no state holds back
SEED = 20_240_607
_ENTRY = re.compile(r"^(?:\d{4}-\S+Z\t|\d{6} [ \d]\d:\d\d:\d\d\t|\t\t)\s*(\d+) ([A-Z][A-Za-z ]+?)(?:\t(.*))?$")


class GeneralLog:
    """A replica's general log while it is needed."""

    def __init__(self, node):
        self.node = node
        self.path = node.directory / "general.log"

    def begin(self):
        self.path.unlink(missing_ok=True)
        self.node.execute(f"SET GLOBAL general_log_file = '{self.path}'", "SET GLOBAL general_log = ON")

    def end(self):
        self.node.execute("SET GLOBAL general_log = OFF")

    def texts_of_app(self):
        """The commands of the application's accounts, one text each."""
        threads, text, mine = set(), [], False
        for line in self.path.read_text(errors="replace").splitlines():
            entry = _ENTRY.match(line)
            if entry is None:
                text.append(line)
                continue
            if mine:
                yield "\n".join(text)
            thread, command, rest = entry.groups()
            if command == "Connect":
                (threads.add if (rest or "").startswith("app@") else threads.discard)(thread)
            mine = thread in threads and command in ("Query", "Execute")
            text = [rest or ""]
        if mine:
            yield "\n".join(text)


class Twins(WeirTest):
    @proxy_only
    def test_generated_statements_give_what_the_primary_gives(self):
        logs = [GeneralLog(replica) for replica in self.cluster.replicas]
        for log in logs:
            log.begin()
            self.addCleanup(log.end)
        weir = self.weir()
        results = self.play(weir, LONG if Environment.long_runs else SHORT)
        for log in logs:
            log.end()
        counts = sum((Counter(each["counts"]) for each in results), Counter())
        differences = [each for result in results for each in result["differences"]]
        for each in differences[:3]:
            print(f"    {each['schema']}: {each['statement']!r}\n      {each['difference']}\n      after")
            for before in each["before"]:
                print(f"        {before!r}")
        self.assertEqual(len(differences), 0, "differences, the first of them above")
        self.assertEqual(sum(each["refused"] for each in results), 0, "read-only errors that a client saw")
        self.assertLess(sum(each["errors"] for each in results), MOST_ERRORS * counts.total(), "errors on both sides")
        self.check_places(logs, counts)

    def play(self, weir, count):
        """The results of all processes."""
        engine, primary = self.cluster.engine, self.cluster.primary
        job = {"seed": int(os.environ.get("WEIR_SEED", SEED)), "count": -(-count // PROCESSES),
               "mariadb": self.engine == "mariadb", "collation": 45 if self.engine == "mariadb" else 255,
               "weir_port": weir.port, "primary_port": primary.port,
               "primary_socket": primary.socket, "replica_sockets": [each.socket for each in self.cluster.replicas],
               "position_sql": engine.position_sql(), "wait_sql": engine.wait_sql("$POSITION", 60)}
        for node in self.cluster.nodes:
            node.execute("SET GLOBAL log_bin_trust_function_creators = ON")
            self.addCleanup(node.execute, "SET GLOBAL log_bin_trust_function_creators = OFF")
        players = [subprocess.Popen([sys.executable, PLAYER, json.dumps({**job, "index": index})], text=True,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                   for index in range(PROCESSES)]
        for player in players:
            self.addCleanup(player.wait)
            self.addCleanup(player.kill)
        results = []
        for player in players:
            output, errors = player.communicate(timeout=3600)
            self.assertEqual(player.returncode, 0, errors[-3000:])
            results.append(json.loads(output))
        return results

    def check_places(self, logs, counts):
        """By the replicas' own logs: most reads ran there, and of what belongs on the primary nothing."""
        marks = Counter()
        for log in logs:
            for text in log.texts_of_app():
                mark = text.rpartition("/*")[2][:1] if "/*" in text else ""
                if mark not in MARKS:
                    self.assertRegex(text, r"(?i)^\s*(SET|ROLLBACK|COMMIT)\b", "of whose making is this?")
                    continue
                marks[mark] += 1
                self.assertNotEqual(mark, WRITER, f"on a replica: {text}")
        share = marks[READ] / counts[READ]
        print(f"    {counts.total()} statements, {counts[READ]} free reads, {share:.0%} of them on replicas; "
              f"{marks[SURPRISE]} of {counts[SURPRISE]} surprises went there")
        self.assertGreater(share, LEAST_SHARE)
