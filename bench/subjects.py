"""What is measured: servers, proxies before them, and how each is started, found and stopped."""

import dataclasses
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from cluster.mysql_package import command, mysql_router  # noqa: E402

BUILD = ROOT / "build" / "release"
START_SECONDS = 300  # making an RSA key takes long under valgrind on a busy machine
DESCRIPTORS = 65536  # for 10,000 idle clients a proxy needs more than most systems give by themselves


def weir_binary():
    return pathlib.Path(os.environ.get("WEIR_BENCH_WEIR", BUILD / "weir"))


def bench_binary(name):
    return BUILD / "bench" / name


def wait_until(condition, what, seconds=START_SECONDS):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise RuntimeError(f"{what}: nothing after {seconds} seconds")


def accepts(port):
    with socket.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pin_to(cpu):
    """For preexec_fn: keeps the child on one processor, if the machine has that many. None: on all."""
    if cpu in os.sched_getaffinity(0):
        os.sched_setaffinity(0, {cpu})


def raise_descriptor_limit():
    """For this process and its children, as far as the system lets us; how many there may be."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    for limit in (max(hard, DESCRIPTORS), hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
            return limit
        except (ValueError, OSError):
            pass
    return hard


# Clients that a proxy can have which needs a descriptor for the client and one for the server.
MOST_CLIENTS = (raise_descriptor_limit() - 200) // 2


class Program:
    """A child process with its output in a file, ended by its own id."""

    def __init__(self, command, folder, name, cpu):
        self.log = pathlib.Path(folder) / f"{name}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, preexec_fn=lambda: pin_to(cpu))
        self.pid = self.process.pid

    def await_log(self, pattern):
        """The first match in what the program has written. Stops it if there is none for long."""
        try:
            return wait_until(lambda: self._find_in_log(pattern), self.log.name)
        except BaseException:
            self.stop()
            raise

    def _find_in_log(self, pattern):
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.log.name}: ended with {self.process.returncode}:\n{self.log.read_text()}")
        return re.search(pattern, self.log.read_text(errors="replace"))

    def await_port(self):
        """Until it accepts connections at self.port."""
        def accepted():
            self._find_in_log("")  # fails if it has ended
            return accepts(self.port)

        try:
            wait_until(accepted, self.log.name)
        except BaseException:
            self.stop()
            raise

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class NullServer(Program):
    def __init__(self, folder, name, cpu=1):
        super().__init__([bench_binary("weir_null_server")], folder, name, cpu)
        self.port = int(self.await_log(r"listening \S+:(\d+)")[1])


@dataclasses.dataclass(frozen=True)
class Setup:
    """How Weir is configured for a scenario."""
    split: bool = False               # mysql-auto_rw_split instead of rules
    rules: bool = True                # the two usual ones
    more_rules: int = 0               # before those, rules with a match_digest that matches nothing
    workers: int = 1
    server_connections: int = 12_000  # to each server, at most
    cpu: int | None = 0               # None: on all processors
    busy_poll_us: int = 0


USUAL_RULES = ("^SELECT.*FOR UPDATE", 0), ("^SELECT", 1)


def rules_of(setup):
    """A mysql_query_rules table; empty without any."""
    rules = [(f"^SELECT .* FROM other_{n} WHERE id = .*$", 0) for n in range(setup.more_rules)]
    rules += USUAL_RULES if setup.rules and not setup.split else ()
    rows = ",\n".join(f'  {{ rule_id = {number}, active = 1, match_digest = "{pattern}", destination_hostgroup = {hostgroup}, '
                      "apply = 1 }" for number, (pattern, hostgroup) in enumerate(rules, start=1))
    return f"mysql_query_rules = (\n{rows}\n)\n" if rows else ""


def weir_configuration(writer, reader, setup):
    return f"""
mysql_variables = {{
  interfaces = "127.0.0.1:0"
  threads = {setup.workers}
  monitor_enabled = false
  free_connections_pct = 100
  max_connections = 30000
  busy_poll_us = {setup.busy_poll_us}
  auto_rw_split = {"true" if setup.split else "false"}
}}
admin_variables = {{ mysql_ifaces = "127.0.0.1:0" }}
mysql_servers = (
  {{ address = "127.0.0.1", port = {writer}, hostgroup = 0, max_connections = {setup.server_connections} }},
  {{ address = "127.0.0.1", port = {reader}, hostgroup = 1, max_connections = {setup.server_connections} }}
)
mysql_replication_hostgroups = ( {{ writer_hostgroup = 0, reader_hostgroup = 1 }} )
mysql_users = ( {{ username = "bench", password = "bench", default_hostgroup = 0, max_connections = 30000 }} )
{rules_of(setup)}
"""


class Weir(Program):
    """Weir before a writer and a reader: with the two usual rules, if the setup says nothing else."""

    def __init__(self, folder, name, servers, setup=Setup(), wrapper=()):
        home = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=folder))
        config = home / "weir.cnf"
        config.write_text(weir_configuration(servers[0].port, servers[1].port, setup))
        super().__init__([*wrapper, weir_binary(), "-c", config, "-D", home, "--no-monitor"], home, name, setup.cpu)
        self.port = int(self.await_log(r"client port listening.*?127\.0\.0\.1:(\d+)")[1])
        self.admin_port = int(self.await_log(r"admin port listening.*?127\.0\.0\.1:(\d+)")[1])


def haproxy_binary():
    return shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")


class HaProxy(Program):
    """A plain TCP proxy before one server: the cost of relaying bytes without knowing what they mean. With a certificate it
    takes TLS off, which is not how MySQL begins it: for weir_load --tls-first."""

    def __init__(self, folder, name, servers, wrapper=(), cpu=0, certificate=None):
        self.port = free_port()
        config = pathlib.Path(folder) / f"{name}.cfg"
        config.write_text(f"""
global
  nbthread 1
  maxconn {MOST_CLIENTS}
defaults
  mode tcp
  timeout connect 10s
  timeout client 1h
  timeout server 1h
listen mysql
  bind 127.0.0.1:{self.port} {f"ssl crt {certificate}" if certificate else ""}
  server one 127.0.0.1:{servers[1].port}
""")
        super().__init__([*wrapper, haproxy_binary(), "-f", config, "-db"], folder, name, cpu)
        self.await_port()


def find_router():
    """MySQL Router: (the words that run it, its folder of plugins or None). Debian's development suite has it: downloaded at
    first use. Raises Unavailable."""
    here = shutil.which("mysqlrouter")
    if here:
        return [here], None
    root = mysql_router()
    linker, option, libraries, program = command(root, "usr/bin/mysqlrouter")
    return [linker, option, f"{libraries}:{root}/usr/lib/mysql-router", program], next(root.glob("usr/lib/**/routing.so")).parent


class Router(Program):
    """MySQL Router before one server, without splitting."""

    def __init__(self, folder, name, servers, cpu=0):
        self.port = free_port()
        words, plugins = find_router()
        home = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=folder))
        config = home / "mysqlrouter.conf"
        config.write_text(f"""
[DEFAULT]
logging_folder={home}
runtime_folder={home}
data_folder={home}
{f"plugin_folder={plugins}" if plugins else ""}
max_total_connections={MOST_CLIENTS}
[logger]
level=ERROR
[io]
threads=1
[routing:bench]
bind_address=127.0.0.1
bind_port={self.port}
destinations=127.0.0.1:{servers[1].port}
routing_strategy=first-available
protocol=classic
max_connections={MOST_CLIENTS}
client_ssl_mode=DISABLED
server_ssl_mode=DISABLED
connect_retry_timeout=1
max_connect_errors=1000000
""")
        super().__init__([*words, "-c", config], home, name, cpu)
        self.await_port()


class Running:
    """What somebody else has started: the server itself, or any other proxy."""

    def __init__(self, host, port, pid):
        self.host, self.port, self.pid = host, int(port), int(pid)

    def stop(self):
        pass


def start_subject(name, folder, servers, wrapper=()):
    """By the name that the tables show."""
    if name == "weir":
        return Weir(folder, name, servers, wrapper=wrapper)
    if name == "weir-split":
        return Weir(folder, name, servers, Setup(split=True), wrapper=wrapper)
    if name == "haproxy":
        return HaProxy(folder, name, servers, wrapper=wrapper)
    return Running("127.0.0.1", servers[1].port, servers[1].pid)


def known_subjects():
    return ["direct"] + (["haproxy"] if haproxy_binary() else []) + ["weir", "weir-split"]
