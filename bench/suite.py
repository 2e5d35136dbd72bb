#!/usr/bin/env python3
"""All scenarios, subjects in turn (A B A B): processor time per query in and out of the kernel, queries per second,
latencies, memory. Writes the figures as JSON, a table, and a plot (SVG) per scenario.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import bars
import measure
import plot
from report import spread, table
from run import circumstances
from scenarios import SCENARIOS, TRANSACTION, Running, Subject, missing
from subjects import ROOT, NullServer, bench_binary, weir_binary

RESULTS = ROOT / "bench" / "results"


class Bench:
    """What subjects are started with."""

    def __init__(self, folder):
        self.folder = folder
        self.servers = [NullServer(folder, "writer"), NullServer(folder, "reader")]
        self.transaction = pathlib.Path(folder) / "transaction.sql"
        self.transaction.write_text("\n".join(TRANSACTION) + "\n")

    def certificate(self):
        """Key and certificate in one file, as HAProxy wants it."""
        path = pathlib.Path(self.folder) / "haproxy.pem"
        if not path.exists():
            key, cert = path.with_suffix(".key"), path.with_suffix(".crt")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=bench",
                            "-keyout", key, "-out", cert], check=True, capture_output=True)
            path.write_text(cert.read_text() + key.read_text())
        return path

    def stop(self):
        for server in self.servers:
            server.stop()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument("--scenarios", default=",".join(names), help="of %(default)s")
    parser.add_argument("--quick", action="store_true", help="one short round each")
    parser.add_argument("--runs", type=int, help="rounds: of each subject, in turn; 5")
    parser.add_argument("--seconds", type=float, help="of one run; 1")
    parser.add_argument("--external", action="append", default=[], metavar="NAME=HOST:PORT:PID",
                        help="another proxy, which somebody runs on this machine before a weir_null_server; the user is "
                        "bench with the password bench. For scenarios that HAProxy is in; as often as wanted")
    parser.add_argument("--out", type=pathlib.Path, help=f"folder for figures and plots; {RESULTS.relative_to(ROOT)}/COMMIT")
    options = parser.parse_args()
    options.runs = options.runs or (1 if options.quick else 5)
    options.seconds = options.seconds or (0.25 if options.quick else 1)
    unknown = set(options.scenarios.split(",")) - set(names)
    if unknown:
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")
    options.scenarios = [scenario for scenario in SCENARIOS if scenario.name in options.scenarios.split(",")]
    return options


def external_subjects(options):
    found = []
    for text in options.external:
        name, _, place = text.partition("=")
        host, port, pid = place.rsplit(":", 2)
        found.append(Subject(name, lambda bench, where=(host, port, pid): Running(*where)))
    return found


def subjects_of(scenario, options, lacking):
    found = [subject for subject in scenario.subjects if subject.name not in lacking]
    if any(subject.name == "haproxy" and not subject.options for subject in scenario.subjects):
        found += external_subjects(options)
    return found


def load_options(bench, subject, point):
    return [bench.transaction if word == "TRANSACTION" else word for word in (*point.options, *subject.options)]


def run_scenario(scenario, bench, options, lacking):
    """{"speed": {subject: {point: [figures of each round]}}, "rest": {subject: figures}}"""
    subjects = subjects_of(scenario, options, lacking)
    running = {}
    try:
        for subject in subjects:
            running[subject] = subject.start(bench)
        found = {"speed": {subject.name: {point.label: [] for point in scenario.points} for subject in subjects}}
        for point in scenario.points:
            for _ in range(min(options.runs, point.most_rounds or options.runs)):
                for subject, program in list(running.items()):
                    if scenario.anew:
                        program.stop()
                        program = running[subject] = subject.start(bench)
                        measure.warm_up(program)
                    figures = measure.speed(program, point.clients, options.seconds, load_options(bench, subject, point))
                    for key in ("cpu_us", "user_us", "system_us"):
                        figures[key] /= point.per
                    found["speed"][subject.name][point.label].append(figures)
        if scenario.rests:
            found["rest"] = {subject.name: rest_of(subject, bench, scenario.rests) for subject in subjects}
        return found
    finally:
        for program in running.values():
            program.stop()


def rest_of(subject, bench, idle):
    """Of a fresh one: memory that earlier clients have left would hide what these need."""
    program = subject.start(bench)
    try:
        alone = measure.at_rest(program, 0)
        crowded = measure.at_rest(program, idle)
    finally:
        program.stop()
    return {"kb_per_client": (crowded["rss_kb"] - alone["rss_kb"]) / idle, "cpu_share": crowded["cpu_share"]}


def show(scenario, found):
    print(f"{scenario.title}\n(medians, lowest-highest; processor time per {scenario.unit})")
    lines = []
    for subject, points in found["speed"].items():
        for label, runs in points.items():
            def of(key, digits=1, runs=runs):
                return spread([run[key] for run in runs], digits)
            digits = 2 if scenario.unit == "query" else 4
            lines.append((subject, label, of("cpu_us", digits), of("user_us", digits), of("system_us", digits), of("qps", 0),
                          of("p50_us", 0), of("p99_us", 0), of("p999_us", 0), max(run["rss_kb"] for run in runs),
                          max(run["grown_kb"] for run in runs)))
    print(table(("subject", "point", "cpu us", "user", "system", "queries/s", "p50 us", "p99 us", "p99.9 us", "rss kB",
                 "grown kB"), lines))
    bars.show(scenario.bars, found["speed"])
    for subject, rest in found.get("rest", {}).items():
        print(f"{subject}: {rest['kb_per_client']:.2f} kB for each of {scenario.rests:,} idle clients, "
              f"{rest['cpu_share']:.2%} of a processor")
    print(flush=True)


def main():
    options = parse_arguments()
    absent = [path for path in (weir_binary(), bench_binary("weir_load"), bench_binary("weir_null_server")) if not path.exists()]
    if absent:
        sys.exit(f"{absent[0].relative_to(ROOT)} is missing: cmake --preset release && ninja -C build/release")
    lacking = missing()
    for name, why in lacking.items():
        print(f"SKIPPED {name}: {why}")
    results = {"circumstances": {**circumstances(), "arguments": {"runs": options.runs, "seconds": options.seconds}},
               "skipped": lacking, "scenarios": {}}
    out = options.out or RESULTS / results["circumstances"]["commit"]
    out.mkdir(parents=True, exist_ok=True)
    for scenario in options.scenarios:
        with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
            bench = Bench(folder)
            try:
                found = run_scenario(scenario, bench, options, lacking)
            finally:
                bench.stop()
        results["scenarios"][scenario.name] = {
            "title": scenario.title, "unit": scenario.unit, **found,
            "bars": [bar.to_json(found["speed"]) for bar in scenario.bars]}
        show(scenario, found)
        (out / f"{scenario.name}.svg").write_text(plot.scenario(scenario, found["speed"]))
        (out / "figures.json").write_text(json.dumps(results, indent=1) + "\n")
    print(f"figures and plots are in {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
