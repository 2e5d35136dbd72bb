#!/usr/bin/env python3
"""sysbench on a real MariaDB, subjects in turn: point selects, reads only, reads and writes; as text and prepared; with 16
and 64 threads. Writes the figures as JSON, and a table with the bars.

Client, proxy and server share all processors, as the system likes: queries per second tell what a whole machine gets done. The
proxies have one thread each, and one server; Weir has it as writer and reader, with the two usual rules. The server writes
no binary log, and does not wait for a disk.
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import bars
import measure
from bars import Bar
from report import spread, table
from run import circumstances
from scenarios import missing
from subjects import ROOT, HaProxy, Router, Running, Setup, Weir, weir_binary
from suite import RESULTS

from cluster import Cluster, Unavailable

SCRIPTS = ("point_select", "read_only", "read_write")
MODES = {"text": "disable", "prepared": "auto"}  # of --db-ps-mode
THREADS = (16, 64)
TABLES = ("--tables=4", "--table-size=10000", "--rand-type=uniform")
SERVER_OPTIONS = ("--skip-log-bin", "--innodb-flush-log-at-trx-commit=2")
SUBJECTS = {
    "direct": lambda folder, server: Running("127.0.0.1", server.port, server.pid),
    "router": lambda folder, server: Router(folder, "router", (server, server), cpu=None),
    "haproxy": lambda folder, server: HaProxy(folder, "haproxy", (server, server), cpu=None),
    "weir": lambda folder, server: Weir(folder, "weir", (server, server), Setup(cpu=None)),
}
SELDOM = {"direct": 1, "router": 2}  # rounds at most; HAProxy, which is closer, has as many as Weir


def points():
    """{label: (script, mode, threads)}"""
    return {f"{script} {mode} {threads}": (script, mode, threads)
            for script in SCRIPTS for mode in MODES for threads in THREADS}


BARS = [bar for label in points() for bar in (Bar("weir", "haproxy", label, least=0.95, figure="qps"),
                                              Bar("weir", "router", label, least=1.0, figure="qps"))]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one round of a second, with the most threads")
    parser.add_argument("--runs", type=int, help="rounds: of each subject, in turn; 5")
    parser.add_argument("--seconds", type=int, help="of one run; 2")
    parser.add_argument("--points", default="", help="only those whose name has this in it, as 'read_only text'")
    parser.add_argument("--out", type=pathlib.Path, help=f"folder for the figures; {RESULTS.relative_to(ROOT)}/COMMIT")
    options = parser.parse_args()
    options.runs = options.runs or (1 if options.quick else 5)
    options.seconds = options.seconds or (1 if options.quick else 2)
    return options


def sysbench(port, script, *words):
    done = subprocess.run(
        ["sysbench", f"oltp_{script}", "--mysql-host=127.0.0.1", f"--mysql-port={port}", "--mysql-user=bench",
         "--mysql-password=bench", "--mysql-db=test", "--mysql-ssl=off", *TABLES, *words],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise RuntimeError(f"sysbench {script} {' '.join(words)} failed:\n{done.stdout[-2000:]}")
    return done.stdout


def read_report(text):
    """What sysbench tells at its end. A latency is that of a transaction."""
    queries = re.search(r"queries:\s+(\d+)\s+\(([\d.]+) per sec", text)
    return {"queries": int(queries[1]), "qps": float(queries[2]),
            "p95_ms": float(re.search(r"95th percentile:\s+([\d.]+)", text)[1]),
            "ignored_errors": int(re.search(r"ignored errors:\s+(\d+)", text)[1]),
            "reconnects": int(re.search(r"reconnects:\s+(\d+)", text)[1])}


def run_once(program, script, mode, threads, seconds):
    before = measure.cpu_times(program.pid)[2]
    figures = read_report(sysbench(program.port, script, f"--db-ps-mode={MODES[mode]}", f"--threads={threads}",
                                   f"--time={seconds}", "run"))
    figures["cpu_us"] = (measure.cpu_times(program.pid)[2] - before) * 1e6 / max(figures["queries"], 1)
    return figures


def fill(server):
    server.execute("CREATE USER bench@'%' IDENTIFIED BY 'bench'", "GRANT ALL ON test.* TO bench@'%'")
    sysbench(server.port, "read_write", "prepare")
    sysbench(server.port, "read_only", "--threads=16", "--time=1", "run")  # so that everything is in memory


def run_points(chosen, programs, options):
    """{subject: {point: [figures of each round]}}"""
    found = {name: {label: [] for label in chosen} for name in programs}
    for label, (script, mode, threads) in chosen.items():
        for number in range(options.runs):
            for name, program in programs.items():
                if number < SELDOM.get(name, options.runs):
                    found[name][label].append(run_once(program, script, mode, threads, options.seconds))
    return found


def measure_all(options, lacking):
    chosen = {label: point for label, point in points().items()
              if options.points in label and (not options.quick or point[2] == max(THREADS))}
    programs = {}
    with Cluster("mariadb", replicas=0, extra_options=SERVER_OPTIONS) as cluster, tempfile.TemporaryDirectory() as folder:
        fill(cluster.primary)
        try:
            for name, start in SUBJECTS.items():
                if name not in lacking:
                    programs[name] = start(folder, cluster.primary)
            return run_points(chosen, programs, options)
        finally:
            for program in programs.values():
                program.stop()


def show(found):
    print("sysbench on MariaDB: script, mode, threads\n"
          "(medians, lowest-highest; everything shares all processors; processor time is the subject's, direct: the server's)")
    lines = []
    for label in next(iter(found.values())):
        for name, by_label in found.items():
            runs = by_label[label]
            lines.append((label, name, spread([run["qps"] for run in runs], 0), spread([run["p95_ms"] for run in runs], 2),
                          spread([run["cpu_us"] for run in runs], 2), sum(run["ignored_errors"] for run in runs),
                          sum(run["reconnects"] for run in runs)))
    print(table(("point", "subject", "queries/s", "p95 ms", "cpu us", "errors", "reconnects"), lines))
    bars.show(BARS, found)


def main():
    options = parse_arguments()
    if not weir_binary().exists():
        sys.exit("weir is missing: cmake --preset release && ninja -C build/release")
    if not shutil.which("sysbench"):
        print("SKIPPED sysbench: there is none (Debian: apt-get install sysbench)")
        return 0
    lacking = missing()
    for name, why in lacking.items():
        print(f"SKIPPED {name}: {why}")
    try:
        found = measure_all(options, lacking)
    except Unavailable as why:
        print(f"SKIPPED sysbench: {why}")
        return 0
    show(found)
    around = {**circumstances(), "arguments": {"runs": options.runs, "seconds": options.seconds}}
    out = options.out or RESULTS / around["commit"]
    out.mkdir(parents=True, exist_ok=True)
    judged = [bar.to_json(found) for bar in BARS if bar.rounds(found)]
    (out / "sysbench.json").write_text(json.dumps({"circumstances": around, "skipped": lacking, "speed": found, "bars": judged},
                                                  indent=1) + "\n")
    print(f"figures are in {out / 'sysbench.json'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
