"""What is measured: servers, proxies before them, and how each is started, found and stopped."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "release"
START_SECONDS = 300  # making an RSA key takes long under valgrind on a busy machine


def weir_binary():
    return BUILD / "weir"


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


RULES = """
mysql_query_rules = (
  { rule_id = 1, active = 1, match_digest = "^SELECT.*FOR UPDATE", destination_hostgroup = 0, apply = 1 },
  { rule_id = 2, active = 1, match_digest = "^SELECT", destination_hostgroup = 1, apply = 1 }
)
"""


def weir_configuration(writer, reader, split):
    return f"""
mysql_variables = {{
  interfaces = "127.0.0.1:0"
  threads = 1
  monitor_enabled = false
  free_connections_pct = 100
  auto_rw_split = {"true" if split else "false"}
}}
admin_variables = {{ mysql_ifaces = "127.0.0.1:0" }}
mysql_servers = (
  {{ address = "127.0.0.1", port = {writer}, hostgroup = 0, max_connections = 2000 }},
  {{ address = "127.0.0.1", port = {reader}, hostgroup = 1, max_connections = 2000 }}
)
mysql_replication_hostgroups = ( {{ writer_hostgroup = 0, reader_hostgroup = 1 }} )
mysql_users = ( {{ username = "bench", password = "bench", default_hostgroup = 0 }} )
{"" if split else RULES}
"""


class Weir(Program):
    """Weir before a writer and a reader, with the two usual rules, or splitting by itself."""

    def __init__(self, folder, name, servers, split=False, wrapper=(), cpu=0):
        home = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=folder))
        config = home / "weir.cnf"
        config.write_text(weir_configuration(servers[0].port, servers[1].port, split))
        super().__init__([*wrapper, weir_binary(), "-c", config, "-D", home, "--no-monitor"], home, name, cpu)
        self.port = int(self.await_log(r"client port listening.*?127\.0\.0\.1:(\d+)")[1])
        self.admin_port = int(self.await_log(r"admin port listening.*?127\.0\.0\.1:(\d+)")[1])


def haproxy_binary():
    return shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")


class HaProxy(Program):
    """A plain TCP proxy before one server: the cost of relaying bytes without knowing what they mean."""

    def __init__(self, folder, name, servers, wrapper=(), cpu=0):
        self.port = free_port()
        config = pathlib.Path(folder) / f"{name}.cfg"
        config.write_text(f"""
global
  nbthread 1
  maxconn 2000
defaults
  mode tcp
  timeout connect 10s
  timeout client 1h
  timeout server 1h
listen mysql
  bind 127.0.0.1:{self.port}
  server one 127.0.0.1:{servers[1].port}
""")
        super().__init__([*wrapper, haproxy_binary(), "-f", config, "-db"], folder, name, cpu)
        try:
            wait_until(lambda: accepts(self.port), name)
        except BaseException:
            self.stop()
            raise


class Direct:
    """No proxy: the server itself."""

    def __init__(self, servers):
        self.port = servers[1].port
        self.pid = servers[1].pid

    def stop(self):
        pass


def start_subject(name, folder, servers, wrapper=()):
    """By the name that the tables show."""
    if name == "weir":
        return Weir(folder, name, servers, wrapper=wrapper)
    if name == "weir-split":
        return Weir(folder, name, servers, split=True, wrapper=wrapper)
    if name == "haproxy":
        return HaProxy(folder, name, servers, wrapper=wrapper)
    return Direct(servers)


def known_subjects():
    return ["direct"] + (["haproxy"] if haproxy_binary() else []) + ["weir", "weir-split"]
