"""A running Weir, started for one test."""

import os
import pathlib
import re
import shutil
import signal
import socket
import tempfile

from cluster import process
from cluster.ports import free_port
from wire import Connection

START_TIMEOUT_S = 20
DRAIN_TIMEOUT_S = 20
DAMAGE = re.compile(r"Sanitizer|runtime error|WEIR_CHECK|terminate called|Assertion", re.IGNORECASE)


class PortTaken(AssertionError):
    """Somebody was quicker to bind a port that was free when it was chosen: another Weir, with other ports, may start."""


class NoSuccessor(AssertionError):
    """It has ended, with this status; the Weir that ran runs on."""


class Weir:
    """One Weir process before `cluster`. `start()` returns once it listens; `stop()` checks that it ended well.

    Its monitor asks no server unless the variables of a file say so: tests count what servers are asked."""

    def __init__(self, binary, cluster):
        self.binary = binary
        self.cluster = cluster
        self.host = "127.0.0.1"
        self.port = free_port()
        self.admin_port = free_port()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="weir-run-"))
        self.log = self.directory / "weir.log"
        self.socket = str(self.directory / "weir.sock")
        self.identity = None
        self.command = None
        self.wrapper = []  # what its command lines begin with
        self.told_to_end = False

    def abandon(self):
        """After PortTaken: nothing runs, and nothing of it is kept."""
        self._exit_code(self.identity.pid)
        self.identity = None
        shutil.rmtree(self.directory)

    # --- life --------------------------------------------------------------------------------------------------

    def address(self, listen):
        """What to write for an interface of kind "tcp", "tcp6" or "unix"."""
        return {"tcp": f"127.0.0.1:{self.port}", "tcp6": f"[::1]:{self.port}", "unix": self.socket}[listen]

    def start_with_options(self, extra=(), listen="tcp"):
        """The command line an application developer would use."""
        primary, replicas = self.cluster.primary, self.cluster.replicas
        command = [self.binary, "--writer", f"127.0.0.1:{primary.port}"]
        for replica in replicas:
            command += ["--reader", f"127.0.0.1:{replica.port}"]
        command += ["--user", "app:app", "--user", "app2:app2", "--listen", self.address(listen), "--threads", "2",
                    "--no-monitor", *self._admin_options(), *extra]
        return self._start(command, remember=True)

    def start_with_file(self, variables=None, server_options="", listen="tcp", servers=None,
                        rules=(), users=("app", "app2"), pairs=((0, 1),), admin_variables=None, flags=()):
        """A configuration file in ProxySQL's format. `server_options` is added to every server ("max_connections=16");
        `servers` replaces (address, port, hostgroup) of all servers; `rules` are the fields of query rules; `pairs` of
        hostgroups have a writer and readers; the password of a user is the user's name."""
        if servers is None:
            servers = [("127.0.0.1", self.cluster.primary.port, 0)]
            servers += [("127.0.0.1", replica.port, 1) for replica in self.cluster.replicas]
        settings = {"threads": 2, "interfaces": f'"{self.address(listen)}"', "auto_rw_split": "true", "monitor_enabled": "false",
                    **(variables or {})}
        admin = {"mysql_ifaces": f'"127.0.0.1:{self.admin_port}"', **(admin_variables or {})}
        rows = [f'{{ address="{a}", port={p}, hostgroup={h} {", " + server_options if server_options else ""} }}'
                for a, p, h in servers]
        users = [f'{{ username="{u}", password="{u}", default_hostgroup=0 }}' for u in users]
        pairs = [f"{{ writer_hostgroup={writer}, reader_hostgroup={reader} }}" for writer, reader in pairs]
        path = self.directory / "weir.cnf"
        path.write_text(
            f'datadir="{self.directory}"\n'
            f"admin_variables = {{ {' '.join(f'{k}={v};' for k, v in admin.items())} }}\n"
            f"mysql_variables = {{ {' '.join(f'{k}={v};' for k, v in settings.items())} }}\n"
            f"mysql_servers = ( {', '.join(rows)} )\n"
            f"mysql_users = ( {', '.join(users)} )\n"
            f"mysql_query_rules = ( {', '.join('{ ' + rule + ' }' for rule in rules)} )\n"
            f"mysql_replication_hostgroups = ( {', '.join(pairs)} )\n")
        command = [self.binary, "-c", str(path), "-D", str(self.directory / "data"), *flags]
        return self._start(command, remember=True)

    def start_with_written_file(self, path):
        """A file that another Weir with the same ports has written; an own data directory."""
        return self._start([self.binary, "-c", str(path), "-D", str(self.directory / "data2")])

    def _admin_options(self):
        return ["--admin-listen", f"127.0.0.1:{self.admin_port}"]

    def start_empty(self, *options):
        """A data directory and nothing in it; `options` may change what it is started with."""
        return self._start([self.binary, "-D", str(self.directory / "data"), "--listen", self.address("tcp"),
                            *self._admin_options(), *options], remember=True)

    def restart(self, *options):
        """SIGTERM, and the same command line again with `options` added."""
        self.terminate()
        code = self.take_exit_code()
        if code != 0:
            raise AssertionError(f"weir ended with {code} on SIGTERM\n{self.log_text()[-3000:]}")
        return self._start([*self.command, *options])

    def kill(self):
        """SIGKILL, and nothing of it is left when this returns."""
        process.send(self.identity, signal.SIGKILL)
        os.waitpid(self.identity.pid, 0)
        self.identity = None

    def pause(self):
        """SIGSTOP."""
        process.send(self.identity, signal.SIGSTOP)

    def resume(self):
        process.send(self.identity, signal.SIGCONT)

    def start_again(self):
        """The same command line again; returns when the admin port is there."""
        return self._start(self.command, port=self.admin_port)

    def wait_for_admin(self):
        """The admin port is there a little later than the other."""
        process.wait_for(lambda: self._listens(self.admin_port), START_TIMEOUT_S)
        return self

    def start_quietly(self, *options):
        """The same command line again, with options with which clients are not served."""
        return self._start([*self.command, *options], port=self.admin_port)

    def succeed(self, *options):
        """The same command line once more, as the successor of the one that runs. Returns that one, which ends when its
        sessions have."""
        since = self._ready()
        return self._be_succeeded(since, process.launch(
            [str(word) for word in (*self.wrapper, *self.command, "--takeover", *options)], self.log, tied=True))

    def succeed_by_signal(self):
        """The same, by SIGUSR2 to the one that runs."""
        process.adopt_orphans()
        since = self._ready()
        process.send(self.identity, signal.SIGUSR2)
        started = re.compile(r"another Weir is started.* pid=(\d+)\n")
        if not process.wait_for(lambda: started.search(self.log_text()[since:]), START_TIMEOUT_S):
            raise AssertionError(f"no successor is started\n{self.log_text()[since:]}")
        return self._be_succeeded(since, process.identify(int(started.search(self.log_text()[since:])[1])))

    def _ready(self):
        """Waits until another one may take over, which is a little after it listens. Returns how long its log is by then."""
        if not process.wait_for(lambda: "] ready" in self.log_text(), START_TIMEOUT_S):
            raise AssertionError(f"it is not ready\n{self.log_text()[-3000:]}")
        return len(self.log_text())

    def _be_succeeded(self, since, identity):
        before = self.identity
        ready = re.compile(r"\] ready")

        def decided():
            return ready.search(self.log_text()[since:]) or process.start_ticks(identity.pid) != identity.started

        if not process.wait_for(decided, START_TIMEOUT_S):
            raise AssertionError(f"the successor does nothing\n{self.log_text()[since:]}")
        if process.start_ticks(identity.pid) != identity.started:
            raise NoSuccessor(self._exit_code(identity.pid))
        self.identity = identity
        return before

    def exit_code_of(self, identity):
        """Of one that has a successor; None if it does not end."""
        return self._exit_code(identity.pid)

    def _start(self, command, remember=False, port=None):
        if remember:
            self.command = command
        self.identity = process.launch([str(word) for word in (*self.wrapper, *command)], self.log, tied=True)
        if not process.wait_for(lambda: self._listens(port or self.port) or not self.running(), START_TIMEOUT_S) or \
                not self.running():
            taken = remember and not self.running() and "Address already in use" in self.log_text()
            raise (PortTaken if taken else AssertionError)(f"weir did not start: {' '.join(map(str, command))}\n{self.log_text()}")
        return self

    def listens(self):
        return self._listens(self.port)

    def _listens(self, port):
        for family, address in ((socket.AF_UNIX, self.socket), (socket.AF_INET, ("127.0.0.1", port)),
                                (socket.AF_INET6, ("::1", port))):
            with socket.socket(family) as probe:
                if probe.connect_ex(address) == 0:
                    return True
        return False

    def running(self):
        return process.alive(self.identity)

    def terminate(self):
        """SIGTERM."""
        self.told_to_end = True
        process.send(self.identity, signal.SIGTERM)

    def stop(self):
        """SIGTERM, if it did not get one yet. Returns what is wrong with how it lived and ended, or an empty text."""
        problems = self._end() if self.identity else []
        problems += ["its log says: " + line for line in self.log_text().splitlines() if DAMAGE.search(line)][:1]
        if problems:
            return f"weir: {'; '.join(problems)}; log in {self.log}\n{self.log_text()[-3000:]}"
        shutil.rmtree(self.directory, ignore_errors=True)  # it is gone if this is the second time
        return ""

    def _end(self):
        problems = []
        if not self.told_to_end:
            if process.start_ticks(self.identity.pid) is None:
                problems.append("it had ended before it was told to")
            self.terminate()
        code = self._exit_code(self.identity.pid)
        if code is None and not problems:
            problems.append(f"it did not end within {DRAIN_TIMEOUT_S} s of SIGTERM")
            process.end(self.identity, 0)
        elif code:
            problems.append(f"it ended with status {code}")
        self.identity = None
        return problems

    def take_exit_code(self):
        """The status of a process that ended by itself; stop() has nothing more to do."""
        code = self._exit_code(self.identity.pid)
        self.identity = None
        self.told_to_end = False
        return code

    @staticmethod
    def _exit_code(pid):
        """The exit status, negative for a signal; None if it does not end, or was seen to end before."""
        codes = []

        def ended():
            child, status = os.waitpid(pid, os.WNOHANG)
            if child:
                codes.append(os.waitstatus_to_exitcode(status))
            return bool(child)

        try:
            process.wait_for(ended, DRAIN_TIMEOUT_S)
        except ChildProcessError:
            return None
        return codes[0] if codes else None

    # --- talking to it and looking at it -----------------------------------------------------------------------

    def connect(self, user="app", password="app", **options):
        return Connection(options.pop("host", self.host), options.pop("port", self.port), user=user, password=password,
                          **options)

    def admin(self, user="admin", password="admin", **options):
        """A connection to the admin port."""
        return Connection(self.host, options.pop("port", self.admin_port), user=user, password=password, **options)

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def rss_bytes(self):
        """Resident memory now."""
        with open(f"/proc/{self.identity.pid}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def descriptors(self):
        """How many files and sockets it has open."""
        return len(os.listdir(f"/proc/{self.identity.pid}/fd"))


class Direct:
    """The primary itself in Weir's place: for trying the tests on what they compare with."""

    def __init__(self, cluster):
        self.host, self.port = "127.0.0.1", cluster.primary.port

    def connect(self, user="app", password="app", **options):
        return Connection(self.host, self.port, user=user, password=password, **options)

    def stop(self):
        return ""
