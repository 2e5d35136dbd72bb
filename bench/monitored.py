#!/usr/bin/env python3
"""Measures what the monitor costs: 500 servers, each pinged and asked for read_only and its replication every second (with
--timeline for its GTIDs, too), and connected to anew each time that --connect-ms says; and the processor time of the
monitor's thread meanwhile.

The servers are one process that answers from memory, at addresses of their own. Ends with 1 if a check failed, one is
missing, or (--gate) the thread took more than 5 % of a processor.
"""

import argparse
import pathlib
import statistics
import sys
import tempfile
import time

from subjects import BUILD, ROOT, NullServer, Program, bench_binary, wait_until, weir_binary

sys.path.insert(0, str(ROOT / "tests"))
from wire import Connection  # noqa: E402

MOST = 0.05
THREAD = "weir-monitor"
CHECKS = ("connect", "ping", "read_only", "replication_lag")
LOST = 0.02  # of the checks that are due: intervals do not begin and end with the measurement's


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("servers", 500), ("interval-ms", 1000), ("seconds", 5), ("runs", 6)):
        parser.add_argument(f"--{name}", type=int, default=default, help="%(default)s")
    parser.add_argument("--connect-ms", type=int, default=120_000, help="between two connects; %(default)s, as Weir's default")
    parser.add_argument("--timeline", action="store_true", help="a limit in milliseconds, too: one more question")
    parser.add_argument("--gate", action="store_true", help=f"1 if it is more than {MOST:.0%} of a processor")
    options = parser.parse_args()
    options.intervals = dict.fromkeys(CHECKS, options.interval_ms)
    options.intervals["connect"] = options.connect_ms
    return options


class ManyServers(NullServer):
    """One process that is a server at each address of 127.0.0.0/8; the one at 127.0.0.1 is writable."""

    def __init__(self, folder, cpu=1):
        Program.__init__(self, [bench_binary("weir_null_server"), "--host", "0.0.0.0"], folder, "servers", cpu)
        self.port = int(self.await_log(r"listening \S+:(\d+)")[1])


def address(number):
    return f"127.0.{number // 250}.{number % 250 + 1}"


def configuration(options, port):
    rows = ",\n  ".join(f'{{ address = "{address(n)}", port = {port}, hostgroup = {min(n, 1)}, max_replication_lag = 10 }}'
                        for n in range(options.servers))
    intervals = {**options.intervals, "gtid": options.interval_ms}
    checks = "\n  ".join(f"monitor_{check}_interval = {ms}" for check, ms in intervals.items())
    settings = """{ hostgroup_id = 1, hostgroup_settings = "{\\"max_replication_lag_ms\\": 500}" }"""
    return f"""
mysql_variables = {{
  interfaces = "127.0.0.1:0"
  threads = 1
  {checks}
}}
admin_variables = {{ mysql_ifaces = "127.0.0.1:0" }}
mysql_servers = (
  {rows}
)
mysql_replication_hostgroups = ( {{ writer_hostgroup = 0, reader_hostgroup = 1 }} )
mysql_hostgroup_attributes = ( {settings if options.timeline else ""} )
mysql_users = ( {{ username = "bench", password = "bench", default_hostgroup = 0 }} )
"""


class MonitoringWeir(Program):
    def __init__(self, options, folder, servers):
        config = pathlib.Path(folder) / "weir.cnf"
        config.write_text(configuration(options, servers.port))
        super().__init__([weir_binary(), "-c", config, "-D", folder], folder, "weir", cpu=0)
        self.admin_port = int(self.await_log(r"admin port listening.*?127\.0\.0\.1:(\d+)")[1])

    def monitor_seconds(self):
        """Processor time of the monitor's thread, in and out of the kernel."""
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            if (task / "comm").read_text().strip() == THREAD:
                return int((task / "schedstat").read_text().split()[0]) / 1e9
        raise RuntimeError(f"there is no thread {THREAD}")


def counts(admin):
    """{check: (answered, failed)} since the start."""
    found = dict(admin.query("SELECT Variable_Name, Variable_Value FROM stats_mysql_global").texts())
    return {check: tuple(int(found[f"MySQL_Monitor_{check}_check_{outcome}"]) for outcome in ("OK", "ERR"))
            for check in CHECKS}


def unheard(admin):
    """How many servers have not told everything that they are asked."""
    lag = "lag_s IS NULL AND read_only = 1"
    return int(admin.query("SELECT COUNT(*) FROM stats_mysql_server_status WHERE heard_ms IS NULL OR read_only IS NULL "
                           f"OR ({lag})").value())


def measure(options, weir, admin):
    """One run: (share of a processor, {check: (answered, failed)})."""
    before, used, begin = counts(admin), weir.monitor_seconds(), time.monotonic()
    time.sleep(options.seconds)
    used, took, after = weir.monitor_seconds() - used, time.monotonic() - begin, counts(admin)
    return used / took, {check: tuple(b - a for a, b in zip(before[check], after[check])) for check in CHECKS}


def main():
    options = parse_arguments()
    if not weir_binary().exists():
        sys.exit(f"build it first: ninja -C {BUILD.relative_to(ROOT)}")
    with tempfile.TemporaryDirectory(prefix="weir-monitored-") as folder:
        programs = [ManyServers(folder)]
        try:
            programs.append(MonitoringWeir(options, folder, programs[0]))
            admin = Connection(port=programs[1].admin_port, user="admin", password="admin", timeout_s=60)
            wait_until(lambda: unheard(admin) == 0, "all servers have told everything", 60)
            runs = [measure(options, programs[1], admin) for _ in range(options.runs)]
            admin.close()
        finally:
            for program in reversed(programs):
                program.stop()
    shares = sorted(share for share, _ in runs)
    due = {check: options.servers * options.seconds * 1000 / ms for check, ms in options.intervals.items()}
    least = {check: min(counted[check][0] for _, counted in runs) / due[check] for check in CHECKS
             if options.intervals[check] < 1000 * options.seconds}
    failed = sum(counted[check][1] for _, counted in runs for check in CHECKS)
    print(f"{options.servers} servers, each check every {options.interval_ms} ms, connects every {options.connect_ms} ms"
          f"{', GTIDs too' if options.timeline else ''}: the monitor's thread took "
          f"{statistics.median(shares):.1%} of a processor\n"
          f"({shares[0]:.1%} to {shares[-1]:.1%} in {options.runs} runs of {options.seconds} s)")
    print("answered checks, of those that were due: " +
          ", ".join(f"{check} {share:.0%}" for check, share in least.items()) + f"; {failed} failed")
    missing = any(share < 1 - LOST for share in least.values())
    return 1 if failed or missing or (options.gate and statistics.median(shares) > MOST) else 0


if __name__ == "__main__":
    sys.exit(main())
