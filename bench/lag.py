#!/usr/bin/env python3
"""Measures how wrong lag_ms is: Weir's figure from GTIDs against a heartbeat that is written every 5 ms, on a real primary
and a replica whose replication stops and goes.

The heartbeat is one row with a number. A process writes it and notes when each number was committed, another one reads it
on the replica all the time and so knows what the replica had when: it is as far behind as the oldest number is old that it
lacks. What Weir read when is in its own log, monitor.mysql_server_gtid_lag_log. A reading's error is how far it is from any
lag that the replica had while it was made. Ends with 1 if 99 of 100 are not within the interval of the readings + 10 ms.
Until the next reading the replica may do what it likes: how far the figure was from that is printed, too.
"""

import argparse
import bisect
import multiprocessing
import pathlib
import random
import statistics
import sys
import tempfile
import time

from subjects import BUILD, ROOT, Program, wait_until, weir_binary

sys.path.insert(0, str(ROOT / "tests"))
from cluster import Cluster, Unavailable  # noqa: E402
from wire import Connection  # noqa: E402

BEAT_S = 0.005
READ_S = 0.001
FEWEST = 100     # readings of which something can be said
ALLOWED_MS = 10  # beside the interval
STOP_MS, GO_MS = (50, 800), (50, 400)
READINGS = "SELECT time_start_us, success_time_us, lag_ms FROM monitor.mysql_server_gtid_lag_log WHERE port = {} ORDER BY 1"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=("mariadb", "mysql"), action="append", help="both")
    parser.add_argument("--seconds", type=int, default=60, help="%(default)s")
    parser.add_argument("--interval-ms", type=int, default=50, help="mysql-monitor_gtid_interval; %(default)s")
    parser.add_argument("--delay", action="store_true", help="a replica that is a second behind, instead of one that stops")
    parser.add_argument("--seed", type=int, default=1, help="%(default)s")
    return parser.parse_args()


# --- processes that note something until they are told to end ----------------------------------------------------------

def beat(socket, ending, pipe):
    """[(before, after)] of each number's commit on the primary; the first is number 1."""
    noted = []
    with Connection(unix=socket, user="root", password="") as root:
        due = time.time()
        while not ending.is_set():
            before = time.time()
            root.query(f"UPDATE test.beat SET number = {len(noted) + 1}")
            noted.append((before, time.time()))
            due = max(due + BEAT_S, noted[-1][1])
            time.sleep(max(0.0, due - time.time()))
    pipe.send(noted)


def read(socket, ending, pipe):
    """[(before, after, number)] of what the replica had."""
    noted = []
    with Connection(unix=socket, user="root", password="") as root:
        while not ending.is_set():
            before = time.time()
            number = int(root.query("SELECT number FROM test.beat").value())
            noted.append((before, time.time(), number))
            time.sleep(READ_S)
    pipe.send(noted)


class Noting:
    """One of them as a process of its own, so that none waits for another."""

    def __init__(self, what, where):
        self._ending = multiprocessing.Event()
        self._pipe, far_end = multiprocessing.Pipe(duplex=False)
        self._process = multiprocessing.Process(target=what, args=(where, self._ending, far_end), daemon=True)
        self._process.start()

    def end(self):
        """What it has noted."""
        self._ending.set()
        if not self._pipe.poll(60):
            raise RuntimeError("one of the measuring processes has ended without a word")
        noted = self._pipe.recv()
        self._process.join()
        return noted


# --- what is measured --------------------------------------------------------------------------------------------------

class WatchingWeir(Program):
    def __init__(self, cluster, interval_ms, folder):
        rows = ",\n  ".join(f'{{ address = "{node.host}", port = {node.port}, hostgroup = {number} }}'
                            for number, node in enumerate(cluster.nodes))
        config = pathlib.Path(folder) / "weir.cnf"
        config.write_text(f"""
mysql_variables = {{
  interfaces = "127.0.0.1:0"
  threads = 1
  monitor_gtid_interval = {interval_ms}
}}
admin_variables = {{ mysql_ifaces = "127.0.0.1:0" }}
mysql_servers = (
  {rows}
)
mysql_replication_hostgroups = ( {{ writer_hostgroup = 0, reader_hostgroup = 1 }} )
mysql_hostgroup_attributes = ( {{ hostgroup_id = 1, hostgroup_settings = "{{\\"max_replication_lag_ms\\": 3600000}}" }} )
mysql_users = ( {{ username = "app", password = "app", default_hostgroup = 0 }} )
""")
        super().__init__([weir_binary(), "-c", config, "-D", folder], folder, "weir", cpu=None)
        self.admin_port = int(self.await_log(r"admin port listening.*?127\.0\.0\.1:(\d+)")[1])


def words(engine):
    return ("SLAVE", "MASTER", "MASTER") if engine == "mariadb" else ("REPLICA", "REPLICATION SOURCE", "SOURCE")


def stop_and_go(replica, engine, options):
    chosen = random.Random(options.seed)
    until = time.monotonic() + options.seconds
    with replica.connect_as_root() as root:
        while time.monotonic() < until:
            for verb, span in (("STOP", STOP_MS), ("START", GO_MS)):
                root.query(f"{verb} {words(engine)[0]} SQL_THREAD")
                time.sleep(chosen.uniform(*span) / 1000)


def stay_behind(replica, engine, options):
    name, change, key = words(engine)
    replica.execute(f"STOP {name}", f"CHANGE {change} TO {key}_DELAY = 1", f"START {name}")
    time.sleep(options.seconds)


def measure(engine, options, folder):
    """(commits, reads, readings): the last as [(begin, end, lag_ms)]."""
    with Cluster(engine, replicas=1) as cluster:
        primary, replica = cluster.nodes
        primary.execute("CREATE TABLE test.beat (number INT)", "INSERT INTO test.beat VALUES (0)")
        cluster.wait_for_replication()
        weir = WatchingWeir(cluster, options.interval_ms, folder)
        try:
            with Connection(port=weir.admin_port, user="admin", password="admin") as admin:
                log = READINGS.format(replica.port)
                wait_until(lambda: admin.query(log).rows, "the lag has been read", 60)
                noting = [Noting(beat, primary.socket), Noting(read, replica.socket)]
                (stay_behind if options.delay else stop_and_go)(replica, engine, options)
                commits, reads = [process.end() for process in noting]
                rows = [[None if value is None else int(value) for value in row] for row in admin.query(log).rows]
            readings = [(start / 1e6, (start + took) / 1e6, lag) for start, took, lag in rows if lag is not None]
            return commits, reads, readings
        finally:
            weir.stop()


class Truth:
    """What the replica lacked, and since when."""

    def __init__(self, commits, reads):
        self._commits, self._reads = commits, reads
        self._begins = [begin for begin, _, _ in reads]
        self._ends = [end for _, end, _ in reads]

    def lags_ms(self, begin, end):
        """(least, most) lag that it may have had between the two; None: it was not read around them."""
        before = bisect.bisect_right(self._ends, begin) - 1
        after = bisect.bisect_left(self._begins, end)
        if before < 0 or after == len(self._reads):
            return None
        most = self._age_ms(self._reads[before][2], end, 0)
        least = self._age_ms(self._reads[after][2], begin, 1)
        return least, most

    def _age_ms(self, had, at, bound):
        """Of the first commit after number `had`; 0: there was none."""
        if had >= len(self._commits) or self._commits[had][bound] > at:
            return 0.0
        return 1000 * (at - self._commits[had][bound])


def distance(value, span):
    least, most = span
    return max(0.0, least - value, value - most)


def errors_of(readings, truth):
    """(of each reading while it was made, of the same just before the next), in ms."""
    at_once, at_last = [], []
    for (begin, end, lag), (following, _, _) in zip(readings, readings[1:]):
        spans = truth.lags_ms(begin, end), truth.lags_ms(following, following)
        if None not in spans:
            at_once.append(distance(lag, spans[0]))
            at_last.append(distance(lag, spans[1]))
    return at_once, at_last


def percentiles(errors):
    cuts = statistics.quantiles(errors, n=100)
    return f"p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms, most {max(errors):.1f} ms"


def show(engine, options, commits, reads, readings):
    """Whether the error is within its bound."""
    at_once, at_last = errors_of(readings, Truth(commits, reads))
    if len(at_once) < FEWEST:
        print(f"{engine}: only {len(at_once)} readings")
        return False
    bound = options.interval_ms + ALLOWED_MS
    beats = statistics.median(1000 * (b[0] - a[0]) for a, b in zip(commits, commits[1:]))
    apart = statistics.median(1000 * (b[0] - a[0]) for a, b in zip(readings, readings[1:]))
    largest = max(lag for _, _, lag in readings)
    print(f"{engine}: {len(commits)} beats, {beats:.1f} ms apart; {len(at_once)} readings, {apart:.1f} ms apart, up to {largest} ms\n"
          f"  error when read:              {percentiles(at_once)}; bound of p99 {bound} ms\n"
          f"  error before the next reading: {percentiles(at_last)}", flush=True)
    return statistics.quantiles(at_once, n=100)[98] <= bound


def main():
    options = parse_arguments()
    if not weir_binary().exists():
        sys.exit(f"build it first: ninja -C {BUILD.relative_to(ROOT)}")
    good = True
    for engine in options.engine or ("mariadb", "mysql"):
        try:
            with tempfile.TemporaryDirectory(prefix="weir-lag-") as folder:
                good &= show(engine, options, *measure(engine, options, folder))
        except Unavailable as reason:
            print(f"{engine}: skipped: {reason}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
