#!/usr/bin/env python3
"""How many clients log in per second, with and without TLS, and what each costs Weir.

A client connects, logs in, asks one question and leaves; the next one comes. One worker on one processor, the clients on
another. In turn: without TLS, by TLS 1.3 with a whole handshake, by TLS 1.3 with a session of before. The answer comes from
memory, and connections to servers are kept, so that what is counted is the client's side.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from subjects import NullServer, Weir, bench_binary, pin_to

KINDS = {"without TLS": [], "TLS 1.3": ["--tls", "--strangers"], "TLS 1.3, resumed": ["--tls"]}
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="of each kind, in turn; %(default)s")
    parser.add_argument("--seconds", type=int, default=3, help="of a round; %(default)s")
    parser.add_argument("--clients", type=int, default=16, help="at a time; %(default)s")
    return parser.parse_args()


def processor_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def measure(options, weir, kind):
    """(logins per second, microseconds of the processor for each)"""
    before = processor_s(weir.pid)
    command = [bench_binary("weir_load"), "--port", weir.port, "--connections", options.clients, "--warmup", options.clients,
               "--seconds", options.seconds, "--fresh", *KINDS[kind]]
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, check=True, preexec_fn=lambda: pin_to(1))
    result = json.loads(done.stdout)
    return result["qps"], 1e6 * (processor_s(weir.pid) - before) / result["queries"]


def main():
    options = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        programs = [NullServer(folder, "writer"), NullServer(folder, "reader")]
        try:
            programs.append(Weir(folder, "weir", programs))
            found = {kind: [] for kind in KINDS}
            for _ in range(options.rounds):
                for kind, results in found.items():
                    results.append(measure(options, programs[-1], kind))
        finally:
            for program in reversed(programs):
                program.stop()
    print(f"{'':18} {'logins/s':>10} {'from':>8} {'to':>8} {'CPU us each':>12}")
    for kind, results in found.items():
        rates = [rate for rate, _ in results]
        print(f"{kind:18} {statistics.median(rates):10,.0f} {min(rates):8,.0f} {max(rates):8,.0f} "
              f"{statistics.median(cost for _, cost in results):12.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
