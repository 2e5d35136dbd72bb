"""What the suite measures: each scenario is a row, with the subjects, the points of its plot, and its bars."""

import dataclasses

from cluster.unavailable import Unavailable

from bars import ADDED, ITSELF, Bar
from subjects import MOST_CLIENTS, HaProxy, Router, Running, Setup, Weir, find_router, haproxy_binary

TWENTY_BYTES = "SELECT /* rows=%d bytes=20 */ c FROM sbtest1"
WITHOUT_BAR = 3  # rounds, where there are many points that no bar needs
TRANSACTION = ("BEGIN", "SELECT c FROM sbtest1 WHERE id=1", "SELECT c FROM sbtest1 WHERE id=2",
               "UPDATE sbtest1 SET k=k+1 WHERE id=3", "COMMIT")


@dataclasses.dataclass(frozen=True)
class Subject:
    """`start` takes a Bench, and returns what has a port, a pid, and can be stopped. `options` are the load's for it."""
    name: str
    start: callable
    options: tuple = ()


@dataclasses.dataclass(frozen=True)
class Point:
    label: str
    clients: int
    options: tuple = ()  # of the load
    per: int = 1          # processor time is shown per query / per
    most_rounds: int = 0  # 0: as many as of others


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    subjects: tuple
    points: tuple
    bars: tuple = ()
    unit: str = "query"
    anew: bool = False  # for each measurement the subject is started, and has answered point selects only
    rests: int = 0  # so many idle clients are looked at by themselves, too


def weir(name="weir", options=(), **setup):
    return Subject(name, lambda bench: Weir(bench.folder, name, bench.servers, Setup(**setup)), options)


def direct(bench):
    return Running("127.0.0.1", bench.servers[1].port, bench.servers[1].pid)


DIRECT = Subject("direct", direct)
HAPROXY = Subject("haproxy", lambda bench: HaProxy(bench.folder, "haproxy", bench.servers))
TLS_HAPROXY = Subject("haproxy", lambda bench: HaProxy(bench.folder, "haproxy-tls", bench.servers,
                                                       certificate=bench.certificate()), ("--tls-first",))
ROUTER = Subject("router", lambda bench: Router(bench.folder, "router", bench.servers))


def clients(*counts, options=(), barless=()):
    return tuple(Point(str(count), count, options, most_rounds=WITHOUT_BAR if count in barless else 0) for count in counts)


def rows(*counts):
    return tuple(Point(f"{count:,}", 16 if count < 1000 else 4, ("--query", TWENTY_BYTES % count), count, WITHOUT_BAR)
                 for count in counts)


def one_result(label, kilobytes, most_rounds, options=()):
    """The first of its connection, in rows of 1,000 bytes."""
    query = f"SELECT /* rows={kilobytes} bytes=1000 */ c FROM t"
    return Point(label, 1, ("--query", query, "--warmup", 0, *options), kilobytes, most_rounds)


SLOW = "256 MB, slowly"
IDLE = min(10_000, MOST_CLIENTS // 1000 * 1000)
FEW = {"server_connections": 64}
SCENARIOS = (
    Scenario("point_select", "Point selects as text, by clients", (DIRECT, HAPROXY, ROUTER, weir(), weir("weir-split", split=True)),
             clients(1, 16, 64, 256, 1024, barless=(16, 256, 1024)),
             (Bar("weir", "haproxy", "1", 5, figure="p50_us", measure=ADDED), Bar("weir", "haproxy", "64", 1.10))),
    Scenario("few_connections", "Point selects by many clients; Weir over 64 connections to the server",
             (DIRECT, HAPROXY, ROUTER, weir(**FEW)), clients(256, 1024, barless=(256,)), (Bar("weir", "haproxy", "1024", 1.0),)),
    Scenario("prepared", "Prepared point selects; Weir over 64 connections to the server",
             (DIRECT, HAPROXY, weir(**FEW)), clients(64, 1024, options=("--prepared",), barless=(64,)), (Bar("weir", "haproxy", "1024", 1.15),)),
    Scenario("transactions", "BEGIN, two selects, an UPDATE, COMMIT; per statement", (DIRECT, HAPROXY, weir()),
             (Point("64", 64, ("--queries-from", "TRANSACTION"), most_rounds=WITHOUT_BAR),)),
    Scenario("result_sizes", "Rows of 20 bytes, by rows of a result; processor time per row", (DIRECT, HAPROXY, weir()),
             rows(1, 10, 100, 1000, 10_000), unit="row"),
    Scenario("result_bytes", "Results of 64 MB in rows of 1,000 bytes; processor time per KB", (DIRECT, HAPROXY, weir()),
             (Point("64 MB", 1, ("--query", "SELECT /* rows=64000 bytes=1000 */ c FROM t", "--warmup", 1), per=64_000),), unit="KB"),
    Scenario("large_result", "A result of 1 GB, and one of 256 MB to a reader that takes 50 MB/s; processor time per KB",
             (DIRECT, HAPROXY, weir()),
             (one_result("1 GB", 1_000_000, 3), one_result(SLOW, 256_000, 2, ("--read-mb-per-s", 50))),
             (Bar("weir", "", "1 GB", 1024, figure="grown_kb", measure=ITSELF),
              Bar("weir", "", SLOW, 1024, figure="grown_kb", measure=ITSELF)), unit="KB", anew=True),
    Scenario("churn", "Connect, log in, one query, quit", (DIRECT, HAPROXY, ROUTER, weir()), clients(16, options=("--fresh",)),
             (Bar("weir", "haproxy", "16", 0.67),)),
    Scenario("tls_churn", "The same by TLS 1.3: whole handshakes, and sessions of before", (weir(),),
             (Point("whole", 16, ("--fresh", "--tls", "--strangers"), most_rounds=WITHOUT_BAR),
              Point("resumed", 16, ("--fresh", "--tls"), most_rounds=WITHOUT_BAR))),
    Scenario("tls", "Point selects by TLS; plain behind", (TLS_HAPROXY, weir(options=("--tls",))), clients(16, 64, barless=(16,)),
             (Bar("weir", "haproxy", "64", 1.0),)),
    Scenario("idle", "16 clients beside idle ones", (HAPROXY, weir()),
             (Point("0", 16), Point(f"{IDLE:,}", 16, ("--idle", IDLE))),
             (Bar("weir", "weir", f"{IDLE:,}", 1.10, base_point="0"),), rests=IDLE),
    Scenario("open_loop", "Latency at a fixed rate (open loop, 64 connections), by queries per second", (DIRECT, HAPROXY, weir()),
             tuple(Point(f"{rate:,}", 64, ("--rate", rate), most_rounds=WITHOUT_BAR) for rate in (1000, 5000, 15_000))),
    Scenario("busy_poll", "Few clients; Weir with mysql-busy_poll_us = 50", (HAPROXY, weir(), weir("busy", busy_poll_us=50)),
             clients(1, 4, barless=(1, 4))),
    Scenario("rules", "1,000 rules with match_digest that do not match, beside no rule at all",
             (weir("no rules", rules=False), weir("1,000 rules", rules=False, more_rules=1000)), clients(64),
             (Bar("1,000 rules", "no rules", "64", 1.02),)),
    Scenario("workers", "One worker, and two; processors as the system likes",
             (weir("1 worker", cpu=None), weir("2 workers", workers=2, cpu=None)), clients(64),
             (Bar("2 workers", "1 worker", "64", 1.05),)),
)


def missing():
    """{name: why} of subjects that this machine does not have."""
    found = {}
    if not haproxy_binary():
        found["haproxy"] = "there is no haproxy (Debian: apt-get install haproxy)"
    try:
        find_router()
    except Unavailable as why:
        found["router"] = str(why)
    return found
