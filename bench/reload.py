#!/usr/bin/env python3
"""Measures LOAD ... TO RUNTIME of a large configuration while clients work: how long each takes, what clients notice,
and whether memory grows. Ends with 1 if a client got an error, memory grew, or LOADs took too long.

Servers, users, rules and variables are changed and loaded in turn. Needs sysbench; the servers answer from memory.
"""

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from subjects import BUILD, ROOT, NullServer, Weir, weir_binary

sys.path.insert(0, str(ROOT / "tests"))
from wire import Connection  # noqa: E402

MODULES = ("MYSQL SERVERS", "MYSQL USERS", "MYSQL QUERY RULES", "MYSQL VARIABLES")
WANTED_MS = 50        # for the median LOAD of every module
WARM_UP_ROUNDS = 25   # until the allocator has what it needs; of four LOADs each
MOST_GROWTH = 0.05    # of the resident memory, from then to the end

# What a round changes before its LOAD; {n} is the number of the round.
CHANGES = {
    "MYSQL SERVERS": "UPDATE mysql_servers SET weight = 1 + {n} % 9 WHERE hostname LIKE '10.%7'",
    "MYSQL USERS": "UPDATE mysql_users SET max_connections = 1000 + {n} WHERE username LIKE 'user%7'",
    "MYSQL QUERY RULES": "UPDATE mysql_query_rules SET match_digest = '^SELECT c{n} FROM other' WHERE rule_id = 500",
    "MYSQL VARIABLES": "UPDATE global_variables SET variable_value = 10000 + {n} "
                       "WHERE variable_name = 'mysql-connect_timeout_server_max'",
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("loads", 1000), ("servers", 500), ("users", 5000), ("rules", 1000), ("threads", 64)):
        parser.add_argument(f"--{name}", type=int, default=default, help="%(default)s")
    parser.add_argument("--idle", action="store_true", help="without clients")
    return parser.parse_args()


def numbers(count):
    return f"WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT {count})"


def fill(admin, options):
    """Rows beside those that the clients use, in hostgroups that nothing is routed to."""
    admin.query(f"{numbers(options.servers)} INSERT INTO mysql_servers(hostgroup_id, hostname, comment) "
                "SELECT 10 + x % 20, '10.0.' || (x / 250) || '.' || (x % 250), 'server number ' || x FROM n")
    admin.query(f"{numbers(options.users)} INSERT INTO mysql_users(username, password, default_hostgroup) "
                "SELECT 'user' || x, 'password' || x, 10 + x % 20 FROM n")
    admin.query(f"{numbers(options.rules)} INSERT INTO mysql_query_rules"
                "(rule_id, active, match_digest, destination_hostgroup, apply) "
                "SELECT 10 + x, 1, '^SELECT [a-z]+ FROM table' || x || '( WHERE .*)?$', 10 + x % 20, 1 FROM n")
    for module in MODULES:
        admin.query(f"LOAD {module} TO RUNTIME")


def resident_kb(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])


class Clients:
    """sysbench with point selects, as text, until it is told to end."""

    def __init__(self, port, threads):
        script = "oltp_point_select"
        self.process = subprocess.Popen(
            ["sysbench", script, "--mysql-host=127.0.0.1", f"--mysql-port={port}", "--mysql-user=bench",
             "--mysql-password=bench", "--mysql-db=test", "--mysql-ssl=off", "--db-ps-mode=disable", "--skip-trx=on",
             f"--threads={threads}", "--time=3600", "--events=0", "--report-interval=1", "run"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines = []
        while not any("qps" in line for line in self.lines):
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError("sysbench did not begin:\n" + "".join(self.lines))
            self.lines.append(line)

    def end(self):
        """{"qps": mean, "errors": how many}. sysbench ends by itself at an error that it does not expect."""
        ended_early = self.process.poll() is not None
        self.process.terminate()
        self.lines += self.process.communicate()[0].splitlines()
        reports = [re.search(r"qps: ([\d.]+).*err/s: ([\d.]+) reconn/s: ([\d.]+)", line) for line in self.lines]
        reports = [report for report in reports if report]
        errors = sum(float(report[2]) + float(report[3]) for report in reports)
        errors += sum("FATAL" in line for line in self.lines)
        if ended_early and not errors:
            errors = 1
        return {"qps": statistics.mean(float(report[1]) for report in reports), "errors": errors,
                "text": [line for line in self.lines if "FATAL" in line][:3]}


def timed_load(admin, module, number):
    admin.query(CHANGES[module].format(n=number))
    begin = time.perf_counter()
    admin.query(f"LOAD {module} TO RUNTIME")
    return (time.perf_counter() - begin) * 1000


def measure(weir, options):
    admin = Connection(port=weir.admin_port, user="admin", password="admin", timeout_s=120)
    fill(admin, options)
    clients = None if options.idle else Clients(weir.port, options.threads)
    times = {module: [] for module in MODULES}
    for number in range(WARM_UP_ROUNDS * len(MODULES)):
        timed_load(admin, MODULES[number % len(MODULES)], number)
    before = resident_kb(weir.pid)
    for number in range(options.loads):
        module = MODULES[number % len(MODULES)]
        times[module].append(timed_load(admin, module, number))
    after = resident_kb(weir.pid)
    clients = clients.end() if clients else {"qps": 0, "errors": 0, "text": []}
    admin.close()
    return times, before, after, clients


def show(times, before, after, clients, options):
    who = f"{options.threads} clients with {clients['qps']:.0f} queries/s" if not options.idle else "no clients"
    print(f"{options.loads} LOADs; {options.servers} servers, {options.users} users, {options.rules} rules; {who}\n")
    print(f"{'milliseconds':20}{'median':>10}{'95 %':>10}{'most':>10}")
    for module, taken in times.items():
        taken = sorted(taken)
        print(f"{module:20}{statistics.median(taken):10.1f}{taken[int(len(taken) * 0.95)]:10.1f}{taken[-1]:10.1f}")
    print(f"\nclient errors        {clients['errors']:.0f}" + "".join(f"\n    {line}" for line in clients["text"]))
    print(f"resident memory      {before / 1024:.1f} MiB after {WARM_UP_ROUNDS * len(MODULES)} LOADs, "
          f"{after / 1024:.1f} MiB at the end")


def main():
    options = parse_arguments()
    if not options.idle and not shutil.which("sysbench"):
        sys.exit("needs sysbench (Debian package sysbench)")
    if not weir_binary().exists():
        sys.exit(f"build it first: ninja -C {BUILD.relative_to(ROOT)}")
    with tempfile.TemporaryDirectory(prefix="weir-reload-") as folder:
        programs = [NullServer(folder, "writer"), NullServer(folder, "reader")]
        try:
            weir = Weir(folder, "weir", programs)
            programs.append(weir)
            times, before, after, clients = measure(weir, options)
        finally:
            for program in reversed(programs):
                program.stop()
    show(times, before, after, clients, options)
    slow = [module for module, taken in times.items() if taken and statistics.median(taken) > WANTED_MS]
    if clients["errors"] or slow or after > before * (1 + MOST_GROWTH):
        sys.exit("FAILED: " + (", ".join(slow) or "errors, or memory grew"))


if __name__ == "__main__":
    main()
