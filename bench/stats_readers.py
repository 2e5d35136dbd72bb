#!/usr/bin/env python3
"""Measures what reading statistics costs the clients: 50 connections to the admin port ask for all tables of statistics
in a loop, while 64 clients query as fast as they are answered.

Everything runs at the same time on the same processors: the servers, Weir with a worker per processor, the clients, and
the readers, who are stopped and let go on in turn, several times a second. Each stretch with readers is compared with
the stretches without them before and after it, so that what else the machine does meets both.
"""

import argparse
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from subjects import NullServer, Program, Setup, bench_binary, free_port, weir_binary, weir_configuration

COST_LIMIT = 0.03
SETTLE_SECONDS = 0.05  # after stopping the readers, or letting them go on


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=60, help="stretches with readers; %(default)s")
    parser.add_argument("--ms", type=int, default=250, help="length of a stretch; %(default)s")
    parser.add_argument("--clients", type=int, default=64, help="%(default)s")
    parser.add_argument("--readers", type=int, default=50, help="%(default)s")
    parser.add_argument("--gate", action="store_true",
                        help=f"1 if the readers cost more than {COST_LIMIT:.0%} of the queries")
    return parser.parse_args()


class UnpinnedWeir(Program):
    """Weir with a worker per processor, on all of them."""

    def __init__(self, folder, servers):
        self.admin_port = free_port()
        configuration = weir_configuration(servers[0].port, servers[1].port, Setup())
        configuration = configuration.replace("threads = 1", "threads = 0")
        configuration = configuration.replace('mysql_ifaces = "127.0.0.1:0"',
                                              f'mysql_ifaces = "127.0.0.1:{self.admin_port}"')
        config = pathlib.Path(folder) / "weir.cnf"
        config.write_text(configuration)
        super().__init__([weir_binary(), "-c", config, "-D", folder], folder, "weir", cpu=None)
        self.port = int(self.await_log(r"client port listening address=127\.0\.0\.1:(\d+)")[1])


class CountingLoad:
    """weir_load without an end, that counts what it was answered since it was last asked."""

    def __init__(self, port, connections, *options):
        self.process = subprocess.Popen(
            [bench_binary("weir_load"), "--port", str(port), "--connections", str(connections), "--seconds", "100000",
             "--every", "10", *map(str, options)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.asked_at = time.monotonic()

    def rate(self):
        """Queries per second since it was last called."""
        queries = sum(int(line) for line in (self.process.stdout.read() or b"").split())
        now = time.monotonic()
        seconds, self.asked_at = now - self.asked_at, now
        return queries / seconds

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        self.process.kill()
        self.process.wait()


def tables_of_statistics():
    page = subprocess.run([weir_binary(), "--print-statistics"], check=True, capture_output=True, text=True).stdout
    return re.findall(r"^### (stats\.\w+)$", page, re.MULTILINE)


def stretch(seconds, load, readers):
    """(rate of the load, rate of the readers) in so many seconds."""
    time.sleep(SETTLE_SECONDS)
    load.rate(), readers.rate()
    time.sleep(seconds)
    return load.rate(), readers.rate()


def measure(options, weir, folder):
    """Rates of the load without and with readers, alternating, beginning and ending without; rates of the readers."""
    queries = pathlib.Path(folder) / "queries"
    queries.write_text("".join(f"SELECT * FROM {table}\n" for table in tables_of_statistics()))
    load = CountingLoad(weir.port, options.clients)
    readers = CountingLoad(weir.admin_port, options.readers, "--user", "admin", "--password", "admin", "--schema",
                           "main", "--queries-from", queries, "--warmup", 0)
    try:
        time.sleep(2)
        rates, reads = [], []
        for number in range(2 * options.pairs + 1):
            if number % 2:
                readers.go_on()
            else:
                readers.pause()
            rate, read = stretch(options.ms / 1000, load, readers)
            rates.append(rate)
            if number % 2:
                reads.append(read)
        return rates, reads
    finally:
        readers.stop()
        load.stop()


def main():
    options = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        programs = [NullServer(folder, "writer", cpu=None), NullServer(folder, "reader", cpu=None)]
        try:
            programs.append(UnpinnedWeir(folder, programs))
            rates, reads = measure(options, programs[-1], folder)
        finally:
            for program in programs:
                program.stop()
    ratios = [rates[i] / ((rates[i - 1] + rates[i + 1]) / 2) for i in range(1, len(rates), 2)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    print(f"{options.clients} clients: {statistics.mean(rates[0::2]):,.0f} queries per second without readers\n"
          f"{options.readers} readers: {statistics.mean(reads):,.0f} statements per second\n"
          f"with readers / without: {middle:.3f} (half of {len(ratios)} pairs between {low:.3f} and {high:.3f})")
    return 1 if options.gate and middle < 1 - COST_LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
